// overflow_far: what a goroutine touches first below its stack is not the next
// word but some 80 bytes on, as a frame stored by the core with the floating-point
// registers would be: the guard is wide enough for that, and the neighbour's stack
// behind it is not written.
// only-arch: armv7m
// board: mps2-an386
// expect-status: 2
// expect: goroutine [0-9]+ \(far\) overflowed its stack of 1024 bytes
// expect: ^reaches\(
// expect-not: goes on
// harts: 1
#include <go.h>
#include <stdint.h>
#include <stdio.h>

__attribute__((noinline)) static void
reaches(void *arg)
{
	// Stacks begin and end at multiples of 32.
	uintptr_t top =
		((uintptr_t)__builtin_frame_address(0) + 31) & ~(uintptr_t)31;

	(void)arg;
	*(volatile char *)(top - 1024 - 80) = 1;
	printf("far goes on\n");
}

int
main(void)
{
	go_with((struct go_attr){ .name = "far", .stack = 1024 }, reaches,
		NULL);
	time_sleep(MILLISECOND);
	printf("main goes on\n");
	return 0;
}
