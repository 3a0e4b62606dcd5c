// locked.c: LockOSThread. A locked goroutine runs on its M only; while it is
// locked that M runs nothing else.
//
// What always holds, under sched.lock:
//  - A locked goroutine that is runnable is on its M's own list (lockedhead) and on
//    no other queue, so no thief ever meets it and nobody hands it on.
//  - m->lockedg is the goroutine that has the M for itself. At least one M stays
//    free of that: the goroutine that would lock the last one (on one hart: any)
//    is only pinned, and shares its M with the others.
//  - allp[i].m is a bijection between the Ps and the Ms that have started, so an M
//    whose P is beyond gomaxprocs has none, and a P changes hands by swapping
//    (swapm).
//
// An M that waits for its lockedg keeps its P when there are as many Ps as Ms:
// nobody could use it. It serves the P's timers and its own handlers, and passes
// everything they make runnable to the global queue. With fewer Ps than Ms it
// gives the P to an M that has none, and asks for one (sched.lockedwait) when its
// goroutine is ready: the next M that schedules hands its own over. The turns
// below keep locked goroutines from taking every turn.
//
// Turned down: Go's way, in which the locked goroutine sits on any queue and who
// finds it hands P and goroutine over. There Ms abound; here a hand-over is two
// interrupts and an idle hart.
//
// Contexts: the public calls are for goroutines, the rest runs on g0 or with
// preemption off. Go: proc.go (LockOSThread, stoplockedm, startlockedm, handoffp).
#include "runtime.h"

static uint32_t nexclusive; // Ms with a lockedg; sched.lock

// nlockedadd counts goroutines that are locked, and tells the Ps whether there are
// any. sched.lock is held.
static void
nlockedadd(uint32_t n)
{
	bool any = xadd(&sched.nlocked, n) != 0;

	for (uint32_t i = 0; i < ncpu; i++) {
		store_rlx(&allp[i].slow.locked, any);
		store_rlx(&allp[i].slow.putlocked, any);
	}
}

// ---- Which P belongs to which M -----------------------------------------------

// pof returns the P that is paired with mp.
static struct p *
pairof(const struct m *mp)
{
	for (uint32_t i = 0; i < ncpu; i++)
		if (allp[i].m == mp)
			return &allp[i];
	throw("locked: an M without a P to its name");
}

static uint32_t
bit(const struct m *mp)
{
	return 1u << mp->id;
}

// served: whoever has this P now need not wait for one. sched.lock is held.
static void
served(const struct p *pp)
{
	if (pp->id < gomaxprocs && sched.lockedwait & bit(pp->m))
		store(&sched.lockedwait, sched.lockedwait & ~bit(pp->m));
}

static void
swapm(struct p *a, struct p *b)
{
	struct m *mp = a->m;

	store(&a->m, b->m);
	store(&b->m, mp);
	served(a);
	served(b);
}

// givep takes mp's P away and gives it to the M of the retired P q, which is to
// be woken. sched.lock is held; mp is the caller's.
static struct m *
givep(struct m *mp, struct p *q)
{
	struct p *pp = mp->p;

	if (mp->spinning)
		dropspinning(mp);
	mp->p = NULL;
	mp->watch = NULL;
	swapm(pp, q);
	return startm(pp, false);
}

// ---- The list of an M ------------------------------------------------------------

// wakelocked sees to it that mp looks at its list. Returns the M to be woken, or
// NULL: mp will look by itself, or has to be given a P by others. sched.lock is
// held.
static struct m *
wakelocked(struct m *mp)
{
	struct p *pp = pairof(mp);

	if (pp->id >= gomaxprocs && sched.idle != 0) {
		struct p *idle = &allp[__builtin_ctz(sched.idle)];

		swapm(pp, idle);
		pp = idle;
	}
	if (pp->id >= gomaxprocs) {
		store(&sched.lockedwait, sched.lockedwait | bit(mp));
		return NULL;
	}
	if (sched.idle & 1u << pp->id) {
		pidletake(pp);
		return startm(pp, false);
	}
	if (pp->stopped) // starttheworld gives it back
		return NULL;
	unpark(mp);
	return mp == getg()->m ? NULL : mp;
}

// lockedput queues the runnable gp on the M that it is locked to. With
// preemption off.
void
lockedput(struct g *gp)
{
	struct m *mp = gp->lockedm, *wake;
	uint32_t waits;

	lock(&sched.lock);
	gp->schedlink = NULL;
	if (mp->lockedhead == NULL)
		store(&mp->lockedhead, gp);
	else
		mp->lockedtail->schedlink = gp;
	mp->lockedtail = gp;
	wake = wakelocked(mp);
	waits = sched.lockedwait;
	unlock(&sched.lock);
	RACE_POINT(locked_put);
	if (wake != NULL)
		arch_cpuwake(wake->id);
	if (waits != 0)
		kickticks();
}

// lockedget takes the first goroutine of mp's list, or NULL.
struct g *
lockedget(struct m *mp)
{
	struct g *gp;

	RACE_POINT(locked_get);
	lock(&sched.lock);
	gp = mp->lockedhead;
	if (gp != NULL)
		store(&mp->lockedhead, gp->schedlink);
	unlock(&sched.lock);
	return gp;
}

// lockedretired asks for a P for every M that has lost its own to a smaller
// gomaxprocs and has something to run, and for none that has one again. sched.lock
// is held, the world starts.
void
lockedretired(void)
{
	for (uint32_t i = 0; i < gomaxprocs; i++)
		if (allp[i].m != NULL)
			served(&allp[i]);
	for (uint32_t i = gomaxprocs; i < ncpu; i++)
		if (allp[i].m != NULL && allp[i].m->lockedhead != NULL)
			store(&sched.lockedwait,
			      sched.lockedwait | bit(allp[i].m));
}

// ---- Passing the P on --------------------------------------------------------

// hasrun tells whether mp has had its turn with the P that it got, and may pass it
// on: a goroutine has run, and where there may be many, for a slice. Without that
// rule a P would go round for ever and nothing would run.
static bool
hasrun(const struct m *mp)
{
	return (uint32_t)mp->p->schedtick != mp->servetick &&
	       (mp->lockedg != NULL || nanotime() - mp->servewhen >= SLICE_NS);
}

static bool
idle(const struct m *mp)
{
	return runqempty(mp->p) && load(&sched.runqsize) == 0 &&
	       load(&mp->lockedhead) == NULL && !pending(mp) &&
	       !timerdue(mp->p);
}

// waitp waits until mp has a P again.
static void
waitp(struct m *mp)
{
	mpark(mp);
	mp->servetick = (uint32_t)mp->p->schedtick;
	mp->servewhen = nanotime();
}

// lockedserve gives mp's P to an M that waits for one. An M with a lockedg leaves
// every second turn to those who are not locked (handoffp). True: mp has another
// P now.
bool
lockedserve(struct m *mp)
{
	struct m *to = NULL;

	if (!hasrun(mp) && !idle(mp))
		return false;
	if (mp->lockedg != NULL && (mp->serveturn = !mp->serveturn) &&
	    (load(&sched.runqsize) != 0 || !runqempty(mp->p)))
		return false;
	RACE_POINT(locked_serve);
	lock(&sched.lock);
	if (sched.lockedwait != 0 && !load(&sched.gcwaiting)) {
		to = &allm[__builtin_ctz(sched.lockedwait)];
		store(&sched.lockedwait, sched.lockedwait & ~bit(to));
		if (pairof(to)->id < gomaxprocs) {
			to = NULL; // it got one another way
		} else {
			if (mp->lockedhead != NULL)
				store(&sched.lockedwait,
				      sched.lockedwait | bit(mp));
			givep(mp, pairof(to));
		}
	}
	unlock(&sched.lock);
	if (to == NULL)
		return false;
	notewakeup(to);
	waitp(mp);
	return true;
}

// spillring passes what is on the P's own queue to everybody.
static void
spillring(struct p *pp)
{
	struct g *head, *tail;
	uint32_t n;

	runqdrain(pp, &head, &tail, &n);
	if (n == 0)
		return;
	RACE_POINT(locked_spill);
	globrunqputbatch(head, tail, n);
	wakep();
}

// freem returns the retired P of an M that could use one for goroutines that are
// not locked, NULL if there is none. sched.lock is held.
static struct p *
freem(void)
{
	for (uint32_t i = gomaxprocs; i < ncpu; i++)
		if (allp[i].m != NULL && allp[i].m->lockedg == NULL)
			return &allp[i];
	return NULL;
}

// handoffp gives the P of mp, which runs its lockedg only, to an M without one:
// when mp has nothing to run, or when others wait and it has had its turn. True:
// mp has a P again.
static bool
handoffp(struct m *mp)
{
	struct p *q = NULL;
	struct m *to = NULL;

	if (gomaxprocs == ncpu)
		return false;
	if (load(&mp->lockedhead) != NULL &&
	    (!hasrun(mp) || load(&sched.runqsize) == 0))
		return false;
	RACE_POINT(locked_handoff);
	lock(&sched.lock);
	if (!load(&sched.gcwaiting) && (q = freem()) != NULL) {
		if (mp->lockedhead != NULL)
			store(&sched.lockedwait, sched.lockedwait | bit(mp));
		to = givep(mp, q);
	}
	unlock(&sched.lock);
	if (to == NULL)
		return false;
	notewakeup(to);
	waitp(mp);
	return true;
}

// ---- An M that runs its lockedg only ------------------------------------------

// lockedsleep waits, with the P, until there is something for mp to do.
static void
lockedsleep(struct m *mp)
{
	struct p *pp = mp->p;
	int64_t when;
	uintptr_t s;
	uint32_t n;

	markparked(mp);
	store_rlx(&pp->held, true);
	when = load64(&pp->timer0when);
	n = idlearm(mp, when);
	store(&mp->sleeping, 1);
	RACE_POINT(locked_sleep);
	s = arch_irqsave();
	if (load(&mp->lockedhead) != NULL || pending(mp) || !runqempty(pp) ||
	    load(&sched.gcwaiting) || load64(&pp->timer0when) != when)
		arch_irqrestore(s);
	else
		idlewait(mp, n, s);
	store(&mp->sleeping, 0);
	// What fired meanwhile has found the P held and has set nothing anew: if
	// the slice clock was to tick, it never would again.
	s = arch_irqsave();
	store_rlx(&pp->held, false);
	settick(pp, 0);
	arch_irqrestore(s);
	if (pp->timer0when != 0)
		armopen(pp->timer0when);
	lock(&sched.lock); // and whoever did not kick us has left it to us
	unpark(mp);
	unlock(&sched.lock);
}

// findlocked is findrunnable for an M with a lockedg. NULL: look at everything
// again (the world stops, or mp has had no P for a while). On g0.
struct g *
findlocked(struct m *mp)
{
	struct g *gp;

	for (;;) {
		struct p *pp = mp->p;

		if (load(&sched.gcwaiting))
			return NULL;
		if (pp->timer0when != 0 && timerdue(pp))
			runtimers(pp);
		if (pending(mp))
			drainready(pp);
		if (!runqempty(pp))
			spillring(pp);
		if (handoffp(mp))
			return NULL;
		gp = lockedget(mp);
		if (gp != NULL)
			return gp;
		lockedsleep(mp);
	}
}

// ---- The calls -------------------------------------------------------------------

void
runtime_lock_os_thread(void)
{
	struct g *gp = getg();
	struct m *mp;

	mustgoroutine("runtime_lock_os_thread");
	if (gp->lockedcount == UINT32_MAX)
		panic("runtime_lock_os_thread: nested %u times",
		      (unsigned)gp->lockedcount);
	gp->odd = true;
	if (gp->lockedcount++ > 0 || MAXHARTS == 1 || ncpu == 1)
		return;
	mp = acquirem();
	lock(&sched.lock);
	gp->lockedm = mp;
	RACE_POINT(lock_thread);
	nlockedadd(1);
	if (mp->lockedg == NULL && nexclusive + 1 < sched.nm) {
		mp->lockedg = gp;
		nexclusive++;
	}
	unlock(&sched.lock);
	if (mp->lockedg == gp && !runqempty(mp->p))
		spillring(mp->p);
	releasem();
}

// unlockm lets gp's M go. With preemption off.
static void
unlockm(struct g *gp)
{
	struct m *mp = gp->lockedm;

	gp->lockedcount = 0;
	if (MAXHARTS == 1 || mp == NULL)
		return;
	lock(&sched.lock);
	if (mp->lockedg == gp) {
		mp->lockedg = NULL;
		nexclusive--;
	}
	gp->lockedm = NULL;
	RACE_POINT(unlock_thread);
	nlockedadd(-1u);
	unlock(&sched.lock);
}

void
runtime_unlock_os_thread(void)
{
	struct g *gp = getg();

	mustgoroutine("runtime_unlock_os_thread");
	if (gp->lockedcount == 0) // as Go: no error
		return;
	if (gp->lockedcount > 1) {
		gp->lockedcount--;
		return;
	}
	acquirem();
	unlockm(gp);
	releasem();
}

// lockedexit unlocks the M of gp, which has ended. True: the hart may be in any
// state that a program can put it in, and goes back to mstart. On g0.
bool
lockedexit(struct g *gp)
{
	if (gp->lockedcount == 0)
		return false;
	unlockm(gp);
	return true;
}
