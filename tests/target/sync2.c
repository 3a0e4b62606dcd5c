// sync2.c: rwmutex, once, cond and semaphore, by the names of Go's sync tests.
#include "test.h"

#include <string.h>

// ---- RWMutex (Go: TestRWMutex, HammerRWMutex) ---------------------------------

struct rwtest {
	struct rwmutex rw;
	struct wait_group wg;
	atomic_int activity; // readers + 10000 * writers inside
	int n;
	long written;
};

static void
rwreader(void *arg)
{
	struct rwtest *t = arg;

	for (int i = 0; i < t->n; i++) {
		rwmutex_rlock(&t->rw);
		int a = atomic_fetch_add(&t->activity, 1) + 1;

		CHECK(a >= 1 && a < 10000);
		if (i % 7 == 0)
			runtime_gosched();
		atomic_fetch_sub(&t->activity, 1);
		rwmutex_runlock(&t->rw);
		if (i % 16 == 0 && rwmutex_try_rlock(&t->rw)) {
			CHECK(atomic_load(&t->activity) < 10000);
			rwmutex_runlock(&t->rw);
		}
	}
	wait_group_done(&t->wg);
}

static void
rwwriter(void *arg)
{
	struct rwtest *t = arg;

	for (int i = 0; i < t->n; i++) {
		if (i % 5 != 0)
			rwmutex_lock(&t->rw);
		else if (!rwmutex_try_lock(&t->rw))
			continue;
		CHECK_EQ(atomic_fetch_add(&t->activity, 10000), 0);
		if (i % 7 == 0)
			runtime_gosched();
		t->written++;
		CHECK_EQ(atomic_fetch_sub(&t->activity, 10000), 10000);
		rwmutex_unlock(&t->rw);
	}
	wait_group_done(&t->wg);
}

static void
HammerRWMutex(void)
{
	for (int readers = 1; readers <= 9; readers += 4) {
		static struct rwtest t;

		memset(&t, 0, sizeof t);
		t.n = scaled(150);
		wait_group_add(&t.wg, readers + 2);
		go(rwwriter, &t);
		for (int i = 0; i < readers; i++)
			go(rwreader, &t);
		go(rwwriter, &t);
		wait_group_wait(&t.wg);
		CHECK(t.written >= 2 * (t.n - (t.n + 4) / 5));
		CHECK_EQ(t.activity, 0);
		CHECK_EQ(t.rw.readercount, 0);
		CHECK_EQ(t.rw.readerwait, 0);
		wait_idle(0);
	}
}

static void
reads(void *arg)
{
	struct rwtest *t = arg;

	rwmutex_rlock(&t->rw);
	atomic_fetch_add(&t->activity, 1);
	rwmutex_runlock(&t->rw);
}

static void
writes(void *arg)
{
	struct rwtest *t = arg;

	rwmutex_lock(&t->rw);
	CHECK_EQ(t->activity, 0); // before every reader that came after it
	t->written++;
	rwmutex_unlock(&t->rw);
}

// Readers share; a writer that waits goes before readers that come later (Go:
// TestParallelReaders, WriterPreferred).
static void
RWMutexWriterFirst(void)
{
	static struct rwtest t;

	memset(&t, 0, sizeof t);
	rwmutex_rlock(&t.rw);
	CHECK(rwmutex_try_rlock(&t.rw));
	CHECK(!rwmutex_try_lock(&t.rw));
	go(writes, &t);
	time_sleep(MILLISECOND);
	CHECK(!rwmutex_try_rlock(&t.rw)); // the writer waits
	for (int i = 0; i < 5; i++)
		go(reads, &t);
	time_sleep(MILLISECOND);
	CHECK_EQ(t.activity, 0);
	rwmutex_runlock(&t.rw);
	CHECK_EQ(t.written, 0);
	rwmutex_runlock(&t.rw);
	CHECK(wait_idle(0));
	CHECK_EQ(t.written, 1);
	CHECK_EQ(t.activity, 5);
	CHECK(rwmutex_try_lock(&t.rw));
	CHECK(!rwmutex_try_rlock(&t.rw));
	rwmutex_unlock(&t.rw);
}

// ---- Once (Go: TestOnce, TestOncePanic) ---------------------------------------

struct oncetest {
	struct once o;
	atomic_int calls, ended;
	int value;
};

static void
initialise(void *arg)
{
	struct oncetest *t = arg;

	atomic_fetch_add(&t->calls, 1);
	time_sleep(100 * MICROSECOND);
	t->value = 42;
}

static void
onces(void *arg)
{
	struct oncetest *t = arg;

	once_do(&t->o, initialise, t);
	CHECK_EQ(t->value, 42); // whoever comes back sees what fn did
	atomic_fetch_add(&t->ended, 1);
}

static void
Once(void)
{
	for (int round = 0; round < scaled(10); round++) {
		static struct oncetest t;

		memset(&t, 0, sizeof t);
		for (int i = 0; i < 10; i++)
			go(onces, &t);
		CHECK(wait_idle(0));
		CHECK_EQ(t.calls, 1);
		CHECK_EQ(t.ended, 10);
	}
}

static void
oncefails(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
	panic("failed");
}

static void
oncepanics(void *arg)
{
	struct oncetest *t = arg;

	once_do(&t->o, oncefails, &t->calls);
}

static void
OncePanic(void)
{
	struct oncetest t = { 0 };

	CHECK(panic_catch(oncepanics, &t) != NULL);
	CHECK(panic_catch(oncepanics, &t) == NULL); // it counts as done
	CHECK_EQ(t.calls, 1);
}

static void
oncegoexits(void *arg)
{
	(void)arg;
	runtime_goexit();
}

static void
onceends(void *arg)
{
	struct oncetest *t = arg;

	once_do(&t->o, oncegoexits, NULL);
}

static void
OnceGoexit(void)
{
	static struct oncetest t;

	memset(&t, 0, sizeof t);
	go(onceends, &t);
	CHECK(wait_idle(0));
	once_do(&t.o, oncefails, &t.calls);
	CHECK_EQ(t.calls, 0);
}

// ---- Cond (Go: TestCondSignal, ...) ------------------------------------------

struct condtest {
	struct mutex m;
	struct cond c;
	int awake, running, phase;
	atomic_int order, bad;
	int got[20];
	bool stop;
};

static void
condwaits(void *arg)
{
	struct condtest *t = arg;

	mutex_lock(&t->m);
	t->running++;
	cond_wait(&t->c, &t->m);
	t->awake++;
	mutex_unlock(&t->m);
}

static int
under(struct condtest *t, const int *field)
{
	int v;

	mutex_lock(&t->m);
	v = *field;
	mutex_unlock(&t->m);
	return v;
}

static void
wantwaiting(struct condtest *t, int n)
{
	while (under(t, &t->running) < n)
		time_sleep(50 * MICROSECOND);
}

// A signal wakes one, not none and not two.
static void
CondSignal(void)
{
	enum { N = 5 };
	static struct condtest t;

	memset(&t, 0, sizeof t);
	cond_signal(&t.c); // for nobody: not kept
	for (int i = 0; i < N; i++)
		go(condwaits, &t);
	wantwaiting(&t, N);
	for (int n = 1; n <= N; n++) {
		mutex_lock(&t.m);
		cond_signal(&t.c);
		mutex_unlock(&t.m);
		while (under(&t, &t.awake) < n)
			time_sleep(50 * MICROSECOND);
		time_sleep(200 * MICROSECOND);
		CHECK_EQ(under(&t, &t.awake), n);
	}
	CHECK(wait_idle(0));
}

// In the order in which they came (Go: CondSignalGenerations).
struct generation {
	struct condtest *t;
	int i;
};

static void
condgeneration(void *arg)
{
	const struct generation *g = arg;
	struct condtest *t = g->t;

	mutex_lock(&t->m);
	t->running++;
	cond_wait(&t->c, &t->m);
	t->got[t->awake++] = g->i;
	mutex_unlock(&t->m);
}

static void
CondSignalGenerations(void)
{
	enum { N = 20 };
	static struct condtest t;

	memset(&t, 0, sizeof t);
	for (int i = 0; i < N; i++) {
		go_copy(condgeneration, (struct generation){ &t, i });
		wantwaiting(&t, i + 1);
		if (i > 0) {
			mutex_lock(&t.m);
			cond_signal(&t.c);
			mutex_unlock(&t.m);
			while (under(&t, &t.awake) < i)
				time_sleep(50 * MICROSECOND);
		}
	}
	cond_signal(&t.c);
	CHECK(wait_idle(0));
	CHECK_EQ(t.awake, N);
	for (int i = 0; i < N; i++)
		CHECK_EQ(t.got[i], i);
}

static void
condphases(void *arg)
{
	struct condtest *t = arg;

	mutex_lock(&t->m);
	while (!t->stop) {
		int phase = t->phase;

		t->running++;
		while (t->phase == phase && !t->stop)
			cond_wait(&t->c, &t->m);
		t->awake++;
	}
	mutex_unlock(&t->m);
}

static void
CondBroadcast(void)
{
	enum { N = 12 };
	static struct condtest t;

	memset(&t, 0, sizeof t);
	for (int i = 0; i < N; i++)
		go(condphases, &t);
	for (int round = 1; round <= scaled(10); round++) {
		wantwaiting(&t, round * N);
		mutex_lock(&t.m);
		CHECK_EQ(t.awake, (round - 1) * N);
		t.phase++;
		t.stop = round == scaled(10);
		mutex_unlock(&t.m);
		cond_broadcast(&t.c);
	}
	CHECK(wait_idle(0));
	CHECK_EQ(t.awake, scaled(10) * N);
}

// Go: TestRace of cond_test.go: three goroutines hand x round.
static struct condtest race;
static int racex;

static void
race1(void *arg)
{
	(void)arg;
	mutex_lock(&race.m);
	racex = 1;
	cond_wait(&race.c, &race.m);
	CHECK_EQ(racex, 2);
	racex = 3;
	cond_signal(&race.c);
	mutex_unlock(&race.m);
}

static void
race2(void *arg)
{
	(void)arg;
	mutex_lock(&race.m);
	for (;;) {
		if (racex == 1) {
			racex = 2;
			cond_signal(&race.c);
			break;
		}
		mutex_unlock(&race.m);
		runtime_gosched();
		mutex_lock(&race.m);
	}
	mutex_unlock(&race.m);
}

static void
race3(void *arg)
{
	(void)arg;
	mutex_lock(&race.m);
	for (;;) {
		if (racex == 2) {
			cond_wait(&race.c, &race.m);
			CHECK_EQ(racex, 3);
			break;
		}
		if (racex == 3)
			break;
		mutex_unlock(&race.m);
		runtime_gosched();
		mutex_lock(&race.m);
	}
	mutex_unlock(&race.m);
}

static void
CondRace(void)
{
	for (int i = 0; i < scaled(50); i++) {
		racex = 0;
		go(race1, NULL);
		go(race2, NULL);
		go(race3, NULL);
		NEED(wait_idle(0));
	}
}

// A bounded buffer: no signal is ever lost, or it stops (Go: CondSignalStealing).
struct buffer {
	struct mutex m;
	struct cond notempty, notfull;
	int in, out, n;
	long sum;
};

static void
produces(void *arg)
{
	struct buffer *b = arg;

	for (int i = 0; i < b->n; i++) {
		mutex_lock(&b->m);
		while (b->in - b->out == 2)
			cond_wait(&b->notfull, &b->m);
		b->in++;
		cond_signal(&b->notempty);
		mutex_unlock(&b->m);
	}
}

static void
consumes(void *arg)
{
	struct buffer *b = arg;

	for (int i = 0; i < b->n; i++) {
		mutex_lock(&b->m);
		while (b->in == b->out)
			cond_wait(&b->notempty, &b->m);
		b->out++;
		b->sum++;
		cond_signal(&b->notfull);
		mutex_unlock(&b->m);
	}
}

static void
CondBuffer(void)
{
	static struct buffer b;

	memset(&b, 0, sizeof b);
	b.n = scaled(200);
	for (int i = 0; i < 4; i++) {
		go(produces, &b);
		go(consumes, &b);
	}
	CHECK(wait_idle(0));
	CHECK_EQ(b.sum, 4 * b.n);
}

// ---- Semaphore -------------------------------------------------------------------

struct semtest {
	struct semaphore s;
	atomic_int inside, most, got, late, n;
};

static void
permits(void *arg)
{
	struct semtest *t = arg;

	for (int i = 0; i < t->n; i++) {
		semaphore_acquire(&t->s);
		int k = atomic_fetch_add(&t->inside, 1) + 1;

		if (k > atomic_load(&t->most))
			atomic_store(&t->most, k);
		if (i % 3 == 0)
			runtime_gosched();
		atomic_fetch_sub(&t->inside, 1);
		semaphore_release(&t->s);
	}
}

static void
Semaphore(void)
{
	static struct semtest t;

	memset(&t, 0, sizeof t);
	t.s = (struct semaphore)SEMAPHORE(3);
	t.n = scaled(100);
	for (int i = 0; i < 8; i++)
		go(permits, &t);
	CHECK(wait_idle(0));
	CHECK(t.most <= 3);
	CHECK(semaphore_try_acquire(&t.s));
	CHECK(semaphore_try_acquire(&t.s));
	CHECK(semaphore_try_acquire(&t.s));
	CHECK(!semaphore_try_acquire(&t.s));
	CHECK(!semaphore_acquire_timeout(&t.s, 0));
	semaphore_release(&t.s);
	CHECK(semaphore_acquire_timeout(&t.s, -1));
}

static void
permitswhile(void *arg)
{
	struct semtest *t = arg;
	uint32_t r = seed();

	for (int i = 0; i < t->n; i++) {
		if (!semaphore_acquire_timeout(&t->s, rnd(&r) % 100000)) {
			atomic_fetch_add(&t->late, 1);
			continue;
		}
		CHECK(atomic_fetch_add(&t->inside, 1) < 2);
		atomic_fetch_add(&t->got, 1);
		if (rnd(&r) % 2)
			time_sleep(rnd(&r) % 60000);
		atomic_fetch_sub(&t->inside, 1);
		semaphore_release(&t->s);
	}
}

// Time limits that race with releases: a permit is never lost and never given to
// somebody who has left.
static void
SemaphoreTimeout(void)
{
	static struct semtest t;
	struct semaphore none = { 0 };
	int64_t start = time_now();

	CHECK(!semaphore_acquire_timeout(&none, 2 * MILLISECOND));
	CHECK(time_now() - start >= 2 * MILLISECOND);
	semaphore_release(&none); // to nobody who has left
	CHECK(semaphore_try_acquire(&none));
	memset(&t, 0, sizeof t);
	t.s = (struct semaphore)SEMAPHORE(2);
	t.n = scaled(60);
	for (int i = 0; i < 8; i++)
		go(permitswhile, &t);
	CHECK(wait_idle(0));
	CHECK_EQ(t.got + t.late, 8 * t.n);
	CHECK(t.got > 0);
	CHECK_EQ(t.s.s.count, 2);
	CHECK(t.s.s.head == NULL);
}

struct fifo {
	struct semaphore s;
	int order[8], n;
};
struct fifoarg {
	struct fifo *f;
	int i;
};

static void
queues(void *arg)
{
	const struct fifoarg *a = arg;

	semaphore_acquire(&a->f->s);
	a->f->order[a->f->n++] = a->i;
	semaphore_release(&a->f->s);
}

static void
SemaphoreFifo(void)
{
	static struct fifo f;

	memset(&f, 0, sizeof f);
	for (int i = 0; i < 8; i++) {
		go_copy(queues, (struct fifoarg){ &f, i });
		time_sleep(MILLISECOND);
	}
	semaphore_release(&f.s);
	CHECK(wait_idle(0));
	for (int i = 0; i < 8; i++)
		CHECK_EQ(f.order[i], i);
}

static void
toomany(void *arg)
{
	semaphore_release((struct semaphore *)arg);
}

static void
SemaphoreOverflow(void)
{
	struct semaphore s = SEMAPHORE(INT32_MAX);

	CHECK(panic_catch(toomany, &s) != NULL);
	CHECK(semaphore_try_acquire(&s));
	CHECK(panic_catch(toomany, &s) == NULL);
}

const struct test sync2_tests[] = {
	T(HammerRWMutex),
	T(RWMutexWriterFirst),
	T(Once),
	T(OncePanic),
	T(OnceGoexit),
	T(CondSignal),
	T(CondSignalGenerations),
	T(CondBroadcast),
	T(CondRace),
	T(CondBuffer),
	T(Semaphore),
	T(SemaphoreTimeout),
	T(SemaphoreFifo),
	T(SemaphoreOverflow),
	{ 0 },
};
