// stray_line: lines of the controller that no device has are set pending by
// software while enabled. Each is masked when it comes, and nothing else happens.
// only-arch: armv7m
// expect: ^goes on, 0 enabled$
#include <go.h>
#include <stdint.h>
#include <stdio.h>

#define REG(a) (*(volatile uint32_t *)(uintptr_t)(a))
enum { LINES = 0x7 << 28 }; // 28 to 30

int
main(void)
{
	REG(0xe000e100) = LINES; // enabled
	REG(0xe000e200) = LINES; // pending
	time_sleep(MILLISECOND);
	printf("goes on, %lx enabled\n",
	       (unsigned long)(REG(0xe000e100) & LINES));
	return 0;
}
