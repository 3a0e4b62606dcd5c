// stack_all: runtime_stack(true) shows every goroutine, also those that run on
// other harts at that moment, and all of them go on afterwards.
// expect-status: 0
// expect: ^goroutine 1 \[running\].*:$
// expect: ^goroutine [0-9]+ \[chan receive[^]]*\] receiver:$
// expect: ^goroutine [0-9]+ \[sleep[^]]*\] sleeper:$
// expect: ^goroutine [0-9]+ \[(running|runnable|preempted)[^]]*\] hog:$
// expect: turn_around.*\n.*stack_all\.c:[0-9]+
// expect: created by main
// expect: ^all went on$
// harts: 1 4
#include <go.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_bool stop;
static struct wait_group wg;

__attribute__((noinline)) static unsigned
turn_around(void)
{
	unsigned n = 0;

	while (!atomic_load_explicit(&stop, memory_order_relaxed))
		n++;
	return n;
}

static void
hog(void *arg)
{
	*(unsigned *)arg = turn_around();
	wait_group_done(&wg);
}

static void
receiver(void *arg)
{
	int v;

	chan_recv(arg, &v);
	wait_group_done(&wg);
}

static void
sleeper(void *arg)
{
	(void)arg;
	time_sleep(SECOND);
	wait_group_done(&wg);
}

int
main(void)
{
	chan *c = chan_make(int, 0);
	static unsigned n;

	wait_group_add(&wg, 3);
	go_with((struct go_attr){ .name = "hog" }, hog, &n);
	go_with((struct go_attr){ .name = "receiver" }, receiver, c);
	go_with((struct go_attr){ .name = "sleeper" }, sleeper, NULL);
	time_sleep(60 * MILLISECOND);
	runtime_stack(true);
	atomic_store(&stop, true);
	chan_close(c);
	wait_group_wait(&wg);
	printf("all went on\n");
	return 0;
}
