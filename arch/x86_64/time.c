// time.c: nanotime from the CPU's time-stamp counter, deadlines from the local
// APIC's timer. Boot measured the rates of both (boot/x86_64_init.c).
//
// What always holds:
//  - nanotime is the same line through the same counter on every hart. It rests
//    on counters that run alike: QEMU's do, those of PCs since about 2008 do.
//  - A deadline never fires early. The two clocks were measured apart, and the
//    timer has 32 bits, 4.3 s at 1 GHz: an expiry before its time re-arms
//    itself for the rest and the kernel hears nothing of it (x86_timer).
//  - After it has fired, the deadline is INT64_MAX: an interrupt that was on
//    its way while arch_timerset moved the deadline is taken for what it is.
//
// Turned down: TSC deadlines, which QEMU's own CPU does not have.
#include <x86.h>

struct x86_clock x86_clock;

// scale multiplies by a number with 32 binary places, without overflow as long
// as the result fits.
static uint64_t
scale(uint64_t value, uint64_t factor)
{
	__extension__ unsigned __int128 product =
		(unsigned __int128)value * factor;

	return (uint64_t)(product >> 32);
}

int64_t
nanotime(void)
{
	return (int64_t)scale(x86_rdtsc() - x86_clock.tsc0, x86_clock.nsmul);
}

void
arch_timerset(int64_t when)
{
	int64_t delta;
	uint64_t ticks;

	x86_self()->deadline = when;
	if (when <= 0) {
		lapic_write(LAPIC_TMICT, 1);
		return;
	}
	if (when == INT64_MAX) {
		lapic_write(LAPIC_TMICT, 0);
		return;
	}
	delta = when - nanotime();
	ticks = 1;
	if (delta > 0) {
		uint64_t left = (uint64_t)delta;

		__asm__("" : "+r"(left)); // or gcc extends a sign that is none
		ticks += scale(left, x86_clock.tickmul);
	}
	if (ticks > UINT32_MAX)
		ticks = UINT32_MAX;
	lapic_write(LAPIC_TMICT, (uint32_t)ticks);
}
