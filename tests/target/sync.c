// sync.c: mutex and wait_group, by the names of Go's sync tests.
#include "test.h"

#include <string.h>

// ---- Mutex (Go: TestMutex, HammerMutex) ------------------------------------

struct hammer {
	struct mutex mu;
	struct wait_group wg;
	int n, inside, most; // inside, most, counter: under mu
	long counter;
	atomic_int tried;
};

static void
hammer_section(struct hammer *h)
{
	if (++h->inside > h->most)
		h->most = h->inside;
	h->counter++;
	if (h->counter % 64 == 0)
		runtime_gosched(); // the lock may be held while waiting
	h->inside--;
}

static void
hammer_mutex(void *arg)
{
	struct hammer *h = arg;

	for (int i = 0; i < h->n; i++) {
		if (i % 3 == 0) {
			if (mutex_try_lock(&h->mu)) {
				hammer_section(h);
				atomic_fetch_add(&h->tried, 1);
				mutex_unlock(&h->mu);
			}
			continue;
		}
		mutex_lock(&h->mu);
		hammer_section(h);
		mutex_unlock(&h->mu);
	}
	wait_group_done(&h->wg);
}

static void
HammerMutex(void)
{
	static struct hammer h;
	long locked;

	memset(&h, 0, sizeof h);
	h.n = scaled(1500);
	wait_group_add(&h.wg, 10);
	for (int i = 0; i < 10; i++)
		go(hammer_mutex, &h);
	wait_group_wait(&h.wg);
	locked = 10l * (h.n - (h.n + 2) / 3);
	CHECK_EQ(h.counter, locked + h.tried);
	CHECK_EQ(h.most, 1);
	CHECK(mutex_try_lock(&h.mu)); // free again
	CHECK(!mutex_try_lock(&h.mu));
	mutex_unlock(&h.mu);
}

// ---- MutexFairness ---------------------------------------------------------

struct fair {
	struct mutex mu;
	atomic_bool stop;
	struct wait_group wg;
};

static void
hold_long(void *arg)
{
	struct fair *f = arg;

	do {
		mutex_lock(&f->mu);
		time_sleep(100 * MICROSECOND);
		mutex_unlock(&f->mu);
	} while (!atomic_load(&f->stop));
	wait_group_done(&f->wg);
}

// One goroutine holds the lock nearly always and takes it again at once; the
// one that wants it now and then gets it within a bound: starvation mode.
static void
MutexFairness(void)
{
	struct fair f = { 0 };
	int64_t worst = 0;

	wait_group_add(&f.wg, 1);
	go(hold_long, &f);
	for (int i = 0; i < 20; i++) {
		int64_t t;

		time_sleep(100 * MICROSECOND);
		t = time_now();
		mutex_lock(&f.mu);
		mutex_unlock(&f.mu);
		t = time_now() - t;
		if (t > worst)
			worst = t;
	}
	atomic_store(&f.stop, true);
	wait_group_wait(&f.wg);
	CHECK(worst <= late(30 * MILLISECOND));
}

// Waiters that have starved get the lock in the order of their coming.
struct line {
	struct mutex *mu;
	atomic_int *here;
	int *at, *log;
	int id;
};

static void
stand_in_line(void *arg)
{
	struct line *l = arg;

	atomic_fetch_add(l->here, 1);
	mutex_lock(l->mu);
	l->log[(*l->at)++] = l->id;
	mutex_unlock(l->mu);
}

static void
MutexFifo(void)
{
	struct mutex mu = { 0 };
	atomic_int here = 0;
	int log[6], at = 0;

	mutex_lock(&mu);
	for (int i = 0; i < 6; i++) {
		go_copy(stand_in_line,
			(struct line){ &mu, &here, &at, log, i });
		while (here <= i)
			runtime_gosched();
		time_sleep(500 * MICROSECOND);
	}
	time_sleep(2 * MILLISECOND); // beyond the starvation limit
	CHECK_EQ(at, 0);
	mutex_unlock(&mu);
	NEED(wait_idle(0));
	CHECK_EQ(at, 6);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(log[i], i);
}

// A mutex belongs to nobody: another goroutine may unlock it, a deferred call
// may, and a panic runs that call.
static void
unlock_it(void *arg)
{
	mutex_unlock((struct mutex *)arg);
}

static void
lock_and_panic(void *arg)
{
	struct mutex *mu = arg;

	mutex_lock(mu);
	defer(mutex_unlock, mu);
	panic("with the lock held");
}

static void
MutexOwners(void)
{
	struct mutex mu = { 0 };

	mutex_lock(&mu);
	go(unlock_it, &mu);
	mutex_lock(&mu);
	mutex_unlock(&mu);
	NEED(wait_idle(0));
	CHECK(panic_catch(lock_and_panic, &mu) != NULL);
	CHECK(mutex_try_lock(&mu));
	mutex_unlock(&mu);
}

// ---- WaitGroup -------------------------------------------------------------

struct team {
	struct wait_group *wg1, *wg2;
	chan *exited;
};

static void
team_member(void *arg)
{
	struct team *t = arg;
	bool yes = true;

	wait_group_done(t->wg1);
	wait_group_wait(t->wg2);
	chan_send(t->exited, &yes);
}

// 16 goroutines wait for one word and nobody leaves before it (Go:
// TestWaitGroup); a wait_group is used again and again.
static void
WaitGroup(void)
{
	struct wait_group wg1 = { 0 }, wg2 = { 0 };

	for (int round = 0; round < 8; round++) {
		chan *exited = chan_make(bool, 16);
		bool b;

		wait_group_add(&wg1, 16);
		wait_group_add(&wg2, 16);
		for (int i = 0; i < 16; i++)
			go_copy(team_member,
				(struct team){ &wg1, &wg2, exited });
		wait_group_wait(&wg1);
		for (int i = 0; i < 16; i++) {
			CHECK(!chan_try_recv(exited, &b));
			wait_group_done(&wg2);
		}
		for (int i = 0; i < 16; i++)
			chan_recv(exited, &b);
		NEED(wait_idle(0));
		chan_free(exited);
	}
}

// Nothing to wait for is no wait.
static void
too_many_done(void *arg)
{
	wait_group_add(arg, 1);
	wait_group_done((struct wait_group *)arg);
	wait_group_done((struct wait_group *)arg);
}

static void
WaitGroupMisuse(void)
{
	struct wait_group wg = { 0 };
	const char *text;

	wait_group_wait(&wg);
	text = panic_catch(too_many_done, &wg);
	CHECK(text != NULL &&
	      strcmp(text, "sync: negative WaitGroup counter") == 0);
}

// All waiters leave, and what was done before Done is seen after Wait (Go:
// WaitGroupRace).
struct wgrace {
	struct wait_group *wg;
	atomic_int *n;
};

static void
wgrace_done(void *arg)
{
	struct wgrace *r = arg;

	atomic_fetch_add_explicit(r->n, 1, memory_order_relaxed);
	wait_group_done(r->wg);
}

static void
WaitGroupRace(void)
{
	for (int i = 0; i < scaled(2000); i++) {
		struct wait_group wg = { 0 };
		atomic_int n = 0;

		wait_group_add(&wg, 1);
		go_copy(wgrace_done, (struct wgrace){ &wg, &n });
		wait_group_add(&wg, 1);
		go_copy(wgrace_done, (struct wgrace){ &wg, &n });
		wait_group_wait(&wg);
		NEED(atomic_load_explicit(&n, memory_order_relaxed) == 2);
	}
}

const struct test sync_tests[] = {
	T(HammerMutex), T(MutexFairness),   T(MutexFifo),     T(MutexOwners),
	T(WaitGroup),   T(WaitGroupMisuse), T(WaitGroupRace), { 0 },
};
