// end_disabled: a goroutine whose function returns with preemption disabled ends the
// machine, also where another one is next.
// expect-status: 2
// expect: goexit: goroutine ended with preemption disabled
// expect-not: wrong
#include <go.h>
#include <stdio.h>

static void
ends(void *arg)
{
	(void)arg;
	preempt_disable();
}

int
main(void)
{
	go(ends, NULL);
	for (int i = 0; i < 100; i++)
		runtime_gosched();
	time_sleep(10 * MILLISECOND);
	printf("wrong\n");
	return 0;
}
