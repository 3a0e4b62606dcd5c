// size.c: goroutines, channels, select, mutex, semaphore, timers and preemption, each
// used once, for `make bench`, which counts the kernel's bytes in the image. It runs,
// too, and prints nothing.
#include <go.h>

static struct mutex m;
static struct semaphore s = SEMAPHORE(0);
static struct wait_group wg;
static chan *c;
static volatile bool ticked;

static void
ticks(void *arg)
{
	(void)arg;
	ticked = true;
}

// Preempted by whoever waits: it never gives way.
static void
spins(void *arg)
{
	(void)arg;
	while (!ticked)
		;
	mutex_lock(&m);
	semaphore_release(&s);
	mutex_unlock(&m);
	wait_group_done(&wg);
}

static void
sends(void *arg)
{
	int v = 1;

	(void)arg;
	chan_send(c, &v);
	wait_group_done(&wg);
}

int
main(void)
{
	struct timer t = { 0 };
	int v = 0;

	c = chan_make(int, 0);
	wait_group_add(&wg, 2);
	timer_start(&t, MILLISECOND, ticks, NULL);
	go(spins, NULL);
	go(sends, NULL);
	if (chan_select(RECV(c, &v), TIMEOUT(SECOND)) != 0 || v != 1)
		return 1;
	semaphore_acquire(&s);
	wait_group_wait(&wg);
	time_sleep(MILLISECOND);
	timer_stop(&t);
	chan_free(c);
	return 0;
}
