// fault_breakpoint: a breakpoint that no debugger has planted is not an error of
// the goroutine that runs into it: the machine ends, nobody recovers.
// only-arch: x86_64
// expect-status: 2
// expect: ^fatal error: breakpoint$
// expect: ^\[breakpoint: hart [0-9], goroutine 1, pc .*\(main\+
// expect: ^main\(
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
	defer(saves, NULL);
	__asm__ volatile("int3");
	printf("main goes on\n");
	return 0;
}
