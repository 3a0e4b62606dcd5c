// wait_disabled: to wait for a channel with preemption disabled is a fatal error,
// not a hart that stands still; what need not wait is allowed.
// expect-status: 2
// expect: ^fatal error: chan receive: waiting with preemption disabled
// expect-not: wrong
#include <go.h>
#include <stdio.h>

int
main(void)
{
	chan *c = chan_make(int, 1);
	int v = 1;

	preempt_disable();
	chan_send(c, &v);
	if (!chan_recv(c, &v))
		printf("wrong\n");
	chan_recv(c, &v);
	printf("wrong\n");
	return 0;
}
