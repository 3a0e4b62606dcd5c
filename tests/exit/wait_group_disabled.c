// wait_group_disabled: to wait for a wait_group with preemption disabled is a fatal
// error.
// expect-status: 2
// expect: ^fatal error: wait_group_wait with preemption disabled
// expect-not: wrong
#include <go.h>
#include <stdio.h>

int
main(void)
{
	struct wait_group wg = { 0 };

	wait_group_add(&wg, 1);
	preempt_disable();
	wait_group_wait(&wg);
	printf("wrong\n");
	return 0;
}
