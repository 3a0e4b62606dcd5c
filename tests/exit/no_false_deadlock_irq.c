// no_false_deadlock_irq: everybody waits, and what wakes them is a device alone:
// an interrupt that a goroutine waits for, and one whose handler ends a note's
// wait or sends. No timer runs.
// expect-status: 0
// expect: ^woken 300 times$
// expect-not: fatal error
#include <stdio.h>

#include "../target/device.h"

enum { N = 100 };

static struct note event;
static chan *c;
static int n;

static void
handler(void *arg)
{
	devquiet();
	if (arg == NULL)
		ready_isr(&event);
	else
		chan_try_send_isr((chan *)arg, &n);
}

int
main(void)
{
	int v, woken = 0;

	c = chan_make(int, 1);
	for (int i = 0; i < N; i++) {
		devstart(100 * MICROSECOND);
		irq_wait(DEV_IRQ);
		devquiet();
		woken++;
	}
	irq_handle(DEV_IRQ, handler, NULL);
	for (int i = 0; i < N; i++) {
		devstart(100 * MICROSECOND);
		note_wait(&event);
		woken++;
	}
	irq_handle(DEV_IRQ, NULL, NULL);
	irq_handle(DEV_IRQ, handler, c);
	while (chan_try_recv(c, &v))
		;
	for (int i = 0; i < N; i++) {
		devstart(100 * MICROSECOND);
		chan_recv(c, &v);
		woken++;
	}
	printf("woken %d times\n", woken);
	return 0;
}
