// preempt.c: a goroutine is taken off its hart at any instruction and sees
// nothing of it.
#include "test.h"

// ---- Loops that never call anything (Go: AsyncPreempt) ---------------------

struct loops {
	atomic_bool stop;
	struct wait_group wg;
	atomic_uint sink;
};

static bool
stopped(struct loops *l)
{
	return atomic_load_explicit(&l->stop, memory_order_relaxed);
}

static void
empty_loop(void *arg)
{
	struct loops *l = arg;

	while (!stopped(l))
		;
	wait_group_done(&l->wg);
}

static void
counting_loop(void *arg)
{
	struct loops *l = arg;
	unsigned a = 1, b = 2, c = 3;

	while (!stopped(l)) {
		a += b ^ c;
		b = b << 3 | b >> 29;
		c += a * 7;
	}
	atomic_fetch_add(&l->sink, a + b + c);
	wait_group_done(&l->wg);
}

__attribute__((noinline)) static unsigned
leaf(unsigned x)
{
	return x * 2654435761u ^ x >> 3;
}

static void
leaf_loop(void *arg)
{
	struct loops *l = arg;
	unsigned x = 1;

	while (!stopped(l))
		x = leaf(x);
	atomic_fetch_add(&l->sink, x);
	wait_group_done(&l->wg);
}

static void (*const loops[])(void *) = { empty_loop, counting_loop, leaf_loop };

// Every hart runs a loop, and more loops wait: main still gets its time, after
// a sleep and after a receive.
static void
AsyncPreempt(void)
{
	int n = runtime_num_cpu();

	for (int k = 0; k < 3; k++) {
		struct loops l = { 0 };
		int64_t worst = 0;

		wait_group_add(&l.wg, 2 * n);
		for (int i = 0; i < 2 * n; i++)
			go(loops[k], &l);
		for (int i = 0; i < 5; i++) {
			int64_t t = time_now();

			time_sleep(MILLISECOND);
			t = time_now() - t;
			CHECK(t >= MILLISECOND);
			if (t > worst)
				worst = t;
		}
		atomic_store(&l.stop, true);
		wait_group_wait(&l.wg);
		// A slice of each that is in front, and as much again.
		CHECK(worst <= late(80 * MILLISECOND));
	}
}

// Several loops on one hart share it: each gets on within a round of slices.
struct share {
	struct loops *l;
	_Atomic uint32_t n;
};

static void
sharing_loop(void *arg)
{
	struct share *s = arg;

	while (!stopped(s->l))
		atomic_fetch_add_explicit(&s->n, 1, memory_order_relaxed);
	wait_group_done(&s->l->wg);
}

static void
SlicesAreShared(void)
{
	enum { N = 4 };
	static struct share s[N];
	struct loops l = { 0 };
	uint32_t least = UINT32_MAX, most = 0;

	runtime_gomaxprocs(1);
	wait_group_add(&l.wg, N);
	for (int i = 0; i < N; i++) {
		s[i] = (struct share){ .l = &l };
		go(sharing_loop, &s[i]);
	}
	time_sleep(320 * MILLISECOND); // eight rounds
	atomic_store(&l.stop, true);
	wait_group_wait(&l.wg);
	for (int i = 0; i < N; i++) {
		uint32_t n = atomic_load(&s[i].n);

		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	CHECK(least > 0);
	if (!chaotic())
		CHECK(least >= most / 8);
}

// ---- Registers -------------------------------------------------------------

// The doubles hold whole numbers below LIMIT, so they are exact and an error,
// once it is in, stays in.
#define LIMIT 1e12
#define MIX(x, y) ((x) += (y), (x) -= (x) >= LIMIT ? LIMIT : 0)

// churn keeps ten integers and eight doubles alive through n rounds without a
// call: more than any machine's callee-saved registers, so all kinds are in
// use.
__attribute__((noinline)) static uint64_t
churn(unsigned id, unsigned n)
{
	unsigned long a = id, b = id + 1, c = id + 2, d = id + 3, e = id + 4;
	unsigned long f = id + 5, g = id + 6, h = id + 7, i = id + 8;
	double p = id + 1, q = id + 2, r = id + 3, s = id + 4;
	double t = id + 5, u = id + 6, v = id + 7, w = id + 8;

	for (; n > 0; n--) {
		a += b * 3;
		b ^= c + n;
		c = c * 5 + d;
		d += e ^ f;
		e = (e << 7 | e >> 3) + g;
		f ^= g + h;
		g = g * 9 + i;
		h += i ^ a;
		i = (i << 5 | i >> 1) ^ b;
		MIX(p, q);
		MIX(q, r);
		MIX(r, s);
		MIX(s, t);
		MIX(t, u);
		MIX(u, v);
		MIX(v, w);
		MIX(w, p);
	}
	p += q + r + s + t + u + v + w;
	return (uint64_t)p * 31 + (a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i);
}

struct filler {
	struct loops *l;
	uint64_t want;
	unsigned id;
	atomic_uint *foreign;
};

enum { CHURN = 1000 };

static void
fill(void *arg)
{
	struct filler *f = arg;

	while (!stopped(f->l))
		if (churn(f->id, CHURN) != f->want)
			atomic_fetch_add(f->foreign, 1);
	wait_group_done(&f->l->wg);
}

// Goroutines that hold values of their own in all registers are preempted in
// the middle of it and come back, also on another hart, with the same values
// (FreeRTOS: RegTest).
static void
RegisterFill(void)
{
	struct loops l = { 0 };
	atomic_uint foreign = 0;
	uint64_t before = total().preemptions;
	int n = 2 * runtime_num_cpu() + 3;
	unsigned want = (unsigned)scaled(40);

	wait_group_add(&l.wg, n);
	for (int i = 0; i < n; i++) {
		unsigned id = 1 + (unsigned)i * 1001;
		uint64_t value;

		preempt_disable(); // the reference has the hart to itself
		value = churn(id, CHURN);
		preempt_enable();
		go_copy(fill, (struct filler){ &l, value, id, &foreign });
	}
	for (int i = 0; i < 200; i++) {
		time_sleep(10 * MILLISECOND);
		if (total().preemptions - before >= want)
			break;
	}
	atomic_store(&l.stop, true);
	wait_group_wait(&l.wg);
	CHECK_EQ(foreign, 0);
	CHECK(total().preemptions - before >= want);
}

// ---- Stack frames ----------------------------------------------------------

// Each level writes a pattern into its frame and finds it again after the
// levels below came and went: an interrupt in a prologue, an epilogue or below
// the stack pointer (a red zone) would be seen here.
__attribute__((noinline)) static unsigned
frames(unsigned id, unsigned depth)
{
	volatile unsigned w[6];
	unsigned bad = 0;

	for (unsigned i = 0; i < 6; i++)
		w[i] = id * 31 + depth * 7 + i;
	if (depth > 0)
		bad = frames(id, depth - 1);
	for (unsigned i = 0; i < 6; i++)
		bad += w[i] != id * 31 + depth * 7 + i;
	return bad;
}

static void
walk_frames(void *arg)
{
	struct filler *f = arg;

	while (!stopped(f->l))
		atomic_fetch_add(f->foreign, frames(f->id, 5));
	wait_group_done(&f->l->wg);
}

static void
FramesUnderPreemption(void)
{
	struct loops l = { 0 };
	atomic_uint foreign = 0;
	uint64_t before = total().preemptions;
	int n = 2 * runtime_num_cpu() + 1;
	unsigned want = (unsigned)scaled(20);

	wait_group_add(&l.wg, n);
	for (int i = 0; i < n; i++)
		go_copy(walk_frames,
			(struct filler){ &l, 0, (unsigned)i, &foreign });
	for (int i = 0; i < 200; i++) {
		time_sleep(10 * MILLISECOND);
		if (total().preemptions - before >= want)
			break;
	}
	atomic_store(&l.stop, true);
	wait_group_wait(&l.wg);
	CHECK_EQ(foreign, 0);
	CHECK(total().preemptions - before >= want);
}

// ---- preempt_disable -------------------------------------------------------

static void
raise(void *arg)
{
	atomic_store((atomic_int *)arg, 1);
}

static void
busy(duration d)
{
	for (int64_t end = time_now() + d; time_now() < end;)
		;
}

// With preemption off the hart is ours far beyond a slice; the preemption that
// came due meanwhile happens when it is on again, at once and not a slice later
// (FreeRTOS 207). The calls nest.
static void
PreemptDisable(void)
{
	uint64_t before;

	runtime_gomaxprocs(1);
	for (int i = 0; i < 3; i++) {
		atomic_int up = 0;

		preempt_disable();
		preempt_disable();
		go(raise, &up);
		busy(30 * MILLISECOND);
		CHECK_EQ(up, 0);
		preempt_enable();
		CHECK_EQ(up, 0);
		busy(15 * MILLISECOND);
		CHECK_EQ(up, 0);
		before = total().preemptions;
		preempt_enable();
		// Taken off at once; under torture raise may have been too,
		// before it could raise anything.
		CHECK(total().preemptions > before);
		CHECK(up == 1 || chaotic());
		while (up == 0)
			runtime_gosched();
	}
}

// Without it the same loop is preempted, so the test above means something.
static void
PreemptEnabled(void)
{
	atomic_int up = 0;

	runtime_gomaxprocs(1);
	go(raise, &up);
	for (int64_t end = time_now() + late(100 * MILLISECOND);
	     up == 0 && time_now() < end;)
		;
	CHECK_EQ(up, 1);
	NEED(wait_idle(0));
}

// ---- Alone -----------------------------------------------------------------

// A goroutine with nobody to share its hart with is not disturbed: no switch,
// no preemption, hardly an interrupt.
static void
AloneUndisturbed(void)
{
	struct runtime_hart a, b;

	if (chaotic()) {
		skip("the torture disturbs it");
		return;
	}
	time_sleep(20 * MILLISECOND); // what is pending is over
	a = total();
	busy(200 * MILLISECOND);
	b = total();
	CHECK_EQ(b.preemptions - a.preemptions, 0);
	CHECK(b.switches - a.switches <= 2);
	CHECK(b.interrupts - a.interrupts <= 10);
}

// ---- Preemption in the kernel's own sections -------------------------------

struct mix {
	struct loops *l;
	chan *c;
	struct mutex *mu;
	unsigned *shared; // under mu
	uint32_t rnd;
	atomic_uint *rounds, *locked;
};

static void
all_calls(void *arg)
{
	struct mix *m = arg;
	int v = 0;

	while (!stopped(m->l)) {
		switch (rnd(&m->rnd) % 6) {
		case 0:
			mutex_lock(m->mu);
			++*m->shared;
			mutex_unlock(m->mu);
			atomic_fetch_add(m->locked, 1);
			break;
		case 1:
			chan_try_send(m->c, &v);
			break;
		case 2:
			chan_try_recv(m->c, &v);
			break;
		case 3:
			chan_select(SEND(m->c, &v), RECV(m->c, &v),
				    TIMEOUT(20 * MICROSECOND));
			break;
		case 4:
			time_sleep(rnd(&m->rnd) % 30000);
			break;
		default:
			runtime_gosched();
		}
		atomic_fetch_add(m->rounds, 1);
	}
	wait_group_done(&m->l->wg);
}

// Goroutines that are in the kernel most of the time, beside loops that make
// every hart's timer preempt: a request that arrives while a lock is held is
// neither lost nor taken there (Go: 38070, 38931).
static void
PreemptInKernel(void)
{
	struct loops l = { 0 };
	struct mutex mu = { 0 };
	unsigned shared = 0;
	atomic_uint rounds = 0, locked = 0;
	unsigned last;
	chan *c = chan_make(int, 2);
	int n = runtime_num_cpu();

	wait_group_add(&l.wg, n + 12);
	for (int i = 0; i < n; i++)
		go(counting_loop, &l);
	for (int i = 0; i < 12; i++)
		go_copy(all_calls, (struct mix){ &l, c, &mu, &shared, seed(),
						 &rounds, &locked });
	for (int i = 0; i < 15; i++) {
		int64_t end = time_now() + late(100 * MILLISECOND);

		last = rounds;
		do {
			time_sleep(10 * MILLISECOND);
		} while (rounds < last + 20 && time_now() < end);
		CHECK(rounds >= last + 20); // they get on
	}
	atomic_store(&l.stop, true);
	wait_group_wait(&l.wg);
	CHECK_EQ(shared, locked);
	NEED(wait_idle(0));
	chan_free(c);
}

// ---- The compiler's library --------------------------------------------------

// The widest integers and complex numbers are computed by functions of libgcc,
// which we have not compiled: they may keep values where our code does not, as
// below the stack pointer.
#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 widest;
#else
typedef uint64_t widest;
#endif

struct divider {
	struct wait_group *wg;
	atomic_int *bad;
};

static void
divides(void *arg)
{
	struct divider *d = arg;
	enum { HALF = sizeof(widest) * 4 };
	volatile widest a = (widest)0x12345678 << HALF | 0x9abcdef0;
	volatile widest b = (widest)0x321 << HALF | 0x1234567;
	volatile float _Complex x = 1.5f, y = 0.5f;
	widest q = a / b, r = a % b;
	float _Complex z = x / y;

	CHECK(q * b + r == a && r < b);
	for (int i = 0; i < scaled(5000); i++)
		if (a % b != r || a / b != q || x / y != z)
			atomic_fetch_add(d->bad, 1);
	wait_group_done(d->wg);
}

static void
PreemptLibgcc(void)
{
	struct wait_group wg = { 0 };
	atomic_int bad = 0;

	wait_group_add(&wg, 4);
	for (int i = 0; i < 4; i++)
		go_copy(divides, (struct divider){ &wg, &bad });
	wait_group_wait(&wg);
	CHECK_EQ(bad, 0);
}

const struct test preempt_tests[] = {
	T(AsyncPreempt),     T(SlicesAreShared),
	T(RegisterFill),     T(FramesUnderPreemption),
	T(PreemptDisable),   T(PreemptEnabled),
	T(AloneUndisturbed), T(PreemptInKernel),
	T(PreemptLibgcc),    { 0 },
};
