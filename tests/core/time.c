// time.c: the clock, sleeping, timers.
#include "core.h"

#include <string.h>

static void
ClockRuns(void)
{
	int64_t a = time_now(), b = a;

	for (int i = 0; i < 1000; i++) {
		b = time_now();
		CHECK(b >= a);
		a = b;
	}
}

static void
SleepLasts(void)
{
	static const duration ds[] = { 1, 30 * MICROSECOND, 999 * MICROSECOND,
				       12345 * MICROSECOND, 800 * MILLISECOND };

	for (unsigned i = 0; i < sizeof ds / sizeof ds[0]; i++) {
		int64_t start = time_now(), took;

		time_sleep(ds[i]);
		took = time_now() - start;
		CHECK(took >= ds[i]);
		CHECK(took - ds[i] <= late(MILLISECOND));
	}
}

static atomic_int norder;

static void
sleeps(void *arg)
{
	int i = (int)(intptr_t)arg;

	time_sleep(i * 3 * MILLISECOND);
	scratch[atomic_fetch_add(&norder, 1)] = i;
	wait_group_done(&wg);
}

static void
SleepOrder(void)
{
	atomic_store(&norder, 0);
	wait_group_add(&wg, 4);
	for (intptr_t i = 4; i >= 1; i--)
		go(sleeps, (void *)i);
	wait_group_wait(&wg);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(scratch[i], i + 1);
}

// One test at a time uses one of them.
static union {
	struct timer timers[4];
	struct ticker ticker;
} u;

static void
fires(void *arg)
{
	scratch[atomic_fetch_add(&norder, 1)] = (int)(intptr_t)arg;
}

static void
TimerOrder(void)
{
	memset(&u, 0, sizeof u);
	atomic_store(&norder, 0);
	for (intptr_t i = 3; i >= 0; i--)
		timer_start(&u.timers[i], (1 + i) * MILLISECOND, fires,
			    (void *)i);
	time_sleep(10 * MILLISECOND);
	CHECK_EQ(atomic_load(&norder), 4);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(scratch[i], i);
}

static void
TimerStop(void)
{
	memset(&u, 0, sizeof u);
	atomic_store(&norder, 0);
	timer_start(&u.timers[0], MILLISECOND, fires, NULL);
	timer_start(&u.timers[1], MILLISECOND, fires, (void *)1);
	CHECK(timer_stop(&u.timers[0]));
	CHECK(timer_reset(&u.timers[1], 4 * MILLISECOND));
	time_sleep(2 * MILLISECOND);
	CHECK_EQ(atomic_load(&norder), 0);
	time_sleep(5 * MILLISECOND);
	CHECK_EQ(atomic_load(&norder), 1);
	CHECK(!timer_stop(&u.timers[1]));
}

static void
Ticker(void)
{
	int64_t start = time_now(), when;

	memset(&u, 0, sizeof u);
	ticker_start(&u.ticker, 2 * MILLISECOND);
	for (int i = 1; i <= 5; i++) {
		CHECK(chan_recv(u.ticker.c, &when));
		CHECK(when - start >= i * 2 * MILLISECOND);
	}
	ticker_stop(&u.ticker);
	time_sleep(5 * MILLISECOND);
	CHECK_EQ(chan_len(u.ticker.c), 0);
}

const struct test time_tests[] = {
	T(ClockRuns), T(SleepLasts), T(SleepOrder), T(TimerOrder),
	T(TimerStop), T(Ticker),     { 0 },
};
