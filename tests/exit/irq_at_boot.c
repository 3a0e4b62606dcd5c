// irq_at_boot: a device fires while the kernel starts, before there is a scheduler.
// It waits until interrupts are on, and then the line's first waiter has it.
// expect-status: 0
// expect: ^fired before main$
// expect-not: wrong
#include <arch.h>
#include <go.h>
#include <stdio.h>

#include "../target/device.h"

void
early_init(void)
{
	int64_t end = nanotime() + 100 * MICROSECOND;

	arch_irqmask(DEV_IRQ, false);
	devstart(10 * MICROSECOND);
	while (nanotime() < end)
		;
}

int
main(void)
{
	int64_t start = time_now();

	irq_wait(DEV_IRQ);
	printf(time_now() - start < 10 * MILLISECOND ? "fired before main\n" :
						       "wrong: late\n");
	devquiet();
	return 0;
}
