// trace.c: a goroutine's own stack: runtime_caller and runtime_callers.
//
// The functions use the results of what they called, so that no call is a jump.
#include "test.h"

#include <string.h>

static bool
ends_with(const char *s, const char *end)
{
	size_t n, m = strlen(end);

	if (s == NULL)
		return false;
	n = strlen(s);
	return n >= m && strcmp(s + n - m, end) == 0;
}

// ---- One stack, frame by frame ---------------------------------------------

struct seen {
	struct wait_group wg;
	struct frame f[8];
	int n, line, depth;
	uintptr_t pc[8];
	int npc;
};

__attribute__((noinline)) static int
look(struct seen *s)
{
	while (s->n < 8 && runtime_caller(s->n, &s->f[s->n]))
		s->n++;
	s->npc = runtime_callers(0, s->pc, 8);
	return s->n;
}

__attribute__((noinline)) static int
middle(struct seen *s)
{
	int n;

	s->line = __LINE__ + 1;
	n = look(s);
	return n + 1;
}

static void
outermost(void *arg)
{
	struct seen *s = arg;

	s->depth = middle(s);
	wait_group_done(&s->wg);
}

static struct seen seen;

// Function, file and line of every frame; goexit is the last, and beyond it is
// nothing (Demo02).
static void
Caller(void)
{
	static const char *const want[] = { "look", "middle", "outermost",
					    "goexit" };

	memset(&seen, 0, sizeof seen);
	wait_group_add(&seen.wg, 1);
	go(outermost, &seen);
	wait_group_wait(&seen.wg);
	NEED(wait_idle(0));
	for (int i = 0; i < 4; i++) {
		const struct frame *f = &seen.f[i];

		NEED(f->func != NULL);
		CHECK(strcmp(f->func, want[i]) == 0);
		CHECK(f->line > 0);
		CHECK(f->entry <= f->pc && f->pc - f->entry < 4096);
		if (i < 3)
			CHECK(ends_with(f->file, "trace.c"));
	}
	CHECK_EQ(seen.depth, 5);
	CHECK_EQ(seen.f[4].pc, 0); // the fifth was refused
	CHECK_EQ(seen.f[1].line, seen.line);
	CHECK(seen.f[2].line > seen.f[1].line);
}

// The same as pcs, and looked up one by one.
static void
Callers(void)
{
	struct frame f;

	memset(&seen, 0, sizeof seen);
	wait_group_add(&seen.wg, 1);
	go(outermost, &seen);
	wait_group_wait(&seen.wg);
	NEED(wait_idle(0));
	CHECK_EQ(seen.npc, 4);
	for (int i = 0; i < seen.npc; i++) {
		NEED(runtime_func_for_pc(seen.pc[i], &f));
		CHECK(strcmp(f.func, seen.f[i].func) == 0);
		CHECK_EQ(f.entry, seen.f[i].entry);
		if (i > 0) // the first is another call in look
			CHECK_EQ(f.line, seen.f[i].line);
	}
	CHECK(!runtime_func_for_pc(1, &f) || f.line == 0);
	CHECK_EQ(runtime_callers(0, seen.pc, 0), 0);
	CHECK_EQ(runtime_callers(100, seen.pc, 8), 0);
	CHECK_EQ(runtime_callers(0, seen.pc, 2), 2);
	CHECK(!runtime_caller(100, &f));
}

// skip leaves out as many frames.
__attribute__((noinline)) static int
skipping(int skip)
{
	uintptr_t all[8], some[8];
	int n = runtime_callers(0, all, 8);
	int m = runtime_callers(skip, some, 8);

	CHECK(n > skip);
	CHECK_EQ(m, n - skip);
	for (int i = 0; skip > 0 && i < m && i < 8 - skip; i++)
		CHECK_EQ(some[i], all[i + skip]);
	return n;
}

static void
skip_in(void *arg)
{
	int n = 0;

	for (int i = 0; i < 3; i++)
		n += skipping(i);
	*(int *)arg = n;
}

static void
CallersSkip(void)
{
	int n = 0;

	go(skip_in, &n);
	NEED(wait_idle(0));
	CHECK_EQ(n, 9); // skipping, skip_in, goexit; three times
}

// Main's own stack ends in goexit as well.
static void
MainsStack(void)
{
	struct frame f, last = { 0 };
	int n = 0;

	while (n < 64 && runtime_caller(n, &f)) {
		last = f;
		n++;
	}
	CHECK(n >= 5 && n < 64);
	CHECK(last.func != NULL && strcmp(last.func, "goexit") == 0);
}

// ---- Recursion -------------------------------------------------------------

__attribute__((noinline)) static int
recurse(int n, uintptr_t *pcs, int *npcs)
{
	volatile int left = n; // a real frame: no loop instead of the calls

	if (n == 0)
		*npcs = runtime_callers(0, pcs, 32);
	else
		left = recurse(n - 1, pcs, npcs);
	return left + 1;
}

static void
recurse_in(void *arg)
{
	uintptr_t pcs[32];
	int n = 0, same = 0;

	*(int *)arg = recurse(10, pcs, &n) == 11 ? n : -1;
	for (int i = 0; i < n; i++) {
		struct frame f;

		same += runtime_func_for_pc(pcs[i], &f) &&
			strcmp(f.func, "recurse") == 0;
	}
	if (same != 11)
		*(int *)arg = -same;
}

static void
RecursiveStack(void)
{
	int n = 0;

	go(recurse_in, &n);
	NEED(wait_idle(0));
	CHECK_EQ(n, 13); // eleven of it, recurse_in, goexit
}

// ---- After a preemption ----------------------------------------------------

struct preempted {
	struct wait_group wg;
	atomic_bool stop;
	atomic_int bad, rounds;
};

__attribute__((noinline)) static void
stack_of_mine(struct preempted *p)
{
	uintptr_t pcs[8];
	struct frame f;
	int n = runtime_callers(0, pcs, 8);

	if (n != 3 || !runtime_func_for_pc(pcs[2], &f) ||
	    strcmp(f.func, "goexit") != 0)
		atomic_fetch_add(&p->bad, 1);
}

static void
spins_and_looks(void *arg)
{
	struct preempted *p = arg;

	while (!atomic_load(&p->stop)) {
		for (volatile int i = 0; i < 20000; i++)
			;
		stack_of_mine(p);
		atomic_fetch_add(&p->rounds, 1);
	}
	wait_group_done(&p->wg);
}

// The stack of a goroutine that is preempted all the time looks the same every
// time.
static void
CallersAfterPreemption(void)
{
	struct preempted p = { 0 };
	uint64_t before = total().preemptions;
	int n = runtime_num_cpu() + 2;

	wait_group_add(&p.wg, n);
	for (int i = 0; i < n; i++)
		go(spins_and_looks, &p);
	for (int i = 0; i < 200; i++) {
		time_sleep(10 * MILLISECOND);
		if (total().preemptions - before >= 10)
			break;
	}
	atomic_store(&p.stop, true);
	wait_group_wait(&p.wg);
	CHECK(total().preemptions - before >= 10);
	CHECK_EQ(p.bad, 0);
	CHECK(p.rounds > 0);
}

const struct test trace_tests[] = {
	T(Caller),     T(Callers),        T(CallersSkip),
	T(MainsStack), T(RecursiveStack), T(CallersAfterPreemption),
	{ 0 },
};
