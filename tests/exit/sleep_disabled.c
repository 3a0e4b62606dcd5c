// sleep_disabled: to sleep with preemption disabled is a fatal error.
// expect-status: 2
// expect: ^fatal error: time_sleep with preemption disabled
// expect-not: wrong
#include <go.h>
#include <stdio.h>

int
main(void)
{
	preempt_disable();
	time_sleep(MICROSECOND);
	printf("wrong\n");
	return 0;
}
