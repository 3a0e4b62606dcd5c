// timer_blocks: a timer's function runs on g0, where nothing may block; the call
// that would is named. (One that need not: timer_locks.)
// expect-status: 2
// expect: ^mutex_lock: called on g0 or in a handler, where nothing may block$
// expect-not: survived
#include <go.h>
#include <stdio.h>

static struct mutex m;

static void
fn(void *arg)
{
	(void)arg;
	mutex_lock(&m);
	mutex_unlock(&m);
}

int
main(void)
{
	struct timer t = { 0 };

	mutex_lock(&m);
	timer_start(&t, MILLISECOND, fn, NULL);
	time_sleep(10 * MILLISECOND);
	timer_stop(&t);
	printf("survived\n");
	return 0;
}
