// The order of locks: each pair of ranks in both orders, channels by address, and
// what a parked goroutine leaves to g0.
#include "host.h"

#include "../../kernel/lock.c"

static struct lock contexts, chans[2], sema, pool;
static struct lock *const lockof[NRANK] = { &contexts,   &chans[0],
					    &sema,       &allp[1].timerslock,
					    &sched.lock, &pool };
static struct lock *first, *second;
static enum lockrank rank1, rank2;

static void
both(void)
{
	lockranked(first, rank1);
	lockranked(second, rank2);
}

// throwsfor takes two locks and tells whether that threw; all are free afterwards.
static bool
throwsfor(struct lock *l1, enum lockrank r1, struct lock *l2, enum lockrank r2)
{
	bool threw;

	first = l1;
	second = l2;
	rank1 = r1;
	rank2 = r2;
	threw = throws(both);
	if (!threw)
		release(l2);
	release(l1);
	hostg->locks = G0LOCKS;
	return threw && strstr(thrown, "out of order") != NULL;
}

static bool
pairs(void)
{
	for (enum lockrank i = 0; i < NRANK; i++)
		for (enum lockrank j = 0; j < NRANK; j++)
			if (i != j &&
			    throwsfor(lockof[i], i, lockof[j], j) != (i > j))
				return false;
	return true;
}

static bool
channels(void)
{
	return !throwsfor(&chans[0], RANKCHAN, &chans[1], RANKCHAN) &&
	       throwsfor(&chans[1], RANKCHAN, &chans[0], RANKCHAN) &&
	       throwsfor(&chans[0], RANKCHAN, &chans[0], RANKCHAN);
}

static bool
twice(void)
{
	for (enum lockrank i = 0; i < NRANK; i++) {
		if (i == RANKCHAN)
			continue;
		struct lock other = { 0 };

		if (!throwsfor(lockof[i], i, &other, i) ||
		    !throwsfor(&other, i, lockof[i], i))
			return false;
	}
	return true;
}

// lock knows the ranks of sched.lock and the timers' locks by their addresses.
static bool
byaddress(void)
{
	return rankof(&sched.lock) == RANKSCHED &&
	       rankof(&allp[3].timerslock) == RANKTIMERS &&
	       rankof(&pool) == RANKPOOL;
}

// A goroutine parks with a lock and g0 lets it go: the M holds nothing then.
static bool
parked(void)
{
	static struct g g;

	lockranked(&chans[1], RANKCHAN);
	hostg->locks = G0LOCKS;
	g.locks = 1;
	unlock0(&chans[1], &g);
	return !throwsfor(&chans[0], RANKCHAN, &chans[1], RANKCHAN);
}

// What a handler has tried is no rank's.
static bool
tried(void)
{
	chans[0].key = 1;
	release(&chans[0]);
	return !throwsfor(&chans[0], RANKCHAN, &chans[1], RANKCHAN);
}

int
main(void)
{
	onhart(1);
	check(pairs(), "each pair of ranks");
	check(channels(), "channels by address");
	check(twice(), "twice the same rank");
	check(byaddress(), "ranks by address");
	check(parked(), "parked with a lock");
	check(tried(), "a handler's lock");
	return done();
}
