// select.c: select. Go's tests of it, by their names.
#include "test.h"

#include <string.h>

// ---- What it does alone (Go: select3) --------------------------------------

static void
SelectBasics(void)
{
	chan *c = chan_make(int, 1), *closed = chan_make(int, 0), *nil = NULL;
	int v = 1, w = 99;
	bool ok = true;

	chan_close(closed);
	CHECK_EQ(chan_select(DEFAULT), 0);
	CHECK_EQ(chan_select(RECV(c, &w), DEFAULT), 1);
	CHECK_EQ(w, 99);
	CHECK_EQ(chan_select(SEND(c, &v), DEFAULT), 0);
	CHECK_EQ(chan_select(DEFAULT, SEND(c, &v)), 0);
	CHECK_EQ(chan_select(RECV_OK(c, &w, &ok), DEFAULT), 0);
	CHECK_EQ(w, 1);
	CHECK(ok);
	w = 99;
	CHECK_EQ(chan_select(RECV_OK(closed, &w, &ok), DEFAULT), 0);
	CHECK_EQ(w, 0);
	CHECK(!ok);
	// Never ready: a NULL channel.
	CHECK_EQ(chan_select(RECV(nil, &w), SEND(nil, &v), DEFAULT), 2);
	CHECK_EQ(chan_select(RECV(nil, &w), SEND(c, &v)), 1);
	CHECK_EQ(chan_select(RECV(nil, &w), RECV(c, &w), SEND(nil, &v)), 1);
	// Time.
	CHECK_EQ(chan_select(RECV(nil, &w), TIMEOUT(MILLISECOND)), 1);
	CHECK_EQ(chan_select(TIMEOUT(0)), 0);
	CHECK_EQ(chan_select(TIMEOUT(-5)), 0);
	CHECK_EQ(chan_select(TIMEOUT(HOUR), SEND(c, &v)), 1);
	CHECK_EQ(chan_select(TIMEOUT(HOUR), RECV(c, &w)), 1);
	CHECK_EQ(chan_select(TIMEOUT(HOUR), SEND(c, &v), DEFAULT), 1);
	CHECK_EQ(chan_select(TIMEOUT(HOUR), SEND(c, &v), DEFAULT), 2);
	chan_free(c);
	chan_free(closed);
}

static void
send_on(void *arg)
{
	int v = 1;

	chan_select(SEND((chan *)arg, &v));
}

static void
SelectSendOnClosed(void)
{
	chan *c = chan_make(int, 1);
	const char *text;

	chan_close(c);
	text = panic_catch(send_on, c);
	CHECK(text != NULL && strcmp(text, "send on closed channel") == 0);
	chan_free(c);
}

// ---- Waiting for several ---------------------------------------------------

struct waiter {
	chan *a, *b;
	atomic_int which; // -1 until it is back
	int v;
	bool ok;
};

static void
wait_recv(void *arg)
{
	struct waiter *w = arg;
	int which = chan_select(RECV_OK(w->a, &w->v, &w->ok),
				RECV_OK(w->b, &w->v, &w->ok));

	atomic_store(&w->which, which);
}

static void
wait_send(void *arg)
{
	struct waiter *w = arg;
	int which = chan_select(SEND(w->a, &w->v), SEND(w->b, &w->v));

	atomic_store(&w->which, which);
}

// A blocked select takes the case that becomes ready, and a close counts: the
// index is right, ok is false, the value zero (Go: CloseWins).
static void
CloseWins(void)
{
	chan *a = chan_make(int, 0), *b = chan_make(int, 0);
	struct waiter w = { a, b, -1, 55, true };

	go(wait_recv, &w);
	settle();
	CHECK_EQ(w.which, -1);
	chan_send(b, &(int){ 7 });
	NEED(wait_idle(0));
	CHECK_EQ(w.which, 1);
	CHECK_EQ(w.v, 7);
	CHECK(w.ok);
	w = (struct waiter){ a, b, -1, 55, true };
	go(wait_recv, &w);
	settle();
	chan_close(b);
	NEED(wait_idle(0));
	CHECK_EQ(w.which, 1);
	CHECK_EQ(w.v, 0);
	CHECK(!w.ok);
	chan_free(b);
	b = chan_make(int, 0);
	w = (struct waiter){ a, b, -1, 66, true };
	go(wait_send, &w);
	settle();
	CHECK(chan_recv(a, &w.v));
	NEED(wait_idle(0));
	CHECK_EQ(w.which, 0);
	chan_free(a);
	chan_free(b);
}

// S waits for A or B, R waits for B alone; both channels get a value: S takes
// one and must not have used up the wake-up of R.
static void
StolenWakeup(void)
{
	for (int i = 0; i < scaled(300); i++) {
		chan *a = chan_make(int, 0), *b = chan_make(int, 0);
		struct waiter s = { a, b, -1, 0, true };
		struct waiter r = { b, NULL, -1, 0, true };

		go(wait_recv, &s);
		go(wait_recv, &r);
		if (i % 2 == 0)
			settle();
		chan_send(b, &(int){ 1 });
		// If s took that one, nobody listens on a any more.
		if (chan_select(SEND(a, &(int){ 2 }), SEND(b, &(int){ 3 })) ==
		    0)
			CHECK(atomic_load(&s.which) != 1);
		while (atomic_load(&s.which) < 0 || atomic_load(&r.which) < 0)
			runtime_gosched();
		NEED(wait_idle(0));
		chan_free(a);
		chan_free(b);
	}
}

// ---- doubleselect ----------------------------------------------------------

struct ds {
	chan *c[4], *out, *done;
	int n;
};

static void
ds_sender(void *arg)
{
	struct ds *d = arg;

	for (int i = 1; i <= d->n; i++)
		chan_select(SEND(d->c[0], &i), SEND(d->c[1], &i),
			    SEND(d->c[2], &i), SEND(d->c[3], &i));
	for (int i = 0; i < 4; i++)
		chan_close(d->c[i]);
}

struct mux {
	chan *in, *out;
	struct wait_group *wg;
};

static void
ds_mux(void *arg)
{
	struct mux *m = arg;
	int v;

	while (chan_recv(m->in, &v))
		chan_send(m->out, &v);
	wait_group_done(m->wg);
}

struct closer {
	struct wait_group *wg;
	chan *c;
};

static void
close_after(void *arg)
{
	struct closer *k = arg;

	wait_group_wait(k->wg);
	chan_close(k->c);
}

// One sender selects over four channels; no value may arrive twice (Go:
// doubleselect, with GOMAXPROCS(2)).
static void
DoubleSelect(void)
{
	struct wait_group wg = { 0 };
	struct ds d = { .out = chan_make(int, 0), .n = scaled(10000) };
	long sum = 0;
	int v, n = 0;

	wait_group_add(&wg, 4);
	for (int i = 0; i < 4; i++) {
		d.c[i] = chan_make(int, 0);
		go_copy(ds_mux, (struct mux){ d.c[i], d.out, &wg });
	}
	go(ds_sender, &d);
	go_copy(close_after, (struct closer){ &wg, d.out });
	while (chan_recv(d.out, &v)) {
		sum += v;
		n++;
	}
	CHECK_EQ(n, d.n);
	CHECK_EQ(sum, (long)d.n * (d.n + 1) / 2);
	NEED(wait_idle(0));
	for (int i = 0; i < 4; i++)
		chan_free(d.c[i]);
	chan_free(d.out);
}

// ---- Readiness that moves (Go: NonblockSelectRace, 2) ----------------------

struct race {
	chan *c1, *c2, *done;
};

static void
race_select(void *arg)
{
	struct race *r = arg;
	int v;
	bool found = chan_select(RECV(r->c1, &v), RECV(r->c2, &v), DEFAULT) < 2;

	chan_send(r->done, &found);
}

// At any moment c1 or c2 is ready: a select over both never takes its default.
static void
select_race(bool closing)
{
	chan *done = chan_make(bool, 1);
	int v = 1;

	for (int i = 0; i < scaled(5000); i++) {
		struct race r = { chan_make(int, 1), chan_make(int, 1), done };
		bool found;

		chan_send(r.c1, &v);
		go(race_select, &r);
		if (closing)
			chan_close(r.c2);
		else
			chan_send(r.c2, &v);
		chan_select(RECV(r.c1, &v), DEFAULT);
		chan_recv(done, &found);
		chan_free(r.c1);
		chan_free(r.c2);
		NEED(found);
	}
	NEED(wait_idle(0));
	chan_free(done);
}

static void
NonblockSelectRace(void)
{
	select_race(false);
}

static void
NonblockSelectRace2(void)
{
	select_race(true);
}

// ---- The same channel twice ------------------------------------------------

struct dup {
	chan *c, *d, *e, *quit;
};

static void
dup_select(void *arg)
{
	struct dup *k = arg;
	int v;

	chan_select(RECV(k->c, &v), RECV(k->c, &v), RECV(k->d, &v));
	chan_send(k->e, &v);
}

static void
dup_recv(void *arg)
{
	struct dup *k = arg;
	int v;

	chan_recv(k->c, &v);
	chan_send(k->e, &v);
}

// A select that has the channel twice takes only its own two places out of the
// queue when something else wakes it; the one behind still gets his value (Go:
// SelectDuplicateChannel).
static void
SelectDuplicateChannel(void)
{
	for (int i = 0; i < 50; i++) {
		struct dup k = { chan_make(int, 0), chan_make(int, 0),
				 chan_make(int, 0), NULL };
		int v = 8;

		go(dup_select, &k);
		settle();
		go(dup_recv, &k);
		settle();
		chan_send(k.d, &v);
		chan_recv(k.e, &v);
		v = 9;
		chan_send(k.c, &v); // finds the second goroutine
		chan_recv(k.e, &v);
		CHECK_EQ(v, 9);
		NEED(wait_idle(0));
		chan_free(k.c);
		chan_free(k.d);
		chan_free(k.e);
	}
}

// Waiters before, in and behind a select that gives up its places: whoever
// stays in the queue is served in order (Go: select6, issue 2075).
static void
sel6(void *arg)
{
	struct dup *k = arg;
	int v;

	if (chan_select(RECV(k->c, &v), RECV(k->quit, &v)) == 0)
		chan_send(k->e, &(int){ -1 });
}

static void
Select6(void)
{
	struct dup k = { chan_make(int, 0), NULL, chan_make(int, 4),
			 chan_make(int, 0) };
	int v;

	go(dup_recv, &k);
	settle();
	go(sel6, &k);
	settle();
	go(dup_recv, &k);
	settle();
	chan_close(k.quit);
	settle();
	go(dup_recv, &k);
	settle();
	for (int i = 1; i <= 3; i++)
		chan_send(k.c, &i);
	for (int i = 1, sum = 0; i <= 3; i++) {
		chan_recv(k.e, &v);
		sum += v;
		CHECK(i < 3 || sum == 6);
	}
	NEED(wait_idle(0));
	chan_free(k.c);
	chan_free(k.e);
	chan_free(k.quit);
}

// ---- SelfSelect ------------------------------------------------------------

struct self {
	chan *c;
	struct wait_group *wg;
	int p, cap;
};

static void
self_select(void *arg)
{
	struct self *s = arg;

	for (int i = 0; i < 500; i++) {
		int v = -1, got;

		if (s->p == 0 || i % 2 == 0)
			got = chan_select(SEND(s->c, &s->p), RECV(s->c, &v));
		else
			got = !chan_select(RECV(s->c, &v), SEND(s->c, &s->p));
		CHECK(!(got == 1 && s->cap == 0 && v == s->p));
	}
	wait_group_done(s->wg);
}

// Two goroutines both send to and receive from a channel in one select: nobody
// receives from himself when it has no buffer.
static void
SelfSelect(void)
{
	static const int caps[] = { 0, 10 };

	for (int k = 0; k < 2; k++) {
		struct wait_group wg = { 0 };
		chan *c = chan_make(int, caps[k]);

		wait_group_add(&wg, 2);
		for (int p = 0; p < 2; p++)
			go_copy(self_select,
				(struct self){ c, &wg, p, caps[k] });
		wait_group_wait(&wg);
		NEED(wait_idle(0));
		chan_free(c);
	}
}

// Alone, with send and receive of one channel without a buffer, a select waits.
static void
SelectAloneBlocks(void)
{
	chan *c = chan_make(int, 0);
	int v = 1, w;

	CHECK_EQ(chan_select(SEND(c, &v), RECV(c, &w),
			     TIMEOUT(500 * MICROSECOND)),
		 2);
	chan_free(c);
}

// ---- SelectStress ----------------------------------------------------------

static struct stress {
	chan *c[4];
	struct wait_group wg;
	int n;
	atomic_long sent, got;
} stress;

static void
stress_send(void *arg)
{
	int k = *(int *)arg;

	for (int i = 0; i < stress.n; i++) {
		chan_send(stress.c[k], &i);
		atomic_fetch_add(&stress.sent, i);
		if (i % 100 == k)
			runtime_gosched();
	}
	wait_group_done(&stress.wg);
}

static void
stress_recv(void *arg)
{
	int k = *(int *)arg, v;
	long sum = 0;

	for (int i = 0; i < stress.n; i++) {
		chan_recv(stress.c[k], &v);
		sum += v;
	}
	atomic_fetch_add(&stress.got, sum);
	wait_group_done(&stress.wg);
}

// These do the same over all four channels at once; a channel whose share is
// done becomes NULL.
static void
stress_select_send(void *arg)
{
	chan *c[4];
	int i[4] = { 0 }, done = 0;

	(void)arg;
	memcpy(c, stress.c, sizeof c);
	while (done < 4) {
		int k = chan_select(SEND(c[3], &i[3]), SEND(c[2], &i[2]),
				    SEND(c[0], &i[0]), SEND(c[1], &i[1]));

		k = (int[]){ 3, 2, 0, 1 }[k];
		atomic_fetch_add(&stress.sent, i[k]);
		if (++i[k] == stress.n) {
			c[k] = NULL;
			done++;
		}
	}
	wait_group_done(&stress.wg);
}

static void
stress_select_recv(void *arg)
{
	chan *c[4];
	int i[4] = { 0 }, done = 0, v;
	long sum = 0;

	(void)arg;
	memcpy(c, stress.c, sizeof c);
	while (done < 4) {
		int k = chan_select(RECV(c[0], &v), RECV(c[1], &v),
				    RECV(c[2], &v), RECV(c[3], &v));

		sum += v;
		if (++i[k] == stress.n) {
			c[k] = NULL;
			done++;
		}
	}
	atomic_fetch_add(&stress.got, sum);
	wait_group_done(&stress.wg);
}

static void
SelectStress(void)
{
	static const int caps[] = { 0, 0, 2, 3 };
	int id[4] = { 0, 1, 2, 3 };

	memset(&stress, 0, sizeof stress);
	stress.n = scaled(2000);
	for (int i = 0; i < 4; i++)
		stress.c[i] = chan_make(int, caps[i]);
	wait_group_add(&stress.wg, 10);
	for (int i = 0; i < 4; i++) {
		go(stress_send, &id[i]);
		go(stress_recv, &id[i]);
	}
	go(stress_select_send, NULL);
	go(stress_select_recv, NULL);
	wait_group_wait(&stress.wg);
	CHECK_EQ(stress.sent, stress.got);
	CHECK_EQ(stress.got, 8l * stress.n * (stress.n - 1) / 2);
	NEED(wait_idle(0));
	for (int i = 0; i < 4; i++)
		chan_free(stress.c[i]);
}

// ---- Many cases ------------------------------------------------------------

enum { WIDE = 64 };

struct wide {
	chan **c;
	struct wait_group *wg;
	uint32_t rnd;
	int n;
	atomic_int *balance;
};

// A select over 64 cases, in an order of its own and with duplicates: the locks
// are taken by address, so two such selects cannot deadlock.
static void
wide_select(void *arg)
{
	struct wide *w = arg;
	struct scase cases[16];
	int v = 1, in;

	for (int i = 0; i < w->n; i++) {
		for (int k = 0; k < 16; k++) {
			chan *c = w->c[rnd(&w->rnd) % 8];

			cases[k] =
				rnd(&w->rnd) % 2 ? SEND(c, &v) : RECV(c, &in);
		}
		cases[rnd(&w->rnd) % 16] = TIMEOUT(20 * MICROSECOND);
		in = chan_selectv(cases, 16);
		if (cases[in].kind == SCASE_SEND)
			atomic_fetch_add(w->balance, 1);
		else if (cases[in].kind == SCASE_RECV)
			atomic_fetch_add(w->balance, -1);
	}
	wait_group_done(w->wg);
}

static void
SelectLockOrder(void)
{
	struct wait_group wg = { 0 };
	chan *c[8];
	atomic_int balance = 0;
	int buffered = 0;
	// 16 cases are more than a small stack holds.
	struct go_attr attr = { .stack = 4096 };
	static struct wide w[6];

	for (int i = 0; i < 8; i++)
		c[i] = chan_make(int, i % 3);
	for (int i = 0; i < 6; i++) {
		w[i] = (struct wide){ c, &wg, seed(), scaled(500), &balance };
		wait_group_add(&wg, 1);
		if (!go_with(attr, wide_select, &w[i]))
			wait_group_done(&wg);
	}
	wait_group_wait(&wg);
	for (int i = 0; i < 8; i++)
		buffered += chan_len(c[i]);
	CHECK_EQ(balance, buffered); // every send was received or is there
	NEED(wait_idle(0));
	for (int i = 0; i < 8; i++)
		chan_free(c[i]);
}

// The same with 64 cases over 16 channels: duplicates, NULL channels, every time in
// another order.
struct shuffled {
	struct scase cases[WIDE];
	chan **c;
	uint32_t rnd;
	atomic_int *balance;
	struct wait_group *wg;
};

static void
shuffled_select(void *arg)
{
	struct shuffled *s = arg;
	int v = 1, in, which;

	for (int i = 0; i < scaled(60); i++) {
		for (int k = 0; k < WIDE; k++) {
			uint32_t x = rnd(&s->rnd) % 17;
			chan *c = x < 16 ? s->c[x] : NULL;

			s->cases[k] =
				rnd(&s->rnd) % 2 ? SEND(c, &v) : RECV(c, &in);
		}
		s->cases[rnd(&s->rnd) % WIDE] = TIMEOUT(40 * MICROSECOND);
		which = chan_selectv(s->cases, WIDE);
		if (s->cases[which].kind == SCASE_SEND)
			atomic_fetch_add(s->balance, 1);
		else if (s->cases[which].kind == SCASE_RECV)
			atomic_fetch_add(s->balance, -1);
	}
	wait_group_done(s->wg);
}

static void
SelectShuffled(void)
{
	static struct shuffled s[4];
	static chan *c[16];
	struct wait_group wg = { 0 };
	atomic_int balance = 0;
	int buffered = 0;

	for (int i = 0; i < 16; i++)
		c[i] = chan_make(int, i % 3);
	wait_group_add(&wg, 4);
	for (int i = 0; i < 4; i++) {
		s[i].c = c;
		s[i].rnd = seed();
		s[i].balance = &balance;
		s[i].wg = &wg;
		// The 64 cases are ours, what they need to wait is the stack's.
		NEED(go_with((struct go_attr){ .stack = 8192 }, shuffled_select,
			     &s[i]));
	}
	wait_group_wait(&wg);
	NEED(wait_idle(0));
	for (int i = 0; i < 16; i++) {
		buffered += chan_len(c[i]);
		CHECK(c[i]->recvq.first == NULL && c[i]->sendq.first == NULL);
		chan_free(c[i]);
	}
	CHECK_EQ(balance, buffered);
}

// All of 64 channels are ready in turn; the index is the right one.
static void
SelectWide(void)
{
	static struct scase cases[WIDE];
	static chan *c[WIDE];
	int v;

	for (int i = 0; i < WIDE; i++)
		c[i] = chan_make(int, 1);
	for (int i = 0; i < WIDE; i++) {
		int k = i * 37 % WIDE;

		chan_send(c[k], &i);
		for (int j = 0; j < WIDE; j++)
			cases[j] = RECV(c[j], &v);
		CHECK_EQ(chan_selectv(cases, WIDE), k);
		CHECK_EQ(v, i);
	}
	for (int i = 0; i < WIDE; i++)
		chan_free(c[i]);
}

// ---- Memory and chance -----------------------------------------------------

static void
sel2_send(void *arg)
{
	struct race *r = arg;
	int v;

	for (int i = 0; i < scaled(5000); i++)
		chan_select(SEND(r->c1, &i), RECV(r->c2, &v));
	chan_close(r->c1);
}

// Ever so many selects use up nothing (Go: select2).
static void
Select2(void)
{
	struct race r = { chan_make(int, 0), chan_make(int, 0), NULL };
	unsigned chans = pool("NCHAN").used, gs = pool("NG").used;
	int v, n = 0;
	bool ok = true;

	go(sel2_send, &r);
	while (ok)
		if (chan_select(RECV_OK(r.c1, &v, &ok), RECV(r.c2, &v)) == 0 &&
		    ok)
			n++;
	CHECK_EQ(n, scaled(5000));
	CHECK_EQ(pool("NCHAN").used, chans);
	CHECK(pool("NG").used <= gs + 1);
	NEED(wait_idle(0));
	chan_free(r.c1);
	chan_free(r.c2);
}

struct dice {
	chan *c;
	atomic_int zeros, ones;
	int n;
};

static void
count_dice(void *arg)
{
	struct dice *d = arg;
	int v;

	for (int i = 0; i < d->n; i++) {
		chan_recv(d->c, &v);
		atomic_fetch_add(v == 0 ? &d->zeros : &d->ones, 1);
	}
}

// Sending 0 or 1 in one select: both come often (Go: PseudoRandomSend).
static void
PseudoRandomSend(void)
{
	for (int cap = 0; cap < 2; cap++) {
		struct dice d = { .c = chan_make(int, cap), .n = 1000 };
		int zero = 0, one = 1;

		go(count_dice, &d);
		for (int i = 0; i < d.n; i++)
			chan_select(SEND(d.c, &zero), SEND(d.c, &one));
		NEED(wait_idle(0));
		CHECK(d.zeros > d.n / 10);
		CHECK(d.ones > d.n / 10);
		chan_free(d.c);
	}
}

// ---- What a select evaluates (Go: select5) ---------------------------------

static int evaluated[8];

static chan *
chan_of(int i, chan *c)
{
	evaluated[i]++;
	return c;
}

static int *
place_of(int i, int *p)
{
	evaluated[i]++;
	return p;
}

// Channels and addresses of all cases, of those too that are not taken, are
// evaluated once each. (In which order is the compiler's affair in C.)
static void
SelectEvaluatesOnce(void)
{
	chan *c = chan_make(int, 1), *nil = NULL;
	int in = 0, out = 5;
	bool ok = false;

	memset(evaluated, 0, sizeof evaluated);
	CHECK_EQ(chan_select(RECV(chan_of(0, nil), place_of(1, &in)),
			     SEND(chan_of(2, c), place_of(3, &out)),
			     RECV_OK(chan_of(4, nil), place_of(5, &in), &ok),
			     SEND(chan_of(6, nil), place_of(7, &out))),
		 1);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(evaluated[i], 1);
	CHECK_EQ(chan_select(RECV(chan_of(0, c), place_of(1, &in)), DEFAULT),
		 0);
	CHECK_EQ(in, 5);
	CHECK_EQ(evaluated[0], 2);
	CHECK_EQ(evaluated[1], 2);
	chan_send_(chan_of(2, c), place_of(3, &out), sizeof out);
	CHECK_EQ(chan_select(SEND(chan_of(4, c), place_of(5, &out)), DEFAULT),
		 1);
	CHECK_EQ(evaluated[4], 2);
	CHECK_EQ(evaluated[5], 2);
	chan_free(c);
}

// ---- Chance (Go: SelectFairness, for more cases) ---------------------------

// chi2 is sum((seen - n/k)^2 / (n/k)), times 1000.
static int64_t
chi2(const int *seen, int k, int64_t n)
{
	int64_t sum = 0;

	for (int i = 0; i < k; i++) {
		int64_t d = seen[i] * (int64_t)k - n;

		sum += d * d;
	}
	return sum * 1000 / (n * k);
}

// Among k ready cases each comes equally often, and whatever came before it: the
// squares are below what chance exceeds once in a million runs, for k - 1 and
// k * k - 1 degrees of freedom. Cases that are never ready stand between.
static void
uniform(int k, int64_t bound, int64_t bound2)
{
	chan *c = chan_make(int, 0), *nil = NULL;
	struct scase cases[10];
	int seen[5] = { 0 }, pairs[25] = { 0 }, last = -1, v;
	int n = scaled(30000), npairs = 0;

	chan_close(c);
	for (int i = 0; i < n; i++) {
		int which;

		for (int j = 0; j < 2 * k; j++)
			cases[j] = RECV(j % 2 ? c : nil, &v);
		which = chan_selectv(cases, (size_t)(2 * k)) / 2;
		NEED(which >= 0 && which < k);
		seen[which]++;
		if (i % 2) { // pairs that do not overlap
			pairs[last * k + which]++;
			npairs++;
		}
		last = which;
	}
	chan_free(c);
	test_eq(__FILE__, k, "chi2 of cases, above the bound by",
		chi2(seen, k, n) > bound ? chi2(seen, k, n) - bound : 0, 0);
	test_eq(__FILE__, k, "chi2 of pairs, above the bound by",
		chi2(pairs, k * k, npairs) > bound2 ?
			chi2(pairs, k * k, npairs) - bound2 :
			0,
		0);
}

static void
SelectUniform(void)
{
	uniform(2, 23900, 30700);
	uniform(3, 27600, 42700);
	uniform(5, 33400, 70600);
}

// ---- No trace ----------------------------------------------------------------

static bool
empty(const chan *c)
{
	return c->recvq.first == NULL && c->recvq.last == NULL &&
	       c->sendq.first == NULL && c->sendq.last == NULL;
}

struct trace {
	chan *c[4];
	atomic_int back;
};

static void
leaves_trace(void *arg)
{
	struct trace *t = arg;
	int v = 1, w;

	for (int i = 0; i < 40; i++)
		chan_select(RECV(t->c[0], &w), SEND(t->c[1], &v),
			    RECV(t->c[2], &w), RECV(t->c[2], &w),
			    SEND(t->c[3], &v), TIMEOUT(50 * MICROSECOND));
	atomic_fetch_add(&t->back, 1);
}

static void
sends_soon(void *arg)
{
	int v = 3;

	time_sleep(50 * MICROSECOND);
	chan_select(SEND((chan *)arg, &v), TIMEOUT(4 * MILLISECOND));
}

// The select that follows has its frame elsewhere: what an earlier one should have
// taken back is still as it was.
static __attribute__((noinline)) int
elsewhere(chan *c)
{
	volatile char distance[600];
	int v, which;

	distance[0] = 0;
	which = chan_select(RECV(c, &v), TIMEOUT(6 * MILLISECOND));
	distance[1] = distance[0];
	return which;
}

// Whatever ends a select, it is in no queue any more: not in that of the case
// that was taken, not in the others', and no timer is left that would end a
// sleep too soon.
static void
SelectLeavesNothing(void)
{
	struct trace t = { { NULL }, 0 };
	uint32_t r = seed();
	int64_t start;

	for (int i = 0; i < 4; i++)
		t.c[i] = chan_make(int, 0);
	for (int i = 0; i < 4; i++)
		go(leaves_trace, &t);
	while (atomic_load(&t.back) < 4) {
		uint32_t k = rnd(&r) % 4;
		int v = 2;

		if (k == 1 || k == 3)
			chan_try_recv(t.c[k], &v);
		else
			chan_try_send(t.c[k], &v);
		if (rnd(&r) % 4 == 0)
			time_sleep(30 * MICROSECOND);
		else
			runtime_gosched();
	}
	NEED(wait_idle(0));
	for (int i = 0; i < 4; i++)
		CHECK(empty(t.c[i]));
	// A blocked select that a close ends.
	atomic_store(&t.back, 0);
	go(leaves_trace, &t);
	settle();
	chan_close(t.c[2]);
	NEED(wait_idle(0));
	for (int i = 0; i < 4; i++)
		CHECK(empty(t.c[i]));
	for (int i = 0; i < 20; i++) {
		int v;

		go(sends_soon, t.c[0]);
		chan_select(RECV(t.c[0], &v), TIMEOUT(2 * MILLISECOND));
		start = time_now();
		CHECK_EQ(elsewhere(t.c[1]), 1);
		CHECK(time_now() - start >= 6 * MILLISECOND);
		chan_try_recv(t.c[0], &v); // had it been too late
		NEED(wait_idle(0));
	}
	for (int i = 0; i < 4; i++)
		chan_free(t.c[i]);
}

// A select that panics leaves nothing in the channels of its other cases, and no
// lock held.
static void
select_panics(void *arg)
{
	struct trace *t = arg;
	int v = 1;

	chan_select(RECV(t->c[0], &v), SEND(t->c[1], &v), RECV(t->c[2], &v));
}

static void
SelectPanicLeavesNothing(void)
{
	struct trace t = {
		{ chan_make(int, 0), chan_make(int, 0), chan_make(int, 0) }, 0
	};
	struct waiter w = { t.c[0], t.c[2], -1, 0, false };

	chan_close(t.c[1]);
	CHECK(panic_catch(select_panics, &t) != NULL);
	for (int i = 0; i < 3; i++)
		CHECK(empty(t.c[i]));
	go(wait_recv, &w); // the locks are free
	chan_send(t.c[2], &(int){ 9 });
	NEED(wait_idle(0));
	CHECK_EQ(w.v, 9);
	for (int i = 0; i < 3; i++)
		chan_free(t.c[i]);
}

// ---- Timeouts --------------------------------------------------------------

// Among 100 selects whose value and whose time come together exactly one case
// runs, and a select that ended leaves no timer behind: a sleep that follows is
// not cut short (H12).
struct both {
	chan *c;
	atomic_int sent;
};

static void
send_late(void *arg)
{
	struct both *b = arg;
	int v = 1;

	time_sleep(100 * MICROSECOND);
	if (chan_select(SEND(b->c, &v), TIMEOUT(MILLISECOND)) == 0)
		atomic_fetch_add(&b->sent, 1);
}

static void
TimeoutRace(void)
{
	struct both b = { chan_make(int, 0), 0 };
	int got = 0, n = scaled(100);

	for (int i = 0; i < n; i++) {
		int64_t t;
		int v = 0;

		go(send_late, &b);
		if (chan_select(RECV(b.c, &v), TIMEOUT(100 * MICROSECOND)) ==
		    0) {
			CHECK_EQ(v, 1);
			got++;
		}
		t = time_now();
		time_sleep(300 * MICROSECOND);
		CHECK(time_now() - t >= 300 * MICROSECOND);
		NEED(wait_idle(0));
	}
	CHECK_EQ(got, b.sent);
	chan_free(b.c);
}

const struct test select_tests[] = {
	T(SelectBasics),
	T(SelectSendOnClosed),
	T(CloseWins),
	T(StolenWakeup),
	T(DoubleSelect),
	T(NonblockSelectRace),
	T(NonblockSelectRace2),
	T(SelectDuplicateChannel),
	T(Select6),
	T(SelfSelect),
	T(SelectAloneBlocks),
	T(SelectStress),
	T(SelectLockOrder),
	T(SelectShuffled),
	T(SelectWide),
	T(Select2),
	T(PseudoRandomSend),
	T(SelectEvaluatesOnce),
	T(SelectUniform),
	T(SelectLeavesNothing),
	T(SelectPanicLeavesNothing),
	T(TimeoutRace),
	{ 0 },
};
