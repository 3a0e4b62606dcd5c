// fault_in_panic: a deferred call faults while its goroutine panics; both are
// reported, the older one first.
// expect-status: 2
// expect: ^panic: the first\n.*panic: runtime error: invalid memory
// expect: address 0x0\)\n\[.*: hart [0-9], goroutine 1
// expect: clumsy.*\n.*fault_in_panic\.c:[0-9]+
// expect-not: main goes on
#include <go.h>
#include <stdio.h>

static void
clumsy(void *arg)
{
	*(volatile int *)arg = 1;
}

int
main(void)
{
	defer(clumsy, NULL);
	if (runtime_num_cpu() > 0)
		panic("the first");
	printf("main goes on\n");
	return 0;
}
