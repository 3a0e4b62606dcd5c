// edges.c: what the other tests let pass. Each of these fails when one line of the
// kernel is broken that no other test would miss: see tests/mutants, where the
// line stands.
#include "test.h"

#include <string.h>

#include "device.h"

// ---- Channels ------------------------------------------------------------------

struct sender {
	chan *c;
	int v;
	const char *text;
	atomic_bool over;
};

static void
do_send(void *arg)
{
	struct sender *s = arg;

	chan_send(s->c, &s->v);
}

static void
do_select(void *arg)
{
	struct sender *s = arg;
	int w;

	chan_select(SEND(s->c, &s->v), RECV((chan *)NULL, &w));
}

static void
sends(void *arg)
{
	struct sender *s = arg;
	const char *text = panic_catch(do_send, s);

	s->text = text;
	atomic_store(&s->over, true);
}

static void
selects(void *arg)
{
	struct sender *s = arg;
	const char *text = panic_catch(do_select, s);

	CHECK(text != NULL && strcmp(text, "send on closed channel") == 0);
	atomic_store(&s->over, true);
}

static void
do_free(void *c)
{
	chan_free(c);
}

// A channel on which somebody waits to send cannot be freed either; and the
// variable of a sender is his own, whatever happens to the channel.
static void
FreeOfSenders(void)
{
	chan *c = chan_make(int, 0);
	struct sender s = { .c = c, .v = 77 };

	go(sends, &s);
	settle();
	CHECK(panic_catch(do_free, c) != NULL);
	chan_close(c);
	NEED(wait_idle(0));
	CHECK(s.over && s.text != NULL);
	CHECK_EQ(s.v, 77);
	chan_free(c);
}

static void
make_negative(void *arg)
{
	chan_make_(*(size_t *)arg, -1);
}

// Nor has a channel of the smallest elements, which overflow nothing, less than no
// room.
static void
ChanNegative(void)
{
	size_t size = 0;
	const char *text = panic_catch(make_negative, &size);

	CHECK(text != NULL && strstr(text, "makechan: size out of range"));
	size = 1;
	text = panic_catch(make_negative, &size);
	CHECK(text != NULL && strstr(text, "makechan: size out of range"));
}

// The channel of a ticker is not the pool's.
static void
FreeOfTicker(void)
{
	static struct ticker tk;

	ticker_start(&tk, HOUR);
	CHECK(panic_catch(do_free, tk.c) != NULL);
	ticker_stop(&tk);
}

// ---- Select --------------------------------------------------------------------

// What is in the buffer of a closed channel comes first, with ok; a select that
// waits to send when the channel is closed panics.
static void
SelectClosed(void)
{
	chan *c = chan_make(int, 2), *d = chan_make(int, 0);
	struct sender s = { .c = d, .v = 5 };
	int v = 7;
	bool ok;

	chan_send(c, &v);
	v = 8;
	chan_send(c, &v);
	chan_close(c);
	for (int i = 7; i < 9; i++) {
		ok = false;
		CHECK_EQ(chan_select(RECV_OK(c, &v, &ok), DEFAULT), 0);
		CHECK_EQ(v, i);
		CHECK(ok);
	}
	CHECK_EQ(chan_select(RECV_OK(c, &v, &ok), DEFAULT), 0);
	CHECK(!ok);
	CHECK_EQ(v, 0);
	go(selects, &s);
	settle();
	CHECK(!s.over);
	chan_close(d);
	NEED(wait_idle(0));
	CHECK(s.over);
	CHECK_EQ(s.v, 5);
	chan_free(c);
	chan_free(d);
}

struct timed {
	chan *c;
	struct semaphore s;
	duration d;
	atomic_int which; // -1 until it is back
};

static void
timed_select(void *arg)
{
	struct timed *w = arg;
	int v;

	atomic_store(&w->which, chan_select(RECV(w->c, &v), TIMEOUT(w->d)));
}

static void
timed_acquire(void *arg)
{
	struct timed *w = arg;

	atomic_store(&w->which, !semaphore_acquire_timeout(&w->s, w->d));
}

// The value comes when the time is over too, but nobody has looked at the timer:
// the value wins, and the timer finds that out although its goroutine has not run.
static void
late_timer(void (*fn)(void *))
{
	struct timed w = { .c = chan_make(int, 0),
			   .d = MILLISECOND,
			   .which = -1 };
	int64_t t;

	if (!virtual_clock()) {
		skip("the host may stop the clock's reader: clock=virtual");
		chan_free(w.c);
		return;
	}
	for (int i = 0; i < 10; i++) {
		atomic_store(&w.which, -1);
		go(fn, &w);
		t = time_now();
		while (time_now() - t < 300 * MICROSECOND)
			runtime_gosched(); // until it waits
		preempt_disable();
		while (time_now() - t < 2 * MILLISECOND)
			;
		if (fn == timed_select)
			chan_try_send(w.c, &(int){ 1 });
		else
			semaphore_release(&w.s);
		preempt_enable();
		NEED(wait_idle(0));
		if (!atonce() && !tortured()) // else others look at the timer
			CHECK_EQ(w.which, 0);
		else if (w.which == 1)
			semaphore_try_acquire(&w.s);
	}
	chan_free(w.c);
}

static void
SelectLateTimer(void)
{
	runtime_gomaxprocs(1);
	late_timer(timed_select);
}

static void
SemaphoreLateTimer(void)
{
	runtime_gomaxprocs(1);
	late_timer(timed_acquire);
}

// The longest timeout is never over.
static void
SelectForEver(void)
{
	struct timed w = { .c = chan_make(int, 0),
			   .d = INT64_MAX,
			   .which = -1 };

	go(timed_select, &w);
	settle();
	CHECK_EQ(w.which, -1);
	chan_send(w.c, &(int){ 1 });
	NEED(wait_idle(0));
	CHECK_EQ(w.which, 0);
	go(timed_acquire, &w);
	settle();
	semaphore_release(&w.s);
	NEED(wait_idle(0));
	CHECK_EQ(w.which, 0);
	chan_free(w.c);
}

// Time enough to come by, though four harts take turns of milliseconds.
#define AWHILE (20 * MILLISECOND)

static void
timed_twice(void *arg)
{
	struct timed *w = arg;
	int64_t t = time_now();
	int v;

	CHECK_EQ(chan_select(RECV(w->c, &v), TIMEOUT(AWHILE)), 0);
	CHECK_EQ(chan_select(TIMEOUT(3 * AWHILE), RECV(w->c, &v)), 0);
	CHECK(time_now() - t >= 3 * AWHILE);
	CHECK(semaphore_acquire_timeout(&w->s, AWHILE));
	t = time_now();
	CHECK(!semaphore_acquire_timeout(&w->s, 3 * AWHILE));
	CHECK(time_now() - t >= 3 * AWHILE);
}

// The timeout of a wait that was served does not end the next one.
static void
TimeoutTwice(void)
{
	struct timed w = { 0 };

	if (!virtual_clock() || tortured()) {
		skip("some milliseconds must be enough to come by");
		return;
	}
	w.c = chan_make(int, 0);
	go(timed_twice, &w);
	settle();
	CHECK(chan_try_send(w.c, &(int){ 1 }));
	time_sleep(3 * AWHILE + AWHILE / 2);
	semaphore_release(&w.s);
	NEED(wait_idle(0));
	chan_free(w.c);
}

// Of those whose time is over the last one may be the queue's end.
static void
SemaphoreWithdrawLast(void)
{
	struct timed a = { .d = HOUR, .which = -1 }, *w = &a;

	go(timed_acquire, w);
	settle();
	CHECK(!semaphore_acquire_timeout(&w->s, 100 * MICROSECOND));
	go(timed_acquire, w); // behind one that has left
	settle();
	semaphore_release(&w->s);
	semaphore_release(&w->s);
	NEED(wait_idle(0));
	CHECK_EQ(w->which, 0);
	CHECK(!semaphore_try_acquire(&w->s));
}

static void
acquires_or_gives(void *arg)
{
	struct timed *w = arg;

	if (semaphore_acquire_timeout(&w->s, w->d))
		return;
	semaphore_release(&w->s);
	atomic_fetch_add(&w->which, 1);
}

// The time of two is over at once. The first gives a permit while the second, whose
// time is over as well, is still queued: nobody has it, so it counts.
static void
SemaphoreBothLate(void)
{
	struct timed w = { .d = MILLISECOND };
	int64_t t;

	runtime_gomaxprocs(1);
	for (int i = 0; i < 10; i++) {
		int n = 0;

		atomic_store(&w.which, 0);
		go(acquires_or_gives, &w);
		go(acquires_or_gives, &w);
		t = time_now();
		while (time_now() - t < 300 * MICROSECOND)
			runtime_gosched(); // until they wait
		preempt_disable();
		while (time_now() - t < 3 * MILLISECOND)
			;
		preempt_enable();
		NEED(wait_idle(0));
		while (semaphore_try_acquire(&w.s))
			n++;
		CHECK_EQ(n, w.which - (2 - w.which));
		if (virtual_clock() && !atonce() && !tortured())
			CHECK_EQ(n, 2);
	}
}

// No time to wait: what is there, or nothing.
static void
SemaphoreNoWait(void)
{
	struct semaphore s = { 0 };

	CHECK(!semaphore_acquire_timeout(&s, 0));
	CHECK(!semaphore_acquire_timeout(&s, -1));
	semaphore_release(&s);
	CHECK(semaphore_acquire_timeout(&s, 0));
	CHECK(!semaphore_try_acquire(&s));
}

// ---- Mutexes and conds -----------------------------------------------------------

struct held {
	struct mutex m;
	struct cond c;
	atomic_int n;
};

struct wanter {
	struct held *h;
	atomic_int turn; // 1: was the first to have it
};

static void
wants(void *arg)
{
	struct wanter *w = arg;

	mutex_lock(&w->h->m);
	atomic_store(&w->turn, atomic_fetch_add(&w->h->n, 1) + 1);
	cond_signal(&w->h->c);
	mutex_unlock(&w->h->m);
}

// A waiter that was woken, but found the mutex taken again, goes on being the
// first.
static void
MutexAgain(void)
{
	struct held h = { .n = 0 };
	struct wanter a = { &h, 0 }, b = { &h, 0 };

	runtime_gomaxprocs(1);
	mutex_lock(&h.m);
	go(wants, &a);
	settle();
	go(wants, &b);
	settle();
	mutex_unlock(&h.m);
	mutex_lock(&h.m); // before a runs
	settle();
	mutex_unlock(&h.m);
	NEED(wait_idle(0));
	CHECK_EQ(a.turn, 1);
	CHECK_EQ(b.turn, 2);
}

// starve makes w wait for the mutex, which the caller holds, until it has lost its
// patience. False where the clock does not let us.
static bool
starve(struct wanter *w)
{
	int64_t t = time_now();

	if (chaotic() || tortured() || !virtual_clock()) {
		skip("needs to know who runs when");
		return false;
	}
	runtime_gomaxprocs(1);
	mutex_lock(&w->h->m);
	go(wants, w);
	settle();
	while (time_now() - t < 2 * MILLISECOND)
		;
	mutex_unlock(&w->h->m);
	mutex_lock(&w->h->m); // before w runs
	settle();
	CHECK_EQ(w->turn, 0);
	return true;
}

// The mutex of a starving waiter goes to him, and the hart as well; not if
// preemption is disabled.
static void
MutexHandoff(void)
{
	struct held h = { .n = 0 };
	struct wanter a = { &h, 0 }, b = { &h, 0 }, c = { &h, 0 };

	if (!starve(&a))
		return;
	mutex_unlock(&h.m);
	CHECK_EQ(a.turn, 1);
	NEED(wait_idle(0));
	CHECK(mutex_try_lock(&h.m)); // nobody starves any more
	mutex_unlock(&h.m);
	CHECK_EQ(h.m.state, 0);
	if (!starve(&b))
		return;
	preempt_disable();
	mutex_unlock(&h.m);
	CHECK_EQ(b.turn, 0);
	CHECK(!mutex_try_lock(&h.m)); // it is his
	go(wants, &c);                // runs before him, but must wait
	preempt_enable();
	NEED(wait_idle(0));
	CHECK_EQ(b.turn, 2);
	CHECK_EQ(c.turn, 3);
	CHECK_EQ(h.m.state, 0);
}

// A signal that comes while a wait is letting go of the mutex ends that wait.
static void
CondHandoff(void)
{
	struct held h = { .n = 0 };
	struct wanter a = { &h, 0 };

	if (!starve(&a))
		return;
	cond_wait(&h.c, &h.m);
	CHECK_EQ(a.turn, 1);
	mutex_unlock(&h.m);
	NEED(wait_idle(0));
}

// ---- Timers --------------------------------------------------------------------

static void
nothing(void *arg)
{
	(void)arg;
}

// A timer that was stopped does not wake the machine at its old deadline.
static void
TimerStoppedIsQuiet(void)
{
	struct timer a = { 0 }, b = { 0 }, c = { 0 };
	struct runtime_hart from, to;

	if (chaotic() || atonce() || !virtual_clock() || tortured()) {
		skip("interrupts cannot be counted");
		return;
	}
	from = total();
	for (int i = 0; i < 50; i++) {
		timer_start(&a, 300 * MICROSECOND, nothing, NULL);
		timer_start(&b, 900 * MICROSECOND, nothing, NULL);
		timer_start(&c, 600 * MICROSECOND, nothing, NULL);
		CHECK(timer_stop(&a));
		CHECK(timer_stop(&c));
		time_sleep(MILLISECOND);
		CHECK(!timer_stop(&b));
	}
	to = total();
	// 200, or 250 if g0 is still at it RETRY_NS after the first.
	CHECK(to.interrupts - from.interrupts < 300);
}

static struct ticker equal;
static atomic_int ticks; // in the channel when the timer fired

static void
counts_ticks(void *arg)
{
	(void)arg;
	atomic_store(&ticks, chan_len(equal.c));
}

// A ticker is set again with each tick: of a timer and a tick for the same moment
// that comes first which was set first.
static void
TickerEqual(void)
{
	struct timer t = { 0 };
	duration d, slip = 0;
	int64_t tick;

	if (chaotic() || atonce() || !virtual_clock() || tortured()) {
		skip("two timers for exactly the same moment");
		return;
	}
	atomic_store(&ticks, -1);
	ticker_start(&equal, 2 * MILLISECOND);
	d = 3 * MILLISECOND;
	for (int i = 0; i < 200; i++) {
		int64_t off;

		timer_start(&t, d, counts_ticks, NULL);
		off = t.when - equal.t.when - 2 * MILLISECOND;
		if (off == 0)
			break;
		timer_stop(&t);
		slip += i > 0 ? off : 0; // time passes from call to call
		d -= off + slip;
	}
	NEED(t.when == equal.t.when + 2 * MILLISECOND);
	CHECK(chan_recv(equal.c, &tick));
	time_sleep(3 * MILLISECOND);
	timer_stop(&t);
	CHECK_EQ(ticks, 0);
	ticker_stop(&equal);
}

static void
stamps(void *arg)
{
	*(volatile int64_t *)arg = time_now();
}

static void
sleeps_and_stamps(void *arg)
{
	duration d = *(int64_t *)arg;

	time_sleep(d);
	stamps(arg);
}

// Whoever else looks at the timers, and however often, none fires early.
static void
TimerNotEarly(void)
{
	struct timer t = { 0 }, before = { 0 };
	int64_t at, other;

	for (int i = 1; i <= 20; i++) {
		at = 0;
		timer_start(&t, (2000 + i) * MICROSECOND, stamps, &at);
		timer_start(&before, MILLISECOND, stamps, &other);
		while (*(volatile int64_t *)&at == 0)
			runtime_gosched();
		CHECK(at >= t.when);
		timer_stop(&t);
		timer_stop(&before);
	}
}

// A goroutine that never gives way and is alone has no ticks; timers, and sleepers,
// come at their time nevertheless, each after whatever came before it.
static void
TimersBesideSpinner(void)
{
	struct timer t[4] = { { 0 } };
	int64_t at[4] = { 0 }, nap[2], from = time_now();

	if (chaotic() || atonce()) {
		skip("other interrupts look at the timers");
		return;
	}
	nap[0] = 3 * MILLISECOND;
	nap[1] = 5 * MILLISECOND;
	for (int i = 0; i < 2; i++)
		go(sleeps_and_stamps, &nap[i]);
	runtime_gosched();
	timer_start(&t[3], 6 * MILLISECOND, stamps, &at[3]);
	timer_start(&t[2], 4 * MILLISECOND, stamps, &at[2]);
	timer_start(&t[1], 2 * MILLISECOND, stamps, &at[1]);
	timer_start(&t[0], MILLISECOND, stamps, &at[0]);
	while (time_now() - from < 20 * MILLISECOND)
		;
	for (int i = 0; i < 4; i++) {
		int64_t v = *(volatile int64_t *)&at[i];

		CHECK(v != 0);
		if (virtual_clock())
			CHECK(v - t[i].when < late(500 * MICROSECOND));
		timer_stop(&t[i]);
	}
	NEED(wait_idle(0));
}

// A sleep of nothing does not give way.
static void
SleepZeroStays(void)
{
	uint64_t a, b;

	if (chaotic() || tortured()) {
		skip("others look after switches");
		return;
	}
	a = total().switches;
	for (int i = 0; i < 200; i++)
		time_sleep(-(i % 2));
	b = total().switches;
	CHECK(b - a < 100);
}

// The new period of a ticker holds for all ticks, not for the first.
static void
TickerResetPeriod(void)
{
	static struct ticker tk;
	int64_t from, tick;

	ticker_start(&tk, MILLISECOND);
	CHECK(chan_recv(tk.c, &tick));
	from = time_now();
	ticker_reset(&tk, 3 * MILLISECOND);
	for (int i = 1; i <= 3; i++) {
		CHECK(chan_recv(tk.c, &tick));
		CHECK(tick - from >= i * 3 * MILLISECOND);
	}
	ticker_stop(&tk);
}

// ---- Panics --------------------------------------------------------------------

static void
disables(void *arg)
{
	preempt_disable();
	panic("%s", (const char *)arg);
}

static void
recovers(void *arg)
{
	(void)arg;
	recover();
}

static void
inner(void *arg)
{
	(void)arg;
	defer(recovers, NULL);
	disables((void *)(uintptr_t) "inner");
}

// still is called with preemption disabled once, which it must find so.
static void
still(void *arg)
{
	(void)arg;
	preempt_enable();
	time_sleep(MICROSECOND);
	preempt_disable();
}

static void
outer(void *arg)
{
	(void)arg;
	preempt_disable();
	defer(still, NULL);
	defer(inner, NULL);
	panic("outer");
}

static bool
same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

// Preemption is as it was at the catch, or at the deferred call, that a panic
// ended in, whatever was disabled on the way.
static void
CatchRestoresPreemption(void)
{
	CHECK(same(panic_catch(disables, (void *)(uintptr_t) "a"), "a"));
	time_sleep(MICROSECOND);
	CHECK(same(panic_catch(outer, NULL), "outer"));
	time_sleep(MICROSECOND);
}

static void
other(void *arg)
{
	(void)arg;
	for (int i = 0; i < 3; i++)
		CHECK(same(panic_catch(disables, (void *)(uintptr_t) "other"),
			   "other"));
}

// The text of a panic that was caught stays what it is while others panic.
static void
PanicTextStays(void)
{
	const char *text = panic_catch(disables, (void *)(uintptr_t) "my own");

	for (int i = 0; i < 4; i++)
		go(other, NULL);
	NEED(wait_idle(0));
	CHECK(same(text, "my own"));
}

static void
panics_twice(void *arg)
{
	(void)arg;
	defer(disables, (void *)(uintptr_t) "second");
	panic("first");
}

static void
catches_twice(void *arg)
{
	(void)arg;
	for (int i = 0; i < 3; i++)
		CHECK(same(panic_catch(panics_twice, NULL), "second"));
}

static bool
as_many(void *arg)
{
	return pool("NPANIC").used <= *(unsigned *)arg;
}

// Every record is given back: that of a panic that another one replaced, and that
// whose text a goroutine keeps until it ends.
static void
PanicRecords(void)
{
	unsigned used;

	catches_twice(NULL); // one is kept from here on
	used = pool("NPANIC").used;
	for (int i = 0; i < 6; i++)
		go(catches_twice, NULL);
	NEED(wait_idle(0));
	CHECK(eventually(as_many, &used));
	catches_twice(NULL);
	CHECK_EQ(pool("NPANIC").used, used);
}

static void
defers_nothing(void *arg)
{
	static void (*volatile fn)(void *);

	defer(fn, arg);
}

// A deferred NULL is told from a fault.
static void
DeferNull(void)
{
	const char *text = panic_catch(defers_nothing, NULL);

	CHECK(text != NULL && strstr(text, "deferred call of a nil") != NULL);
}

static void
counts(void *n)
{
	++*(int *)n;
}

static void
ends_in_block(void *n)
{
	defer(counts, n);
	{
		defer(counts, n);
		defer(counts, n);
		runtime_goexit();
	}
}

static void
ends(void *n)
{
	defer(counts, n);
	ends_in_block(n);
}

// A Goexit runs all that was deferred.
static void
GoexitRunsAll(void)
{
	int n = 0;

	go(ends, &n);
	NEED(wait_idle(0));
	CHECK_EQ(n, 4);
}

// ---- Handlers that must leave records --------------------------------------------

static void
just_quiets(void *arg)
{
	(void)arg;
	devquiet();
}

// handle is irq_handle once what was left of the test before has come: a
// controller may remember a level that was up when the line was masked.
static void
handle(void (*fn)(void *))
{
	irq_handle(DEV_IRQ, just_quiets, NULL);
	time_sleep(200 * MICROSECOND);
	irq_handle(DEV_IRQ, NULL, NULL);
	irq_handle(DEV_IRQ, fn, NULL);
}

enum { EACH = 3 };

static chan *isr_to;
static atomic_int accepted, fired;
static int32_t isr_base;

static void
hold(uint32_t *lock, uint32_t held)
{
	__atomic_store_n(lock, held, __ATOMIC_SEQ_CST);
}

static bool
free_to_held(uint32_t *lock)
{
	uint32_t none = 0;

	return __atomic_compare_exchange_n(lock, &none, 1, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void
sends_three(void *arg)
{
	(void)arg;
	devquiet();
	for (int32_t i = 0; i < EACH; i++) {
		int32_t v = isr_base + i;

		atomic_fetch_add(&accepted, chan_try_send_isr(isr_to, &v));
		hold(&isr_to->lock, 0); // free, but the first one waits
	}
	atomic_store(&fired, 1);
}

// meet lets the handler come while somebody holds the channel's lock.
static void
meet(void)
{
	atomic_store(&accepted, 0);
	atomic_store(&fired, 0);
	preempt_disable();
	// A hart that does what a handler left may have it.
	while (!free_to_held(&isr_to->lock))
		;
	devstart(100 * MICROSECOND);
	while (atomic_load(&fired) == 0)
		;
	preempt_enable(); // the handler has let go of the lock
}

static bool
two_wait(void *arg)
{
	const chan *c = arg;

	return chan_len(c) == 1 && c->sendq.first != NULL &&
	       c->sendq.first != c->sendq.last;
}

// What a handler sends while the lock is held comes later, in order; what finds no
// room waits like any sender, and gives its record back when it is received or
// when the channel is closed. In more rounds than there are records.
static void
IsrRecords(void)
{
	int32_t v;

	for (int i = 0; i < 40; i++) {
		isr_to = chan_make(int32_t, 1);
		isr_base = 0;
		if (i == 0)
			handle(sends_three);
		meet();
		CHECK_EQ(accepted, EACH);
		if (test_failed())
			break;
		NEED(eventually(two_wait, isr_to));
		isr_base = EACH; // as many behind them
		meet();
		CHECK_EQ(accepted, EACH);
		if (i % 2 == 0) {
			for (int32_t k = 0; k < 2 * EACH; k++)
				CHECK(chan_recv(isr_to, &v) && v == k);
		} else {
			chan_close(isr_to);
			CHECK(chan_recv(isr_to, &v) && v == 0);
			CHECK(!chan_recv(isr_to, &v));
		}
		chan_free(isr_to);
	}
	irq_handle(DEV_IRQ, NULL, NULL);
}

static struct semaphore isr_gives;

static void
sends_many(void *arg)
{
	int32_t v = 0;

	(void)arg;
	devquiet();
	while (v < 100 && chan_try_send_isr(isr_to, &v))
		v++;
	atomic_store(&accepted, v);
	for (int i = 0; i < 3; i++)
		semaphore_release_isr(&isr_gives);
	hold(&isr_to->lock, 0);
	atomic_store(&fired, 1);
}

// A release of a semaphore is never refused: not even when every record that a
// send can have waits for a receiver.
static void
IsrReleaseBehindSends(void)
{
	int32_t v;

	isr_gives = (struct semaphore){ 0 };
	isr_to = chan_make(int32_t, 1);
	handle(sends_many);
	meet();
	CHECK(accepted > 1 && accepted < 100);
	for (int i = 0; i < 3; i++)
		CHECK(semaphore_acquire_timeout(&isr_gives, SECOND));
	CHECK(!semaphore_try_acquire(&isr_gives));
	for (int32_t k = 0; k < accepted; k++)
		CHECK(chan_recv(isr_to, &v) && v == k);
	irq_handle(DEV_IRQ, NULL, NULL);
	chan_free(isr_to);
}

static int32_t sweep_n;
static duration sweep;

static void
sends_two(void *arg)
{
	(void)arg;
	devquiet();
	atomic_fetch_add(&accepted, chan_try_send_isr(isr_to, &sweep_n));
	if (sweep_n++ == 0) {
		hold(&isr_to->lock, 0);
		devstart(sweep);
	}
	atomic_fetch_add(&fired, 1);
}

// A handler comes at every moment between the one that left a record and the end
// of what g0 does about it: the order stays.
static void
IsrSweep(void)
{
	int32_t v;

	isr_to = chan_make(int32_t, 2);
	handle(sends_two);
	for (int i = 1; i < 120; i++) {
		sweep_n = 0;
		sweep = i * 500;
		atomic_store(&accepted, 0);
		atomic_store(&fired, 0);
		preempt_disable();
		hold(&isr_to->lock, 1);
		devstart(50 * MICROSECOND);
		while (atomic_load(&fired) == 0)
			;
		preempt_enable();
		while (atomic_load(&fired) < 2)
			runtime_gosched();
		CHECK_EQ(accepted, 2);
		if (test_failed())
			break;
		for (int32_t k = 0; k < 2; k++)
			CHECK(chan_recv(isr_to, &v) && v == k);
	}
	irq_handle(DEV_IRQ, NULL, NULL);
	chan_free(isr_to);
}

static void
gives_one(void *arg)
{
	(void)arg;
	devquiet();
	semaphore_release_isr(&isr_gives);
}

// A handler gives a permit at every moment of the wait for it: while the goroutine
// queues up, while g0 parks it, while the hart falls asleep.
static void
IsrMeetsPark(void)
{
	isr_gives = (struct semaphore){ 0 };
	handle(gives_one);
	for (int i = 0; i < 1500 && !test_failed(); i++) {
		devstart(500 + i * 64);
		CHECK(semaphore_acquire_timeout(&isr_gives, SECOND));
	}
	irq_handle(DEV_IRQ, NULL, NULL);
	CHECK(!semaphore_try_acquire(&isr_gives));
}

static struct semaphore isr_permits[3];

static void
releases_three(void *arg)
{
	(void)arg;
	devquiet();
	for (int i = 0; i < EACH; i++) {
		semaphore_release_isr(&isr_permits[0]);
		if (i > 0)
			semaphore_release_isr(&isr_permits[1]);
	}
	semaphore_release_isr(&isr_permits[2]);
	atomic_store(&fired, 1);
}

static bool
one_waits(void *arg)
{
	const struct semaphore *p = arg;

	return p->s.head != NULL;
}

static void
takes_permit(void *arg)
{
	semaphore_acquire(arg);
	atomic_fetch_add(&accepted, 1);
}

// held lets the handler come while somebody holds the lock of the first semaphore.
static void
held(void)
{
	struct go_sema *s = &isr_permits[0].s;

	atomic_store(&fired, 0);
	preempt_disable();
	while (!free_to_held(&s->lock)) // who has queued itself may not be gone
		;
	devstart(100 * MICROSECOND);
	while (atomic_load(&fired) == 0)
		;
}

static void
letgo(void)
{
	hold(&isr_permits[0].s.lock, 0);
	preempt_enable();
}

static bool
both_served(void *arg)
{
	(void)arg;
	return atomic_load(&accepted) == 2;
}

// Releases for somebody who waits, that meet a held lock, are all done later, each
// for its own semaphore; and so are those behind them, waited for or not.
static void
IsrReleases(void)
{
	handle(releases_three);
	for (int i = 0; i < 20; i++) {
		atomic_store(&accepted, 0);
		go(takes_permit, &isr_permits[0]);
		go(takes_permit, &isr_permits[1]);
		NEED(eventually(one_waits, &isr_permits[0]));
		NEED(eventually(one_waits, &isr_permits[1]));
		held();
		CHECK_EQ(accepted, 0);
		CHECK(!semaphore_try_acquire(&isr_permits[1]));
		CHECK(!semaphore_try_acquire(&isr_permits[2]));
		letgo();
		CHECK(semaphore_acquire_timeout(&isr_permits[2],
						10 * MILLISECOND));
		for (int k = 1; k < EACH; k++) {
			CHECK(semaphore_acquire_timeout(&isr_permits[0],
							10 * MILLISECOND));
			CHECK(k == 1 ||
			      semaphore_acquire_timeout(&isr_permits[1],
							10 * MILLISECOND));
		}
		NEED(eventually(both_served, NULL));
		CHECK(!semaphore_try_acquire(&isr_permits[0]));
		CHECK(!semaphore_try_acquire(&isr_permits[1]));
	}
	irq_handle(DEV_IRQ, NULL, NULL);
}

// Where nobody waits a release needs no lock: all are done when the handler is.
static void
IsrReleasesFree(void)
{
	handle(releases_three);
	held();
	for (int k = 0; k < EACH; k++)
		CHECK(semaphore_try_acquire(&isr_permits[0]));
	for (int k = 1; k < EACH; k++)
		CHECK(semaphore_try_acquire(&isr_permits[1]));
	CHECK(semaphore_try_acquire(&isr_permits[2]));
	for (int i = 0; i < 3; i++)
		CHECK(!semaphore_try_acquire(&isr_permits[i]));
	letgo();
	irq_handle(DEV_IRQ, NULL, NULL);
}

static struct note notes[3];
static atomic_int woken, order[3];

static void
wakes_all(void *arg)
{
	(void)arg;
	devquiet();
	for (int i = 0; i < 3; i++)
		ready_isr(&notes[i]);
}

static void
waits_for(void *arg)
{
	int i = *(int *)arg;

	note_wait(&notes[i]);
	atomic_store(&order[i], atomic_fetch_add(&woken, 1));
}

// Goroutines that one handler makes ready all run, and in that order.
static void
IsrWakesInOrder(void)
{
	int id[3] = { 0, 1, 2 };

	handle(wakes_all);
	for (int r = 0; r < 10; r++) {
		atomic_store(&woken, 0);
		for (int i = 0; i < 3; i++)
			go(waits_for, &id[i]);
		settle();
		devstart(100 * MICROSECOND);
		NEED(wait_idle(0));
		CHECK_EQ(woken, 3);
		for (int i = 0; i < 3 && !atonce() && !chaotic() && !tortured();
		     i++)
			CHECK_EQ(order[i], i);
	}
	irq_handle(DEV_IRQ, NULL, NULL);
}

static void
waits_note(void *n)
{
	note_wait(n);
}

// A note is for one waiter: a second is told so, and the first is not disturbed.
static void
NoteTwice(void)
{
	struct note n = { 0 };

	go(waits_note, &n);
	settle();
	CHECK(panic_catch(waits_note, &n) != NULL);
	ready_isr(&n);
	NEED(wait_idle(0));
	CHECK_EQ(n.state, 0);
}

static void
waits_line(void *arg)
{
	(void)arg;
	irq_wait(DEV_IRQ);
	devquiet();
}

static void
quiets(void *arg)
{
	(void)arg;
	devquiet();
}

// A line is for one waiter too.
static void
IrqWaitTwice(void)
{
	const char *text;

	handle(quiets); // what was left before
	time_sleep(100 * MICROSECOND);
	irq_handle(DEV_IRQ, NULL, NULL);
	go(waits_line, NULL);
	settle();
	text = panic_catch(waits_line, NULL);
	CHECK(text != NULL && strstr(text, "waits for line") != NULL);
	if (runtime_num_goroutine() > 1)
		devstart(100 * MICROSECOND);
	CHECK(wait_idle(0));
}

// ---- Locked goroutines -----------------------------------------------------------

static atomic_int stop;

static void
hogs(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop))
		runtime_gosched();
}

static void
locks_twice(void *arg)
{
	int cpu;

	(void)arg;
	runtime_lock_os_thread();
	runtime_lock_os_thread();
	runtime_unlock_os_thread();
	cpu = runtime_cpu();
	for (int i = 0; i < 300; i++) {
		runtime_gosched();
		CHECK_EQ(runtime_cpu(), cpu);
	}
	runtime_unlock_os_thread();
	atomic_store(&stop, 1);
}

// The first of two unlocks does not unlock.
static void
LockedTwice(void)
{
	atomic_store(&stop, 0);
	for (int i = 0; i < 6; i++)
		go(hogs, NULL);
	go(locks_twice, NULL);
	CHECK(wait_idle(0));
}

struct pinned {
	chan *c;
	int i, *order;
	atomic_int *n;
};

static void
locks_and_waits(void *arg)
{
	struct pinned *p = arg;
	int v;

	runtime_lock_os_thread();
	chan_recv(p->c, &v);
	if (p->order != NULL)
		p->order[p->i] = atomic_fetch_add(p->n, 1);
	runtime_unlock_os_thread();
}

// When all harts but one have goroutines of their own, the others that are locked
// share the last, in the order in which they become runnable. A chaos interrupt may
// take one off between its turn and its count, but not in most of the rounds.
static void
LockedFifo(void)
{
	enum { ROUNDS = 6 };
	chan *own = chan_make(int, 0);
	int ordered = 0;

	for (int i = 0; i < runtime_num_cpu() - 1; i++) {
		go_copy(locks_and_waits, (struct pinned){ own, i, NULL, NULL });
		time_sleep(MILLISECOND);
	}
	for (int round = 0; round < ROUNDS; round++) {
		chan *c = chan_make(int, 0);
		int in[3] = { -1, -1, -1 };
		atomic_int n = 0;

		for (int i = 0; i < 3; i++) {
			go_copy(locks_and_waits,
				(struct pinned){ c, i, in, &n });
			time_sleep(MILLISECOND);
		}
		chan_close(c);
		// Not sooner: this timer is one that takes them off.
		while (atomic_load(&n) < 3)
			time_sleep(5 * MILLISECOND);
		NEED(wait_idle(runtime_num_cpu() - 1));
		chan_free(c);
		ordered += in[0] == 0 && in[1] == 1 && in[2] == 2;
	}
	CHECK(2 * ordered > ROUNDS || runtime_num_cpu() == 1 || tortured());
	CHECK(ordered == ROUNDS || runtime_num_cpu() == 1 || tortured() ||
	      chaotic());
	chan_close(own);
	NEED(wait_idle(0));
	chan_free(own);
}

// ---- Stacks ----------------------------------------------------------------------

// A larger stack comes back when its goroutine ends: more goroutines one after the
// other than there are such stacks.
static void
StackReturned(void)
{
	for (size_t size = 512; size <= 8192; size *= 4) {
		struct go_attr attr = { .stack = size };

		for (int i = 0; i < 300; i++) {
			NEED(go_with(attr, nothing, NULL));
			NEED(wait_idle(0));
		}
	}
}

// A Goexit passes a panic_catch, but a panic in what was deferred inside it is
// stopped there, as Go's deferred recover would, and the Goexit goes on; one behind
// it is not. Each deferred call notes its letter.
static char passed[16];
static int npassed;

static void
passes(void *letter)
{
	passed[npassed++] = *(const char *)letter;
}

static void
panics_inside(void *letter)
{
	passes(letter);
	panic("inside");
}

static void
stops_here(void *letter)
{
	passed[npassed++] = recover() != NULL ? *(const char *)letter : '?';
}

static void
goexit_inside(void *arg)
{
	(void)arg;
	defer(passes, "c");
	defer(panics_inside, "b");
	defer(panics_inside, "a");
	runtime_goexit();
}

static void
goexit_through(void *arg)
{
	(void)arg;
	defer(passes, "f");
	defer(stops_here, "e");
	defer(panics_inside, "d"); // behind the catch: e stops it
	panic_catch(goexit_inside, NULL);
	passed[npassed++] = '!';
}

static void
goexit_between(void *arg)
{
	defer(panics_inside, "m");
	panic_catch(goexit_inside, arg);
	passed[npassed++] = '!';
}

// Two catches: each stops the panic that is inside it, so y finds none.
static void
goexit_through_two(void *arg)
{
	defer(passes, "z");
	defer(stops_here, "y");
	panic_catch(goexit_between, arg);
	passed[npassed++] = '!';
}

static void
GoexitPassesCatch(void)
{
	memset(passed, 0, sizeof passed);
	npassed = 0;
	go(goexit_through, NULL);
	NEED(wait_idle(0));
	CHECK(strcmp(passed, "abcdef") == 0);
	memset(passed, 0, sizeof passed);
	npassed = 0;
	go(goexit_through_two, NULL);
	NEED(wait_idle(0));
	CHECK(strcmp(passed, "abcm?z") == 0);
}

// A timeout that is over at the call is a case like any other that is ready.
static void
TimeoutCompetes(void)
{
	chan *c = chan_make(char, 1);
	int n[2] = { 0 };
	char v = 0;

	chan_send(c, &v);
	for (int i = 0; i < 2000; i++) {
		int k = chan_select(RECV(c, &v), TIMEOUT(i % 2 ? 0 : -1));

		n[k]++;
		if (k == 0)
			chan_send(c, &v);
	}
	CHECK(n[0] > 800 && n[1] > 800); // 1000; 9 standard deviations
	CHECK_EQ(n[0] + n[1], 2000);
	CHECK(chan_recv(c, &v));
	chan_free(c);
}

const struct test edges_tests[] = {
	T(GoexitPassesCatch),
	T(TimeoutCompetes),
	T(FreeOfSenders),
	T(FreeOfTicker),
	T(ChanNegative),
	T(SelectClosed),
	T(SelectLateTimer),
	T(SelectForEver),
	T(TimeoutTwice),
	T(SemaphoreLateTimer),
	T(SemaphoreWithdrawLast),
	T(SemaphoreBothLate),
	T(SemaphoreNoWait),
	T(MutexAgain),
	T(MutexHandoff),
	T(CondHandoff),
	T(TimerStoppedIsQuiet),
	T(TickerEqual),
	T(TimerNotEarly),
	T(TimersBesideSpinner),
	T(SleepZeroStays),
	T(TickerResetPeriod),
	T(CatchRestoresPreemption),
	T(PanicTextStays),
	T(PanicRecords),
	T(DeferNull),
	T(GoexitRunsAll),
	T(IsrRecords),
	T(IsrReleaseBehindSends),
	T(IsrSweep),
	T(IsrMeetsPark),
	T(IsrReleases),
	T(IsrReleasesFree),
	T(IsrWakesInOrder),
	T(NoteTwice),
	T(IrqWaitTwice),
	T(LockedTwice),
	T(LockedFifo),
	T(StackReturned),
	{ 0 },
};
