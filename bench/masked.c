// masked.c: everything the kernel does, at the same time, for `make bench`: channels,
// select with and without a time limit, births and deaths, timers, tickers, sleeps,
// semaphores with a time limit, mutexes that are fought for, a device's interrupts,
// goroutines that never give way, an idle hart. The plugin follows the interrupt mask
// and tells the longest stretch in which it is up, outside of handlers and in them.
#include "../tests/target/device.h"
#include "bench.h"

enum { TIMES = 96 };

static bool stop;
static struct wait_group alive;
static struct semaphore ticks;
static struct mutex fought;
static chan *calls;

static void
device(void *arg)
{
	(void)arg;
	devquiet();
	semaphore_release_isr(&ticks);
	if (!stop)
		devstart(70 * MICROSECOND);
}

static void
takes(void *arg)
{
	(void)arg;
	while (!stop)
		semaphore_acquire_timeout(&ticks, 60 * MICROSECOND);
	wait_group_done(&alive);
}

static void
echo(void *arg)
{
	int v;

	(void)arg;
	while (chan_recv(calls, &v) && v >= 0)
		chan_select(SEND(calls, &v), TIMEOUT(MILLISECOND));
	wait_group_done(&alive);
}

static void
sleeps(void *arg)
{
	(void)arg;
	while (!stop) {
		mutex_lock(&fought);
		time_sleep(50 * MICROSECOND);
		mutex_unlock(&fought);
		runtime_gosched();
	}
	wait_group_done(&alive);
}

static void
spins(void *arg)
{
	(void)arg;
	for (int64_t from = time_now(); time_now() - from < 15 * MILLISECOND;)
		for (int i = 0; i < 1000; i++)
			ROUND();
	wait_group_done(&alive);
}

static void
nothing(void *arg)
{
	(void)arg;
}

static void
everything(void)
{
	uint32_t chance = 1;
	struct timer t = { 0 };
	struct ticker tk = { 0 };
	int64_t tick;
	int v = 0;

	for (int i = 0; i < TIMES; i++) {
		chan_send(calls, &v);
		chan_select(RECV(calls, &v), TIMEOUT(MILLISECOND));
		chan_select(RECV(calls, &v), DEFAULT);
		go(nothing, NULL);
		mutex_lock(&fought);
		mutex_unlock(&fought);
		timer_start(&t, 30 * MICROSECOND, nothing, NULL);
		runtime_gosched();
		timer_stop(&t);
		// Falls asleep at all distances from what is due next.
		for (int k = 0; k < 8; k++) {
			chance = chance * 1664525 + 1013904223;
			time_sleep((chance >> 12) % (80 * MICROSECOND));
		}
		if (i % 32 == 0) {
			wait_group_add(&alive, 2);
			go(spins, NULL);
			go(spins, NULL);
			ticker_start(&tk, 200 * MICROSECOND);
			chan_recv(tk.c, &tick);
			ticker_stop(&tk);
			time_sleep(40 * MILLISECOND); // idle at its end
		}
	}
}

static void
prepare(void)
{
	stop = false;
	calls = chan_make(int, 1);
	wait_group_add(&alive, 4);
	go(takes, NULL);
	go(echo, NULL);
	go(sleeps, NULL);
	go(sleeps, NULL);
	irq_handle(DEV_IRQ, device, NULL);
	devstart(70 * MICROSECOND);
}

static void
finish(void)
{
	int v = -1;

	stop = true;
	chan_send(calls, &v);
	wait_group_wait(&alive);
	irq_handle(DEV_IRQ, NULL, NULL);
	chan_free(calls);
}

static const struct row rows[] = {
	{ "masked", everything, prepare, finish, 1, "masked", 0 },
	{ 0 },
};

int
main(void)
{
	bench_rows(bench_bases);
	bench_rows(rows);
	return 0;
}
