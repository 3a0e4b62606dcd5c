// core.c is the tour for machines of 8 KB: goroutines, channels, select, timers and
// preemption, without stdio. `make run-qemu BOARD=stm32vldiscovery` runs it.
#include <go.h>

enum { WORKERS = 8, JOBS = 100 };

static chan *jobs, *results;
static struct wait_group done;
static volatile bool stop;

static void
worker(void *unused)
{
	int n;

	(void)unused;
	while (chan_recv(jobs, &n)) {
		n *= n;
		chan_send(results, &n);
	}
	wait_group_done(&done);
}

static void
print_when_due(void *arg)
{
	runtime_print("   %s\n", (const char *)arg); // on g0
}

static void
hog(void *unused)
{
	(void)unused;
	while (!stop)
		; // nothing here gives the processor back
	wait_group_done(&done);
}

int
main(void)
{
	static struct timer first, second;
	int sum = 0, n;

	jobs = chan_make(int, 0);
	results = chan_make(int, 4);
	wait_group_add(&done, WORKERS);
	for (int i = 0; i < WORKERS; i++)
		go(worker, NULL);
	runtime_print("1. %d goroutines, main is goroutine %d\n",
		      runtime_num_goroutine(), (int)runtime_goid());
	for (int sent = 0, got = 0; got < JOBS;) {
		int next = sent + 1;

		if (chan_select(SEND(sent < JOBS ? jobs : NULL, &next),
				RECV(results, &n)) == 0)
			sent++;
		else
			got++, sum += n;
	}
	runtime_print("2. by select, the squares of 1 to %d: %d\n", JOBS, sum);
	chan_close(jobs);
	wait_group_wait(&done);
	n = chan_select(RECV(results, &n), TIMEOUT(5 * MILLISECOND));
	runtime_print("3. the timeout was case %d; %d goroutine is left\n", n,
		      runtime_num_goroutine());
	timer_start(&second, 4 * MILLISECOND, print_when_due, "and a second");
	timer_start(&first, 2 * MILLISECOND, print_when_due, "a timer fires");
	wait_group_add(&done, 2);
	go(hog, NULL);
	go(hog, NULL);
	for (int i = 1; i <= 3; i++) {
		time_sleep(20 * MILLISECOND);
		runtime_print("4. main woke up beside the hogs, time %d\n", i);
	}
	stop = true;
	wait_group_wait(&done);
	runtime_print("5. preempted, told to stop, and gone\n");
	return 0;
}
