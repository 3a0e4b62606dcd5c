// time.c: the clock, sleep, timers and tickers.
#include "test.h"

#include <string.h>

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
	// Who is due while the others are still being started waits behind all of
	// them, in one queue: a thousand times 400 instructions (51 ms on riscv64).
	if (t > n->d + late(100 * MILLISECOND))
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

	// Far enough apart that it does not matter when each goes to sleep.
	time_sleep((b->id * 3 + 1) * (tortured() ? 20 : 1) * MILLISECOND);
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

// ---- Timers ------------------------------------------------------------------

// alarm counts what a timer does; the fields change in its fn.
struct alarm {
	struct timer t;
	int64_t notbefore;
	atomic_int fired, early;
	int64_t at; // of the last time; read it after fired
};

static void
ring(void *arg)
{
	struct alarm *a = arg;
	int64_t t = time_now();

	if (t < a->notbefore)
		atomic_fetch_add(&a->early, 1);
	a->at = t;
	atomic_fetch_add(&a->fired, 1);
}

static void
set_alarm(struct alarm *a, duration d)
{
	a->notbefore = time_now() + d;
	timer_start(&a->t, d, ring, a);
}

static bool
has_fired(void *arg)
{
	return atomic_load(&((struct alarm *)arg)->fired) != 0;
}

static unsigned
timers_set(void)
{
	static struct runtime_stats s; // too large for a stack

	runtime_read_stats(&s);
	return s.ntimers;
}

// A timer fires once, not early, not late; nobody need wait for it (Go:
// AfterFunc).
static void
AfterFunc(void)
{
	static struct alarm a;
	unsigned before = timers_set();

	for (int i = 0; i < 20; i++) {
		duration d = i * 300 * MICROSECOND - MILLISECOND;

		memset(&a, 0, sizeof a);
		set_alarm(&a, d);
		if (d > 0)
			time_sleep(d);
		NEED(eventually(has_fired, &a));
		CHECK_EQ(a.early, 0);
		CHECK(a.at - a.notbefore <= late(10 * MILLISECOND));
		time_sleep(100 * MICROSECOND);
		CHECK_EQ(a.fired, 1);
		CHECK(!timer_stop(&a.t));
	}
	CHECK_EQ(timers_set(), before);
}

// ---- TimerOrder ----------------------------------------------------------------

enum { MANY = sizeof(void *) >= 8 ? 10000 : 1000 };
static struct queued {
	struct timer t;
	int64_t due;
} queued[MANY];
static struct {
	int n, early, wrong;
	int64_t last;
	const struct queued *lastone;
	atomic_int fired;
} order;

// On one hart no two of these run at once. t.when is private, so the test has
// deadlines of its own, from before and after the call.
static void
in_order(void *arg)
{
	const struct queued *q = arg;
	int64_t when = q->t.when; // nobody sets it again

	if (time_now() < q->due || when < q->due)
		order.early++;
	if (when < order.last || (when == order.last && q < order.lastone))
		order.wrong++;
	order.last = when;
	order.lastone = q;
	order.n++;
	atomic_fetch_add(&order.fired, 1);
}

static bool
all_in(void *arg)
{
	return atomic_load(&order.fired) == *(const int *)arg;
}

static void
set_many(uint32_t spread)
{
	uint32_t r = seed();

	memset(&order, 0, sizeof order);
	for (int i = 0; i < MANY; i++) {
		duration d = rnd(&r) % spread;

		memset(&queued[i], 0, sizeof queued[i]);
		// Between reading the clock and setting nothing may fire.
		preempt_disable();
		queued[i].due = time_now() + d;
		timer_start(&queued[i].t, d, in_order, &queued[i]);
		preempt_enable();
	}
}

// Very many timers with random deadlines fire in their order; those for the same
// moment as they were set.
static void
TimerOrder(void)
{
	int all = MANY;

	runtime_gomaxprocs(1);
	set_many(100000000);
	NEED(eventually(all_in, &all));
	CHECK_EQ(order.n, all);
	CHECK_EQ(order.early, 0);
	CHECK_EQ(order.wrong, 0);
}

// Each P gets some timers: one goroutine a hart, none of which waits before all are
// there.
enum { MOVED_EACH = 4, MOVED = 8 * MOVED_EACH };

struct spot {
	struct wait_group wg;
	atomic_int here;
	int n;
	struct alarm *a;
};

static void
sets_there(void *arg)
{
	struct spot *s = arg;
	int64_t until = time_now() + 20 * MILLISECOND;
	int i = atomic_fetch_add(&s->here, 1);

	while (atomic_load(&s->here) < s->n && time_now() < until)
		;
	for (int k = 0; k < MOVED_EACH; k++)
		set_alarm(&s->a[i * MOVED_EACH + k], (30 + k) * MILLISECOND);
	wait_group_done(&s->wg);
}

// The same while the number of Ps changes: what is set moves along, and fires.
static void
TimersMove(void)
{
	static struct alarm a[64], b[MOVED];
	static struct spot s;
	int n = runtime_num_cpu(), fired = 0, early = 0;

	memset(b, 0, sizeof b);
	memset(&s, 0, sizeof s);
	s.n = n < 8 ? n : 8;
	s.a = b;
	wait_group_add(&s.wg, s.n);
	for (int i = 0; i < s.n; i++)
		go(sets_there, &s);
	wait_group_wait(&s.wg);
	runtime_gomaxprocs(1);
	for (int i = 0; i < s.n * MOVED_EACH; i++) {
		CHECK(eventually(has_fired, &b[i]));
		timer_stop(&b[i].t);
		CHECK_EQ(b[i].fired, 1);
		CHECK_EQ(b[i].early, 0);
	}
	runtime_gomaxprocs(n);
	memset(a, 0, sizeof a);
	for (int i = 0; i < 64; i++) {
		set_alarm(&a[i], (1 + i * 7 % 20) * MILLISECOND);
		if (i % 4 == 0)
			runtime_gomaxprocs(1 + i / 4 % n);
		runtime_gosched();
	}
	for (int i = 0; i < 10; i++) {
		runtime_gomaxprocs(1 + i % n);
		time_sleep(MILLISECOND);
	}
	for (int i = 0; i < 64; i++) {
		fired += eventually(has_fired, &a[i]);
		timer_stop(&a[i].t);
		early += a[i].early;
		CHECK_EQ(a[i].fired, 1);
	}
	CHECK_EQ(fired, 64);
	CHECK_EQ(early, 0);
}

// ---- Stop and reset ------------------------------------------------------------

// Timers that are stopped long before their time never fire (Go:
// TimerStopStress).
static void
stop_soon(void *arg)
{
	struct wait_group *wg = arg;
	struct alarm a;

	for (int i = 0; i < 3; i++) {
		memset(&a, 0, sizeof a);
		set_alarm(&a, HOUR);
		time_sleep(MILLISECOND);
		CHECK(timer_stop(&a.t));
		CHECK(!timer_stop(&a.t));
		CHECK_EQ(a.fired, 0);
		memset(&a, 0xa5, sizeof a); // the storage is ours again
	}
	wait_group_done(wg);
}

static void
TimerStopStress(void)
{
	struct wait_group wg = { 0 };
	unsigned before = timers_set();
	int n = room(100);

	wait_group_add(&wg, n);
	for (int i = 0; i < n; i++)
		go(stop_soon, &wg);
	wait_group_wait(&wg);
	NEED(wait_idle(0));
	CHECK_EQ(timers_set(), before);
}

// Stop and reset race with the moment of firing. Every setting of a goroutine's
// own timer ends in a call of fn or in a `true`, never in both. On the one that all
// of them share a stop that has to wait for fn may take what another has set
// meanwhile, with one `true` for both.
struct race {
	struct timer t;
	atomic_int set, fired, taken;
};

static struct {
	struct race own[4], all;
	struct wait_group wg;
	int n;
} races;

static void
race_fn(void *arg)
{
	atomic_fetch_add(&((struct race *)arg)->fired, 1);
}

static void
race_step(struct race *r, uint32_t *s)
{
	duration d = rnd(s) % (1000u << rnd(s) % 10);

	switch (rnd(s) % 4) {
	case 0:
		if (timer_stop(&r->t))
			atomic_fetch_add(&r->taken, 1);
		break;
	case 1:
		time_sleep(d / 8);
		break;
	default:
		if (timer_reset(&r->t, d))
			atomic_fetch_add(&r->taken, 1);
		atomic_fetch_add(&r->set, 1);
	}
}

static void
race_start(struct race *r)
{
	atomic_store(&r->set, 1);
	timer_start(&r->t, 100, race_fn, r);
}

static void
race_end(struct race *r)
{
	int fired;

	if (timer_stop(&r->t))
		atomic_fetch_add(&r->taken, 1);
	fired = atomic_load(&r->fired);
	time_sleep(100 * MICROSECOND);
	CHECK_EQ(r->fired, fired);
}

static void
race_on(void *arg)
{
	struct race *r = arg;
	uint32_t s = seed();

	race_start(r);
	for (int i = 0; i < races.n; i++) {
		race_step(r, &s);
		race_step(&races.all, &s);
		if (i % 8 == 0)
			runtime_gosched();
	}
	race_end(r);
	CHECK_EQ(r->fired + r->taken, r->set);
	wait_group_done(&races.wg);
}

static void
TimerStopRace(void)
{
	int fired = 0, taken = 0;

	memset(&races, 0, sizeof races);
	races.n = scaled(1000);
	race_start(&races.all);
	wait_group_add(&races.wg, 4);
	for (int i = 0; i < 4; i++)
		go(race_on, &races.own[i]);
	wait_group_wait(&races.wg);
	race_end(&races.all);
	CHECK(races.all.fired + races.all.taken <= races.all.set);
	for (int i = 0; i < 4; i++) {
		fired += races.own[i].fired;
		taken += races.own[i].taken;
	}
	CHECK(fired > 0 && taken > 0);
}

// What reset answers, and that the new deadline counts (Go: TestReset).
static void
TimerReset(void)
{
	static struct alarm a;

	if (!virtual_clock()) {
		skip("the host may stop the clock's reader: clock=virtual");
		return;
	}
	memset(&a, 0, sizeof a);
	set_alarm(&a, 100 * MILLISECOND);
	time_sleep(50 * MILLISECOND);
	a.notbefore = time_now() + 150 * MILLISECOND;
	CHECK(timer_reset(&a.t, 150 * MILLISECOND));
	time_sleep(100 * MILLISECOND);
	CHECK_EQ(a.fired, 0);
	time_sleep(100 * MILLISECOND);
	CHECK_EQ(a.fired, 1);
	CHECK(!timer_reset(&a.t, 50 * MILLISECOND));
	time_sleep(100 * MILLISECOND);
	CHECK_EQ(a.fired, 2);
	CHECK_EQ(a.early, 0);
	CHECK(!timer_stop(&a.t));
}

// A deadline that comes closer while every hart sleeps until the old one (Go:
// TimerModifiedEarlier).
static void
TimerModifiedEarlier(void)
{
	static struct alarm a;

	for (int i = 0; i < 10; i++) {
		memset(&a, 0, sizeof a);
		set_alarm(&a, HOUR);
		time_sleep(100 * MICROSECOND);
		a.notbefore = time_now() + 2 * MILLISECOND;
		CHECK(timer_reset(&a.t, 2 * MILLISECOND));
		NEED(eventually(has_fired, &a));
		CHECK_EQ(a.early, 0);
		CHECK(a.at - a.notbefore <= late(10 * MILLISECOND));
		CHECK(!timer_stop(&a.t));
	}
}

// Any sequence of operations on many timers; nothing is lost, nothing fires
// early (Go: AdjustTimers).
static void
AdjustTimers(void)
{
	static struct alarm a[100];
	uint32_t r = seed();
	unsigned before = timers_set();
	int set[100] = { 0 }, taken[100] = { 0 }, early = 0, wrong = 0;

	memset(a, 0, sizeof a);
	for (int i = 0; i < 100; i++) {
		set_alarm(&a[i], HOUR);
		set[i] = 1;
	}
	for (int op = 0; op < scaled(2000); op++) {
		unsigned i = rnd(&r) % 100;
		duration d = rnd(&r) % 2000000;

		switch (rnd(&r) % 5) {
		case 0:
			taken[i] += timer_stop(&a[i].t);
			break;
		case 1:
			time_sleep(rnd(&r) % 20000);
			break;
		case 2: // farther: a shot on its way may still be right
			taken[i] += timer_reset(&a[i].t, MINUTE);
			set[i]++;
			break;
		default:
			taken[i] += timer_stop(&a[i].t);
			set_alarm(&a[i], d);
			set[i]++;
		}
	}
	time_sleep(4 * MILLISECOND);
	for (int i = 0; i < 100; i++) {
		taken[i] += timer_stop(&a[i].t);
		wrong += a[i].fired + taken[i] != set[i];
		early += a[i].early;
	}
	CHECK_EQ(wrong, 0);
	CHECK_EQ(early, 0);
	CHECK_EQ(timers_set(), before);
}

// timer_stop in a goroutine comes back when fn, which another hart runs, is over.
struct slow {
	struct timer t;
	atomic_int begun, ended;
	atomic_bool stopping, over;
};

// slow_fn runs on until somebody is about to stop it, if he can.
static void
slow_fn(void *arg)
{
	struct slow *s = arg;
	int64_t end = time_now() + 2 * MILLISECOND;

	atomic_fetch_add(&s->begun, 1);
	while (!atomic_load(&s->stopping) && time_now() < end)
		;
	end = time_now() + 50 * MICROSECOND;
	while (time_now() < end)
		;
	atomic_fetch_add(&s->ended, 1);
}

// set_and_hog keeps its hart, so that the timer fires there.
static void
set_and_hog(void *arg)
{
	struct slow *s = arg;

	timer_start(&s->t, 50 * MICROSECOND, slow_fn, s);
	while (!atomic_load(&s->over))
		if (!atonce())
			runtime_gosched();
}

static void
TimerStopWaits(void)
{
	static struct slow s;
	int met = 0;

	for (int i = 0; i < 50; i++) {
		int64_t t = time_now() + 5 * MILLISECOND;

		memset(&s, 0, sizeof s);
		go(set_and_hog, &s);
		while (atomic_load(&s.begun) == 0 && time_now() < t)
			runtime_gosched();
		if (s.t.fn == NULL) { // not even started yet
			atomic_store(&s.over, true);
			NEED(wait_idle(0));
		}
		met += s.begun != s.ended;
		atomic_store(&s.stopping, true);
		if (timer_stop(&s.t))
			CHECK_EQ(s.begun, 0);
		CHECK_EQ(s.begun, s.ended);
		atomic_store(&s.over, true);
		NEED(wait_idle(0));
	}
	// The host may hold the harts apart; a virtual clock's turns do not.
	CHECK(met > 0 || !atonce() || !virtual_clock());
}

// ---- What fn may do ------------------------------------------------------------

// chain: fn sets its own timer again, with start and with reset in turn, and stops
// others. `left` counts down; the last one wakes nobody.
struct chain {
	struct timer t, victim, idle;
	atomic_int left, wrong, victims;
};

static void
victim_fn(void *arg)
{
	atomic_fetch_add(&((struct chain *)arg)->victims, 1);
}

static void
chain_fn(void *arg)
{
	struct chain *c = arg;
	int left = atomic_load(&c->left) - 1;
	bool wrong = timer_stop(&c->t); // it is out of the heap

	if (left % 3 == 0) {
		timer_start(&c->t, 1000, chain_fn, c);
		wrong |= !timer_stop(&c->t);
	}
	if (left > 0 && left % 2 == 0)
		timer_start(&c->t, left % 5 * 1000, chain_fn, c);
	else if (left > 0)
		wrong |= timer_reset(&c->t, 2000);
	// Others: one is kept from its time again and again, one restarted.
	wrong |= !timer_reset(&c->victim, left > 0 ? HOUR : 1000);
	wrong |= timer_reset(&c->idle, HOUR);
	wrong |= !timer_stop(&c->idle);
	if (wrong)
		atomic_fetch_add(&c->wrong, 1);
	atomic_store(&c->left, left);
}

static bool
chain_over(void *arg)
{
	struct chain *c = arg;

	return atomic_load(&c->left) == 0 && atomic_load(&c->victims) != 0;
}

static void
TimerRearms(void)
{
	static struct chain c;
	unsigned before = timers_set();

	memset(&c, 0, sizeof c);
	atomic_store(&c.left, 200);
	timer_start(&c.victim, HOUR, victim_fn, &c);
	timer_start(&c.idle, HOUR, victim_fn, &c);
	CHECK(timer_stop(&c.idle));
	timer_start(&c.t, 0, chain_fn, &c);
	NEED(eventually(chain_over, &c));
	CHECK(!timer_stop(&c.t));
	CHECK(!timer_stop(&c.victim));
	CHECK_EQ(c.wrong, 0);
	CHECK_EQ(c.victims, 1);
	CHECK_EQ(timers_set(), before);
}

// A sleeper's timer is its own again when it goes on: the deadline that it sets next
// is not lost while the hart that woke it is still busy with the sleep's.
struct handed {
	struct wait_group wg;
	struct semaphore s[4];
	atomic_int waits[4], next, wrong;
};

static void
sleeps_then_waits(void *arg)
{
	struct handed *h = arg;
	int i = atomic_fetch_add(&h->next, 1);

	for (int k = 0; k < scaled(300); k++) {
		time_sleep(1000 + k % 7 * 300);
		atomic_store(&h->waits[i], 1);
		if (!semaphore_acquire_timeout(&h->s[i], HOUR))
			atomic_fetch_add(&h->wrong, 1);
	}
	wait_group_done(&h->wg);
}

static void
hands_on(void *arg)
{
	struct handed *h = arg;
	int done = 0;

	while (done < 4 * scaled(300)) {
		for (int i = 0; i < 4; i++)
			if (atomic_exchange(&h->waits[i], 0) != 0) {
				semaphore_release(&h->s[i]);
				done++;
			}
		runtime_gosched();
	}
	wait_group_done(&h->wg);
}

static void
SleepThenTimeout(void)
{
	static struct handed h;
	unsigned before = timers_set();

	memset(&h, 0, sizeof h);
	wait_group_add(&h.wg, 5);
	for (int i = 0; i < 4; i++)
		go(sleeps_then_waits, &h);
	go(hands_on, &h);
	wait_group_wait(&h.wg);
	CHECK_EQ(h.wrong, 0);
	CHECK_EQ(timers_set(), before);
}

// A timer whose fn takes a while and sets itself for now leaves goroutines time.
struct greedy {
	struct timer t;
	atomic_bool stop;
};

static void
greedy_fn(void *arg)
{
	struct greedy *gr = arg;
	int64_t end = time_now() + 20 * MICROSECOND;

	while (time_now() < end)
		;
	if (!atomic_load(&gr->stop))
		timer_start(&gr->t, 0, greedy_fn, gr);
}

static int64_t
counting(void)
{
	int64_t from = time_now();

	for (volatile int i = 0; i < 2000; i++)
		;
	return time_now() - from;
}

static void
TimerLeavesTime(void)
{
	static struct greedy gr;
	int64_t without = counting(), with;

	memset(&gr, 0, sizeof gr);
	preempt_disable();
	timer_start(&gr.t, 0, greedy_fn, &gr);
	preempt_enable();
	with = counting();
	atomic_store(&gr.stop, true);
	time_sleep(MILLISECOND);
	CHECK(!timer_stop(&gr.t));
	// Fns get half of the time, or a little more than that.
	CHECK(with < 5 * without + MILLISECOND || !virtual_clock() ||
	      chaotic() || tortured());
}

// fn is never called while it still runs, although it set the timer anew at its
// beginning.
struct alone {
	struct timer t;
	atomic_int left, inside, wrong;
};

static void
alone_fn(void *arg)
{
	struct alone *a = arg;
	int64_t end = time_now() + 20 * MICROSECOND;
	int left;

	if (atomic_fetch_add(&a->inside, 1) != 0)
		atomic_fetch_add(&a->wrong, 1);
	left = atomic_fetch_sub(&a->left, 1) - 1;
	if (left > 0)
		timer_start(&a->t, 0, alone_fn, a);
	while (time_now() < end)
		;
	atomic_fetch_sub(&a->inside, 1);
}

static bool
alone_over(void *arg)
{
	return atomic_load(&((struct alone *)arg)->left) <= 0;
}

static void
TimerAlone(void)
{
	static struct alone a;

	memset(&a, 0, sizeof a);
	atomic_store(&a.left, 300);
	timer_start(&a.t, 0, alone_fn, &a);
	NEED(eventually(alone_over, &a));
	CHECK(!timer_stop(&a.t));
	CHECK_EQ(a.wrong, 0);
	CHECK_EQ(a.left, 0);
}

// One that sets itself for "now" for ever lets goroutines run, and can be
// stopped.
static void
again_fn(void *arg)
{
	struct alarm *a = arg;

	atomic_fetch_add(&a->fired, 1);
	timer_start(&a->t, 0, again_fn, a);
}

static void
TimerForEver(void)
{
	static struct alarm a;
	int n;

	memset(&a, 0, sizeof a);
	timer_start(&a.t, 0, again_fn, &a);
	for (int i = 0; i < 50; i++)
		runtime_gosched();
	NEED(eventually(has_fired, &a));
	CHECK(timer_stop(&a.t)); // it was set, or set itself in the meantime
	n = a.fired;
	time_sleep(MILLISECOND);
	CHECK_EQ(a.fired, n);
}

// Two for the same moment: the first takes the second back, or sets it later.
static void
first_fn(void *arg)
{
	struct chain *c = arg;

	if (!timer_stop(&c->victim))
		atomic_fetch_add(&c->wrong, 1);
	atomic_store(&c->left, 0);
}

static bool
none_left(void *arg)
{
	return atomic_load(&((struct chain *)arg)->left) == 0;
}

static void
TimerStopsNext(void)
{
	static struct chain c;

	runtime_gomaxprocs(1);
	for (int i = 0; i < 20; i++) {
		memset(&c, 0, sizeof c);
		atomic_store(&c.left, 1);
		preempt_disable(); // both before either is looked at
		timer_start(&c.t, 0, first_fn, &c);
		timer_start(&c.victim, 0, victim_fn, &c);
		preempt_enable();
		NEED(eventually(none_left, &c));
		timer_stop(&c.t);
		CHECK_EQ(c.wrong, 0);
		CHECK_EQ(c.victims, 0);
	}
}

// fn may be the last to use the timer's storage: here it wakes the owner, who
// returns from the frame.
struct waker {
	struct timer t;
	atomic_bool *done;
};

static void
wake_fn(void *arg)
{
	atomic_store(((struct waker *)arg)->done, true);
}

static void
own_frame(atomic_bool *done)
{
	struct waker w = { .done = done };

	timer_start(&w.t, 20 * MICROSECOND, wake_fn, &w);
	while (!atomic_load(done))
		runtime_gosched();
	memset(&w, 0xa5, sizeof w);
}

static void
TimerFrame(void)
{
	atomic_bool done;

	for (int i = 0; i < scaled(300); i++) {
		atomic_store(&done, false);
		own_frame(&done);
	}
}

// The end of time is not the past; nothing and less than nothing are now.
static void
TimerOverflow(void)
{
	static struct alarm a[4];
	static const duration now[] = { 0, -1, INT64_MIN };

	memset(a, 0, sizeof a);
	timer_start(&a[3].t, INT64_MAX, ring, &a[3]);
	for (int i = 0; i < 3; i++) {
		a[i].notbefore = time_now();
		timer_start(&a[i].t, now[i], ring, &a[i]);
	}
	for (int i = 0; i < 3; i++) {
		CHECK(eventually(has_fired, &a[i]));
		CHECK_EQ(a[i].early, 0);
	}
	time_sleep(5 * MILLISECOND);
	CHECK_EQ(a[3].fired, 0);
	CHECK(timer_reset(&a[3].t, INT64_MAX - 1));
	CHECK(timer_stop(&a[3].t));
}

static void
start_twice(void *arg)
{
	struct alarm *a = arg;

	set_alarm(a, HOUR);
	set_alarm(a, HOUR);
}

static void
start_nothing(void *arg)
{
	timer_start(arg, 1, NULL, NULL);
}

static void
stop_it(void *arg)
{
	timer_stop(arg);
}

static void
reset_it(void *arg)
{
	timer_reset(arg, 1);
}

static bool
says(void (*fn)(void *), void *arg, const char *want)
{
	const char *text = panic_catch(fn, arg);

	return text != NULL && strcmp(text, want) == 0;
}

static void
TimerMisuse(void)
{
	static struct alarm a;
	static struct timer zero;

	memset(&a, 0, sizeof a);
	CHECK(says(start_twice, &a, "timer_start: the timer is set already"));
	CHECK(timer_stop(&a.t)); // the first time counts
	CHECK(says(start_nothing, &zero, "timer_start: the function is NULL"));
	CHECK(says(stop_it, &zero, "time: Stop called on uninitialized Timer"));
	CHECK(says(reset_it, &zero,
		   "time: Reset called on uninitialized Timer"));
}

// ---- Tickers -------------------------------------------------------------------

// Ticks come at their times: none early, and lateness does not add up.
static void
Ticker(void)
{
	static struct ticker tk;
	unsigned before = timers_set();
	int64_t start, last = 0, t;

	memset(&tk, 0, sizeof tk);
	start = time_now();
	ticker_start(&tk, 2 * MILLISECOND);
	CHECK_EQ(chan_cap(tk.c), 1);
	for (int i = 1; i <= 20; i++) {
		NEED(chan_recv(tk.c, &t));
		CHECK(t >= start + i * 2 * MILLISECOND);
		CHECK(t <= time_now() && t > last);
		if (virtual_clock() && !chaotic())
			CHECK(t < start + (i * 2 + 1) * MILLISECOND);
		last = t;
	}
	ticker_stop(&tk);
	CHECK_EQ(timers_set(), before);
}

// Each receive is a little late, and some by several periods: the ticks that
// were missed are dropped, the later ones still come on the grid.
static void
TickerSlow(void)
{
	static struct ticker tk;
	int64_t start, t;

	if (!virtual_clock() || chaotic()) {
		skip("the host may stop the clock's reader: clock=virtual");
		return;
	}
	memset(&tk, 0, sizeof tk);
	start = time_now();
	ticker_start(&tk, MILLISECOND);
	for (int i = 0; i < 20; i++) {
		int64_t grid;

		time_sleep(i % 4 * 700 * MICROSECOND);
		NEED(chan_recv(tk.c, &t));
		grid = (t - start) % MILLISECOND;
		CHECK(grid < (tortured() ? 600 : 300) * MICROSECOND);
		CHECK(t > time_now() - 4 * MILLISECOND);
	}
	time_sleep(10 * MILLISECOND);
	CHECK_EQ(chan_len(tk.c), 1); // not ten
	ticker_stop(&tk);
}

// After stop nothing comes and nothing has stayed (Go: TickerStop).
static void
TickerStop(void)
{
	static struct ticker tk;
	int64_t t;

	memset(&tk, 0, sizeof tk);
	ticker_stop(&tk); // never started: nothing
	for (int i = 0; i < 10; i++) {
		ticker_start(&tk, 200 * MICROSECOND);
		chan_recv(tk.c, &t);
		time_sleep(i * 100 * MICROSECOND);
		ticker_stop(&tk);
		CHECK_EQ(chan_select(RECV(tk.c, &t), TIMEOUT(MILLISECOND)), 1);
		ticker_stop(&tk);
	}
}

// Another period, from running and from stopped (Go: TickerReset).
static void
TickerReset(void)
{
	static struct ticker tk;
	int64_t start, t;

	memset(&tk, 0, sizeof tk);
	ticker_start(&tk, HOUR);
	for (int i = 0; i < 4; i++) {
		if (i == 2)
			ticker_stop(&tk);
		start = time_now();
		ticker_reset(&tk, MILLISECOND);
		for (int k = 1; k <= 3; k++) {
			NEED(chan_recv(tk.c, &t));
			CHECK(t >= start + k * MILLISECOND);
		}
		time_sleep(2 * MILLISECOND); // a tick waits
		start = time_now();
		ticker_reset(&tk, 3 * MILLISECOND);
		NEED(chan_recv(tk.c, &t));
		CHECK(t >= start + 3 * MILLISECOND);
		CHECK(t <= start + late(20 * MILLISECOND));
	}
	ticker_stop(&tk);
}

// Some tickers at once, stopped and reset from goroutines while they tick.
struct many {
	struct ticker tk;
	struct wait_group *wg;
	uint32_t r;
};

static void
many_ticks(void *arg)
{
	struct many *m = arg;
	int64_t t;

	ticker_start(&m->tk, 300 * MICROSECOND);
	for (int i = 0; i < 30; i++) {
		switch (rnd(&m->r) % 4) {
		case 0:
			ticker_reset(&m->tk, 100000 + rnd(&m->r) % 300000);
			break;
		case 1:
			ticker_stop(&m->tk);
			CHECK(!chan_try_recv(m->tk.c, &t));
			ticker_start(&m->tk, 150 * MICROSECOND);
			break;
		default:
			CHECK(chan_recv(m->tk.c, &t));
		}
	}
	ticker_stop(&m->tk);
	memset(&m->tk, 0xa5, sizeof m->tk);
	wait_group_done(m->wg);
}

static void
TickerStress(void)
{
	static struct many m[4];
	struct wait_group wg = { 0 };
	unsigned before = timers_set();

	wait_group_add(&wg, 4);
	for (int i = 0; i < 4; i++) {
		memset(&m[i], 0, sizeof m[i]);
		m[i].wg = &wg;
		m[i].r = seed();
		go(many_ticks, &m[i]);
	}
	wait_group_wait(&wg);
	NEED(wait_idle(0));
	CHECK_EQ(timers_set(), before);
}

static void
start_zero(void *tk)
{
	ticker_start(tk, 0);
}

static void
start_again(void *tk)
{
	ticker_start(tk, HOUR);
}

static void
reset_zero(void *tk)
{
	ticker_reset(tk, 0);
}

static void
reset_again(void *tk)
{
	ticker_reset(tk, HOUR);
}

static void
TickerMisuse(void)
{
	static struct ticker tk, zero;

	memset(&tk, 0, sizeof tk);
	CHECK(says(start_zero, &tk, "non-positive interval for NewTicker"));
	CHECK(says(reset_again, &zero,
		   "time: Reset called on uninitialized Ticker"));
	ticker_start(&tk, HOUR);
	CHECK(says(start_again, &tk, "ticker_start: the ticker runs already"));
	CHECK(says(reset_zero, &tk, "non-positive interval for Ticker.Reset"));
	ticker_stop(&tk);
	CHECK(panic_catch(start_again, &tk) == NULL);
	ticker_stop(&tk);
}

const struct test time_tests[] = {
	T(Monotonic),        T(ManySleepers),
	T(SleepOrder),       T(OverflowSleep),
	T(SleepZero),        T(EarlierTimer),
	T(TimersBesideHogs), T(SelectTimeout),
	T(IdleIsQuiet),      T(AfterFunc),
	T(TimerOrder),       T(TimersMove),
	T(TimerStopStress),  T(TimerStopRace),
	T(TimerReset),       T(TimerModifiedEarlier),
	T(AdjustTimers),     T(TimerStopWaits),
	T(TimerRearms),      T(TimerAlone),
	T(TimerLeavesTime),  T(SleepThenTimeout),
	T(TimerForEver),     T(TimerStopsNext),
	T(TimerFrame),       T(TimerOverflow),
	T(TimerMisuse),      T(Ticker),
	T(TickerSlow),       T(TickerStop),
	T(TickerReset),      T(TickerStress),
	T(TickerMisuse),     { 0 },
};
