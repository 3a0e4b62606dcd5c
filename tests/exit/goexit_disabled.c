// goexit_disabled: a goroutine cannot end with preemption disabled.
// expect-status: 2
// expect: ^fatal error: runtime_goexit with preemption disabled
// expect-not: wrong
#include <go.h>
#include <stdio.h>

static void
ends(void *arg)
{
	(void)arg;
	preempt_disable();
	runtime_goexit();
}

int
main(void)
{
	go(ends, NULL);
	time_sleep(MILLISECOND);
	printf("wrong\n");
	return 0;
}
