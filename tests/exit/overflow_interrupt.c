// overflow_interrupt: an interrupt finds a goroutine whose sp is at the lowest
// bytes of its stack, with no room for what it keeps there. It is reported where
// the goroutine was, and the machine does not hang in it.
// only-arch: x86_64
// expect-status: 2
// expect: ^goroutine [0-9]+ \(edge\) overflowed its stack of 8192 bytes
// expect: ^fatal error: stack overflow$
// expect: ^\[no room for an interrupt: hart [0-9], goroutine [0-9]+, pc .*\(edge\+
// expect: ^goroutine [0-9]+ \[running\] edge:\nedge
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
	__asm__ volatile("movq %0, %%rsp\n1:\tjmp 1b" : : "r"(low + 16));
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
