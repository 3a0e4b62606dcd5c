// overflow_hart: guards hold on every hart, on the last one too, also while the
// goroutine cannot be preempted.
// expect-status: 2
// expect: ^goroutine [0-9]+ \(digger\) overflowed its stack
// expect: ^fatal error: stack overflow
// expect: ^\[.*: hart 3, goroutine
// expect: ^dig\(\.\.\.\)$
// expect-not: went on
// harts: 4
#include <go.h>
#include <stdio.h>

unsigned arch_cpuid(void); // the kernel's

static volatile int bottom = -1;

__attribute__((noinline)) static int
dig(int n)
{
	volatile int here = n;

	if (n == bottom)
		return 0;
	return dig(n + 1) + here;
}

static void
digger(void *arg)
{
	for (;;) {
		preempt_disable();
		if (arch_cpuid() == 3)
			*(int *)arg = dig(0);
		preempt_enable();
		runtime_gosched();
	}
}

int
main(void)
{
	static int n;

	for (int i = 0; i < 8; i++)
		go_with((struct go_attr){ .name = "digger" }, digger, &n);
	time_sleep(10 * SECOND);
	printf("main went on\n");
	return 0;
}
