// timer_far: a deadline further away than the hart's timer can count (x86_64: 4.3 s,
// armv7m: 0.67 s) comes at its time, on a hart that nothing else interrupts or puts
// to sleep.
// harts: 1
// icount: 7
// expect-status: 0
// expect: ^it came in time$
#include <go.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_int fired;
static int64_t due, late;

static void
fires(void *arg)
{
	(void)arg;
	late = time_now() - due;
	atomic_fetch_add(&fired, 1);
}

int
main(void)
{
	static struct timer t;
	duration d = 5 * SECOND;
	int64_t end = time_now() + d + SECOND;

	due = time_now() + d;
	timer_start(&t, d, fires, NULL);
	while (atomic_load(&fired) == 0 && time_now() < end)
		;
	if (atomic_load(&fired) == 0)
		printf("it never came\n");
	else if (late < 0 || late > 500 * MICROSECOND) // some 100 instructions
		printf("it came %d us late\n", (int)(late / MICROSECOND));
	else
		printf("it came in time\n");
	return 0;
}
