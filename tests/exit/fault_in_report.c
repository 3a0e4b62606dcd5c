// fault_in_report: what the report itself would print is a wild pointer. It ends
// there, after it has said the most important thing, and the machine stops.
// expect-status: 2
// expect: ^panic: runtime error: .*, address 0x0\)$
// expect: ^\[.*: hart [0-9], goroutine [0-9]+, pc .*touch
// expect: ^fatal error:
// expect-not: main goes on
#include <go.h>
#include <stdint.h>
#include <stdio.h>

__attribute__((noinline)) static void
touch(void *arg)
{
	*(volatile int *)arg = 1;
}

int
main(void)
{
	const char *name = (const char *)~(uintptr_t)0xfff;

	go_with((struct go_attr){ .name = name }, touch, NULL);
	time_sleep(SECOND);
	printf("main goes on\n");
	return 0;
}
