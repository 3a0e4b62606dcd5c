// overflow_frame_core: a goroutine with less room left than the core's own
// exception frame needs. The core cannot store what it stopped, so the report
// has no pc; whose stack ended it still says, and the callers.
// only-arch: armv7m
// expect-status: 2
// expect: goroutine [0-9]+ \(tight\) overflowed its stack of 1024 bytes
// expect: MSTKERR
// expect: ^measure\(
// expect: created by main
// expect-not: goes on
// args: gz.chaos=256000,1000000
// harts: 1
#include <go.h>
#include <stdint.h>
#include <stdio.h>

static uintptr_t top;

__attribute__((noinline)) static void
spin(void)
{
	for (volatile int i = 0; i < 1000000; i++)
		;
}

__attribute__((noinline)) static void
tight(void *arg)
{
	// What is left, spin takes its frame of.
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	char *p = __builtin_alloca((here - (top - 1024) - 24) & ~(uintptr_t)7);

	(void)arg;
	__asm__ volatile("" : : "r"(p) : "memory");
	spin();
	printf("tight goes on\n");
}

static void
measure(void *arg)
{
	top = ((uintptr_t)__builtin_frame_address(0) + 127) & ~(uintptr_t)127;
	tight(arg);
	printf("measure goes on\n");
}

int
main(void)
{
	go_with((struct go_attr){ .name = "tight", .stack = 1024 }, measure,
		NULL);
	time_sleep(SECOND);
	printf("main goes on\n");
	return 0;
}
