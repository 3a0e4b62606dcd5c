// sync.c: mutex, semaphore, cond, once, wait_group.
#include "core.h"

#include <config.h>

static struct mutex mu;
static int shared;

static void
adds(void *arg)
{
	uint32_t state = (uint32_t)(uintptr_t)arg;

	for (int i = 0; i < 100; i++) {
		int was;

		mutex_lock(&mu);
		was = shared;
		if (rnd(&state) % 4 == 0)
			runtime_gosched();
		shared = was + 1;
		mutex_unlock(&mu);
	}
	wait_group_done(&wg);
}

static void
MutexExcludes(void)
{
	shared = 0;
	wait_group_add(&wg, 4);
	for (int i = 0; i < 4; i++)
		go(adds, (void *)(uintptr_t)seed());
	wait_group_wait(&wg);
	CHECK_EQ(shared, 400);
	CHECK(mutex_try_lock(&mu));
	CHECK(!mutex_try_lock(&mu));
	mutex_unlock(&mu);
}

// Without a switch in the critical section it takes a preemption to lose one.
static void
spinsadds(void *unused)
{
	(void)unused;
	for (int i = 0; i < 300; i++) {
		volatile int work = 0;

		mutex_lock(&mu);
		int was = shared;
		while (work < 150)
			work = work + 1;
		shared = was + 1;
		mutex_unlock(&mu);
	}
	wait_group_done(&wg);
}

static void
MutexPreempted(void)
{
	shared = 0;
	wait_group_add(&wg, 3);
	for (int i = 0; i < 3; i++)
		go(spinsadds, NULL);
	wait_group_wait(&wg);
	CHECK_EQ(shared, 900);
}

static struct semaphore sem;
static atomic_int inside, most;

static void
enters(void *unused)
{
	int n;

	(void)unused;
	for (int i = 0; i < 5; i++) {
		semaphore_acquire(&sem);
		n = atomic_fetch_add(&inside, 1) + 1;
		if (n > atomic_load(&most))
			atomic_store(&most, n);
		time_sleep(100 * MICROSECOND);
		atomic_fetch_sub(&inside, 1);
		semaphore_release(&sem);
	}
	wait_group_done(&wg);
}

static void
Semaphore(void)
{
	sem = (struct semaphore)SEMAPHORE(2);
	atomic_store(&most, 0);
	wait_group_add(&wg, 5);
	for (int i = 0; i < 5; i++)
		go(enters, NULL);
	wait_group_wait(&wg);
	CHECK_EQ(atomic_load(&most), 2);
	CHECK(semaphore_try_acquire(&sem));
	CHECK(semaphore_try_acquire(&sem));
	CHECK(!semaphore_acquire_timeout(&sem, MILLISECOND));
	semaphore_release(&sem);
	CHECK(semaphore_acquire_timeout(&sem, MILLISECOND));
}

static struct cond cond;
static int turn;

static void
takesturns(void *arg)
{
	int me = (int)(intptr_t)arg;

	mutex_lock(&mu);
	for (int i = 0; i < 10; i++) {
		while (turn % 3 != me)
			cond_wait(&cond, &mu);
		turn++;
		cond_broadcast(&cond);
	}
	mutex_unlock(&mu);
	wait_group_done(&wg);
}

static void
CondTurns(void)
{
	turn = 0;
	wait_group_add(&wg, 3);
	for (intptr_t i = 0; i < 3; i++)
		go(takesturns, (void *)i);
	wait_group_wait(&wg);
	CHECK_EQ(turn, 30);
}

static void
counts(void *unused)
{
	(void)unused;
	shared++;
	time_sleep(100 * MICROSECOND);
}

static struct once once;

static void
oncers(void *unused)
{
	(void)unused;
	once_do(&once, counts, NULL);
	CHECK_EQ(shared, 1);
	wait_group_done(&wg);
}

static void
Once(void)
{
	shared = 0;
	once = (struct once){ 0 };
	wait_group_add(&wg, 4);
	for (int i = 0; i < 4; i++)
		go(oncers, NULL);
	wait_group_wait(&wg);
	CHECK_EQ(shared, 1);
}

const struct test sync_tests[] = {
	T(MutexExcludes), T(MutexPreempted), T(Semaphore),
	T(CondTurns),     T(Once),           { 0 },
};
