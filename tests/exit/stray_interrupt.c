// stray_interrupt: an interrupt with a vector that nobody owns is reported by its
// number.
// only-arch: x86_64
// expect-status: 2
// expect: ^fatal error: interrupt at an unused vector, 0x00000091$
// expect-not: goes on
#include <go.h>
#include <stdint.h>
#include <stdio.h>

int
main(void)
{
	// To this hart, by its local APIC.
	*(volatile uint32_t *)(uintptr_t)0xfee00300 = 0x00044091;
	time_sleep(MILLISECOND);
	printf("goes on\n");
	return 0;
}
