// no_false_deadlock: nobody runs for most of the time, but somebody sleeps, so
// it is no deadlock. Every wake-up is by a timer, a thousand times over.
// expect-status: 0
// expect: ^woken 1000 times$
// expect-not: fatal error
// harts: 1 4
#include <go.h>
#include <stdio.h>

static void
waker(void *arg)
{
	for (int i = 0; i < 1000; i++) {
		// 20 us are over before the hart has looked everywhere.
		time_sleep((i & 1 ? 20 : 500) * MICROSECOND);
		chan_send((chan *)arg, &i);
	}
	chan_close(arg);
}

int
main(void)
{
	chan *c = chan_make(int, 0);
	int v, n = 0;

	go(waker, c);
	while (chan_recv(c, &v))
		n++;
	printf("woken %d times\n", n);
	return 0;
}
