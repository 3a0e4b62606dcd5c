// time.c: the clock, sleep and the timers behind them.
#include "test.h"

// ---- The clock -------------------------------------------------------------

struct clock {
	struct wait_group wg;
	_Atomic int64_t *last;
	atomic_int back;
};

static struct mutex clock_mu;
static int64_t clock_last; // under clock_mu

static void
read_clock(void *arg)
{
	struct clock *c = arg;

	for (int i = 0; i < 500; i++) {
		int64_t t;

		mutex_lock(&clock_mu);
		t = time_now();
		if (t < clock_last)
			atomic_fetch_add(&c->back, 1);
		clock_last = t;
		mutex_unlock(&clock_mu);
		if (i % 16 == 0)
			runtime_gosched();
	}
	wait_group_done(&c->wg);
}

// Time does not go back, from whatever hart it is read one after the other.
static void
Monotonic(void)
{
	struct clock c = { 0 };

	wait_group_add(&c.wg, 8);
	for (int i = 0; i < 8; i++)
		go(read_clock, &c);
	wait_group_wait(&c.wg);
	CHECK_EQ(c.back, 0);
	CHECK(clock_last > 0);
}

// ---- Sleep -----------------------------------------------------------------

struct nap {
	struct wait_group *wg;
	duration d;
	atomic_int *early, *late;
};

static void
nap(void *arg)
{
	struct nap *n = arg;
	int64_t t = time_now();

	time_sleep(n->d);
	t = time_now() - t;
	if (t < n->d)
		atomic_fetch_add(n->early, 1);
	if (t > n->d + late(50 * MILLISECOND))
		atomic_fetch_add(n->late, 1);
	wait_group_done(n->wg);
}

// Very many sleep at once, each its own time: nobody wakes early, all wake.
static void
ManySleepers(void)
{
	struct wait_group wg = { 0 };
	atomic_int early = 0, toolate = 0;
	uint32_t r = seed();
	int n = room(1000);

	wait_group_add(&wg, n);
	for (int i = 0; i < n; i++)
		go_copy(nap, (struct nap){ &wg, rnd(&r) % 1000000000, &early,
					   &toolate });
	wait_group_wait(&wg);
	CHECK_EQ(early, 0);
	CHECK_EQ(toolate, 0);
}

// On one hart sleepers wake in the order of their deadlines, whatever the order
// of their going to sleep.
struct bed {
	int *at, *log;
	int id;
};

static void
sleep_and_log(void *arg)
{
	struct bed *b = arg;

	time_sleep((b->id * 3 + 1) * MILLISECOND);
	b->log[(*b->at)++] = b->id;
}

static void
SleepOrder(void)
{
	int log[16], at = 0, wrong = 0;

	if (!virtual_clock() || chaotic()) {
		skip("the host may stop the clock's reader: clock=virtual");
		return;
	}
	runtime_gomaxprocs(1);
	for (int i = 0; i < 16; i++)
		go_copy(sleep_and_log, (struct bed){ &at, log, i * 7 % 16 });
	NEED(wait_idle(0));
	CHECK_EQ(at, 16);
	for (int i = 0; i < 16; i++)
		wrong += log[i] != i;
	CHECK_EQ(wrong, 0);
}

// Nothing, less than nothing and a deadline that is over return at once; the
// longest there is does not overflow into the past (Go: OverflowSleep,
// SleepZeroDeadlock).
static void
sleep_for_ever(void *arg)
{
	time_sleep(INT64_MAX);
	atomic_fetch_add((atomic_int *)arg, 1);
}

static void
OverflowSleep(void)
{
	static atomic_int woke;
	int64_t t = time_now();
	int v;

	time_sleep(0);
	time_sleep(-1);
	time_sleep(INT64_MIN);
	time_sleep(1);
	CHECK(time_now() - t <= late(10 * MILLISECOND));
	atomic_store(&woke, 0);
	go(sleep_for_ever, &woke);
	stuck(1, 0);
	time_sleep(5 * MILLISECOND);
	CHECK_EQ(woke, 0);
	CHECK_EQ(chan_select(RECV((chan *)NULL, &v), TIMEOUT(INT64_MAX),
			     DEFAULT),
		 2);
}

// Zero sleeps beside a goroutine that is woken all the time (Go:
// SleepZeroDeadlock).
static void
zero_sleeper(void *arg)
{
	struct nap *n = arg;

	for (int i = 0; i < 200; i++) {
		time_sleep(0);
		time_sleep(10);
	}
	wait_group_done(n->wg);
}

static void
SleepZero(void)
{
	struct wait_group wg = { 0 };

	wait_group_add(&wg, 4);
	for (int i = 0; i < 4; i++)
		go_copy(zero_sleeper, (struct nap){ .wg = &wg });
	wait_group_wait(&wg);
}

// A hart that sleeps until a late deadline wakes for an earlier one that comes
// later (Go: 42237).
static void
EarlierTimer(void)
{
	struct wait_group wg = { 0 };
	atomic_int early = 0, toolate = 0;
	int64_t t;

	for (int i = 0; i < 20; i++) {
		wait_group_add(&wg, 3);
		go_copy(nap, (struct nap){ &wg, 30 * MILLISECOND, &early,
					   &toolate });
		time_sleep(100 * MICROSECOND);
		t = time_now();
		go_copy(nap, (struct nap){ &wg, 200 * MICROSECOND, &early,
					   &toolate });
		go_copy(nap, (struct nap){ &wg, 100 * MICROSECOND, &early,
					   &toolate });
		time_sleep(300 * MICROSECOND);
		CHECK(time_now() - t <= late(20 * MILLISECOND));
		wait_group_wait(&wg);
	}
	CHECK_EQ(early, 0);
	CHECK_EQ(toolate, 0);
}

// ---- All harts busy (Go: 38860) --------------------------------------------

struct busy {
	atomic_bool stop;
	struct wait_group wg;
};

static void
turn(void *arg)
{
	struct busy *b = arg;

	while (!atomic_load_explicit(&b->stop, memory_order_relaxed))
		;
	wait_group_done(&b->wg);
}

// Every hart has a hog: timers fire nevertheless.
static void
TimersBesideHogs(void)
{
	struct busy b = { 0 };
	struct wait_group wg = { 0 };
	atomic_int early = 0, toolate = 0;
	int n = runtime_num_cpu();

	wait_group_add(&b.wg, n);
	for (int i = 0; i < n; i++)
		go(turn, &b);
	for (int k = 0; k < 4; k++) {
		wait_group_add(&wg, 5);
		for (int i = 0; i < 5; i++)
			go_copy(nap, (struct nap){ &wg, i * MILLISECOND, &early,
						   &toolate });
		wait_group_wait(&wg);
	}
	atomic_store(&b.stop, true);
	wait_group_wait(&b.wg);
	CHECK_EQ(early, 0);
	// Each nap may have to wait for the slices of the hogs in front.
	CHECK(toolate == 0 || virtual_clock());
}

// ---- Timeouts of select ----------------------------------------------------

// A timeout is never early, and fires although nobody else does anything.
static void
SelectTimeout(void)
{
	chan *c = chan_make(int, 0);
	int v;

	for (int i = 0; i < 20; i++) {
		duration d = i * 100 * MICROSECOND;
		int64_t t = time_now();

		CHECK_EQ(chan_select(RECV(c, &v), TIMEOUT(d)), 1);
		t = time_now() - t;
		CHECK(t >= d);
		CHECK(t <= d + late(10 * MILLISECOND));
	}
	chan_free(c);
}

// ---- Idle ------------------------------------------------------------------

// With nothing to do the harts sleep: few interrupts, and most of the time is
// counted as idle (tickless).
static void
IdleIsQuiet(void)
{
	struct runtime_hart a, b;
	int64_t t;

	if (chaotic()) {
		skip("the torture interrupts idle harts");
		return;
	}
	time_sleep(20 * MILLISECOND);
	a = total();
	t = time_now();
	time_sleep(300 * MILLISECOND);
	t = time_now() - t;
	b = total();
	CHECK(b.interrupts - a.interrupts <= 20);
	CHECK(b.switches - a.switches <= 4);
	CHECK(b.idle_ns - a.idle_ns >= t / 2);
}

const struct test time_tests[] = {
	T(Monotonic),   T(ManySleepers), T(SleepOrder),       T(OverflowSleep),
	T(SleepZero),   T(EarlierTimer), T(TimersBesideHogs), T(SelectTimeout),
	T(IdleIsQuiet), { 0 },
};
