// overflow_behind: an interrupt finds a goroutine whose sp is behind its guard
// already, in the stack of another one. Even if it is not to be taken off, it ends
// there.
// only-arch: x86_64
// expect-status: 2
// expect: ^goroutine [0-9]+ \(edge\) overflowed its stack of 8192 bytes
// expect: ^fatal error: stack overflow
// expect: ^\[no room for an interrupt: hart [0-9], goroutine [0-9]+, pc .*\(edge\+
// expect-not: went on
// harts: 1 4
#include <go.h>
#include <stdint.h>
#include <stdio.h>

static void
waits(void *arg)
{
	for (;;) {
		*(volatile int *)arg += 1;
		runtime_gosched();
	}
}

static void
edge(void *arg)
{
	uintptr_t low =
		((uintptr_t)__builtin_frame_address(0) & ~4095ul) - 4096;

	(void)arg;
	preempt_disable();
	__asm__ volatile("movq %0, %%rsp\n1:\tjmp 1b" : : "r"(low - 4096 - 64));
}

int
main(void)
{
	static int n;

	runtime_gomaxprocs(1);
	go(waits, &n);
	go_with((struct go_attr){ .name = "edge", .stack = 8192 }, edge, NULL);
	time_sleep(60 * SECOND);
	printf("main went on\n");
	return 0;
}
