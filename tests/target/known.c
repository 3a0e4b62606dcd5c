// known.c: bugs that other schedulers have had (docs/known-bugs.md), and what else
// tests/mutants breaks, that no other test would notice. Most are moments: a request
// that comes between two instructions is swept over them, step by step.
#include "device.h"
#include "test.h"

#include <string.h>

// ---- Go 13546: the global queue, beside goroutines that keep each other ready -----

struct yielders {
	struct wait_group wg;
	atomic_bool stop;
	atomic_uint turns;
};

static void
yields(void *arg)
{
	struct yielders *y = arg;

	while (!atomic_load(&y->stop) && atomic_fetch_add(&y->turns, 1) < 20000)
		runtime_gosched();
	wait_group_done(&y->wg);
}

// Two goroutines give way to each other: one of them is always queued locally, and
// neither ever has a slice. Who has had his waits behind nobody but on the global
// queue, and comes back after some SCHED_TICK picks.
static void
SliceOverComesBack(void)
{
	runtime_gomaxprocs(1);
	for (int i = 0; i < 3; i++) {
		struct yielders y = { 0 };
		unsigned turns;

		wait_group_add(&y.wg, 2);
		go(yields, &y);
		go(yields, &y);
		while ((turns = atomic_load(&y.turns)) == 0)
			; // until the slice is over
		atomic_store(&y.stop, true);
		wait_group_wait(&y.wg);
		CHECK(turns < 1000);
	}
}

// ---- What a handler made ready ---------------------------------------------------

// As many as the handler readies; each says how long after it it ran.
static struct {
	struct note n[2];
	int64_t after[2];
	volatile int64_t at; // when the handler came
	int waiters;
} meeting;

static void
readies_waiters(void *arg)
{
	(void)arg;
	devquiet();
	meeting.at = time_now();
	for (int i = 0; i < meeting.waiters; i++)
		ready_isr(&meeting.n[i]);
}

static void
quiets(void *arg)
{
	(void)arg;
	devquiet();
}

static void
waits_and_looks(void *arg)
{
	int i = *(int *)arg;

	note_wait(&meeting.n[i]);
	meeting.after[i] = time_now() - meeting.at;
}

static void
hogs_a_while(void *arg)
{
	int64_t end = time_now() + *(duration *)arg;

	while (time_now() < end)
		;
}

// meet lets a device's handler ready so many waiters, d from now, while so many
// goroutines run that do not give way.
static void
meet(int waiters, int hogs, duration d)
{
	duration hog = 500 * MICROSECOND;
	int id[2] = { 0, 1 };

	memset(&meeting, 0, sizeof meeting);
	meeting.waiters = waiters;
	for (int i = 0; i < waiters; i++) {
		meeting.after[i] = SECOND;
		go(waits_and_looks, &id[i]);
	}
	settle();
	for (int i = 0; i < hogs; i++)
		go(hogs_a_while, &hog);
	devstart(d);
	NEED(wait_idle(0));
}

static bool
meetings_work(void)
{
	if (runtime_num_cpu() > 1 || chaotic() || tortured() ||
	    !virtual_clock()) {
		skip("needs to know who runs when");
		return false;
	}
	irq_handle(DEV_IRQ, quiets, NULL); // what was left before
	time_sleep(100 * MICROSECOND);
	irq_handle(DEV_IRQ, NULL, NULL);
	irq_handle(DEV_IRQ, readies_waiters, NULL);
	return true;
}

enum { SOON = 250 * MICROSECOND };

// The handler comes at every moment of a switch to a goroutine that does not give
// way: the request is not lost on g0.
static void
IrqMeetsSwitch(void)
{
	int64_t most = 0;

	if (!meetings_work())
		return;
	for (duration d = 2000; d < 100 * MICROSECOND; d += 384) {
		meet(1, 1, d);
		if (meeting.after[0] > most)
			most = meeting.after[0];
	}
	irq_handle(DEV_IRQ, NULL, NULL);
	CHECK(most < SOON);
}

// The handler preempts for it: so it runs before those who wait for the hart, and
// before the one that was taken off.
static void
IrqGoesFirst(void)
{
	if (!meetings_work())
		return;
	for (int i = 0; i < 20; i++) {
		duration d = 300 * MICROSECOND + i * 5000;

		meet(1, 3, d);
		CHECK(meeting.after[0] < SOON);
		meet(2, 1, d);
		CHECK(meeting.after[0] < SOON);
		CHECK(meeting.after[1] < SOON);
	}
	irq_handle(DEV_IRQ, NULL, NULL);
}

// ---- Go 35532: timers of a P that goes ----------------------------------------------

struct mover {
	struct wait_group wg;
	atomic_int in, n, fired;
	struct timer t[GO_MAXHARTS];
};

static void
fires(void *arg)
{
	atomic_fetch_add(&((struct mover *)arg)->fired, 1);
}

// sets_one sets a timer on a P of its own: no two of these run on the same hart.
static void
sets_one(void *arg)
{
	struct mover *m = arg;
	int64_t end = time_now() + late(5 * MILLISECOND);
	int i;

	preempt_disable();
	i = atomic_fetch_add(&m->in, 1);
	while (atomic_load(&m->in) < atomic_load(&m->n) && time_now() < end)
		;
	timer_start(&m->t[i], late(MILLISECOND), fires, m);
	preempt_enable();
	wait_group_done(&m->wg);
}

static bool
all_fired(void *arg)
{
	struct mover *m = arg;

	return atomic_load(&m->fired) == atomic_load(&m->n);
}

// With one P all timers fire that were set when there were more.
static void
TimersOfRetiredPs(void)
{
	static struct mover m;
	int n = runtime_num_cpu();

	for (int i = 0; i < 5; i++) {
		memset(&m, 0, sizeof m);
		atomic_store(&m.n, n);
		runtime_gomaxprocs(n);
		wait_group_add(&m.wg, n);
		for (int k = 0; k < n; k++)
			go(sets_one, &m);
		wait_group_wait(&m.wg);
		runtime_gomaxprocs(1);
		CHECK(eventually(all_fired, &m));
		for (int k = 0; k < n; k++)
			timer_stop(&m.t[k]);
		if (test_failed())
			break;
	}
}

// ---- Timers ----------------------------------------------------------------------

// setter's fn sets its timer again, just before it ends, while somebody waits for
// that.
struct setter {
	struct timer t;
	atomic_int begun, ended;
	atomic_bool stopping, over;
};

static void
sets_again(void *arg)
{
	struct setter *s = arg;
	int64_t end = time_now() + 2 * MILLISECOND;

	atomic_fetch_add(&s->begun, 1);
	while (!atomic_load(&s->stopping) && time_now() < end)
		;
	end = time_now() + 50 * MICROSECOND;
	while (time_now() < end)
		;
	timer_reset(&s->t, HOUR);
	atomic_fetch_add(&s->ended, 1);
}

static void
starts_and_hogs(void *arg)
{
	struct setter *s = arg;

	timer_start(&s->t, 50 * MICROSECOND, sets_again, s);
	while (!atomic_load(&s->over))
		if (!atonce())
			runtime_gosched();
}

// When timer_stop has come back its timer is not set, although fn set it while
// timer_stop waited.
static void
TimerSetWhileStopped(void)
{
	static struct setter s;

	for (int i = 0; i < 30; i++) {
		int64_t t = time_now() + 5 * MILLISECOND;

		memset(&s, 0, sizeof s);
		go(starts_and_hogs, &s);
		while (atomic_load(&s.begun) == 0 && time_now() < t)
			runtime_gosched();
		while (s.t.fn == NULL) // not even started yet
			time_sleep(100 * MICROSECOND);
		atomic_store(&s.stopping, true);
		CHECK(timer_stop(&s.t));
		CHECK_EQ(s.ended, s.begun);
		CHECK(!timer_stop(&s.t));
		atomic_store(&s.over, true);
		NEED(wait_idle(0));
		if (test_failed())
			break;
	}
}

static void
spend(int n)
{
	for (; n > 0; n--)
		__asm__ volatile("");
}

// A tick is due at every moment of a reset: none of the old period's is received
// afterwards.
static void
TickerResetSweep(void)
{
	static struct ticker tk;
	enum { MOST = 400 };
	int64_t t, tick, way;

	if (tortured()) {
		skip("it takes too long to give way each time");
		return;
	}
	t = time_now();
	spend(MOST);
	way = time_now() - t;
	for (int i = 0; i <= MOST; i++) {
		ticker_start(&tk, MILLISECOND);
		t = tk.t.when - way;
		while (time_now() < t)
			;
		spend(i);
		t = time_now();
		ticker_reset(&tk, 2 * MILLISECOND);
		if (chan_try_recv(tk.c, &tick))
			CHECK(tick >= t + 2 * MILLISECOND);
		ticker_stop(&tk);
	}
}

const struct test known_tests[] = {
	T(SliceOverComesBack),
	T(IrqMeetsSwitch),
	T(IrqGoesFirst),
	T(TimersOfRetiredPs),
	T(TimerSetWhileStopped),
	T(TickerResetSweep),
	{ 0 },
};
