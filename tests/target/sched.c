// sched.c: fairness and work conservation: whoever can run does run, on all
// harts, and nobody is starved by those who wake each other.
#include "test.h"

#include <math.h>

// ---- Parallelism -----------------------------------------------------------

// spinning_works is false, and the test skipped, where goroutines that spin
// cannot be waited for by spinning: on one hart, and where an emulator runs the
// harts in turns that nothing ends (gz.chaos does).
static bool
spinning_works(void)
{
	if (!atonce())
		skip("one hart runs one goroutine at a time");
	else if (virtual_clock() && !chaotic())
		skip("the emulator runs the harts in turns");
	else
		return true;
	return false;
}

struct turns {
	struct wait_group *wg;
	atomic_uint *x;
	unsigned p, np;
	int depth;
};

enum { TURNS = 5 };

static void parallel(int rounds, int depth);

// spin waits until x is v without ever giving the hart back.
static void
spin(atomic_uint *x, unsigned v)
{
	while (atomic_load(x) != v)
		;
}

static void
take_turns(void *arg)
{
	struct turns *t = arg;

	if (t->depth > 0)
		parallel(1, t->depth - 1);
	for (unsigned i = 0; i < TURNS; i++) {
		spin(t->x, t->np * i + t->p);
		atomic_fetch_add(t->x, 1);
	}
	wait_group_done(t->wg);
}

// parallel runs as many goroutines as there are harts, each of which spins for
// its turn: they finish quickly only if all of them run at once.
static void
parallel(int rounds, int depth)
{
	unsigned np = (unsigned)runtime_gomaxprocs(0);

	for (int i = 0; i < rounds; i++) {
		struct wait_group wg = { 0 };
		atomic_uint x = 0;

		wait_group_add(&wg, (int)np);
		for (unsigned p = 0; p < np; p++)
			go_copy(take_turns,
				(struct turns){ &wg, &x, p, np, depth });
		wait_group_wait(&wg);
		CHECK_EQ(x, TURNS * np);
	}
}

static void
GoroutineParallelism(void)
{
	if (!spinning_works())
		return;
	parallel(scaled(4), 0);
}

// Each of the spinners starts a set of its own first.
static void
NestedParallelism(void)
{
	if (!spinning_works())
		return;
	parallel(scaled(1), 1);
}

// ---- Work conservation -----------------------------------------------------

static void
raise(void *arg)
{
	atomic_store((atomic_uint *)arg, 1);
}

// A goroutine that can run runs although its maker keeps its own hart: another
// one is idle. The maker is not even preemptible, so nothing else can have run
// it (Go's issue 45867: 5 of 10000 were not run).
static void
WorkConservation(void)
{
	int lost = 0;

	if (!spinning_works())
		return;
	for (int i = 0; i < scaled(300) && lost == 0; i++) {
		atomic_uint up = 0;
		int64_t end;

		if (i % 3 == 0) // let the others fall asleep first
			time_sleep(50 * MICROSECOND);
		preempt_disable();
		go(raise, &up);
		end = time_now() + late(20 * MILLISECOND);
		while (atomic_load(&up) == 0 && lost == 0)
			if (time_now() > end)
				lost++;
		preempt_enable();
		while (atomic_load(&up) == 0)
			runtime_gosched();
	}
	CHECK_EQ(lost, 0);
}

// As many goroutines as harts, all made by one: all harts join in, for nobody
// leaves his before everybody is there.
struct crowd {
	atomic_uint in, np, lost;
	struct wait_group wg;
};

static void
join_crowd(void *arg)
{
	struct crowd *c = arg;
	int64_t end = time_now() + late(20 * MILLISECOND);

	preempt_disable();
	atomic_fetch_add(&c->in, 1);
	while (atomic_load(&c->in) < atomic_load(&c->np) &&
	       atomic_load(&c->lost) == 0)
		if (time_now() > end)
			atomic_fetch_add(&c->lost, 1);
	preempt_enable();
	wait_group_done(&c->wg);
}

static void
AllHartsWake(void)
{
	if (!spinning_works())
		return;
	for (int i = 0; i < scaled(40); i++) {
		struct crowd c = { 0 };
		int n = runtime_gomaxprocs(0);

		atomic_store(&c.np, (unsigned)n);
		if (i % 2 == 0)
			time_sleep(100 * MICROSECOND);
		wait_group_add(&c.wg, n);
		for (int j = 0; j < n; j++)
			go(join_crowd, &c);
		wait_group_wait(&c.wg);
		NEED(atomic_load(&c.lost) == 0);
	}
}

// ---- Respawners ------------------------------------------------------------

struct respawn {
	atomic_bool stop;
	atomic_uint born;
	struct wait_group wg;
};

static void
respawn(void *arg)
{
	struct respawn *r = arg;

	atomic_fetch_add(&r->born, 1);
	if (atomic_load(&r->stop))
		wait_group_done(&r->wg);
	else
		go(respawn, r);
}

// Goroutines that keep starting each other always have work on the local queue;
// main, on the global queue after each gosched, must come back nevertheless.
static void
GlobalQueueNotStarved(void)
{
	struct respawn r = { 0 };
	unsigned most = 0;

	runtime_gomaxprocs(1);
	wait_group_add(&r.wg, 3);
	for (int i = 0; i < 3; i++)
		go(respawn, &r);
	for (int i = 0; i < 20; i++) {
		unsigned was = atomic_load(&r.born);

		runtime_gosched();
		was = atomic_load(&r.born) - was;
		if (was > most)
			most = was;
	}
	atomic_store(&r.stop, true);
	wait_group_wait(&r.wg);
	CHECK(most > 0); // they did run in between
}

// ---- Ping-pong and hog -----------------------------------------------------

struct pair {
	chan *done, *wake;
	volatile unsigned *counter;
	unsigned limit;
};

static void
pair_run(void *arg)
{
	struct pair *p = arg;
	char b;

	for (;;) {
		switch (chan_select(RECV(p->done, &b), RECV(p->wake, &b))) {
		case 0:
			return;
		default:
			for (unsigned i = 0; i < p->limit; i++)
				++*p->counter;
			chan_select(SEND(p->wake, &b), RECV(p->done, &b));
		}
	}
}

// Two goroutines that hand a token to each other with much work in between, and
// two with little: the light pair gets its share (Go: PingPongHog).
static void
PingPongHog(void)
{
	static volatile unsigned hogs, lights;
	chan *done = chan_make(char, 0), *hogc = chan_make(char, 0);
	chan *lightc = chan_make(char, 0);
	char b = 0;

	runtime_gomaxprocs(1);
	hogs = lights = 0;
	for (int i = 0; i < 2; i++)
		go_copy(pair_run, (struct pair){ done, hogc, &hogs, 1000000 });
	for (int i = 0; i < 2; i++)
		go_copy(pair_run, (struct pair){ done, lightc, &lights, 1000 });
	chan_send(hogc, &b);
	chan_send(lightc, &b);
	time_sleep(200 * MILLISECOND);
	chan_close(done);
	NEED(wait_idle(0));
	CHECK(hogs > 0);
	CHECK(lights > 0);
	if (!chaotic() && !tortured()) {
		CHECK(hogs <= lights * 20);
		CHECK(lights <= hogs * 20);
	}
	chan_free(done);
	chan_free(hogc);
	chan_free(lightc);
}

// ---- Yielding --------------------------------------------------------------

struct yielder {
	chan *c, *ack;
};

static void
yield_until(void *arg)
{
	struct yielder *y = arg;
	char b = 0;

	for (;;) {
		if (chan_select(RECV(y->c, &b), DEFAULT) == 0) {
			chan_send(y->ack, &b);
			return;
		}
		runtime_gosched();
	}
}

// A goroutine that only yields neither starves others nor is starved.
static void
YieldProgress(void)
{
	struct yielder y = { chan_make(char, 0), chan_make(char, 0) };
	char b = 0;

	for (int i = 0; i < 2; i++) {
		runtime_gomaxprocs(i == 0 ? 1 : runtime_num_cpu());
		go(yield_until, &y);
		go(yield_until, &y);
		time_sleep(10 * MILLISECOND);
		for (int j = 0; j < 2; j++)
			chan_send(y.c, &b);
		for (int j = 0; j < 2; j++)
			chan_recv(y.ack, &b);
	}
	NEED(wait_idle(0));
	chan_free(y.c);
	chan_free(y.ack);
}

// runtime_gosched lets everybody else run first; only every 61st look at the
// queues begins with the global one, where the yielder waits.
static void
note(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

static void
GoschedLetsOthersRun(void)
{
	int early = 0;

	runtime_gomaxprocs(1);
	for (int i = 0; i < 100; i++) {
		atomic_int n = 0;

		go(note, &n);
		go(note, &n);
		go(note, &n);
		runtime_gosched();
		early += n < 3;
		while (n < 3)
			runtime_gosched();
	}
	// The torture build begins with the global queue each third time, and its
	// ring holds one: the rest goes that way, shuffled.
	CHECK(early <= (tortured() ? 50 : 20) || chaotic());
}

// The newest goroutine runs next, the others in the order of their birth.
struct order {
	atomic_int *at;
	int *log;
	int id;
};

static void
log_order(void *arg)
{
	struct order *o = arg;

	o->log[atomic_fetch_add(o->at, 1)] = o->id;
}

static void
births(int *log, atomic_int *at)
{
	atomic_store(at, 0);
	preempt_disable(); // no switch among the births
	for (int i = 0; i < 20; i++)
		go_copy(log_order, (struct order){ at, log, i });
	preempt_enable();
	runtime_gosched();
	NEED(wait_idle(0));
}

// A slice that ends among the births leaves the newest nothing to inherit, and
// it queues up: then the births are made again. The torture build promises no
// order, only that each runs once.
static void
RunNext(void)
{
	static int log[20];
	atomic_int at = 0;
	int wrong = 0, tries = 0;
	uint32_t ran = 0;
	uint64_t before;

	if (chaotic() && !tortured()) {
		skip("a preemption changes the order");
		return;
	}
	runtime_gomaxprocs(1);
	do {
		before = total().preemptions;
		births(log, &at);
	} while (total().preemptions != before && !tortured() && ++tries < 5);
	CHECK(tries < 5);
	CHECK_EQ(at, 20);
	for (int i = 0; i < 20; i++)
		ran |= 1u << log[i];
	CHECK_EQ(ran, (1u << 20) - 1);
	if (tortured())
		return;
	CHECK_EQ(log[0], 19);
	for (int i = 1; i < 20; i++)
		wrong += log[i] != i - 1;
	CHECK_EQ(wrong, 0);
}

// ---- Timers and channels in competition ------------------------------------

struct hammer {
	chan *c, *done;
	struct wait_group *wg;
};

static void
hammer(void *arg)
{
	struct hammer *h = arg;
	char b = 0;

	while (chan_select(SEND(h->c, &b), RECV(h->done, &b)) == 0)
		;
	wait_group_done(h->wg);
}

static void
fire(void *arg)
{
	time_sleep(20 * MILLISECOND);
	chan_close(arg);
}

// Two goroutines hammer a channel; the one that listens must also see the timer
// (Go: TimerFairness). With both ends in one goroutine: TimerFairness2.
static void
timer_fairness(int procs)
{
	struct wait_group wg = { 0 };
	chan *c = chan_make(char, 0), *done = chan_make(char, 0);
	chan *timer = chan_make(char, 0);
	int64_t start = time_now();
	char b;

	runtime_gomaxprocs(procs);
	wait_group_add(&wg, 2);
	for (int i = 0; i < 2; i++)
		go_copy(hammer, (struct hammer){ c, done, &wg });
	go(fire, timer);
	while (chan_select(RECV(c, &b), RECV(timer, &b)) == 0)
		;
	CHECK(time_now() - start >= 20 * MILLISECOND);
	CHECK(time_now() - start <= late(60 * MILLISECOND));
	chan_close(done);
	wait_group_wait(&wg);
	NEED(wait_idle(0));
	chan_free(c);
	chan_free(done);
	chan_free(timer);
}

static void
TimerFairness(void)
{
	timer_fairness(1);
	timer_fairness(runtime_num_cpu());
}

static void
TimerFairness2(void)
{
	chan *c = chan_make(char, 1);
	int64_t end = time_now() + 20 * MILLISECOND;
	char b = 0;
	int which;

	// TIMEOUT competes with a send and a receive one of which is always
	// ready.
	do {
		which = chan_select(SEND(c, &b), RECV(c, &b),
				    TIMEOUT(end - time_now()));
	} while (which != 2 && time_now() < end + late(20 * MILLISECOND));
	CHECK_EQ(which, 2);
	CHECK(time_now() >= end);
	chan_free(c);
}

struct hog {
	atomic_uint n;
	atomic_bool stop;
};

static void
hogs(void *arg)
{
	struct hog *h = arg;

	while (!atomic_load(&h->stop))
		atomic_fetch_add(&h->n, 1);
}

// However short somebody sleeps, again and again, another goroutine gets on: also
// where the sleep lasts just as long as the way to the other's first instruction.
static void
ShortSleeps(void)
{
	struct hog h = { 0 };

	runtime_gomaxprocs(1);
	go(hogs, &h);
	for (duration d = 100; d < 200 * MICROSECOND; d += d / 16 + 10) {
		unsigned n = atomic_load(&h.n);
		int64_t from = time_now();

		while (atomic_load(&h.n) == n &&
		       time_now() - from < late(40 * MILLISECOND))
			time_sleep(d);
		if (atomic_load(&h.n) == n) {
			CHECK_EQ(d, 0);
			break;
		}
	}
	atomic_store(&h.stop, true);
	NEED(wait_idle(0));
}

// Of two channels that are always ready, a select takes each as often (Go:
// SelectFairness; the margin is six nines).
static void
SelectFairness(void)
{
	enum { TRIALS = 10000 };
	chan *c1 = chan_make(char, 1), *c2 = chan_make(char, 1);
	char b = 0;
	int n1 = 0;
	double e;

	for (int i = 0; i < TRIALS; i++) {
		chan_try_send(c1, &b);
		chan_try_send(c2, &b);
		n1 += chan_select(RECV(c1, &b), RECV(c2, &b)) == 0;
	}
	e = (double)n1 / TRIALS - 0.5;
	CHECK((e < 0 ? -e : e) <= 4.891676 / (2 * sqrt((double)TRIALS)));
	chan_free(c1);
	chan_free(c2);
}

// ---- The number of harts ---------------------------------------------------

struct inside {
	atomic_int now, most;
	atomic_bool stop;
	struct wait_group wg;
};

static void
enter(void *arg)
{
	struct inside *in = arg;

	while (!atomic_load(&in->stop)) {
		int n, most;

		preempt_disable();
		n = atomic_fetch_add(&in->now, 1) + 1;
		most = atomic_load(&in->most);
		while (n > most &&
		       !atomic_compare_exchange_weak(&in->most, &most, n))
			;
		for (volatile int i = 0; i < 200; i++)
			;
		atomic_fetch_sub(&in->now, 1);
		preempt_enable();
	}
	wait_group_done(&in->wg);
}

static bool
two_inside(void *arg)
{
	struct inside *in = arg;

	return atomic_load(&in->most) > 1;
}

// gomaxprocs says and does how many goroutines run at once, at any time (Go:
// GOMAXPROCS; in it, the stop of the world while all harts are busy).
static void
Gomaxprocs(void)
{
	int ncpu = runtime_num_cpu();

	CHECK(ncpu >= 1);
	CHECK_EQ(runtime_gomaxprocs(0), ncpu);
	CHECK_EQ(runtime_gomaxprocs(-5), ncpu);
	CHECK_EQ(runtime_gomaxprocs(ncpu + 100), ncpu);
	CHECK_EQ(runtime_gomaxprocs(0), ncpu);
	for (int n = ncpu; n >= 1; n--) {
		struct inside in = { 0 };

		runtime_gomaxprocs(n);
		CHECK_EQ(runtime_gomaxprocs(0), n);
		wait_group_add(&in.wg, ncpu + 2);
		for (int i = 0; i < ncpu + 2; i++)
			go(enter, &in);
		time_sleep(30 * MILLISECOND);
		// Where harts run at their own speed one may be held up a while.
		if (n > 1 && !virtual_clock())
			CHECK(eventually(two_inside, &in));
		atomic_store(&in.stop, true);
		wait_group_wait(&in.wg);
		CHECK(atomic_load(&in.most) <= n);
	}
	CHECK_EQ(runtime_gomaxprocs(ncpu), 1);
}

struct stopper {
	struct wait_group wg;
	atomic_bool stop;
};

static void
stop_world(void *arg)
{
	struct stopper *s = arg;
	int ncpu = runtime_num_cpu();

	for (int i = 0; i < 100; i++)
		runtime_gomaxprocs(1 + i % ncpu);
	wait_group_done(&s->wg);
}

static void
perpetuum_mobile(void *arg)
{
	struct stopper *s = arg;

	if (!atomic_load(&s->stop))
		go(perpetuum_mobile, s);
}

// Two goroutines stop the world all the time while another always starts the
// next one (Go: StopTheWorldDeadlock; H9).
static void
StopTheWorldDeadlock(void)
{
	struct stopper s = { 0 };

	wait_group_add(&s.wg, 2);
	go(perpetuum_mobile, &s);
	go(stop_world, &s);
	go(stop_world, &s);
	wait_group_wait(&s.wg);
	atomic_store(&s.stop, true);
	NEED(wait_idle(0));
}

// The world can be stopped although every hart runs a loop without calls (H10).
static void
turn(void *arg)
{
	struct stopper *s = arg;

	while (!atomic_load_explicit(&s->stop, memory_order_relaxed))
		;
	wait_group_done(&s->wg);
}

static void
StopTheWorldHogs(void)
{
	struct stopper s = { 0 };
	int n = runtime_num_cpu();

	wait_group_add(&s.wg, n + 1);
	for (int i = 0; i < n + 1; i++)
		go(turn, &s);
	for (int i = 0; i < 20; i++) {
		runtime_gomaxprocs(1 + i % n);
		CHECK_EQ(runtime_gomaxprocs(0), 1 + i % n);
	}
	atomic_store(&s.stop, true);
	wait_group_wait(&s.wg);
}

const struct test sched_tests[] = {
	T(GoroutineParallelism),
	T(NestedParallelism),
	T(WorkConservation),
	T(AllHartsWake),
	T(GlobalQueueNotStarved),
	T(PingPongHog),
	T(YieldProgress),
	T(GoschedLetsOthersRun),
	T(RunNext),
	T(TimerFairness),
	T(TimerFairness2),
	T(ShortSleeps),
	T(SelectFairness),
	T(Gomaxprocs),
	T(StopTheWorldDeadlock),
	T(StopTheWorldHogs),
	{ 0 },
};
