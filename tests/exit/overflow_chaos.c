// overflow_chaos: goroutines recurse as deep as their stacks allow and back,
// under interrupts at random distances, until one of them goes too far. Only
// that one is reported, and the report comes.
// expect-status: 2
// expect: ^goroutine [0-9]+ \(too far\) overflowed its stack
// expect: ^fatal error: stack overflow$
// expect: ^goroutine [0-9]+ \[running\] too far:$
// expect: ^far\(\.\.\.\)$
// expect-not: went on
// args: gz.chaos=256000,2000000
// harts: 1 4
#include <go.h>
#include <stdint.h>
#include <stdio.h>

enum { STACK = 8192, ROOM = 1400 };

// dive goes down to depth bytes below top, and up again.
__attribute__((noinline)) static unsigned
dive(uintptr_t top, uintptr_t depth)
{
	volatile unsigned here = (unsigned)depth;

	if (top - (uintptr_t)&here > depth)
		return 0;
	return dive(top, depth) + here;
}

static void
diver(void *arg)
{
	uintptr_t top = (uintptr_t)__builtin_frame_address(0);

	for (uintptr_t d = 1000;; d = d > STACK - ROOM ? 1000 : d + 700)
		*(volatile unsigned *)arg = dive(top, d);
}

static void
far(void *arg)
{
	uintptr_t top = (uintptr_t)__builtin_frame_address(0);

	time_sleep(100 * MILLISECOND);
	for (uintptr_t d = STACK - ROOM;; d += 16)
		*(volatile unsigned *)arg = dive(top, d);
}

int
main(void)
{
	static unsigned n[6];

	for (int i = 0; i < 5; i++)
		go_with((struct go_attr){ .name = "diver", .stack = STACK },
			diver, &n[i]);
	go_with((struct go_attr){ .name = "too far", .stack = STACK }, far,
		&n[5]);
	time_sleep(20 * SECOND);
	printf("main went on\n");
	return 0;
}
