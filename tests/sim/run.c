// run.c: the program around a machine that runs tests.
//
//   sim [-n HARTS] [-s SEED] [-w] [-v] WORD...
//
// The words are the boot arguments. -w: a wild run (sim.h). -v prints what the
// run did.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <config.h>

#include "sim.h"

__attribute__((weak)) void sim_tables(bool wild);

// ---- Main -----------------------------------------------------------------------------

static void
usage(void)
{
	fprintf(stderr, "sim [-n HARTS] [-s SEED] [-w] [-v] WORD...\n");
	exit(2);
}

int
main(int argc, char **argv)
{
	static char args[BOOTARGS_BYTES];
	unsigned harts = 1;
	uint64_t seed = 1;
	bool verbose = false, wild = false;
	int opt, status;

	while ((opt = getopt(argc, argv, "+n:s:vw")) != -1)
		switch (opt) {
		case 'n':
			harts = (unsigned)atoi(optarg);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'v':
			verbose = true;
			break;
		case 'w':
			wild = true;
			break;
		default:
			usage();
		}
	if (harts < 1 || harts > MAXHARTS)
		usage();
	snprintf(args, sizeof args, "gz.seed=%u", (unsigned)seed & 0xffffff);
	for (; optind < argc; optind++) {
		if (strlen(args) + strlen(argv[optind]) + 2 > sizeof args)
			usage();
		strcat(strcat(args, " "), argv[optind]);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (sim_tables)
		sim_tables(wild);
	status = sim_run(harts, seed, wild, args);
	if (verbose)
		printf("# sim: %llu points, %llu switches of harts, "
		       "%llu interrupts, %llu sleeps, %.3f s, hash %016llx\n",
		       (unsigned long long)sim_stats.points,
		       (unsigned long long)sim_stats.switches,
		       (unsigned long long)sim_stats.interrupts,
		       (unsigned long long)sim_stats.idles,
		       (double)sim_stats.now / 1e9,
		       (unsigned long long)sim_stats.hash);
	return status;
}
