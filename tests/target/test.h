// test.h: what the target tests share. One image is built from this folder; it
// runs the tests one after the other and speaks TAP on the console.
//
// A test is a function without arguments in a table that ends with {0}; main.c
// lists the tables, so a test cannot vanish because a linker dropped it. It
// fails when one of its checks fails, when it panics, or when the ledger does
// not balance at its end: every goroutine that it started has ended, every
// channel is back in its pool (see main.c).
//
// Checks may be made from any goroutine and need little stack: they store, the
// harness prints. NEED also leaves the function. Nothing here depends on wall
// time: see late().
#ifndef GZERO_TEST_H
#define GZERO_TEST_H

#include <go.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct test {
	const char *name;
	void (*fn)(void);
};
#define T(fn) \
	{ \
#fn, fn \
	}

// The tables are listed in tables.h.
#define TABLE(name) extern const struct test name##_tests[];
#include "tables.h"
#undef TABLE
// For the test bench; see drill.c.
extern const struct test drill_tests[];

// CHECK(c) fails the test unless c. CHECK_EQ also says what it got, as
// integers.
#define CHECK(c) ((c) ? (void)0 : test_fail(__FILE__, __LINE__, #c))
#define CHECK_EQ(got, want) \
	test_eq(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
#define NEED(c) \
	do { \
		if (!(c)) { \
			test_fail(__FILE__, __LINE__, #c); \
			return; \
		} \
	} while (0)
void test_fail(const char *file, int line, const char *what);
void test_eq(const char *file, int line, const char *what, long long got,
	     long long want);
bool test_failed(void);
// skip marks the test as skipped; the caller returns. why is not copied.
void skip(const char *why);

// atonce is true when goroutines may run at the same time on several harts.
bool atonce(void);
// scaled returns n, or more of it when the arguments say scale=: for the number
// of rounds of a storm.
int scaled(int n);
// late is the lateness in ns that a test must accept where it expects d: d on a
// virtual clock, much more on one that the host may stop at any time.
int64_t late(duration d);
// virtual_clock is true when time passes with instructions (-icount): exactly,
// but the harts then run in turns and not at the same time.
bool virtual_clock(void);
// Some tests make no sense while a torture makes needless preemptions.
bool chaotic(void);
// tortured is true in the torture build (make TORTURE=1): what runs next, and
// where a goroutine gives way, is then a matter of luck.
bool tortured(void);
// ledger_check and ledger_idle: see kernel/ledger.c.
bool ledger_check(void);
bool ledger_idle(void);
// runtime_fail_alloc: see kernel/torture.c.
int runtime_fail_alloc(unsigned k, unsigned n);

// rnd is a pseudo-random number from *state, which a goroutine has for itself;
// seed() gives every caller another start, from the seed of the run.
uint32_t rnd(uint32_t *state);
uint32_t seed(void);

// eventually waits until cond(arg), false if it is still not true after a long
// virtual time.
bool eventually(bool (*cond)(void *), void *arg);
// settle gives goroutines that should block the time to do it, or to do what they
// should not.
void settle(void);
// stuck says that n goroutines of this test are meant to wait for ever (and
// nchan channels with them).
void stuck(int n, int nchan);
// wait_idle waits until all goroutines of the test but n have ended.
bool wait_idle(int n);

// pool finds a pool by the setting that sizes it; all zero if it is not in use
// yet. room is how many goroutines, with their stacks, can still be started,
// never more than most.
struct runtime_pool pool(const char *setting);
int room(int most);
// total sums up the counters of all harts.
struct runtime_hart total(void);

#endif
