// Spin locks: one holder at a time, and what he did is seen by the next. Pools
// behind them, and the list of all pools, which is read without.
#include "kernel.h"

void
gopreempt(void)
{
}

#define procyield weak_await
#include "../../kernel/lock.c"
#include "../../kernel/pool.c"

static struct lock l;
static uint32_t counter, holders;
static uint64_t blocks[2];
static struct pool p2 = POOL_INIT("test", "NTEST", blocks, 8, 2);

UNCHECKED static void
reset(void)
{
	resetkernel();
	memset(&l, 0, sizeof(l));
	memset(&poolslock, 0, sizeof(poolslock));
	allpools = NULL;
	counter = 0;
	p2 = (struct pool)POOL_INIT("test", "NTEST", blocks, 8, 2);
}

static void
counts(void)
{
	lock(&l);
	if (holders++ != 0)
		weak_fail("two hold the lock");
	counter++;
	holders--;
	unlock(&l);
}

static void
countstwice(void)
{
	counts();
	counts();
}

UNCHECKED static void
final2(void)
{
	if (!weak_ended(0) || !weak_ended(1))
		weak_fail("a hart does not get the lock");
	if (counter != 4)
		weak_fail("lost count");
}

UNCHECKED static void
final3(void)
{
	if (!weak_ended(0) || !weak_ended(1) || !weak_ended(2))
		weak_fail("a hart does not get the lock");
	if (counter != 3)
		weak_fail("lost count");
}

// unlock0: g0 releases what a goroutine took, and the goroutine runs elsewhere.
static void
parks(void)
{
	lock(&l);
	gs[0].locks = 1;
	gs[0].sched.pc = 1;
	counter = 1;
	unlock0(&l, &gs[0]);
	getg()->locks--;
}

static void
readies(void)
{
	lock(&l);
	if (counter == 1) {
		counter = 2;
		unlock(&l);
		if (gs[0].locks != 0)
			weak_fail("runs with preemption off");
		gs[0].locks++; // as gs[0] would
		gs[0].sched.pc++;
		return;
	}
	unlock(&l);
}

static void
finalpark(void)
{
}

static void
gets(void)
{
	uint64_t *b = poolget(&p2);

	if (b == NULL)
		weak_fail("the pool is empty");
	*b = weak_self();
	if (weak_self() == 0)
		poolput(&p2, b);
}

// As runtime_read_stats.
static void
walks(void)
{
	for (struct pool *p = load_acq(&allpools); p != NULL; p = p->link)
		if (p != &p2 || load_rlx(&p->used) > 2 || p->link != NULL)
			weak_fail("the list of pools is wrong");
}

const struct weak_test weak_tests[] = {
	{ .name = "2 harts, twice",
	  .n = 2,
	  .reset = reset,
	  .hart = { countstwice, countstwice },
	  .final = final2 },
	{ .name = "3 harts",
	  .n = 3,
	  .reset = reset,
	  .hart = { counts, counts, counts },
	  .final = final3 },
	{ .name = "unlock0",
	  .n = 2,
	  .reset = reset,
	  .hart = { parks, readies },
	  .final = finalpark },
	{ .name = "pool",
	  .n = 3,
	  .reset = reset,
	  .hart = { gets, gets, walks },
	  .final = finalpark },
	{ .name = NULL },
};
