// lock.c: spin locks, and the count that keeps a goroutine unpreempted.
//
// What always holds: whoever holds a spin lock is not preempted, so a lock is
// held for a few instructions only; nobody blocks with one held; handlers take
// none. A lock taken by a goroutine may be released for it by g0 once the
// goroutine is parked (unlock0): that is how park and unlock become one step.
//
// The count of held locks lives in the goroutine, not in the M as in Go's
// m.locks: see runtime.h. Turned down: masking interrupts while a lock is held
// (every critical section would add to the latency that we publish), and ticket
// locks (a preempted emulator thread would stall everyone behind it).
//
// Lock order, outermost first: contexts, channels (by address), sema, p.timerslock,
// sched.lock, pools (chanbuf's and the measured stacks' locks are of their rank).
// worldsema is a sleeping lock outside all of them. With DEBUG whoever takes a lock
// in another order ends the machine then and there, whether somebody waits for him
// or not; two of one rank are out of order too, but for channels. Locks are held by
// Ms, for that: nobody is preempted with one, and who parks leaves it to g0. A lock
// that is held has its rank in its key; what a handler has tried has not (isr.c).
//
// Go: lock_futex.go, runtime1.go (acquirem).
#include "runtime.h"
#include "torture.h"

// ---- The order, with DEBUG ------------------------------------------------------

#define KEY(rank) (DEBUG ? 2u + (rank) : 1u)

// What an M holds of a rank: how many, and the one it took last.
struct holds {
	uint32_t n;
	const struct lock *last;
};
static struct holds holds[MAXHARTS][NRANK];

static enum lockrank
rankof(const struct lock *l)
{
	if (l == &sched.lock)
		return RANKSCHED;
	for (uint32_t i = 0; i < MAXHARTS; i++)
		if (l == &allp[i].timerslock)
			return RANKTIMERS;
	return RANKPOOL;
}

static _Noreturn void
disorder(const struct lock *l, enum lockrank rank, const struct lock *held,
	 enum lockrank r)
{
	static const char *const name[NRANK] = { "contexts",   "channel",
						 "semaphore",  "p.timerslock",
						 "sched.lock", "pool" };

	kprintf("lock: %s %p is taken while %s %p is held\n", name[rank],
		(const void *)l, name[r], (const void *)held);
	throw("lock: out of order");
}

// ranktake notes that this M is about to take l, which must come after all that
// it holds.
static void
ranktake(const struct lock *l, enum lockrank rank)
{
	struct holds *h = holds[getg()->m->id];

	for (enum lockrank r = rank; r < NRANK; r++)
		if (h[r].n != 0 &&
		    (r > rank || rank != RANKCHAN || l <= h[r].last))
			disorder(l, rank, h[r].last, r);
	h[rank].n++;
	h[rank].last = l;
}

// rankrelease notes that this M lets go of the lock with that key.
static void
rankrelease(uint32_t key)
{
	if (key >= KEY(0))
		holds[getg()->m->id][key - KEY(0)].n--;
}

// ---- Locks ------------------------------------------------------------------------

// lockwait waits for l, which somebody else had, and takes it.
void
lockwait(struct lock *l)
{
	do
		while (load_rlx(&l->key) != 0)
			procyield();
	while (xchg_lock(&l->key) != 0);
}

// lockranked takes l. Goroutine or g0 context.
void
lockranked(struct lock *l, enum lockrank rank)
{
	getg()->locks++;
	barrier();
	if (DEBUG)
		ranktake(l, rank);
	if (MAXHARTS == 1) {
		if (DEBUG)
			l->key = KEY(rank);
		return;
	}
	// Pairs with the release in unlock.
	while (!cas_acq(&l->key, 0, KEY(rank)))
		while (load_rlx(&l->key) != 0)
			procyield();
	RACE_POINT(lock_taken);
}

// lock takes l, whose rank its address shows.
void
lock(struct lock *l)
{
	lockas(l, DEBUG ? rankof(l) : RANKPOOL);
}

// releaselooked is release where somebody looks.
void
releaselooked(struct lock *l)
{
	RACE_POINT(lock_release);
	if (DEBUG)
		rankrelease(l->key);
	if (MAXHARTS > 1 || DEBUG)
		store_rel(&l->key, 0);
}

// releasemlooked is releasem where somebody looks.
void
releasemlooked(struct g *gp)
{
	if (gp->locks == (gp->goid == 0 ? G0LOCKS : 0))
		throw("releasem: preemption is not disabled");
	if (TORTURE && gp->locks == 1 && torturerelease(gp))
		gp->preempt = 1;
	if (--gp->locks != 0)
		return;
	barrier();
	if (preempted(gp))
		gopreempt();
}

// unlock releases l, which this goroutine or g0 took.
void
unlock(struct lock *l)
{
	unlockas(l);
}

// unlock0 releases, on g0, the lock that gp took before it was parked. From
// the release on another hart may run gp: the count goes first.
void
unlock0(struct lock *l, struct g *gp)
{
	gp->locks--;
	RACE_POINT(unlock0_count);
	release(l);
}

// preempt_disable: see go.h.
void
preempt_disable(void)
{
	mustgoroutine("preempt_disable");
	acquirem();
}

void
preempt_enable(void)
{
	mustgoroutine("preempt_enable");
	if (getg()->locks == 0)
		fatal("preempt_enable without preempt_disable");
	releasem();
}
