// mtime.h: ticks of mtime and nanoseconds. Whole seconds are taken apart where the
// two do not divide, so that nothing overflows in 292 years (63 bits of ns).
#ifndef GZERO_MTIME_H
#define GZERO_MTIME_H

#include <stdint.h>

#define MTIME_GIGA UINT64_C(1000000000)

// mtime_ns is the nanoseconds in so many ticks, rounded down.
static inline uint64_t
mtime_ns(uint64_t ticks, uint32_t hz)
{
	if (MTIME_GIGA % hz == 0)
		return ticks * (MTIME_GIGA / hz);
	return ticks / hz * MTIME_GIGA + ticks % hz * MTIME_GIGA / hz;
}

// mtime_ticks is the first tick that is no earlier than ns: mtime_ns of it is ns or
// more, and of the one before it less.
static inline uint64_t
mtime_ticks(uint64_t ns, uint32_t hz)
{
	if (MTIME_GIGA % hz == 0)
		return (ns + MTIME_GIGA / hz - 1) / (MTIME_GIGA / hz);
	return ns / MTIME_GIGA * hz +
	       (ns % MTIME_GIGA * hz + MTIME_GIGA - 1) / MTIME_GIGA;
}

#endif
