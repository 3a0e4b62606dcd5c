// overflow_array: an array of variable length that is larger than stack and
// guard together does not jump over the guard: gcc probes it page by page. The
// neighbours' stacks lie on both sides and are not written.
// expect-status: 2
// expect: ^goroutine [0-9]+ \(array\) overflowed its stack
// expect: ^fatal error: stack overflow$
// expect: ^goroutine [0-9]+ \[running\] array:\nlowest\(
// expect-not: went on
// only-arch: riscv64 x86_64
// harts: 1 4
#include <go.h>
#include <stdio.h>

static volatile size_t words = 25000;

// lowest writes the lowest word of an array only.
__attribute__((noinline)) static int
lowest(size_t n)
{
	volatile int array[n];

	array[0] = (int)n;
	return array[0];
}

static void
array(void *arg)
{
	*(int *)arg = lowest(words);
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
	chan *c = chan_make(int, 0);
	static int n;

	for (int i = 0; i < 16; i++)
		go(beside, c);
	go_with((struct go_attr){ .name = "array" }, array, &n);
	for (int i = 0; i < 16; i++)
		go(beside, c);
	time_sleep(SECOND);
	printf("main went on\n");
	return 0;
}
