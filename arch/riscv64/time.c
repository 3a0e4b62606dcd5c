// time.c: nanotime and the one-shot deadline, both on the CLINT's mtime, which
// is one register for all harts and therefore the same and monotonic on all.
//
// A tick is 1 s / MTIME_HZ (board.h; boot checks it against the device tree),
// from one nanosecond to 30 us. nanotime is rounded down to a nanosecond, a deadline
// up to the next tick that reaches it, so when it fires nanotime is not before it.
// A tick that is a number of nanoseconds needs no division of the clock.
#include "riscv64.h"
#include "mtime.h"

uint64_t mtime0;

int64_t
nanotime(void)
{
	return (int64_t)mtime_ns(ioread64(CLINT_MTIME) - mtime0, MTIME_HZ);
}

void
arch_timerset(int64_t when)
{
	uint64_t tick = UINT64_MAX;

	if (when <= 0)
		tick = 0;
	else if (when != INT64_MAX)
		tick = mtime0 + mtime_ticks((uint64_t)when, MTIME_HZ);
	iowrite64(*timecmpof(), tick);
}

// timer_quiet takes the deadline away: mtimecmp compares for ever after, and
// the interrupt is to come once.
void
timer_quiet(void)
{
	iowrite64(*timecmpof(), UINT64_MAX);
}
