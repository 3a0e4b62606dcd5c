// stray_nmi: an exception that no program and no device of the board asks for ends
// the machine by its name.
// only-arch: armv7m
// expect-status: 2
// expect: ^fatal error: NMI
// expect-not: goes on
#include <go.h>
#include <stdint.h>
#include <stdio.h>

int
main(void)
{
	*(volatile uint32_t *)(uintptr_t)0xe000ed04 = UINT32_C(1) << 31;
	time_sleep(MILLISECOND);
	printf("goes on\n");
	return 0;
}
