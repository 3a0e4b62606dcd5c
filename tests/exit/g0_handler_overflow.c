// g0_handler_overflow: a handler that recurses for ever has a report too. It is
// one above the kernel's level, which a program on this machine may bring along.
// only-arch: armv7m
// expect-status: 2
// expect: the system stack of hart 0 overflowed its stack of [0-9]+ bytes
// expect: ^fatal error: stack overflow
// expect: ^deeper\(
// expect: ^irq5_vector\(
// expect: ^goroutine 1 \[running\] main:
// expect-not: goes on
// harts: 1
#include <go.h>
#include <stdint.h>
#include <stdio.h>

static volatile int depth;

__attribute__((noinline)) static int
deeper(int n)
{
	depth = n;
	return depth < 0 ? 0 : deeper(n + 1) + depth;
}

void
irq5_vector(void)
{
	deeper(0);
	depth = 0;
}

int
main(void)
{
	*(volatile uint8_t *)0xe000e405 = 0x20; // its priority
	*(volatile uint32_t *)0xe000e100 = 1 << 5;
	*(volatile uint32_t *)0xe000ef00 = 5;
	time_sleep(MILLISECOND);
	printf("main goes on\n");
	return 0;
}
