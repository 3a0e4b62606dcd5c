// overflow_preempt: a goroutine that uses nearly all of its stack is preempted
// again and again, each time a few bytes deeper, until what a preemption saves
// (FP registers included) has no room. That is an overflow as well, and is
// reported; the machine does not hang in it.
// expect-status: 2
// expect: ^goroutine [0-9]+ \(edge\) overflowed its stack
// expect: ^fatal error: stack overflow$
// expect: ^goroutine [0-9]+ \[running\] edge:$
// expect: ^edge\(\.\.\.\)$
// expect-not: went on
// harts: 1 4
#include <go.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

enum { STACK = 8192 };

static atomic_uint turns;
static uintptr_t top;
static volatile double x = 1.5;

// beside runs whenever edge has been taken off: there is one P.
static void
beside(void *arg)
{
	(void)arg;
	for (;;) {
		atomic_fetch_add(&turns, 1);
		runtime_gosched();
	}
}

static __attribute__((noinline)) void
spin(void)
{
	unsigned t = atomic_load_explicit(&turns, memory_order_relaxed);

	while (atomic_load_explicit(&turns, memory_order_relaxed) == t)
		x = x * 1.0001;
}

__attribute__((noinline)) static int
sink(int n)
{
	volatile int here = n;

	if (n < 0)
		return 0;
	if (top - (uintptr_t)&here > STACK - 1024)
		spin();
	return sink(n + 1) + here;
}

static void
edge(void *arg)
{
	top = (uintptr_t)__builtin_frame_address(0);
	*(int *)arg = sink(0);
}

int
main(void)
{
	static int n;

	runtime_gomaxprocs(1);
	go(beside, NULL);
	go_with((struct go_attr){ .name = "edge", .stack = STACK }, edge, &n);
	time_sleep(60 * SECOND);
	printf("main went on\n");
	return 0;
}
