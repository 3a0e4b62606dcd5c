// locked.c: runtime_lock_os_thread: a locked goroutine stays on its hart, the hart
// runs nothing else meanwhile, and nobody starves for it.
#include "test.h"

#include <fenv.h>

// What a locked goroutine saw.
struct locked {
	chan *in, *out;
	int moved; // times it found itself on another hart
	int cpu;
	int rounds;
};

static void
look(struct locked *l)
{
	if (runtime_cpu() != l->cpu)
		l->moved++;
}

// Go: BlockLocked. Blocking and yielding never move it.
static void
pingpong(void *arg)
{
	struct locked *l = arg;
	int v;

	runtime_lock_os_thread();
	l->cpu = runtime_cpu();
	for (int i = 0; i < l->rounds; i++) {
		chan_recv(l->in, &v);
		look(l);
		runtime_gosched();
		look(l);
		chan_send(l->out, &v);
		look(l);
		if (i % 16 == 0) {
			time_sleep(10 * MICROSECOND);
			look(l);
		}
	}
	runtime_unlock_os_thread();
}

static void
spin(void *arg)
{
	atomic_int *stop = arg;

	while (!atomic_load(stop))
		;
}

static void
BlockLocked(void)
{
	enum { N = 3 };
	struct locked l[N] = { 0 };
	atomic_int stop = 0;

	for (int k = 0; k < N; k++) {
		l[k] = (struct locked){ chan_make(int, 0), chan_make(int, 0), 0,
					-1, scaled(200) };
		go(pingpong, &l[k]);
	}
	go(spin, &stop); // somebody who takes all the time there is
	for (int i = 0; i < scaled(200); i++)
		for (int k = 0; k < N; k++) {
			int v = i;

			chan_send(l[k].in, &v);
			chan_recv(l[k].out, &v);
			CHECK_EQ(v, i);
		}
	atomic_store(&stop, 1);
	CHECK(wait_idle(0));
	for (int k = 0; k < N; k++) {
		CHECK_EQ(l[k].moved, 0);
		chan_free(l[k].in);
		chan_free(l[k].out);
	}
}

// ---- The hart is the locked goroutine's own ---------------------------------

static atomic_int lockedcpu, intruders;

static void
visits(void *arg)
{
	atomic_int *stop = arg;

	while (!atomic_load(stop)) {
		preempt_disable();
		if (runtime_cpu() == atomic_load(&lockedcpu))
			atomic_fetch_add(&intruders, 1);
		preempt_enable();
		runtime_gosched();
	}
}

// While a goroutine is locked, waiting or not, nobody else is seen on its hart;
// on one hart everybody is.
static void
LockedAlone(void)
{
	atomic_int stop = 0;

	atomic_store(&intruders, 0);
	atomic_store(&lockedcpu, -1);
	for (int i = 0; i < 6; i++)
		go(visits, &stop);
	runtime_gosched();
	runtime_lock_os_thread();
	atomic_store(&lockedcpu, runtime_cpu());
	// A visitor that looked before the store has gone by now.
	for (int i = 0; i < 20; i++)
		time_sleep(500 * MICROSECOND);
	atomic_store(&intruders, 0);
	for (int i = 0; i < scaled(100); i++)
		time_sleep(500 * MICROSECOND);
	if (runtime_num_cpu() > 1)
		CHECK_EQ(intruders, 0);
	else
		CHECK(intruders > 0);
	atomic_store(&lockedcpu, -1);
	runtime_unlock_os_thread();
	atomic_store(&stop, 1);
	wait_idle(0);
}

// ---- Nesting ---------------------------------------------------------------------

// Go: LockOSThreadNesting. As many unlocks as locks; one too many is nothing.
static void
LockOSThreadNesting(void)
{
	runtime_unlock_os_thread();
	for (int n = 1; n <= 3; n++) {
		for (int i = 0; i < n; i++)
			runtime_lock_os_thread();

		int cpu = runtime_cpu();

		for (int i = 0; i < n; i++) {
			time_sleep(20 * MICROSECOND);
			CHECK_EQ(runtime_cpu(), cpu);
			runtime_unlock_os_thread();
		}
		runtime_unlock_os_thread();
	}
}

// ---- Everybody locked -------------------------------------------------------------

static void
locks(void *arg)
{
	struct locked *l = arg;
	int v;

	runtime_lock_os_thread();
	l->cpu = runtime_cpu();
	v = 0;
	chan_send(l->out, &v);
	chan_recv(l->in, &v); // locked all the time
	look(l);
	runtime_unlock_os_thread();
}

static void
counts(void *arg)
{
	for (int i = 0; i < 1000; i++) {
		atomic_fetch_add((atomic_int *)arg, 1);
		runtime_gosched();
	}
}

// More goroutines lock than there are harts; those that are not locked still run,
// and nobody takes a locked waiter for dead.
static void
AllLocked(void)
{
	enum { N = 10 };
	static struct locked l[N];
	chan *in = chan_make(int, 0), *out = chan_make(int, 0);
	atomic_int n = 0;
	int v;

	for (int k = 0; k < N; k++) {
		l[k] = (struct locked){ in, out, 0, -1, 0 };
		go(locks, &l[k]);
	}
	for (int k = 0; k < N; k++)
		chan_recv(out, &v);
	for (int k = 0; k < 4; k++)
		go(counts, &n);
	while (atomic_load(&n) < 4000)
		time_sleep(100 * MICROSECOND);
	chan_close(in);
	wait_idle(0);
	for (int k = 0; k < N; k++)
		CHECK_EQ(l[k].moved, 0);
	chan_free(in);
	chan_free(out);
}

// A locked goroutine is readied while its hart is busy with another (Go: issue
// 21827's path), and a locked one in a loop does not keep its equals waiting.
static void
loops(void *arg)
{
	atomic_int *n = arg;

	runtime_lock_os_thread();
	while (atomic_load(n) < 8)
		;
	atomic_fetch_add(n, 1);
}

static void
LockedLoops(void)
{
	atomic_int n = 0;

	for (int i = 0; i < 6; i++)
		go(loops, &n);
	time_sleep(MILLISECOND);
	atomic_store(&n, 8);
	CHECK(wait_idle(0));
	CHECK_EQ(n, 14);
}

// ---- The world stops -------------------------------------------------------------

static void
relocks(void *arg)
{
	atomic_int *stop = arg;
	int cpu;

	while (!atomic_load(stop)) {
		runtime_lock_os_thread();
		cpu = runtime_cpu();
		time_sleep(30 * MICROSECOND);
		CHECK_EQ(runtime_cpu(), cpu);
		runtime_gosched();
		CHECK_EQ(runtime_cpu(), cpu);
		runtime_unlock_os_thread();
		runtime_gosched();
	}
}

// Locking on every hart races with stop-the-world and with other numbers of Ps
// (Go: issue 38931), and locked goroutines come back from harts that have none.
static void
LockedGomaxprocs(void)
{
	atomic_int stop = 0;
	int all = runtime_gomaxprocs(0);
	uint32_t r = seed();

	for (int i = 0; i < 6; i++)
		go(relocks, &stop);
	for (int i = 0; i < scaled(60); i++) {
		runtime_gomaxprocs(1 + (int)(rnd(&r) % (uint32_t)all));
		time_sleep(200 * MICROSECOND);
	}
	runtime_gomaxprocs(all);
	atomic_store(&stop, 1);
	CHECK(wait_idle(0));
}

static void
forever(void *arg)
{
	atomic_int *n = arg;

	runtime_lock_os_thread();
	while (atomic_load(n) == 0)
		;
	runtime_gosched();
}

// One P for all harts, a locked goroutine that loops: the others get their turns.
static void
LockedOneP(void)
{
	int all = runtime_gomaxprocs(0);
	atomic_int stop = 0, n = 0;

	go(forever, &stop);
	go(forever, &stop);
	time_sleep(MILLISECOND);
	runtime_gomaxprocs(1);
	go(counts, &n);
	while (atomic_load(&n) < 1000)
		time_sleep(100 * MICROSECOND);
	atomic_store(&stop, 1);
	CHECK(wait_idle(0));
	runtime_gomaxprocs(all);
}

// With one P, and more locked loops than harts that can be one's own, one of them
// shares its hart with everybody who is not locked. Of those one sleeps, briefly and
// over and over, and whoever only yields gets turns all the same. (With more Ps the
// loops would run without a timer: under -icount, a hart's turn would not end.)
static void
LockedShares(void)
{
	enum { TURNS = 8, SLEEPS = 50 * TURNS };
	int harts = runtime_num_cpu(), all = runtime_gomaxprocs(0), sleeps = 0;
	atomic_int stop = 0, n = 0;

	runtime_gomaxprocs(1);
	for (int i = 0; i < harts; i++)
		go(forever, &stop);
	time_sleep(30 * MILLISECOND);
	go(counts, &n);
	while (atomic_load(&n) < TURNS && sleeps++ < SLEEPS)
		time_sleep(200 * MICROSECOND);
	CHECK(sleeps < SLEEPS);
	atomic_store(&stop, 1);
	CHECK(wait_idle(0));
	runtime_gomaxprocs(all);
}

// ---- Ending locked ---------------------------------------------------------------

static void
endslocked(void *arg)
{
	runtime_lock_os_thread();
	runtime_lock_os_thread();
	atomic_fetch_add((atomic_int *)arg, 1);
}

static void
exitslocked(void *arg)
{
	runtime_lock_os_thread();
	atomic_fetch_add((atomic_int *)arg, 1);
	runtime_goexit();
}

// Go: LockOSThreadExit. A goroutine that ends locked lets its hart go.
static void
LockOSThreadExit(void)
{
	atomic_int n = 0;

	for (int i = 0; i < scaled(100); i++) {
		go(endslocked, &n);
		go(exitslocked, &n);
		if (i % 8 == 0)
			wait_idle(0);
	}
	CHECK(wait_idle(0));
	CHECK_EQ(n, 2 * scaled(100));
	// All harts are there for everybody: locking excludes as before.
	LockedAlone();
}

#if defined FE_UPWARD && !defined __SOFTFP__
static void
rounds(void *arg)
{
	(void)arg;
	runtime_lock_os_thread();
	fesetround(FE_UPWARD);
}

static void
mode(void *arg)
{
	*(int *)arg = fegetround();
}

// A goroutine that ends locked takes what it did to its hart along (Go: issue
// 20395 for threads).
static void
LockedExitCleansHart(void)
{
	for (int i = 0; i < 8 * runtime_num_cpu(); i++) {
		int m = -1;

		go(rounds, NULL);
		wait_idle(0);
		go(mode, &m);
		wait_idle(0);
		CHECK_EQ(m, FE_TONEAREST);
	}
}
#endif

const struct test locked_tests[] = {
	T(BlockLocked),
	T(LockedAlone),
	T(LockOSThreadNesting),
	T(AllLocked),
	T(LockedLoops),
	T(LockedGomaxprocs),
	T(LockedOneP),
	T(LockedShares),
	T(LockOSThreadExit),
#if defined FE_UPWARD && !defined __SOFTFP__
	T(LockedExitCleansHart),
#endif
	{ 0 },
};
