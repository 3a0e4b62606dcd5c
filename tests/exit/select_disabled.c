// select_disabled: a select that has to wait with preemption disabled is a fatal
// error; one that is ready, or has a default, is allowed.
// expect-status: 2
// expect: ^fatal error: chan_select: waiting with preemption disabled
// expect-not: wrong
#include <go.h>
#include <stdio.h>

int
main(void)
{
	chan *c = chan_make(int, 1), *d = chan_make(int, 1);
	int v = 1;

	preempt_disable();
	if (chan_select(SEND(c, &v), RECV(d, &v)) != 0)
		printf("wrong\n");
	if (chan_select(SEND(c, &v), RECV(d, &v), DEFAULT) != 2)
		printf("wrong\n");
	chan_select(SEND(c, &v), RECV(d, &v), TIMEOUT(MICROSECOND));
	printf("wrong\n");
	return 0;
}
