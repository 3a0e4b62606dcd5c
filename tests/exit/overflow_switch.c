// overflow_switch: nothing but the guard can be seen by hardware; an array that is
// larger than stack and guard together, and of which nothing is written, goes over
// it. Where such a goroutine switches, its sp is found to be below its stack.
// only-arch: armv7m
// expect-status: 2
// expect: ^goroutine [0-9]+ \(over\) overflowed its stack of 2048 bytes
// expect: ^fatal error: stack overflow
// expect: ^\[it switches with sp below its stack:
// expect-not: went on
// harts: 1
#include <go.h>
#include <stdio.h>

static volatile size_t words = 600;

// below gives way with its frame below the array.
__attribute__((noinline)) static int
below(size_t n)
{
	volatile int array[n];

	runtime_gosched();
	return array[n - 1];
}

static void
over(void *arg)
{
	*(int *)arg = below(words);
	printf("it went on\n");
}

static void
beside(void *arg)
{
	int v;

	chan_recv((chan *)arg, &v);
}

int
main(void)
{
	static int n;
	chan *c = chan_make(int, 0);

	for (int i = 0; i < 4; i++)
		go(beside, c);
	go_with((struct go_attr){ .name = "over", .stack = 2048 }, over, &n);
	time_sleep(SECOND);
	printf("main went on\n");
	return 0;
}
