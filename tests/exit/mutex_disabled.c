// mutex_disabled: with preemption disabled a free mutex may be taken; to wait for
// one is a fatal error.
// expect-status: 2
// expect: ^free$
// expect: ^fatal error: sync.Mutex.Lock: waiting with preemption disabled
// expect-not: wrong
#include <go.h>
#include <stdio.h>

int
main(void)
{
	struct mutex m = { 0 };

	preempt_disable();
	mutex_lock(&m);
	mutex_unlock(&m);
	mutex_lock(&m);
	preempt_enable();
	printf("free\n");
	preempt_disable();
	mutex_lock(&m);
	printf("wrong\n");
	return 0;
}
