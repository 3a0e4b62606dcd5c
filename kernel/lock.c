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
// sched.lock, pools. worldsema is a sleeping lock outside all of them.
//
// Go: lock_futex.go, runtime1.go (acquirem).
#include "runtime.h"
#include "torture.h"

// lock takes l. Goroutine or g0 context.
void
lock(struct lock *l)
{
	getg()->locks++;
	barrier();
	if (MAXHARTS == 1)
		return;
	// Pairs with the release in unlock.
	while (!cas_acq(&l->key, 0, 1))
		while (load_rlx(&l->key) != 0)
			procyield();
}

// release lets l go without a look at the count.
void
release(struct lock *l)
{
	if (MAXHARTS > 1)
		store_rel(&l->key, 0);
	barrier();
}

// releasem allows preemption again; one that came due meanwhile happens now.
void
releasem(void)
{
	struct g *gp = getg();

	barrier();
	if (gp->locks == 0)
		throw("releasem: preemption is not disabled");
	if (TORTURE && gp->locks == 1 && torturerelease(gp))
		gp->preempt = 1;
	if (--gp->locks == 0 && load_rlx(&gp->preempt))
		gopreempt();
}

// acquirem keeps the caller on its M and returns it. Nests.
struct m *
acquirem(void)
{
	struct g *gp = getg();

	gp->locks++;
	barrier();
	return gp->m;
}

// unlock releases l, which this goroutine or g0 took.
void
unlock(struct lock *l)
{
	release(l);
	releasem();
}

// unlock0 releases, on g0, the lock that gp took before it was parked. From
// the release on another hart may run gp: the count goes first.
void
unlock0(struct lock *l, struct g *gp)
{
	gp->locks--;
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
