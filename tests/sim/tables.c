// tables.c: which of the target tests run on the simulated machine. Each file of
// tests/target is compiled with its table under another name (sim.mk); here the
// tables that its main.c goes through are filled in, without what is left out.
//
// Two files are not compiled: libc.c is about newlib, fault.c about what the
// hardware does with a bad address.
#include <stdio.h>
#include <string.h>

#include "sim.h"

#ifdef SIM_THREADS
#define THREADED true
#else
#define THREADED false
#endif

#ifndef SIM_SHORT
#define SIM_SHORT 0
#endif

struct test {
	const char *name;
	void (*fn)(void);
};

enum { MOST = 100 };

#define TABLE(n) \
	extern const struct test sim_##n##_tests[]; \
	struct test n##_tests[MOST];
#include "../target/tables.h"
#undef TABLE

const struct test sim_libc_tests[1] = { { NULL, NULL } };
const struct test drill_tests[1] = { { NULL, NULL } }; // for the test bench
const struct test sim_fault_tests[1] = { { NULL, NULL } };

// Some tests take for granted what others get done within some time. On a slow
// machine they can be wrong, and in a wild run a hart may stand still for longer.
// A goroutine that changes harts changes threads when these are threads.
enum { WILD = 1, THREADS = 2, ALWAYS = 4 };
static const struct {
	const char *name, *why;
	int when;
} leftout[] = {
	{ "ReentReturned", "it is about newlib's struct _reent", ALWAYS },
	{ "SyscallErrors", "it is about newlib's system calls", ALWAYS },
	{ "StackAtAnyInstruction",
	  "nothing is interrupted inside a basic block here", ALWAYS },
	{ "WaitersFifo", "its goroutines queue up within a time",
	  WILD | THREADS },
	{ "GetgThreadSwitch", "errno is a thread's here", THREADS },
};

static bool
isleftout(const char *name, bool wild)
{
	int now = ALWAYS | (wild ? WILD : 0) | (THREADED ? THREADS : 0);

	for (unsigned i = 0; i < sizeof leftout / sizeof leftout[0]; i++)
		if (strcmp(leftout[i].name, name) == 0 &&
		    (leftout[i].when & now) != 0) {
			printf("# left out: %s: %s\n", name, leftout[i].why);
			return true;
		}
	return false;
}

static void
fill(struct test *to, const struct test *from, bool wild)
{
	int n = 0;

	for (; from->name != NULL; from++)
		if (!isleftout(from->name, wild) && n < MOST - 1)
			to[n++] = *from;
	to[n] = (struct test){ NULL, NULL };
}

void
sim_tables(bool wild)
{
#define TABLE(n) fill(n##_tests, sim_##n##_tests, wild);
#include "../target/tables.h"
#undef TABLE
	if (wild || SIM_SHORT) { // full of times, and long under torture
		printf("# left out: edges.c\n");
		edges_tests[0].name = NULL;
	}
}
