// time.c: nanotime and the one-shot deadline, both on the CLINT's mtime, which
// is one register for all harts and therefore the same and monotonic on all.
//
// A tick is MTIME_NS nanoseconds (board.h; boot checks it against the device
// tree). A deadline is rounded up to the next tick, so when it fires nanotime
// has reached it.
#include "riscv64.h"

_Static_assert(MTIME_HZ *MTIME_NS == 1000000000, "MTIME_NS");

uint64_t mtime0;

int64_t
nanotime(void)
{
	return (int64_t)((ioread64(CLINT_MTIME) - mtime0) * MTIME_NS);
}

void
arch_timerset(int64_t when)
{
	uint64_t tick = UINT64_MAX;

	if (when <= 0)
		tick = 0;
	else if (when != INT64_MAX)
		tick = mtime0 + ((uint64_t)when + MTIME_NS - 1) / MTIME_NS;
	iowrite64(clint_mtimecmp(thishart()), tick);
}

// timer_quiet takes the deadline away: mtimecmp compares for ever after, and
// the interrupt is to come once.
void
timer_quiet(void)
{
	iowrite64(clint_mtimecmp(thishart()), UINT64_MAX);
}
