// stray_cause: an interrupt of the hart's that the kernel has never enabled is an
// error of its own.
// only-arch: riscv64
// expect-status: 2
// expect: ^fatal error: trap_intr: interrupt that nobody enabled$
// expect-not: goes on
#include <go.h>
#include <stdio.h>

int
main(void)
{
	unsigned long supervisor = 2; // the software interrupt of a lower mode

	__asm__ volatile("csrs mip, %0\n\tcsrs mie, %0" : : "r"(supervisor));
	time_sleep(MILLISECOND);
	printf("goes on\n");
	return 0;
}
