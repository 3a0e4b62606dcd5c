// run.c: the program around a machine that runs tests: the words of its command
// line, libc as the kernel wants it (hooks.h), and what comes of a fault.
//
//   sim [-n HARTS] [-s SEED] [-w] [-v] WORD...
//
// The words are the boot arguments. -w: a wild run (sim.h). -v prints what the
// run did.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <config.h>

#include "../../kernel/hooks.h"
#include "sim.h"

#if defined __SANITIZE_ADDRESS__ || defined SIM_ASAN
#include <sanitizer/asan_interface.h>
#endif

int app_main(int argc, char **argv);
_Noreturn void sim_exit(int code);
void sim_newlife(struct g *gp);

// ---- What libc/ is on a machine ---------------------------------------------------

static char words[BOOTARGS_BYTES];
static char *argv_[BOOTARGS_WORDS + 1];

int
libc_main(void)
{
	static char name[] = "sim";
	int n = 0;

	argv_[n++] = name;
	strcpy(words, arch_bootargs());
	for (char *w = strtok(words, " "); w != NULL && n < BOOTARGS_WORDS;
	     w = strtok(NULL, " "))
		if (strncmp(w, "gz.", 3) != 0)
			argv_[n++] = w;
	return app_main(n, argv_);
}

void
sim_exit(int code)
{
	os_exit(code);
}

// sim_newlife sees to it that libc_goexit is called for every goroutine.
void
sim_newlife(struct g *gp)
{
	(void)gp;
	*reentslot() = words;
}

// libc_goexit: the goroutine's stack will be another's, whose frames lie elsewhere.
void
libc_goexit(void *reent)
{
	(void)reent;
#if defined __SANITIZE_ADDRESS__ || defined SIM_ASAN
	uintptr_t *g = (uintptr_t *)(void *)getg();

	__asan_unpoison_memory_region((void *)g[G_STACK_LO / WORD],
				      g[G_STACK_HI / WORD] -
					      g[G_STACK_LO / WORD]);
#endif
}

// ---- The sanitizers' wishes --------------------------------------------------------

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
const char *__tsan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_leaks=0:detect_stack_use_after_return=0:"
	       "allocator_may_return_null=1";
}

const char *
__ubsan_default_options(void)
{
	return "print_stacktrace=0:halt_on_error=1";
}

const char *
__tsan_default_options(void)
{
	return "history_size=0:report_signal_unsafe=0:exitcode=66";
}

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
