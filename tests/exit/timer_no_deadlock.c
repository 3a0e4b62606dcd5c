// timer_no_deadlock: as long as a timer or a ticker is set something can still
// happen; when the last one is stopped nothing can.
// expect-status: 2
// expect: ^ticked$
// expect: ^fatal error: all goroutines are asleep - deadlock!$
// expect: ^goroutine 1 \[chan receive[^]]*\]
#include <go.h>
#include <stdio.h>

static struct ticker tk;
static struct timer t;

static void
stop(void *arg)
{
	(void)arg;
	timer_stop(&tk.t);
}

int
main(void)
{
	int64_t when;

	ticker_start(&tk, MILLISECOND);
	chan_recv(tk.c, &when);
	chan_recv(tk.c, &when);
	printf("ticked\n");
	timer_start(&t, 0, stop, NULL);
	for (;;)
		chan_recv(tk.c, &when);
}
