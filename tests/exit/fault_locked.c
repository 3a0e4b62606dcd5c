// fault_locked: a fault while preemption is disabled is not a panic: whoever
// would recover does not know what the goroutine was in the middle of.
// expect-status: 2
// expect: ^fatal error: .* with preemption disabled
// expect: ^\[.*: hart [0-9], goroutine 1, pc .*touch.*, address 0x0\]$
// expect: touch.*\n.*fault_locked\.c:[0-9]+
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

__attribute__((noinline)) static int
touch(volatile int *p)
{
	return *p + 1;
}

int
main(void)
{
	int n;

	defer(saves, NULL);
	preempt_disable();
	n = touch(NULL);
	preempt_enable();
	printf("main goes on %d\n", n);
	return 0;
}
