// timer_panics: nobody can recover a panic in a timer's function: it is a throw.
// expect-status: 2
// expect: ^panic: lost in time$
// expect: ^fatal error: panic on the system stack$
// expect-not: survived
#include <go.h>
#include <stdio.h>

static void
fn(void *arg)
{
	(void)arg;
	panic("lost in time");
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
