// fault_masked: a fault with interrupts masked is not a panic: so runs only code
// that is in the middle of something.
// only-arch: x86_64
// expect-status: 2
// expect: ^fatal error: store page fault$
// expect: ^\[store page fault: hart [0-9], goroutine 1, pc .*\(main\+
// expect-not: recovered|main goes on|^panic:
#include <go.h>
#include <stdio.h>

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
	__asm__ volatile("cli");
	*p = 1;
	__asm__ volatile("sti");
	printf("main goes on\n");
	return 0;
}
