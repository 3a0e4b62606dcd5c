// main.c is what runs under each seed (make soak, tools/test.py): a little of
// everything that harts do with each other, all parts at the same time, in a few
// tens of thousands of operations. One boot is one seed: the arguments gz.seed,
// gz.chaos and gz.race make the schedule, so that a failure is there again at once,
// alone. Its status is 0 if every part got what it must and the ledger balances
// (kernel/ledger.c), which is checked in the middle, too.
//
// Each part is a goroutine that starts others, waits for them and checks sums. The
// numbers are small: pools of the torture build hold it all, and another seed is
// worth more than another round.
#include <go.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../target/device.h"

bool ledger_check(void); // kernel/ledger.c
bool ledger_idle(void);

static atomic_int bad;
static uint32_t seedno = 1;

static void
complain(int line, const char *what, long got, long want)
{
	if (got == want)
		return;
	atomic_fetch_add(&bad, 1);
	printf("not ok: line %d: %s is %ld, not %ld\n", line, what, got, want);
}
#define EQ(got, want) complain(__LINE__, #got, (long)(got), (long)(want))

// rnd: every caller has a state of its own, from the seed and what it is.
static uint32_t
rnd(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

static uint32_t
start(uint32_t who)
{
	return (seedno * 2654435761u ^ who * 40503u) | 1;
}

static void
dawdle(uint32_t *x)
{
	for (uint32_t n = rnd(x) % 200; n > 0; n--)
		__asm__ volatile("" : : : "memory");
}

// ---- Channels: every value arrives once -----------------------------------------

struct line {
	chan *c;
	struct wait_group senders, receivers;
	atomic_long sum, n;
	atomic_uint ids;
};

enum { VALUES = 40 };

static void
sender(void *arg)
{
	struct line *l = arg;
	uint32_t x = start(atomic_fetch_add(&l->ids, 1) + 100);

	for (long i = 1; i <= VALUES; i++) {
		if (rnd(&x) % 4 == 0)
			dawdle(&x);
		if (rnd(&x) % 8 != 0 || !chan_try_send(l->c, &i))
			chan_send(l->c, &i);
	}
	wait_group_done(&l->senders);
}

static void
receiver(void *arg)
{
	struct line *l = arg;
	long v;

	while (chan_recv(l->c, &v)) {
		atomic_fetch_add(&l->sum, v);
		atomic_fetch_add(&l->n, 1);
	}
	wait_group_done(&l->receivers);
}

static void
lines(uint32_t who)
{
	static struct line all[3];
	struct line *l = &all[who % 3];
	enum { S = 3, R = 3 };

	memset(l, 0, sizeof *l);
	l->c = chan_make(long, (int)(who % 3));
	wait_group_add(&l->senders, S);
	wait_group_add(&l->receivers, R);
	for (int i = 0; i < S; i++)
		go(sender, l);
	for (int i = 0; i < R; i++)
		go(receiver, l);
	wait_group_wait(&l->senders);
	chan_close(l->c);
	wait_group_wait(&l->receivers);
	EQ(l->n, S * VALUES);
	EQ(l->sum, S * VALUES * (VALUES + 1) / 2);
	chan_free(l->c);
}

// ---- Select: no value twice, and nobody waits for ever -----------------------------

static struct {
	chan *c[3];
	struct wait_group wg;
	atomic_long sent, received, timeouts;
	atomic_uint ids;
} sel;

static void
selector(void *unused)
{
	uint32_t x = start(atomic_fetch_add(&sel.ids, 1) + 200);
	long v = 1, w = 0;

	(void)unused;
	for (int i = 0; i < 60; i++) {
		uint32_t a = rnd(&x) % 3, b = (a + 1 + rnd(&x) % 2) % 3;
		duration d = (rnd(&x) % 8) * 50 * MICROSECOND;

		switch (chan_select(SEND(sel.c[a], &v), RECV(sel.c[b], &w),
				    TIMEOUT(d))) {
		case 0:
			atomic_fetch_add(&sel.sent, v);
			v++;
			break;
		case 1:
			atomic_fetch_add(&sel.received, w);
			break;
		default:
			atomic_fetch_add(&sel.timeouts, 1);
			break;
		}
	}
	wait_group_done(&sel.wg);
}

static void
selects(uint32_t who)
{
	enum { N = 5 };
	long v;

	(void)who;
	memset(&sel, 0, sizeof sel);
	for (int i = 0; i < 3; i++)
		sel.c[i] = chan_make(long, i);
	wait_group_add(&sel.wg, N);
	for (int i = 0; i < N; i++)
		go(selector, NULL);
	wait_group_wait(&sel.wg);
	for (int i = 0; i < 3; i++) {
		while (chan_try_recv(sel.c[i], &v))
			sel.received += v;
		chan_free(sel.c[i]);
	}
	EQ(sel.sent, sel.received);
}

// ---- Timers: one firing or one end for each that was set --------------------------
// timer_stop also takes back what is set while it waits for fn, so only timers that
// nobody stops, but sets to a far time, can be counted exactly: the even ones.

enum { NTIMER = 4 };
static struct {
	struct timer t[NTIMER];
	atomic_long fired[2], set[2], stopped[2]; // even and odd timers
	struct wait_group wg;
	atomic_uint ids;
} tim;

static void
fires(void *unused)
{
	(void)unused;
	atomic_fetch_add(&tim.fired[0], 1);
}

// again sets its own timer anew, now and then.
static void
again(void *arg)
{
	struct timer *t = arg;
	static atomic_uint n;

	atomic_fetch_add(&tim.fired[1], 1);
	if (atomic_fetch_add(&n, 1) % 3 == 0 &&
	    !timer_reset(t, 30 * MICROSECOND))
		atomic_fetch_add(&tim.set[1], 1);
}

// setter works on all timers and counts what it does: one that is set when it is set
// again is the same one.
static void
setter(void *unused)
{
	uint32_t x = start(atomic_fetch_add(&tim.ids, 1) + 300);

	(void)unused;
	for (int i = 0; i < 60; i++) {
		uint32_t k = rnd(&x) % NTIMER;
		struct timer *t = &tim.t[k];
		duration d = (rnd(&x) % 100) * MICROSECOND;

		if (k % 2 == 0 || rnd(&x) % 3 != 0) {
			if (rnd(&x) % 4 == 0)
				d = SECOND;
			if (!timer_reset(t, d))
				atomic_fetch_add(&tim.set[k % 2], 1);
		} else if (timer_stop(t)) {
			atomic_fetch_add(&tim.stopped[1], 1);
		}
		if (rnd(&x) % 4 == 0)
			time_sleep((rnd(&x) % 60) * MICROSECOND);
	}
	wait_group_done(&tim.wg);
}

static void
timers(uint32_t who)
{
	enum { N = 3 };

	(void)who;
	memset(&tim, 0, sizeof tim);
	for (int i = 0; i < NTIMER; i++) {
		timer_start(&tim.t[i], MICROSECOND, i % 2 == 0 ? fires : again,
			    &tim.t[i]);
		atomic_fetch_add(&tim.set[i % 2], 1);
	}
	wait_group_add(&tim.wg, N);
	for (int i = 0; i < N; i++)
		go(setter, NULL);
	wait_group_wait(&tim.wg);
	for (int i = 0; i < NTIMER; i++)
		while (timer_stop(&tim.t[i]))
			atomic_fetch_add(&tim.stopped[i % 2], 1);
	EQ(tim.set[0], tim.fired[0] + tim.stopped[0]);
	EQ(tim.set[1] >= tim.fired[1] + tim.stopped[1], true);
}

static void
ticks(uint32_t who)
{
	static struct ticker tk;
	int64_t t, last = 0;

	memset(&tk, 0, sizeof tk);
	ticker_start(&tk, 40 * MICROSECOND);
	for (uint32_t i = 0; i < 6 + who % 3; i++) {
		chan_recv(tk.c, &t);
		EQ(t > last, true);
		last = t;
		if (i == 3)
			ticker_reset(&tk, 70 * MICROSECOND);
	}
	ticker_stop(&tk);
}

// ---- Births and deaths ------------------------------------------------------------

struct branch {
	int depth;
	struct wait_group *wg;
	atomic_int *leaves;
};

static void
branch(void *arg)
{
	struct branch b = *(struct branch *)arg;
	struct branch next = { b.depth - 1, b.wg, b.leaves };

	if (b.depth == 0) {
		atomic_fetch_add(b.leaves, 1);
	} else {
		wait_group_add(b.wg, 2);
		go_copy(branch, next);
		go_copy(branch, next);
	}
	wait_group_done(b.wg);
}

static void
trees(uint32_t who)
{
	struct wait_group wg = { 0 };
	atomic_int leaves = 0;
	struct branch b = { 4, &wg, &leaves };

	(void)who;
	wait_group_add(&wg, 1);
	go_copy(branch, b);
	wait_group_wait(&wg);
	EQ(leaves, 16);
}

// ---- Mutex, condition, semaphore ------------------------------------------------

static struct {
	struct mutex m;
	struct cond full;
	struct semaphore s;
	struct rwmutex rw;
	struct wait_group wg;
	long n, turns; // under m
	atomic_int inside, permits;
	atomic_uint ids;
} syn;

static void
worker(void *unused)
{
	uint32_t x = start(atomic_fetch_add(&syn.ids, 1) + 400);

	(void)unused;
	for (int i = 0; i < 20; i++) {
		mutex_lock(&syn.m);
		syn.n++;
		if (rnd(&x) % 4 == 0)
			runtime_gosched();
		syn.turns++;
		cond_signal(&syn.full);
		mutex_unlock(&syn.m);
		if (semaphore_acquire_timeout(&syn.s, (rnd(&x) % 4) * 30 *
							      MICROSECOND)) {
			if (atomic_fetch_add(&syn.inside, 1) >= 2)
				atomic_fetch_add(&bad, 1);
			if (rnd(&x) % 4 == 0)
				time_sleep(40 * MICROSECOND);
			atomic_fetch_sub(&syn.inside, 1);
			semaphore_release(&syn.s);
			atomic_fetch_add(&syn.permits, 1);
		}
		if (rnd(&x) % 4 == 0) {
			rwmutex_lock(&syn.rw);
			syn.turns += 0;
			rwmutex_unlock(&syn.rw);
		} else {
			rwmutex_rlock(&syn.rw);
			dawdle(&x);
			rwmutex_runlock(&syn.rw);
		}
	}
	wait_group_done(&syn.wg);
}

static void
syncs(uint32_t who)
{
	enum { N = 4 };

	(void)who;
	memset(&syn, 0, sizeof syn);
	semaphore_release(&syn.s);
	semaphore_release(&syn.s);
	wait_group_add(&syn.wg, N);
	for (int i = 0; i < N; i++)
		go(worker, NULL);
	mutex_lock(&syn.m);
	while (syn.turns < N * 20)
		cond_wait(&syn.full, &syn.m);
	mutex_unlock(&syn.m);
	wait_group_wait(&syn.wg);
	EQ(syn.n, N * 20);
	EQ(semaphore_try_acquire(&syn.s), true);
	EQ(semaphore_try_acquire(&syn.s), true);
	EQ(semaphore_try_acquire(&syn.s), false);
}

// ---- Locked goroutines, notes -----------------------------------------------------

struct pair {
	chan *there, *back;
	struct note done;
};

static void
echo(void *arg)
{
	struct pair *p = arg;
	long v;

	runtime_lock_os_thread();
	while (chan_recv(p->there, &v)) {
		v++;
		chan_send(p->back, &v);
	}
	ready_isr(&p->done); // ends locked
}

static void
lockeds(uint32_t who)
{
	static struct pair all[2];
	struct pair *p = &all[who % 2];
	long v = 0;
	int hart;

	memset(p, 0, sizeof *p);
	p->there = chan_make(long, 0);
	p->back = chan_make(long, 0);
	go(echo, p);
	if (who % 2 == 0)
		runtime_lock_os_thread();
	hart = runtime_cpu();
	for (int i = 0; i < 12; i++) {
		chan_send(p->there, &v);
		chan_recv(p->back, &v);
		if (who % 2 == 0)
			EQ(runtime_cpu(), hart);
	}
	if (who % 2 == 0)
		runtime_unlock_os_thread();
	chan_close(p->there);
	note_wait(&p->done);
	EQ(v, 12);
	chan_free(p->there);
	chan_free(p->back);
}

// ---- The world stops -----------------------------------------------------------

static void
stops(uint32_t who)
{
	static struct goroutine_info info[4];

	if (who % 4 == 0)
		runtime_gomaxprocs(1 + (int)(seedno + who) % 4);
	else if (who % 4 == 1)
		runtime_goroutines(info, 4);
	else
		ledger_check();
	time_sleep(80 * MICROSECOND);
	if (who % 4 == 0)
		runtime_gomaxprocs(runtime_num_cpu());
}

// ---- Handlers: what was accepted arrives -------------------------------------------

static struct {
	chan *c;
	struct semaphore s;
	struct wait_group wg;
	int left, accepted, released; // the handler's
	uint32_t x;
	atomic_int over;
	atomic_long sum, want;
} dev;

// fire is the handler; it sets its device again until it has come often enough.
static void
fire(void *unused)
{
	long v = dev.left;

	(void)unused;
	devquiet();
	if (dev.left == 0)
		return;
	if (chan_try_send_isr(dev.c, &v)) {
		dev.want += v;
		dev.accepted++;
	}
	semaphore_release_isr(&dev.s);
	dev.released++;
	if (--dev.left == 0)
		atomic_store(&dev.over, 1);
	else
		devstart((1 + rnd(&dev.x) % 8) * 10 * MICROSECOND);
}

// taker keeps the locks busy that the handler wants.
static void
taker(void *unused)
{
	long v;

	(void)unused;
	while (!atomic_load(&dev.over)) {
		for (int i = 0; i < 40; i++)
			if (chan_try_recv(dev.c, &v))
				atomic_fetch_add(&dev.sum, v);
		if (chan_select(RECV(dev.c, &v), TIMEOUT(50 * MICROSECOND)) ==
		    0)
			atomic_fetch_add(&dev.sum, v);
	}
	wait_group_done(&dev.wg);
}

static void
handlers(uint32_t who)
{
	enum { FIRINGS = 25 };
	int permits = 0;
	long v;

	memset(&dev, 0, sizeof dev);
	dev.x = start(who + 500);
	dev.c = chan_make(long, 2);
	dev.left = FIRINGS;
	wait_group_add(&dev.wg, 2);
	go(taker, NULL);
	go(taker, NULL);
	irq_handle(DEV_IRQ, fire, NULL);
	devstart(10 * MICROSECOND);
	while (permits < FIRINGS / 2) {
		semaphore_acquire(&dev.s);
		permits++;
	}
	wait_group_wait(&dev.wg);
	irq_handle(DEV_IRQ, NULL, NULL);
	while (chan_select(RECV(dev.c, &v), TIMEOUT(MILLISECOND)) == 0)
		dev.sum += v;
	while (semaphore_acquire_timeout(&dev.s, MILLISECOND))
		permits++;
	EQ(permits, FIRINGS);
	EQ(dev.sum, dev.want);
	chan_free(dev.c);
}

// ---- Work is not left lying while a hart sleeps --------------------------------------

static void
shows(void *arg)
{
	atomic_store((atomic_int *)arg, 1);
}

// stolen starts goroutines that its own hart cannot run, so that another one must
// come for each: also if it was just about to go to sleep. Nobody else may be
// stopping the world.
static void
stolen(void)
{
	uint32_t x = start(600);

	for (int i = 0; i < 40; i++) {
		static atomic_int ran;
		int64_t end = time_now() + 2 * SECOND;

		atomic_store(&ran, 0);
		preempt_disable();
		go(shows, (void *)&ran);
		while (!atomic_load(&ran) && time_now() < end)
			;
		EQ(ran, 1);
		preempt_enable();
		if (bad != 0)
			return;
		for (uint32_t n = rnd(&x) % 8; n > 0; n--)
			dawdle(&x);
	}
}

// ---- All of it -------------------------------------------------------------------

struct part {
	void (*fn)(uint32_t who);
	uint32_t rounds, who;
};

static struct part parts[] = {
	{ lines, 2, 0 },    { lines, 2, 1 },   { lines, 2, 2 },
	{ selects, 2, 0 },  { timers, 2, 0 },  { ticks, 3, 0 },
	{ trees, 4, 0 },    { trees, 4, 1 },   { syncs, 2, 0 },
	{ lockeds, 2, 0 },  { lockeds, 2, 1 }, { stops, 8, 0 },
	{ handlers, 2, 0 },
};
enum { NPARTS = sizeof parts / sizeof parts[0] };

static struct wait_group all;

static void
part(void *arg)
{
	const struct part *p = arg;

	for (uint32_t i = 0; i < p->rounds; i++)
		p->fn(p->fn == stops ? p->who + i : p->who);
	wait_group_done(&all);
}

int
main(int argc, char **argv)
{
	uint32_t x;
	int tries = 0;

	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "seed=", 5) == 0)
			seedno = (uint32_t)strtoul(argv[i] + 5, NULL, 0);
	x = start(1);
	for (uint32_t i = NPARTS; i > 1; i--) { // another order with each seed
		uint32_t k = rnd(&x) % i;
		struct part t = parts[k];

		parts[k] = parts[i - 1];
		parts[i - 1] = t;
	}
	wait_group_add(&all, NPARTS);
	for (int i = 0; i < NPARTS; i++)
		go(part, &parts[i]);
	wait_group_wait(&all);
	if (runtime_num_cpu() > 1)
		stolen();
	while (tries < 1000 && !ledger_check()) {
		time_sleep(100 * MICROSECOND);
		tries++;
	}
	EQ(tries < 1000, true); // else somebody is always up
	for (tries = 0; tries < 1000 && !ledger_idle(); tries++)
		time_sleep(100 * MICROSECOND);
	EQ(tries < 1000, true); // else a hart never sleeps
	EQ(runtime_num_goroutine(), 1);
	if (bad == 0)
		printf("ok - seed %lu\n", (unsigned long)seedno);
	return bad != 0;
}
