// quick.c: the quick ways of channels, selects and switches, where they meet the
// long ones: elements that are no words, waiters of another kind, an interrupt in
// the middle of a switch.
#include "device.h"
#include "test.h"

#include <string.h>

// ---- Elements of another size ------------------------------------------------

struct wide {
	int32_t v[3];
};

struct wideone {
	chan *c;
	atomic_int state; // 0 not back, 1 received, 2 closed, 3 sent, 4 panic
	struct wide w;
};

static void
recv_wide(void *arg)
{
	struct wideone *o = arg;

	atomic_store(&o->state, chan_recv(o->c, &o->w) ? 1 : 2);
}

static void
sends_wide(void *arg)
{
	struct wideone *o = arg;

	chan_send(o->c, &o->w);
}

static void
send_wide(void *arg)
{
	struct wideone *o = arg;

	atomic_store(&o->state, panic_catch(sends_wide, o) == NULL ? 3 : 4);
}

static struct wide
wideof(int i)
{
	return (struct wide){ { i, ~i, i * 3 } };
}

static bool
iswide(struct wide w, int i)
{
	struct wide want = wideof(i);

	return memcmp(&w, &want, sizeof want) == 0;
}

// What tests/target/chan.c's Chan looks at, of a channel that no quick way is for.
static void
WideBlocks(void)
{
	for (int cap = 0; cap < 5; cap++) {
		chan *c = chan_make(struct wide, cap);
		struct wideone r = { .c = c };
		struct wideone s = { .c = c, .w = wideof(77) };
		struct wide w;

		CHECK(!chan_try_recv(c, &w));
		go(recv_wide, &r);
		settle();
		CHECK_EQ(r.state, 0);
		w = wideof(42);
		chan_send(c, &w);
		NEED(wait_idle(0));
		CHECK_EQ(r.state, 1);
		CHECK(iswide(r.w, 42));
		for (int i = 0; i < cap; i++) {
			w = wideof(i);
			chan_send(c, &w);
		}
		CHECK_EQ(chan_len(c), cap);
		CHECK(!chan_try_send(c, &w));
		go(send_wide, &s);
		settle();
		CHECK_EQ(s.state, 0);
		for (int i = 0; i < cap; i++) {
			CHECK(chan_recv(c, &w));
			CHECK(iswide(w, i));
		}
		CHECK(chan_recv(c, &w));
		CHECK(iswide(w, 77));
		NEED(wait_idle(0));
		CHECK_EQ(s.state, 3);
		chan_free(c);
	}
}

static void
WideClosed(void)
{
	for (int cap = 0; cap < 3; cap++) {
		chan *c = chan_make(struct wide, cap);
		struct wideone o = { .c = c };
		struct wide w = wideof(1);

		go(recv_wide, &o);
		settle();
		chan_close(c);
		NEED(wait_idle(0));
		CHECK_EQ(o.state, 2);
		CHECK_EQ(o.w.v[0] | o.w.v[1] | o.w.v[2], 0);
		CHECK(!chan_recv(c, &w));
		CHECK_EQ(w.v[0] | w.v[1] | w.v[2], 0);
		chan_free(c);

		c = chan_make(struct wide, cap);
		o = (struct wideone){ .c = c, .w = wideof(9) };
		for (int i = 0; i < cap; i++) {
			w = wideof(i);
			chan_send(c, &w);
		}
		go(send_wide, &o);
		settle();
		chan_close(c);
		NEED(wait_idle(0));
		CHECK_EQ(o.state, 4);
		for (int i = 0; i < cap; i++) {
			CHECK(chan_recv(c, &w));
			CHECK(iswide(w, i));
		}
		CHECK(!chan_recv(c, &w));
		chan_free(c);
	}
}

// ---- A waiter that is none any more --------------------------------------------

static struct {
	chan *a, *b;
	atomic_int which;
} two;

static void
offers_two(void *arg)
{
	int v = 1;

	(void)arg;
	atomic_store(&two.which, chan_select(SEND(two.a, &v), SEND(two.b, &v)));
}

static void
wants_two(void *arg)
{
	int v;

	(void)arg;
	atomic_store(&two.which, chan_select(RECV(two.a, &v), RECV(two.b, &v)));
}

// A select that one channel has served is still in the other's queue until it runs.
// Who looks there meanwhile finds nobody, and does not wait.
static void
SelectServedElsewhere(void)
{
	two.a = chan_make(int, 0);
	two.b = chan_make(int, 0);
	for (int i = 0; i < 10; i++) {
		int v = 2, which;

		atomic_store(&two.which, -1);
		go(offers_two, NULL);
		settle();
		preempt_disable();
		CHECK(chan_try_recv(two.a, &v));
		CHECK(!chan_try_recv(two.b, &v));
		preempt_enable();
		NEED(wait_idle(0));
		CHECK_EQ(two.which, 0);

		atomic_store(&two.which, -1);
		go(offers_two, NULL);
		settle();
		CHECK(chan_recv(two.a, &v));
		which = chan_select(RECV(two.b, &v), DEFAULT);
		CHECK_EQ(which, 1);
		NEED(wait_idle(0));
		CHECK_EQ(two.which, 0);

		atomic_store(&two.which, -1);
		go(wants_two, NULL);
		settle();
		chan_send(two.a, &v);
		which = chan_select(SEND(two.b, &v), DEFAULT);
		CHECK_EQ(which, 1);
		NEED(wait_idle(0));
		CHECK_EQ(two.which, 0);
	}
	chan_free(two.a);
	chan_free(two.b);
}

// ---- An interrupt in the middle of a switch --------------------------------------

static struct {
	chan *c;
	atomic_bool stop, quit, gone;
	atomic_int heard;
	int64_t due;
	int late;
} sw;

static void
yields(void *arg)
{
	(void)arg;
	while (!atomic_load(&sw.stop))
		runtime_gosched();
}

static void
gives(void *arg)
{
	int v = 0;

	(void)arg;
	while (!atomic_load(&sw.stop))
		chan_send(sw.c, &v);
}

static void
gets(void *arg)
{
	int v;

	(void)arg;
	while (chan_recv(sw.c, &v))
		;
}

static void
ends(void *arg)
{
	if (!atomic_load(&sw.stop))
		go(ends, arg);
}

static void
listens(void *arg)
{
	(void)arg;
	do {
		int64_t l;

		irq_wait(DEV_IRQ);
		l = time_now() - sw.due;
		devquiet();
		if (l > MILLISECOND)
			sw.late++;
		atomic_fetch_add(&sw.heard, 1);
	} while (!atomic_load(&sw.quit));
	atomic_store(&sw.gone, true);
}

static bool
quiet(void *arg)
{
	(void)arg;
	return atomic_load(&sw.gone);
}

// Whoever waits for an interrupt runs as soon as it comes, also if it meets a switch,
// at whatever instruction: not when the slice is over. Yields, channels and ends are
// what it meets. Not so where it meets a pick that is the global queue's turn, one of
// SCHED_TICK: then others may be before it.
static void
meets(void (*a)(void *), void (*b)(void *), int keep)
{
	memset(&sw, 0, sizeof sw);
	sw.c = chan_make(int, 0);
	go(listens, NULL);
	for (int i = 0; i < 2; i++) {
		go(a, NULL);
		go(b, NULL);
	}
	for (int i = 0; i < scaled(100); i++) {
		int64_t d = 20 * MICROSECOND + i % 128 * 128;

		preempt_disable();
		sw.due = time_now() + d;
		devstart(d);
		preempt_enable();
		while (atomic_load(&sw.heard) <= i)
			runtime_gosched();
	}
	// A line that was still up when its interrupt was taken may fire once more:
	// that is heard, too, here or at the beginning of the next round.
	sw.due = time_now() + MICROSECOND;
	atomic_store(&sw.quit, true);
	devstart(MICROSECOND);
	NEED(eventually(quiet, NULL));
	atomic_store(&sw.stop, true);
	NEED(wait_idle(keep));
	chan_close(sw.c);
	NEED(wait_idle(0));
	CHECK(sw.heard > scaled(100));
	chan_free(sw.c);
}

static void
PreemptInSwitch(void)
{
	int late = 0;

	if (!virtual_clock() || chaotic() || tortured() ||
	    runtime_num_cpu() > 1) {
		skip("a latency is exact on one hart that is left alone");
		return;
	}
	meets(yields, yields, 0);
	late += sw.late;
	meets(gives, gets, 2);
	late += sw.late;
	meets(ends, ends, 0);
	late += sw.late;
	if (late > scaled(100) * 3 / 50)
		CHECK_EQ(late, scaled(100) * 3 / 50);
}

// ---- Who is made ready beside one that goes on -------------------------------------

static struct {
	chan *c;
	atomic_bool up;
} beside;

static void
waits_word(void *arg)
{
	int v;

	(void)arg;
	chan_recv(beside.c, &v);
	atomic_store(&beside.up, true);
}

static void
comes_up(void *arg)
{
	(void)arg;
	atomic_store(&beside.up, true);
}

// A goroutine has run alone for long, so the slice clock stands. It sends, and goes on
// without a call: the receiver has its turn all the same. So has who is new.
static void
ReadyBesideSpinner(void)
{
	beside.c = chan_make(int, 0);
	for (int i = 0; i < 10; i++) {
		int64_t t;

		atomic_store(&beside.up, false);
		go(waits_word, NULL);
		settle();
		t = time_now();
		while (time_now() - t < 25 * MILLISECOND)
			;
		chan_send(beside.c, &i);
		t = time_now();
		while (!atomic_load(&beside.up) &&
		       time_now() - t < late(200 * MILLISECOND))
			;
		CHECK(atomic_load(&beside.up));
		NEED(wait_idle(0));

		atomic_store(&beside.up, false);
		t = time_now();
		while (time_now() - t < 25 * MILLISECOND)
			;
		go(comes_up, NULL);
		t = time_now();
		while (!atomic_load(&beside.up) &&
		       time_now() - t < late(200 * MILLISECOND))
			;
		CHECK(atomic_load(&beside.up));
		NEED(wait_idle(0));
	}
	chan_free(beside.c);
}

// Where there is another hart the receiver does not wait until the sender's is free.
static void
ReadyElsewhere(void)
{
	int lost = 0;

	if (!atonce() || (virtual_clock() && !chaotic())) {
		skip("nobody takes a goroutine from a hart that spins");
		return;
	}
	beside.c = chan_make(int, 0);
	for (int i = 0; i < scaled(100) && lost == 0; i++) {
		int64_t end;

		atomic_store(&beside.up, false);
		go(waits_word, NULL);
		time_sleep(50 * MICROSECOND); // all harts but this one, too
		chan_send(beside.c, &i);
		preempt_disable();
		end = time_now() + late(20 * MILLISECOND);
		while (!atomic_load(&beside.up) && lost == 0)
			if (time_now() > end)
				lost++;
		preempt_enable();
		NEED(wait_idle(0));
	}
	CHECK_EQ(lost, 0);
	chan_free(beside.c);
}

const struct test quick_tests[] = { T(WideBlocks),
				    T(WideClosed),
				    T(SelectServedElsewhere),
				    T(PreemptInSwitch),
				    T(ReadyBesideSpinner),
				    T(ReadyElsewhere),
				    { 0 } };
