// timer_prints: a timer's function calls newlib's stdio, whose locks refuse g0 even
// when they are free: what they guard is not made for it.
// expect-status: 2
// expect: ^malloc or stdio: called on g0 or in a handler, where nothing may block$
// expect-not: survived
#include <go.h>
#include <stdio.h>

static void
fn(void *arg)
{
	(void)arg;
	printf("from a timer\n");
}

int
main(void)
{
	struct timer t = { 0 };

	printf("stdio is open\n");
	timer_start(&t, MILLISECOND, fn, NULL);
	time_sleep(10 * MILLISECOND);
	timer_stop(&t);
	printf("survived\n");
	return 0;
}
