// timer_sends: a timer's function runs on g0, where a send is refused by its name,
// one that would not have to wait too: that is not in the function's hands.
// expect-status: 2
// expect: ^chan_send: called on g0 or in a handler, where nothing may block$
// expect-not: survived
#include <go.h>
#include <stdio.h>

CHAN_STATIC(room, int, 1);

static void
fn(void *arg)
{
	(void)arg;
	chan_send(room, &(int){ 1 });
}

int
main(void)
{
	struct timer t = { 0 };

	timer_start(&t, MILLISECOND, fn, NULL);
	time_sleep(10 * MILLISECOND);
	timer_stop(&t);
	printf("survived\n");
	return 0;
}
