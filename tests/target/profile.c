// profile.c: runtime_goroutines: what it says of a goroutine in each state, and that
// it is of one moment while others come and go.
#include "test.h"

#include <string.h>

enum { MAX = 64, WAITERS = 3 };

static struct goroutine_info table[MAX];

static const struct goroutine_info *
find(uint64_t id, unsigned n)
{
	for (unsigned i = 0; i < n && i < MAX; i++)
		if (table[i].id == id)
			return &table[i];
	return NULL;
}

struct waiter {
	chan *c;
	uint64_t id[WAITERS];
	atomic_int n;
};

static void
waiter(void *arg)
{
	struct waiter *w = arg;
	int v;

	w->id[atomic_fetch_add(&w->n, 1)] = runtime_goid();
	chan_recv(w->c, &v);
}

__attribute__((noinline)) static void
startwaiters(struct waiter *w)
{
	for (int i = 0; i < WAITERS; i++)
		CHECK(go_with((struct go_attr){ .name = "w" }, waiter, w));
	time_sleep(10 * MILLISECOND); // until they wait; and no tail call
}

static void
checkwaiter(const struct goroutine_info *p)
{
	struct frame f;

	NEED(p != NULL);
	CHECK(strcmp(p->state, "waiting") == 0);
	CHECK(p->reason != NULL && strstr(p->reason, "chan") != NULL);
	// 0: it parked while others were ready, and this build does not look.
	CHECK(p->waiting == 0 || p->waiting >= 5 * MILLISECOND);
	CHECK(p->waiting <= 15 * MILLISECOND + late(15 * MILLISECOND));
	CHECK(strcmp(p->name, "w") == 0);
	CHECK_EQ(p->parent, runtime_goid());
	CHECK(p->fn == waiter);
	CHECK(!p->system && !p->locked);
	CHECK(p->stack_used > 0 && p->stack_used < p->stack_size / 2);
	CHECK(p->stack_high == 0 || p->stack_high >= p->stack_used);
	CHECK(runtime_func_for_pc(p->created_pc, &f) &&
	      strcmp(f.func, "startwaiters") == 0);
}

static struct waiter w;

// Waiting goroutines and the running one.
static void
GoroutineProfile(void)
{
	const struct goroutine_info *me;
	unsigned n;

	memset(&w, 0, sizeof w);
	w.c = chan_make(int, 0);
	startwaiters(&w);
	runtime_lock_os_thread();
	n = runtime_goroutines(table, MAX);
	runtime_unlock_os_thread();
	CHECK_EQ(n, runtime_num_goroutine());
	for (int i = 0; i < WAITERS; i++)
		checkwaiter(find(w.id[i], n));
	me = find(runtime_goid(), n);
	chan_close(w.c);
	CHECK(wait_idle(0));
	chan_free(w.c);
	NEED(me != NULL);
	CHECK(strcmp(me->state, "running") == 0);
	CHECK(me->reason == NULL && me->waiting == 0 && me->locked);
	CHECK(me->stack_used > 0 && me->stack_used < me->stack_size);
}

static atomic_bool stop;

static void
yielder(void *id)
{
	*(uint64_t *)id = runtime_goid();
	while (!stop)
		runtime_gosched();
}

// A goroutine that could run is runnable, wherever the stop met it.
static void
GoroutineProfileRunnable(void)
{
	static uint64_t id;
	const struct goroutine_info *p;
	unsigned n;

	id = 0;
	stop = false;
	go(yielder, &id);
	while (*(volatile uint64_t *)&id == 0)
		runtime_gosched();
	n = runtime_goroutines(table, MAX);
	p = find(id, n);
	stop = true;
	CHECK(wait_idle(0));
	NEED(p != NULL);
	CHECK(strcmp(p->state, "runnable") == 0);
	CHECK(p->reason == NULL && p->waiting == 0);
	CHECK(p->stack_used > 0 && p->stack_used < p->stack_size);
}

// No room: it counts all the same, and writes nothing behind the n.
static void
GoroutineProfileFew(void)
{
	memset(&w, 0, sizeof w);
	w.c = chan_make(int, 0);
	startwaiters(&w);
	memset(table, 0x55, sizeof table);
	CHECK_EQ(runtime_goroutines(table, 2), runtime_num_goroutine());
	CHECK(table[1].id != 0x5555555555555555);
	CHECK(table[2].id == 0x5555555555555555);
	CHECK_EQ(runtime_goroutines(NULL, 0), runtime_num_goroutine());
	chan_close(w.c);
	CHECK(wait_idle(0));
	chan_free(w.c);
}

static void
nothing(void *arg)
{
	(void)arg;
}

static void
breeder(void *arg)
{
	struct wait_group *wg = arg;

	while (!stop) {
		go(nothing, NULL);
		runtime_gosched();
	}
	wait_group_done(wg);
}

// While goroutines are born and die on all harts, each entry is whole and no
// goroutine is there twice.
static void
GoroutineProfileStorm(void)
{
	struct wait_group wg = { 0 };

	stop = false;
	wait_group_add(&wg, 4);
	for (int i = 0; i < 4; i++)
		go(breeder, &wg);
	for (int round = scaled(50); round > 0; round--) {
		unsigned n = runtime_goroutines(table, MAX), running = 0;

		for (unsigned i = 0; i < n && i < MAX; i++) {
			const struct goroutine_info *p = &table[i];

			CHECK(find(p->id, n) == p);
			CHECK(p->id != 0 && p->fn != NULL);
			CHECK(p->stack_used <= p->stack_size);
			CHECK((strcmp(p->state, "waiting") == 0) ==
			      (p->reason != NULL));
			running += strcmp(p->state, "running") == 0;
		}
		CHECK_EQ(running, 1);
		runtime_gosched();
	}
	stop = true;
	wait_group_wait(&wg);
}

const struct test profile_tests[] = {
	T(GoroutineProfile),
	T(GoroutineProfileRunnable),
	T(GoroutineProfileFew),
	T(GoroutineProfileStorm),
	{ 0 },
};
