// timer_locks: a timer's function calls what may block, but need not this time: with
// DEBUG, and only then, it is named as it would be if it had to.
// torture: only
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

	timer_start(&t, MILLISECOND, fn, NULL);
	time_sleep(10 * MILLISECOND);
	timer_stop(&t);
	printf("survived\n");
	return 0;
}
