// overflow_main: main's stack has an end too, and a guard behind it.
// expect-status: 2
// expect: ^goroutine 1 \(.*main.*\) overflowed its stack of [0-9]{3,} bytes
// expect: ^fatal error: stack overflow$
// expect: ^goroutine 1 \[running\].*:\n(dig\(|\?)
// expect: ^main\(\.\.\.\)$|pc lost
// expect-not: went on
// harts: 1 4
#include <go.h>
#include <stdio.h>

static volatile int bottom = -1;

__attribute__((noinline)) static int
dig(int n)
{
	volatile int here[8] = { n };

	if (n == bottom)
		return 0;
	return dig(n + 1) + here[n & 7];
}

int
main(void)
{
	printf("%d went on\n", dig(0));
	return 0;
}
