// deadlock_late: the deadlock comes after a life with many goroutines, sleeps
// and steals; it must still be seen, on any number of harts.
// expect-status: 2
// expect: ^all have slept$
// expect: ^fatal error: all goroutines are asleep - deadlock!$
// harts: 1 4
#include <go.h>
#include <stdio.h>

struct job {
	struct wait_group *wg;
	duration d;
};

static void
nap(void *arg)
{
	struct job *j = arg;

	time_sleep(j->d);
	wait_group_done(j->wg);
}

int
main(void)
{
	struct wait_group wg = { 0 };

	for (int i = 0; i < 200; i++) {
		wait_group_add(&wg, 1);
		go_copy(nap, (struct job){ &wg, i % 7 * 100 * MICROSECOND });
	}
	wait_group_wait(&wg);
	printf("all have slept\n");
	wait_group_add(&wg, 1);
	wait_group_wait(&wg);
	return 0;
}
