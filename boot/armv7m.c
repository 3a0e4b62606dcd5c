// armv7m.c: boot in C, once, on the only hart: the core's settings, the
// console, the clock, the command line. Ends in rt0_go with the kernel's
// interrupts masked by BASEPRI (not PRIMASK, which gogo would not lift).
#include <arch.h>
#include <armv7m.h>
#include <prio.h>

#include "../drivers/console.h"

_Noreturn void armv7m_boot(void);

__attribute__((weak)) void
board_init(void)
{
}

static void
nvic_quiet(void)
{
	for (unsigned i = 0; NIRQ > 0 && i < NVIC_LINES; i += 32) {
		iowrite32(NVIC_ICER + i / 8, UINT32_MAX);
		iowrite32(NVIC_ICPR + i / 8, UINT32_MAX);
	}
}

// A priority written with bits that the core lacks would read as another level.
// Not inlined: armv7m_boot's frame stays at the base of the first stack for ever.
static __attribute__((noinline)) void
prio_check(void)
{
	char text[PRIO_TEXT];

	if (!prio_fits(prio_seen(), KERNEL_PRIO, text))
		(throw)(text);
}

void
armv7m_boot(void)
{
	uintptr_t s;

	board_init();
	nvic_quiet();
	trapinit();
	console_init();
	if (!SMALL)
		prio_check();
	clock_init();
	if (BOOTARGS_BYTES > 0)
		bootargs_init();
	s = arch_irqsave(); // rt0_go's state: masked by BASEPRI
	(void)s;
	__asm__ volatile("cpsie i" : : : "memory");
	rt0_go();
}
