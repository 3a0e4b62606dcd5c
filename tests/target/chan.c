// chan.c: channels. The tests of Go's runtime/chan_test.go and test/chan, by
// their names there.
#include "test.h"

#include <string.h>

// ---- Blocking, order, close (Go: TestChan) ---------------------------------

struct one {
	chan *c;
	atomic_int
		state; // 0 not back, 1 got a value, 2 closed, 3 sent, 4 panic
	int v;
	atomic_bool here; // about to wait
};

static void
recv_one(void *arg)
{
	struct one *o = arg;

	atomic_store(&o->here, true);
	atomic_store(&o->state, chan_recv(o->c, &o->v) ? 1 : 2);
}

static void
send_it(void *arg)
{
	struct one *o = arg;

	chan_send(o->c, &o->v);
}

static void
send_one(void *arg)
{
	struct one *o = arg;

	atomic_store(&o->here, true);
	atomic_store(&o->state, panic_catch(send_it, o) == NULL ? 3 : 4);
}

// Receive from empty blocks, send to full blocks, the forms that do not block
// do not; len and cap tell.
static void
chan_blocks(int cap)
{
	chan *c = chan_make(int, cap);
	struct one r = { .c = c, .v = -1 }, s = { .c = c, .v = 77 };
	int v = 5;

	CHECK_EQ(chan_cap(c), cap);
	CHECK_EQ(chan_len(c), 0);
	CHECK(!chan_try_recv(c, &v));
	go(recv_one, &r);
	settle();
	CHECK_EQ(r.state, 0);
	chan_send(c, &(int){ 42 });
	NEED(wait_idle(0));
	CHECK_EQ(r.state, 1);
	CHECK_EQ(r.v, 42);

	for (int i = 0; i < cap; i++) {
		CHECK_EQ(chan_len(c), i);
		CHECK(chan_try_send(c, &i));
	}
	CHECK_EQ(chan_len(c), cap);
	CHECK(!chan_try_send(c, &v));
	go(send_one, &s);
	settle();
	CHECK_EQ(s.state, 0);
	for (int i = 0; i < cap; i++) {
		CHECK(chan_recv(c, &v));
		CHECK_EQ(v, i);
	}
	CHECK(chan_recv(c, &v));
	CHECK_EQ(v, 77);
	NEED(wait_idle(0));
	CHECK_EQ(s.state, 3);
	chan_free(c);
}

// Closed: first what is buffered, then zero and false for ever.
static void
chan_closed(int cap)
{
	chan *c = chan_make(int, cap);
	struct one r[3] = { { .c = c }, { .c = c }, { .c = c } };
	int v;

	for (int i = 1; i <= cap; i++)
		chan_send(c, &i);
	chan_close(c);
	for (int i = 1; i <= cap; i++) {
		CHECK(chan_recv(c, &v));
		CHECK_EQ(v, i);
	}
	for (int i = 0; i < 3; i++) {
		v = 99;
		CHECK(!chan_recv(c, &v));
		CHECK_EQ(v, 0);
		v = 99;
		CHECK(!chan_try_recv(c, &v));
		CHECK_EQ(v, 0);
	}
	chan_free(c);

	// Receivers that wait already all come back with zero and false.
	c = chan_make(int, cap);
	for (int i = 0; i < 3; i++) {
		r[i] = (struct one){ .c = c, .v = 99 };
		go(recv_one, &r[i]);
	}
	settle();
	chan_close(c);
	NEED(wait_idle(0));
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(r[i].state, 2);
		CHECK_EQ(r[i].v, 0);
	}
	chan_free(c);
}

static void
Chan(void)
{
	for (int cap = 0; cap < 20; cap++) {
		chan_blocks(cap);
		chan_closed(cap);
	}
}

// Senders that wait when their channel is closed panic, each of them.
static void
CloseWakesSenders(void)
{
	chan *c = chan_make(int, 1);
	struct one s[5];

	chan_send(c, &(int){ 1 });
	for (int i = 0; i < 5; i++) {
		s[i] = (struct one){ .c = c };
		go(send_one, &s[i]);
	}
	settle();
	chan_close(c);
	NEED(wait_idle(0));
	for (int i = 0; i < 5; i++)
		CHECK_EQ(s[i].state, 4);
	CHECK(chan_recv(c, &s[0].v)); // the buffered one is still there
	CHECK(!chan_recv(c, &s[0].v));
	chan_free(c);
}

// ---- Many senders, many receivers ------------------------------------------

enum { NP = 4, NL = 1000 };

static struct crowd {
	chan *c;
	atomic_int got[NL];
	atomic_int sum;
} crowd;

static void
crowd_send(void *arg)
{
	(void)arg;
	for (int i = 0; i < NL; i++)
		chan_send(crowd.c, &i);
}

static void
crowd_recv(void *arg)
{
	int v, n = 0;

	(void)arg;
	for (int i = 0; i < NL; i++) {
		if (!chan_recv(crowd.c, &v) || v < 0 || v >= NL)
			return;
		atomic_fetch_add(&crowd.got[v], 1);
		n++;
	}
	atomic_fetch_add(&crowd.sum, n);
}

static void
ChanCrowd(void)
{
	static const int caps[] = { 0, 1, 7, 100 };

	for (int k = 0; k < 4; k++) {
		memset(&crowd, 0, sizeof crowd);
		crowd.c = chan_make(int, caps[k]);
		for (int p = 0; p < NP; p++) {
			go(crowd_send, NULL);
			go(crowd_recv, NULL);
		}
		NEED(wait_idle(0));
		for (int i = 0; i < NL; i++)
			CHECK_EQ(crowd.got[i], NP);
		CHECK_EQ(crowd.sum, NP * NL);
		chan_free(crowd.c);
	}
}

// ---- FIFO (Go: test/chan/fifo) ---------------------------------------------

static void
AsynchFifo(void)
{
	chan *c = chan_make(int, 10);
	int v;

	for (int i = 0; i < 10; i++)
		chan_send(c, &i);
	for (int i = 0; i < 10; i++) {
		chan_recv(c, &v);
		CHECK_EQ(v, i);
	}
	chan_free(c);
}

struct fifo {
	chan *ch, *in, *out;
	int val;
};

// Each link waits for its turn, then receives: the values come in order.
static void
fifo_link(void *arg)
{
	struct fifo *f = arg;
	int v;

	chan_recv(f->in, &v);
	chan_recv(f->ch, &v);
	CHECK_EQ(v, f->val);
	chan_free(f->in);
	chan_send(f->out, &v);
}

static void
SynchFifo(void)
{
	chan *ch = chan_make(int, 0), *in = chan_make(int, 0), *start = in;
	int v = 0;

	for (int i = 0; i < 10; i++) {
		chan *out = chan_make(int, 0);

		go_copy(fifo_link, (struct fifo){ ch, in, out, i });
		in = out;
	}
	chan_send(start, &v);
	for (int i = 0; i < 10; i++)
		chan_send(ch, &i);
	chan_recv(in, &v);
	NEED(wait_idle(0));
	chan_free(in);
	chan_free(ch);
}

static void
arrive(struct one *o)
{
	while (!atomic_load(&o->here))
		runtime_gosched();
	settle();
}

// A full channel at which senders wait stays full when somebody receives: the first
// of them takes the place. len, which looks without a lock, never sees less.
enum { FULLCAP = 2, FULLSENDERS = 3, FULLROUNDS = 200 };

struct full {
	chan *c;
	atomic_int stop, less, looks;
};

static void
sends_on(void *arg)
{
	struct full *f = arg;

	while (!atomic_load(&f->stop))
		chan_send(f->c, &(int){ 1 });
}

static void
looks_on(void *arg)
{
	struct full *f = arg;

	while (!atomic_load(&f->stop)) {
		if (chan_len(f->c) != FULLCAP)
			atomic_fetch_add(&f->less, 1);
		if (atomic_fetch_add(&f->looks, 1) % 8 == 7)
			runtime_gosched();
	}
}

// sendersleft tells whether all of them wait.
static bool
sendersleft(void *unused)
{
	static struct goroutine_info g[16];
	unsigned n = runtime_goroutines(g, 16), wait = 0;

	(void)unused;
	for (unsigned i = 0; i < n && i < 16; i++)
		wait += g[i].reason != NULL &&
			strcmp(g[i].reason, "chan send") == 0;
	return wait == FULLSENDERS;
}

static void
LenOfFull(void)
{
	static struct full f;
	int v;

	memset(&f, 0, sizeof f);
	f.c = chan_make(int, FULLCAP);
	for (int i = 0; i < FULLSENDERS; i++)
		go(sends_on, &f);
	NEED(eventually(sendersleft, NULL));
	CHECK_EQ(chan_len(f.c), FULLCAP);
	go(looks_on, &f);
	for (int i = 0; i < FULLROUNDS; i++) {
		int was = atomic_load(&f.looks);

		// One that waits is left whatever becomes of the other two.
		chan_recv(f.c, &v);
		chan_recv(f.c, &v);
		CHECK(eventually(sendersleft, NULL));
		while (atomic_load(&f.looks) == was)
			runtime_gosched();
	}
	CHECK_EQ(atomic_load(&f.less), 0);
	atomic_store(&f.stop, 1);
	for (int i = 0; i < FULLCAP + FULLSENDERS; i++)
		chan_recv(f.c, &v);
	CHECK(wait_idle(0));
	chan_free(f.c);
}

// Goroutines that wait are served in the order in which they came, receivers
// and senders alike.
static void
WaitersFifo(void)
{
	chan *c = chan_make(int, 0);
	struct one o[8];
	int v;

	for (int i = 0; i < 8; i++) {
		o[i] = (struct one){ .c = c };
		go(recv_one, &o[i]);
		arrive(&o[i]);
	}
	for (int i = 0; i < 8; i++)
		chan_send(c, &i);
	NEED(wait_idle(0));
	for (int i = 0; i < 8; i++)
		CHECK_EQ(o[i].v, i);
	for (int i = 0; i < 8; i++) {
		o[i] = (struct one){ .c = c, .v = 100 + i };
		go(send_one, &o[i]);
		arrive(&o[i]);
	}
	for (int i = 0; i < 8; i++) {
		chan_recv(c, &v);
		CHECK_EQ(v, 100 + i);
	}
	NEED(wait_idle(0));
	chan_free(c);
}

// ---- Sizes (Go: nonblock, zerosize) ----------------------------------------

#define SIZES(n) \
	static void sizes##n(int cap) \
	{ \
		struct s { \
			unsigned char b[n]; \
		} a, b; \
		chan *c = chan_make(struct s, cap); \
		for (int i = 0; i < cap; i++) { \
			memset(&a, i + 1, n); \
			CHECK(chan_try_send(c, &a)); \
		} \
		CHECK(!chan_try_send(c, &a)); \
		for (int i = 0; i < cap; i++) { \
			memset(&a, i + 1, n); \
			memset(&b, 0xee, n); \
			CHECK(chan_try_recv(c, &b)); \
			CHECK(memcmp(&a, &b, n) == 0); \
		} \
		CHECK(!chan_try_recv(c, &b)); \
		chan_free(c); \
	}
SIZES(1)
SIZES(2)
SIZES(3)
SIZES(4)
SIZES(8)
SIZES(16)
SIZES(64)
SIZES(100)

static void
Nonblock(void)
{
	for (int cap = 0; cap < 6; cap++) {
		sizes1(cap);
		sizes2(cap);
		sizes3(cap);
		sizes4(cap);
		sizes8(cap);
		sizes16(cap);
		sizes64(cap);
		sizes100(cap);
	}
}

// Elements without a size are only counted.
static void
ZeroSize(void)
{
	chan *c = chan_make_(0, 3);
	char nothing = 'x';

	for (int i = 0; i < 3; i++)
		CHECK(chan_try_send_(c, NULL, 0));
	CHECK(!chan_try_send_(c, NULL, 0));
	CHECK_EQ(chan_len(c), 3);
	CHECK(chan_recv_(c, NULL, 0));
	CHECK(chan_recv_(c, &nothing, 0));
	chan_close(c);
	CHECK(chan_recv_(c, NULL, 0));
	CHECK(!chan_recv_(c, &nothing, 0));
	CHECK_EQ(nothing, 'x');
	chan_free(c);
}

// The largest element there may be goes through, by the buffer and from hand to
// hand.
static struct large {
	unsigned char b[65536];
} large_a, large_b;

static void
send_large(void *arg)
{
	chan_send((chan *)arg, &large_a);
}

static void
LargeElement(void)
{
	for (int cap = 0; cap < 2; cap++) {
		chan *c = chan_try_make(struct large, cap);

		if (c == NULL) { // a small machine
			CHECK(cap > 0);
			continue;
		}
		for (unsigned i = 0; i < sizeof large_a.b; i++)
			large_a.b[i] = (unsigned char)(i * 13 + i / 256);
		memset(&large_b, 0, sizeof large_b);
		go(send_large, c);
		CHECK(chan_recv(c, &large_b));
		CHECK(memcmp(&large_a, &large_b, sizeof large_a) == 0);
		NEED(wait_idle(0));
		chan_free(c);
	}
}

// ---- NULL channels ---------------------------------------------------------

static void
NilChan(void)
{
	static struct one r, s; // they wait for ever
	int v = 3;

	r = (struct one){ .c = NULL };
	s = (struct one){ .c = NULL };
	CHECK_EQ(chan_len(NULL), 0);
	CHECK_EQ(chan_cap(NULL), 0);
	CHECK(!chan_try_recv((chan *)NULL, &v));
	CHECK(!chan_try_send((chan *)NULL, &v));
	CHECK_EQ(v, 3);
	chan_free(NULL);
	go(recv_one, &r);
	go(send_one, &s);
	stuck(2, 0);
	settle();
	CHECK_EQ(r.state, 0);
	CHECK_EQ(s.state, 0);
}

// ---- Mistakes (Go: RuntimePanicWithRuntimeError) ---------------------------

static void
do_close(void *arg)
{
	chan_close(arg);
}

static void
do_send(void *arg)
{
	chan_send((chan *)arg, &(int){ 1 });
}

static void
do_free(void *arg)
{
	chan_free(arg);
}

struct making {
	size_t size;
	intptr_t cap;
};

static void
do_make(void *arg)
{
	struct making *m = arg;

	chan_free(chan_make_(m->size, m->cap));
}

#define PANICS(fn, arg, want) \
	do { \
		const char *text_ = panic_catch((fn), (arg)); \
		CHECK(text_ != NULL); \
		CHECK(text_ == NULL || strcmp(text_, (want)) == 0); \
	} while (0)

static void
ChanMistakes(void)
{
	static const char range[] = "makechan: size out of range";
	chan *c = chan_make(int, 1);
	int v = 9;

	chan_send(c, &v);
	chan_close(c);
	PANICS(do_send, c, "send on closed channel");
	PANICS(do_close, c, "close of closed channel");
	PANICS(do_close, NULL, "close of nil channel");
	v = 0;
	CHECK(chan_recv(c, &v)); // unharmed
	CHECK_EQ(v, 9);
	CHECK(!chan_recv(c, &v));
	chan_free(c);
	PANICS(do_make, (&(struct making){ 4, -1 }), range);
	PANICS(do_make, (&(struct making){ 8, INTPTR_MAX }), range);
	PANICS(do_make, (&(struct making){ 8, INTPTR_MAX / 2 }), range);
	PANICS(do_make, (&(struct making){ 4, INTPTR_MAX / 2 + 1 }), range);
	PANICS(do_make, (&(struct making){ 4, INTPTR_MIN }), range);
	CHECK(panic_catch(do_make, &(struct making){ 65537, 0 }) != NULL);
	CHECK(panic_catch(do_make, &(struct making){ SIZE_MAX, 0 }) != NULL);
	CHECK(panic_catch(do_make, &(struct making){ SIZE_MAX / 2, 2 }) !=
	      NULL);
}

// A channel on which somebody waits cannot be freed.
static void
FreeOfWaited(void)
{
	chan *c = chan_make(int, 0);
	struct one r = { .c = c };

	go(recv_one, &r);
	settle();
	CHECK(panic_catch(do_free, c) != NULL);
	chan_send(c, &(int){ 8 });
	NEED(wait_idle(0));
	CHECK_EQ(r.v, 8);
	chan_free(c);
}

// ---- Sieve (Go: test/chan/sieve1) ------------------------------------------

static void
generate(void *arg)
{
	chan *out = arg;

	for (int i = 2; i < 600; i++)
		chan_send(out, &i);
	chan_close(out);
}

struct link {
	chan *in, *out;
	int prime;
};

static void
filter(void *arg)
{
	struct link *l = arg;
	int i;

	while (chan_recv(l->in, &i))
		if (i % l->prime != 0)
			chan_send(l->out, &i);
	chan_free(l->in);
	chan_close(l->out);
}

// The first hundred primes; 541 is the hundredth.
static void
Sieve1(void)
{
	chan *c = chan_make(int, 0);
	int prime = 0, n = 0, sum = 0, wrong = 0;

	go(generate, c);
	while (chan_recv(c, &prime)) {
		chan *next = chan_make(int, 0);

		for (int d = 2; d * d <= prime; d++)
			wrong += prime % d == 0;
		if (++n <= 100)
			sum += prime;
		if (n == 100)
			CHECK_EQ(prime, 541);
		go_copy(filter, (struct link){ c, next, prime });
		c = next;
	}
	CHECK_EQ(wrong, 0);
	CHECK_EQ(n, 109); // primes below 600
	CHECK_EQ(sum, 24133);
	NEED(wait_idle(0));
	chan_free(c);
}

// ---- A sieve of merged streams (Go: test/chan/sieve2) ---------------------

struct stream {
	chan *c;
	int prime, head;
};

// The composites of one prime, from its square on.
static void
multiples(void *arg)
{
	const struct stream *s = arg;

	for (int v = s->prime * s->prime; v < 600; v += s->prime)
		chan_send(s->c, &v);
	chan_close(s->c);
}

// next moves a stream on; a closed one is behind everything.
static void
next(struct stream *s)
{
	if (!chan_recv(s->c, &s->head))
		s->head = 1000;
}

// A number that heads none of the streams of the smaller primes is a prime.
static void
Sieve2(void)
{
	struct stream s[10];
	int n = 0, primes = 0, sum = 0;

	for (int v = 2; v < 600; v++) {
		bool composite = false;

		for (int i = 0; i < n; i++)
			if (s[i].head == v) {
				composite = true;
				next(&s[i]);
			}
		if (composite)
			continue;
		if (++primes <= 100)
			sum += v;
		if (v * v >= 600)
			continue;
		NEED(n < 10);
		s[n] = (struct stream){ chan_make(int, n % 4), v, 0 };
		go(multiples, &s[n]);
		next(&s[n++]);
	}
	CHECK_EQ(primes, 109);
	CHECK_EQ(sum, 24133);
	CHECK_EQ(n, 9); // 2 to 23
	NEED(wait_idle(0));
	for (int i = 0; i < n; i++)
		chan_free(s[i].c);
}

// ---- Hand to hand under observation ----------------------------------------

struct thing {
	uint32_t word[16];
};

struct watched {
	chan *c;
	atomic_int bad, done;
	int n;
};

static void
watched_recv(void *arg)
{
	struct watched *w = arg;
	struct thing t;

	while (memset(&t, 0xa5, sizeof t), chan_recv(w->c, &t))
		for (int i = 1; i < 16; i++)
			if (t.word[i] != t.word[0] * (uint32_t)(i + 1))
				atomic_fetch_add(&w->bad, 1);
	atomic_fetch_add(&w->done, 1);
}

static void
watched_send(void *arg)
{
	struct watched *w = arg;
	struct thing t;

	for (int k = 1; k <= w->n; k++) {
		for (int i = 0; i < 16; i++)
			t.word[i] = (uint32_t)(k * (i + 1));
		chan_send(w->c, &t);
		if (k % 7 == 0)
			time_sleep(20 * MICROSECOND); // receivers wait again
	}
	atomic_fetch_add(&w->done, 1);
}

// A value is written into the frame of a receiver that waits; nothing that looks
// at its stack meanwhile, or stops the world, may harm it.
static void
HandOffWatched(void)
{
	static struct goroutine_info info[4];
	struct watched w = { .c = chan_make(struct thing, 0),
			     .n = scaled(100) };
	uint64_t me = runtime_goid();

	for (int i = 0; i < 3; i++)
		go(watched_recv, &w);
	for (int i = 0; i < 2; i++)
		go(watched_send, &w);
	while (atomic_load(&w.done) < 2) {
		CHECK(runtime_goroutines(info, 4) >= 4);
		for (int i = 0; i < 4; i++)
			CHECK(info[i].id == me ||
			      info[i].stack_used <= info[i].stack_size);
		runtime_gosched();
	}
	chan_close(w.c);
	NEED(wait_idle(0));
	CHECK_EQ(w.done, 5);
	CHECK_EQ(w.bad, 0);
	chan_free(w.c);
}

// ---- MultiConsumer ---------------------------------------------------------

static const int primes[] = { 2, 3, 7, 11, 13, 17, 19, 23, 27, 31 };
enum { WORKERS = 23 };

struct consumer {
	chan *q, *r;
	struct wait_group *wg;
	int w;
};

static void
consume(void *arg)
{
	struct consumer *k = arg;
	int v;

	while (chan_recv(k->q, &v)) {
		if (primes[k->w % 10] == v)
			runtime_gosched(); // mess with the order
		chan_send(k->r, &v);
	}
	wait_group_done(k->wg);
}

struct feeder {
	chan *q, *r;
	struct wait_group *wg;
	int n;
	long sum;
	atomic_bool done;
};

static void
feed(void *arg)
{
	struct feeder *f = arg;

	for (int i = 0; i < f->n; i++) {
		int v = primes[i % 10];

		f->sum += v;
		chan_send(f->q, &v);
	}
	chan_close(f->q); // no more work
	wait_group_wait(f->wg);
	chan_close(f->r); // no more results
}

static void
MultiConsumer(void)
{
	struct wait_group wg = { 0 };
	chan *q = chan_make(int, WORKERS * 3), *r = chan_make(int, WORKERS * 3);
	struct feeder f = { q, r, &wg, scaled(27182), 0, false };
	int n = 0, v;
	long sum = 0;

	wait_group_add(&wg, WORKERS);
	for (int w = 0; w < WORKERS; w++)
		go_copy(consume, (struct consumer){ q, r, &wg, w });
	go(feed, &f);
	while (chan_recv(r, &v)) {
		n++;
		sum += v;
	}
	NEED(wait_idle(0));
	CHECK_EQ(n, f.n);
	CHECK_EQ(sum, f.sum);
	chan_free(q);
	chan_free(r);
}

// ---- Races with close ------------------------------------------------------

static void
try_it(void *arg)
{
	struct one *o = arg;
	int which = chan_select(RECV(o->c, &o->v), DEFAULT);

	atomic_store(&o->state, which == 0 ? 1 : 2);
}

// A value is there or the channel is closed, never neither (Go:
// NonblockRecvRace).
static void
NonblockRecvRace(void)
{
	for (int i = 0; i < scaled(3000); i++) {
		chan *c = chan_make(int, 1);
		struct one o = { .c = c };
		int v = 1;

		chan_send(c, &v);
		go(try_it, &o);
		chan_close(c);
		chan_recv(c, &v);
		while (atomic_load(&o.state) == 0)
			runtime_gosched();
		chan_free(c);
		NEED(atomic_load(&o.state) == 1);
	}
}

// A buffered value that is there when the channel is closed is received by
// somebody (Go: 19168's kin).
static void
drain(void *arg)
{
	struct one *o = arg;
	int v, n = 0;

	while (chan_recv(o->c, &v))
		n += v;
	o->v = n;
	atomic_store(&o->state, 1);
}

static void
CloseKeepsValues(void)
{
	for (int i = 0; i < scaled(300); i++) {
		chan *c = chan_make(int, 4);
		struct one o[2] = { { .c = c }, { .c = c } };

		go(drain, &o[0]);
		go(drain, &o[1]);
		for (int k = 1; k <= 10; k++)
			chan_send(c, &k);
		chan_close(c);
		while (o[0].state == 0 || o[1].state == 0)
			runtime_gosched();
		CHECK_EQ(o[0].v + o[1].v, 55);
		chan_free(c);
	}
}

// ---- Hand to hand across harts ---------------------------------------------

static void
echo(void *arg)
{
	struct link *l = arg;
	int v;

	while (chan_recv(l->in, &v)) {
		v++;
		chan_send(l->out, &v);
	}
	chan_close(l->out);
}

static void
PingPong(void)
{
	for (int cap = 0; cap < 2; cap++) {
		chan *a = chan_make(int, cap), *b = chan_make(int, cap);
		int v = 0, n = scaled(5000);

		go_copy(echo, (struct link){ a, b, 0 });
		for (int i = 0; i < n; i++) {
			chan_send(a, &v);
			chan_recv(b, &v);
		}
		CHECK_EQ(v, n);
		chan_close(a);
		CHECK(!chan_recv(b, &v));
		NEED(wait_idle(0));
		chan_free(a);
		chan_free(b);
	}
}

const struct test chan_tests[] = {
	T(Chan),
	T(CloseWakesSenders),
	T(ChanCrowd),
	T(AsynchFifo),
	T(SynchFifo),
	T(LenOfFull),
	T(WaitersFifo),
	T(Nonblock),
	T(ZeroSize),
	T(LargeElement),
	T(NilChan),
	T(ChanMistakes),
	T(FreeOfWaited),
	T(Sieve1),
	T(Sieve2),
	T(HandOffWatched),
	T(MultiConsumer),
	T(NonblockRecvRace),
	T(CloseKeepsValues),
	T(PingPong),
	{ 0 },
};
