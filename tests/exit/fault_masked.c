// fault_masked: a fault with interrupts masked is not a panic: so runs only code
// that is in the middle of something.
// only-arch: riscv64 x86_64
// expect-status: 2
// expect: ^fatal error: store (page|access) fault$
// expect: ^\[store (page|access) fault: hart [0-9], goroutine 1, pc .*\(main\+
// expect-not: recovered|main goes on|^panic:
#include <go.h>
#include <stdio.h>

#if defined(__x86_64__)
#define MASK "cli"
#define UNMASK "sti"
#elif defined(__riscv)
#define MASK "csrci mstatus, 8"
#define UNMASK "csrsi mstatus, 8"
#else
#define MASK ""
#define UNMASK ""
#endif

static void
saves(void *arg)
{
	(void)arg;
	recover();
	printf("recovered\n");
}

int
main(void)
{
	volatile int *volatile p = NULL;

	defer(saves, NULL);
	__asm__ volatile(MASK);
	*p = 1;
	__asm__ volatile(UNMASK);
	printf("main goes on\n");
	return 0;
}
