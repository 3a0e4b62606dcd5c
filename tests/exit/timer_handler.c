// timer_handler: timers cannot be set in a handler, which may have interrupted
// the very heap; the call is named.
// expect-status: 2
// expect: ^timer_start: called on g0 or in a handler, where nothing may block$
// expect-not: wrong
#include <go.h>
#include <stdio.h>

#include "../target/device.h"

static struct timer t;

static void
fn(void *arg)
{
	(void)arg;
}

static void
handler(void *arg)
{
	(void)arg;
	devquiet();
	timer_start(&t, MILLISECOND, fn, NULL);
}

int
main(void)
{
	irq_handle(DEV_IRQ, handler, NULL);
	devstart(MILLISECOND);
	time_sleep(10 * MILLISECOND);
	printf("wrong\n");
	return 0;
}
