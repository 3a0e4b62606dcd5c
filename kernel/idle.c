// idle.c: how harts go to sleep and are woken.
//
// A hart that finds nothing gives its P up and sleeps; a hart
// that makes work wakes one sleeper, and only if nobody is looking already. The
// order of steps that makes a lost wake-up impossible:
//
//	submitter                          idler
//	1 put G on a queue                 1 put the P on the idle list
//	2 (StoreLoad)                      2 stop counting as spinning
//	3 somebody spinning? then done     3 (StoreLoad)
//	  else wake an idle P's M          4 look at every queue again
//
// If the submitter sees the idler as spinning, the idler's step 4 comes after
// the submitter's step 1 and finds the G. Whoever finds work while spinning stops
// counting and, if it was the last one, wakes the next (resetspinning): otherwise
// a burst of submissions would have woken one hart only.
//
// needspinning closes the gap that Go's issue 45867 fell into: a submitter that
// finds no idle P may race with an M that has looked at all queues and is about
// to give up its P, not counted as spinning. It leaves needspinning set, and that
// M looks at it under sched.lock before it lets go.
//
// Here an idle P and the M that let go of it stay a pair: the M is on the idle
// list from the same critical section on, even while it still looks around. So
// starting an idle P never has to search for an M, the M that wakes has the P's
// cache warm, and the P's timers have somebody who watches them. Go must hold
// more Ms than Ps, because system calls block Ms; here nothing does.
//
// tests/model/idle.pml is this protocol; change the two together.
//
// Where there is one hart none of that is needed: waitalone.
//
// Contexts: g0, except wakep (also goroutines, unpreempted). Go: proc.go (wakep,
// startm, stopm, pidleput, the second half of findRunnable).
#include "runq.h"
#include "torture.h"

void
becomespinning(struct m *mp)
{
	mp->spinning = true;
	xadd(&sched.nmspinning, 1);
	RACE_POINT(spinning_counted);
	store(&sched.needspinning, 0);
}

void
dropspinning(struct m *mp)
{
	mp->spinning = false;
	RACE_POINT(spinning_dropped);
	if (xadd(&sched.nmspinning, -1u) == -1u)
		throw("nmspinning is negative");
}

// pidleput lets mp's P go: the two are a pair on the idle list from here on.
// sched.lock is held.
static void
pidleput(struct m *mp)
{
	struct p *pp = mp->p;

	if (pp->m != mp || sched.idle & 1u << pp->id)
		throw("pidleput: P is not this M's");
	mp->watch = pp;
	mp->p = NULL;
	store_rlx(&sched.idle, sched.idle | 1u << pp->id);
	xadd(&sched.npidle, 1);
}

// pidletake takes an idle P off the list; whoever does must give it to its M.
// sched.lock is held.
void
pidletake(struct p *pp)
{
	if (!(sched.idle & 1u << pp->id))
		throw("pidletake: P is not idle");
	store_rlx(&sched.idle, sched.idle & ~(1u << pp->id));
	xadd(&sched.npidle, -1u);
}

// unpark says that mp has something to look at. sched.lock is held.
void
unpark(struct m *mp)
{
	if (mp->parked) {
		mp->parked = false;
		sched.nmparked--;
	}
}

// startm gives pp to its M, which sleeps or is about to. sched.lock is held; the
// caller sends the IPI with notewakeup afterwards.
struct m *
startm(struct p *pp, bool spinning)
{
	struct m *mp = pp->m;

	if (mp->nextp != NULL || mp->spinning)
		throw("startm: M has a P already");
	unpark(mp);
	mp->spinning = spinning;
	store(&mp->nextp, pp); // pairs with mpark's load
	RACE_POINT(startm_given);
	return mp;
}

// notewakeup ends mp's sleep. StoreLoad: either we see it sleeping or it sees
// what we stored before.
void
notewakeup(struct m *mp)
{
	fence();
	RACE_POINT(notewakeup_stored);
	if (load(&mp->sleeping)) {
		getg()->m->wakeups++;
		arch_cpuwake(mp->id);
	}
}

// wakep makes one more hart look for work, if a P is idle and nobody looks yet.
// Unpreempted. Go: wakep, with the needspinning of Go 1.20.
void
wakep(void)
{
	struct m *mp = NULL;

	// With one P its owner runs what it submits; a hart without a P (its
	// handlers have made something ready) must wake the one that has it.
	if (MAXHARTS == 1 || (gomaxprocs == 1 && getg()->m->p != NULL))
		return;
	fence(); // the submitter's put, before the look at nmspinning
	RACE_POINT(wakep_looked);
	if (load(&sched.nmspinning) != 0 || !cas(&sched.nmspinning, 0, 1))
		return;
	RACE_POINT(wakep_counted);
	lock(&sched.lock);
	if (sched.idle != 0) {
		struct p *pp = &allp[__builtin_ctz(sched.idle)];

		pidletake(pp);
		mp = startm(pp, true);
	} else {
		// In this order: a flag that is set while our count still
		// stands could be cleared by somebody who then relies on a
		// count that is about to go (model: needspin_order).
		xadd(&sched.nmspinning, -1u);
		RACE_POINT(wakep_none);
		store(&sched.needspinning, 1);
	}
	unlock(&sched.lock);
	if (mp != NULL)
		notewakeup(mp);
}

// resetspinning: mp has found work. If nobody else looks, somebody should.
void
resetspinning(struct m *mp)
{
	dropspinning(mp);
	RACE_POINT(reset_dropped);
	wakep();
}

// acquirep makes the P that was given to mp its own.
static void
acquirep(struct m *mp)
{
	struct p *pp = mp->nextp;

	settick(pp, 0); // the hart that it comes from ticked
	mp->watch = NULL;
	mp->p = pp;
	store(&mp->nextp, NULL);
	RACE_POINT(acquirep_taken);
	if (pp->timer0when != 0)
		armopen(pp->timer0when);
}

// retake takes the P that mp watches back, unless somebody was faster: then it
// is in mp->nextp, as if it had been given.
static void
retake(struct m *mp, bool spinning)
{
	struct p *pp = mp->watch;

	RACE_POINT(retake_begin);
	lock(&sched.lock);
	if (mp->nextp == NULL) {
		if (pp != NULL && pp->m == mp && sched.idle & 1u << pp->id) {
			pidletake(pp);
			unpark(mp);
			mp->nextp = pp;
			if (spinning)
				becomespinning(mp);
		} else {
			mp->watch = NULL;
		}
	}
	unlock(&sched.lock);
}

// injectready puts what handlers made ready on a hart that has no P to run it on
// the global queue, for others.
static void
injectready(void)
{
	struct g *gp, *next, *head = NULL, *tail = NULL;
	uint32_t n = 0;

	if (load_rlx(&getg()->m->isrops) != NULL)
		isrdrain(getg()->m);
	for (gp = netpoll(); gp != NULL; gp = next) {
		next = gp->schedlink;
		if (gp->lockedm != NULL) {
			lockedput(gp);
			continue;
		}
		if (tail != NULL)
			tail->schedlink = gp;
		else
			head = gp;
		tail = gp;
		n++;
	}
	if (n == 0)
		return;
	RACE_POINT(inject_taken);
	globrunqputbatch(head, tail, n);
	wakep();
}

bool
timerdue(const struct p *pp)
{
	int64_t when = load64(&pp->timer0when);

	return when != 0 && when <= nanotime();
}

__attribute__((weak)) void
arch_cpusleep(int64_t until)
{
	(void)until;
	arch_cpuidle();
}

// Before a wait the hart's timer is set, which takes a while, with interrupts on again
// before the last look: an interrupt that comes in between is seen by its number.

// idlearm sets the hart's timer for `when` (0: no deadline) and returns how many
// interrupts there have been.
uint32_t
idlearm(struct m *mp, int64_t when)
{
	uintptr_t s;
	uint32_t n;

	if (when == 0)
		when = INT64_MAX;
	mp->idlesince = nanotime();
	s = arch_irqsave();
	n = (uint32_t)mp->interrupts;
	if (mp->armed < when)
		mp->armed = INT64_MAX; // what else was to come does not matter
	arch_irqrestore(s);
	armopen(when);
	if (CHAOS && chaosmax != 0) {
		s = arch_irqsave();
		armchaos();
		arch_irqrestore(s);
	}
#if WATCHDOG_NS
	armopen(mp->watchwhen);
#endif
	return n;
}

// idlewait waits for an interrupt, unless one has come since idlearm returned n.
// Called with interrupts masked, which were s, comes back with them unmasked.
void
idlewait(struct m *mp, uint32_t n, uintptr_t s)
{
	RACE_POINT(idle_masked);
	if ((uint32_t)mp->interrupts != n)
		arch_irqrestore(s);
	else if (SLEEP_NS != 0 && mp->armed - mp->idlesince >= SLEEP_NS)
		arch_cpusleep(mp->armed);
	else
		arch_cpuidle();
	mp->idle_ns += nanotime() - mp->idlesince;
}

// msleep waits for an interrupt unless mp has something to look at.
static void
msleep(struct m *mp)
{
	struct p *pp = mp->watch;
	int64_t when = pp != NULL ? load64(&pp->timer0when) : 0;
	uint32_t n = idlearm(mp, when);
	uintptr_t s;

	store(&mp->sleeping, 1); // pairs with notewakeup
	RACE_POINT(msleep_sleeping);
	s = arch_irqsave();
	if (load(&mp->nextp) != NULL || pending(mp) ||
	    (pp != NULL && load64(&pp->timer0when) != when))
		arch_irqrestore(s);
	else
		idlewait(mp, n, s);
	store(&mp->sleeping, 0);
}

// markparked counts mp among those that have nothing to look at. If all are,
// nothing will ever run again.
void
markparked(struct m *mp)
{
	lock(&sched.lock);
	if (mp->nextp == NULL && !pending(mp) &&
	    load(&mp->lockedhead) == NULL && !mp->parked) {
		mp->parked = true;
		if (++sched.nmparked == sched.nm)
			checkdead();
	}
	unlock(&sched.lock);
}

// mpark waits, without a P, until mp has one again. The M has looked at
// everything before; it is woken by a P that somebody gives it, or takes its own
// back for its timers or for what its handlers made ready.
void
mpark(struct m *mp)
{
	while (load(&mp->nextp) == NULL) {
		bool ready = pending(mp);

		RACE_POINT(mpark_look);
		if (mp->watch != NULL && (ready || timerdue(mp->watch))) {
			retake(mp, false);
		} else if (ready) {
			injectready();
		} else {
			markparked(mp);
			RACE_POINT(mpark_parked);
			msleep(mp);
		}
	}
	acquirep(mp);
}

// ---- Stop-the-world: the stopped side (stw.c has the other) ---------------

// gcstopm hands the P in to a pending stop-the-world and sleeps until it is
// given one again.
void
gcstopm(void)
{
	struct m *mp = getg()->m;
	struct p *pp = mp->p;

	RACE_POINT(gcstopm_begin);
	lock(&sched.lock);
	if (!load(&sched.gcwaiting)) {
		unlock(&sched.lock);
		return;
	}
	if (mp->spinning)
		dropspinning(mp);
	pp->stopped = true;
	mp->p = NULL;
	mp->watch = NULL;
	xadd(&sched.stopwait, -1u);
	unlock(&sched.lock);
	RACE_POINT(gcstopm_stopped);
	mpark(mp);
}

// workqueued looks at every queue once more. Step 4 of the essay above.
static bool
workqueued(void)
{
	uint32_t n;

	// With the lock: a batch on its way from the global queue to a ring is
	// in neither for a moment (model: recheck_nolock).
	lock(&sched.lock);
	n = sched.runqsize;
	unlock(&sched.lock);
	if (n != 0)
		return true;
	for (uint32_t i = 0; i < gomaxprocs; i++)
		if (!runqempty(&allp[i]))
			return true;
	return false;
}

// readyone is the short way from a handler to who it made ready, for a hart that has
// slept and has its P again: if that is one goroutine, and nothing else is there that
// findrunnable would look at before it, it is returned, runnable, without a queue in
// between. Nobody is woken for it: it is all there is (model: drained).
static struct g *
readyone(struct m *mp)
{
	struct p *pp = mp->p;
	struct g *gp = load_rlx(&mp->ready);

	if (gp == NULL || gp->schedlink != NULL ||
	    load_rlx(&mp->isrops) != NULL || !ringempty(pp) ||
	    load_rlx(&pp->runnext) != NULL || load_rlx(&sched.runqsize) != 0)
		return NULL;
	if (MAXHARTS > 1 && (mp->spinning || load_rlx(&sched.nlocked) != 0 ||
			     load_rlx(&sched.gcwaiting)))
		return NULL;
	if ((TORTURE && tosscoin()) || !cas(&mp->ready, gp, NULL))
		return NULL; // a handler came
	casgstatus(gp, Gwaiting, Grunnable);
	return gp;
}

// ---- One hart -------------------------------------------------------------------

// alone tells whether there is one hart, and nothing that only the long way looks at.
static inline bool
alone(const struct m *mp)
{
	return ncpu == 1 && !mp->spinning && load_rlx(&sched.nlocked) == 0 &&
	       load_rlx(&sched.runqsize) == 0 && !load_rlx(&sched.gcwaiting);
}

// waitalone is giveup where there is one hart: it lets go of the P, so that handlers
// leave it to us, and takes it again. What a handler readies, and a timer that is due,
// ends the wait; if nothing ever can, that is the end.
static void
waitalone(struct m *mp)
{
	struct p *pp = mp->p;
	uintptr_t s;
	uint32_t n;

	if (pp->timer0when == 0)
		checkdead();
	mp->watch = pp;
	mp->p = NULL;
	settick(pp, 0); // nobody waits
	n = idlearm(mp, pp->timer0when);
	store(&mp->sleeping, 1);
	s = arch_irqsave();
	if (pending(mp))
		arch_irqrestore(s);
	else
		idlewait(mp, n, s);
	store(&mp->sleeping, 0);
	mp->watch = NULL;
	mp->p = pp;
	// What fired meanwhile has found no P and has set nothing anew.
	if (pp->timer0when != 0)
		armopen(pp->timer0when);
}

// giveup lets the P go and sleeps, unless there is a reason not to; comes back
// with a P. *gp is set if the last look at the global queue found one, or readyone.
void
giveup(struct m *mp, struct g **gp)
{
	bool spinning;

	if (MAXHARTS == 1 || alone(mp)) {
		waitalone(mp);
		*gp = readyone(mp);
		return;
	}
	RACE_POINT(giveup_begin);
	lock(&sched.lock);
	*gp = globrunqget(mp->p, 0);
	if (*gp != NULL || load(&sched.gcwaiting) ||
	    load_rlx(&mp->lockedhead) != NULL || sched.lockedwait != 0) {
		unlock(&sched.lock);
		return;
	}
	spinning = mp->spinning;
	if (!spinning && load(&sched.needspinning)) {
		becomespinning(mp);
		unlock(&sched.lock);
		return;
	}
	pidleput(mp);
	// Not counted any more before the P can be given away: startm sets
	// mp->spinning anew.
	if (spinning)
		dropspinning(mp);
	unlock(&sched.lock);
	fence(); // dropping the count, before the look at the queues
	RACE_POINT(giveup_idle);
	if (spinning && workqueued())
		retake(mp, true);
	RACE_POINT(giveup_looked);
	mpark(mp);
	*gp = readyone(mp);
}

// joinm brings a hart that has just started in, with its P. On g0.
void
joinm(struct m *mp, struct p *pp)
{
	lock(&sched.lock);
	sched.nm++;
	pp->m = mp;
	if (pp->id < gomaxprocs && !load(&sched.gcwaiting)) {
		pp->stopped = false;
		mp->p = pp;
		pidleput(mp);
	} // else starttheworld gives the P out
	unlock(&sched.lock);
	fence();
	if (workqueued())
		retake(mp, true);
	mpark(mp);
}
