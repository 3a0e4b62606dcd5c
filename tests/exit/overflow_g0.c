// overflow_g0: the stack of a hart has a guard as well. A recursion on it is
// reported with the hart's name, from the page below the stack, and before any
// other hart's was written.
// expect-status: 2
// expect: ^below 0x([0-9a-f]+)000$[\s\S]*^the system stack of hart [0-9] overflowed its stack of 16384 bytes, .*, sp 0x\1f[0-9a-f]{2}$
// expect: ^fatal error: stack overflow
// expect: ^\[.*: hart [0-9], system stack, pc 0x[0-9a-f]+ \(dig\+0x
// expect: ^runtime stack of hart [0-9]:\ndig\(
// expect-not: went on
// only-arch: riscv64
// harts: 1 4
#include <go.h>
#include <stdint.h>
#include <stdio.h>

enum { PAGE = 4096, STACK = 16384 };

void systemstack(void (*fn)(void *), void *arg); // the kernel's

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
look(void *arg)
{
	uintptr_t top = (uintptr_t)__builtin_frame_address(0) + PAGE - 1;

	*(uintptr_t *)arg = top / PAGE * PAGE;
}

static void
on_g0(void *arg)
{
	*(int *)arg = dig(0);
}

int
main(void)
{
	static int n;
	uintptr_t top;

	preempt_disable(); // stay on this hart
	systemstack(look, &top);
	printf("below 0x%lx\n", (unsigned long)(top - STACK - PAGE));
	systemstack(on_g0, &n);
	preempt_enable();
	printf("main went on\n");
	return 0;
}
