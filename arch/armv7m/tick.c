// tick.c (armv7m): the clock of images with SMALL: SysTick interrupts once in TICK_NS,
// and the time is how often it has.
//
// What always holds: now is written by that interrupt only, at the kernel's level. A
// stretch of two ticks with interrupts masked loses one.
//
// time.c is finer and takes no interrupt that nobody wants; this is small.
#include <arch.h>
#include <armv7m.h>

#if SMALL
#define TICK (SYSTICK_HZ / (1000000000 / TICK_NS))
_Static_assert(TICK > 1 && TICK <= 1 << 24, "TICK_NS");

static volatile int64_t now; // [irq]

int64_t
nanotime(void)
{
	uintptr_t s = arch_irqsave();
	int64_t t = now;

	arch_irqrestore(s);
	return t;
}

// clock_due is the tick: there is no other interrupt.
bool
clock_due(struct g *gp)
{
	now += TICK_NS;
	return timerintr(gp);
}

void
clock_init(void)
{
	iowrite32(SYST_RVR, TICK - 1);
	iowrite32(SYST_CVR, 0);
	iowrite32(SYST_CSR,
		  SYST_CSR_ENABLE | SYST_CSR_TICKINT |
			  (SYSTICK_CORE_CLOCK ? SYST_CSR_CLKSOURCE : 0));
}
#endif
