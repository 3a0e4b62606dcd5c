// exits.c: all programs of tests/exit that can run on the simulated machine, in one:
// the first word of the boot arguments says which. Any other word prints the list,
// which is sim.mk's.
#include <stdio.h>
#include <string.h>

#define EXIT(n) int exit_##n(int argc, char **argv);
SIM_EXITS
#undef EXIT

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
} programs[] = {
#define EXIT(n) { #n, exit_##n },
	SIM_EXITS
#undef EXIT
};

int app_main(int argc, char **argv);

int
app_main(int argc, char **argv)
{
	for (unsigned i = 0; i < sizeof programs / sizeof programs[0]; i++)
		if (argc > 1 && strcmp(programs[i].name, argv[1]) == 0) {
			argv[1] = argv[0];
			return programs[i].main(argc - 1, argv + 1);
		}
	for (unsigned i = 0; i < sizeof programs / sizeof programs[0]; i++)
		printf("%s\n", programs[i].name);
	return 0;
}
