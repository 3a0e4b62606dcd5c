// overflow_frame: functions with 3 KB of locals, of which each writes only the
// lowest byte, cannot step over a guard of a page.
// expect-status: 2
// expect: ^goroutine [0-9]+ \(frames\) overflowed its stack
// expect: ^fatal error: stack overflow$
// expect: ^goroutine [0-9]+ \[running\] frames:\nlarge\(
// expect-not: went on
// only-arch: riscv64 x86_64
// harts: 1 4
#include <go.h>
#include <stdio.h>

static volatile int bottom = -1;

__attribute__((noinline)) static int
large(int n)
{
	volatile char here[3000];

	here[0] = (char)n;
	if (n == bottom)
		return 0;
	return large(n + 1) + here[0];
}

static void
frames(void *arg)
{
	*(int *)arg = large(0);
}

int
main(void)
{
	static int n;

	go_with((struct go_attr){ .name = "frames" }, frames, &n);
	time_sleep(SECOND);
	printf("main went on\n");
	return 0;
}
