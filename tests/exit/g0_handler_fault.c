// g0_handler_fault: a fault in an interrupt handler ends the machine with a
// report. The handler is one above the kernel's level, which a program on this
// machine may bring along.
// only-arch: armv7m
// expect-status: 2
// expect: ^fatal error:
// expect: system stack, pc 0x[0-9a-f]+ \(irq5_vector\+.*address 0x0\b
// expect: ^irq5_vector\(
// expect: ^goroutine 1 \[running\] main:
// expect-not: goes on
// harts: 1
#include <go.h>
#include <stdint.h>
#include <stdio.h>

void
irq5_vector(void)
{
	volatile int *volatile p = NULL;

	*p = 1;
}

static void
trigger(void *arg)
{
	(void)arg;
	*(volatile uint8_t *)0xe000e405 = 0x20; // its priority
	*(volatile uint32_t *)0xe000e100 = 1 << 5;
	*(volatile uint32_t *)0xe000ef00 = 5;
}

int
main(void)
{
	panic_catch(trigger, NULL);
	time_sleep(MILLISECOND);
	printf("main goes on\n");
	return 0;
}
