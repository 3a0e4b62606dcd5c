// core.h: what the core tests share: the checks of tests/target/test.h, with what of
// its harness main.c has. One goroutine's stack is STACK_STD, and there are few.
#ifndef GZERO_CORE_H
#define GZERO_CORE_H

#include "../target/test.h"

extern const struct test sched_tests[], chan_tests[], time_tests[],
	sync_tests[];

enum { FEW = 6 }; // goroutines that a test may start at once

// For the test that runs: RAM is short.
extern struct wait_group wg;
extern int scratch[FEW];

#endif
