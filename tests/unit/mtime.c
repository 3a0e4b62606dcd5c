// riscv64's clock in ticks of any length: nanoseconds against 128-bit arithmetic,
// and that a deadline's tick is the first that is not before it.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../../arch/riscv64/mtime.h"

__extension__ typedef unsigned __int128 wide;

static int checks, failures;

static void
check(bool ok, const char *name, uint32_t hz)
{
	checks++;
	failures += !ok;
	printf("%sok %d - %s at %u Hz\n", ok ? "" : "not ", checks, name,
	       (unsigned)hz);
}

static uint64_t state = 1;

// any is a number of at most so many bits, most often one of few.
static uint64_t
any(unsigned bits)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return state >> 1 >> (63 - 1 - state % bits);
}

// nanoseconds must not pass 2^63; ticks fewer than that many.
static bool
forward(uint32_t hz)
{
	uint64_t most = (uint64_t)((wide)INT64_MAX * hz / MTIME_GIGA);

	for (int i = 0; i < 100000; i++) {
		uint64_t t = i < 100 ? (uint64_t)i : any(63) % (most + 1);

		if (i == 100)
			t = most;
		if (mtime_ns(t, hz) != (uint64_t)((wide)t * MTIME_GIGA / hz)) {
			printf("# %llu ticks are not %llu ns\n",
			       (unsigned long long)t,
			       (unsigned long long)mtime_ns(t, hz));
			return false;
		}
	}
	return true;
}

static bool
deadlines(uint32_t hz)
{
	for (int i = 0; i < 100000; i++) {
		uint64_t ns = i < 100 ? (uint64_t)i : any(63);
		uint64_t t = mtime_ticks(ns, hz);

		// The clock at that tick has reached the deadline, and a tick
		// before it has not.
		if ((wide)t * MTIME_GIGA / hz < ns ||
		    (t > 0 && (wide)(t - 1) * MTIME_GIGA / hz >= ns)) {
			printf("# %llu ns is not tick %llu\n",
			       (unsigned long long)ns, (unsigned long long)t);
			return false;
		}
	}
	return true;
}

int
main(void)
{
	static const uint32_t hz[] = { 1,        1000,     32768,
				       1000000,  10000000, 12288000,
				       24000000, 33333333, 1000000000 };

	for (unsigned i = 0; i < sizeof hz / sizeof hz[0]; i++) {
		check(forward(hz[i]), "nanoseconds of ticks", hz[i]);
		check(deadlines(hz[i]), "the tick of a deadline", hz[i]);
	}
	printf("1..%d\n", checks);
	return failures != 0;
}
