// preempt.c: the sysmon's work, done by each hart's timer interrupt.
//
// A hart that runs a goroutine while others wait "ticks": every SLICE_NS its
// timer looks at the P, and if schedtick has not moved since the last look the
// goroutine has had its slice (Go's retake does the same from its sysmon
// thread). So a switch costs nothing but a counter, and a hart whose goroutine
// is alone takes no timer interrupt at all.
//
// The hart's one timer serves the tick and the P's earliest timer; armtimer only
// ever moves its deadline forward, and one that fires too early is harmless:
// timerintr looks at what is really due.
//
// A preemption that cannot happen at once is never dropped. When the interrupt
// meets a goroutine with preemption off, gp->preempt stays set and releasem looks
// at it. When it meets g0, which may have looked at the queues already and be about
// to run a goroutine without calls, mp->resched stays set, and execute, with
// interrupts masked until the goroutine runs, makes the timer fire then. In a
// one-hart image, where execute does not mask, the timer comes back after RETRY_NS
// instead. Turned down for more harts: an emulator that runs them in turns gives the
// RETRY_NS to the others, and g0 finds the timer due again before it has executed
// anything, for ever (seen: QEMU, -icount, four harts in loops).
//
// Who is taken off for a timer or for an interrupt's work has not had the slice. If
// that happens at the first instruction each time, it never gets one: a sleep, over
// and over, that lasts just as long as the way from it to there did this (seen: AllLocked
// in the torture build, 10^6 switches for nothing). So each BUMPS-th time it may
// go on for RETRY_NS. Turned down: a clock reading or a flag in execute, which all
// switches would pay for.
//
// The watchdog is fed from here too (WATCHDOG_NS): each hart looks at itself every
// so often, in an interrupt that its timer makes, and when all have got on since the
// last time board_watchdog is called. A hart has got on if one of these holds:
//  - the scheduler has picked somebody since the last look;
//  - it sleeps, and nothing of what it should be woken for is there;
//  - it runs a goroutine, and nobody waits: no queue, no timer that is due, nothing
//    that a handler made ready. Who has the machine for himself may keep it.
// It has not, and the watchdog comes, when interrupts are masked or a handler does
// not return (no look at all), when the scheduler or a timer's fn loops, or when a
// goroutine that cannot be preempted keeps others waiting. What a goroutine should
// have done and has not is for the program to know. Turned down: feeding in schedule
// (a computation that is alone never comes there), in the idle wait (a busy machine
// never comes there), or at every interrupt (a loop in g0 takes interrupts).
//
// Contexts: timerintr, lineexit and ipiexit are handlers. Go: sysmon, retake, preemptone.
#include "runq.h"

// otherswait tells whether somebody waits for the time of pp's goroutine. pp's
// hart only.
bool
otherswait(struct p *pp)
{
	return !ringempty(pp) || load_rlx(&pp->runnext) != NULL ||
	       load_rlx(&sched.runqsize) != 0 ||
	       (MAXHARTS > 1 && load_rlx(&sched.nlocked) != 0 &&
		(load_rlx(&getg()->m->lockedhead) != NULL ||
		 load_rlx(&sched.lockedwait) != 0));
}

// notedue: with gz.chaos it is measured how late an interrupt comes. A deadline in
// the past is due now.
static __attribute__((noinline, cold)) void
notedue(struct m *mp, int64_t when)
{
	int64_t now = nanotime();

	store64(&mp->due, when > now ? when : now);
	arch_timerset(when);
}

// armtimer makes this hart's timer fire at `when` or earlier. Interrupts are
// masked.
void
armtimer(int64_t when)
{
	struct m *mp = thism();

	if (when >= mp->armed)
		return;
	mp->armed = when;
	if (CHAOS && chaosmax != 0)
		notedue(mp, when);
	else
		arch_timerset(when);
}

// armonce sets the timer for `when` and says whether no handler came meanwhile, since
// there had been n. If one came, nothing is known of the timer.
static inline bool
armonce(struct m *mp, int64_t when, uint32_t n)
{
	uintptr_t s;
	bool alone;

	if (CHAOS && chaosmax != 0)
		notedue(mp, when);
	else
		arch_timerset(when);
	RACE_POINT(arm_set);
	s = arch_irqsave();
	alone = (uint32_t)mp->interrupts == n;
	if (alone)
		mp->armed = when;
	arch_irqrestore(s);
	return alone;
}

// armagain is armopen where a handler came.
RARE static void
armagain(struct m *mp, int64_t when)
{
	int64_t first;
	uint32_t n;

	do {
		if (load64(&mp->fired) >= when)
			return;
		n = (uint32_t)mp->interrupts;
		barrier();
		first = load64(&mp->armed);
	} while (!armonce(mp, when < first ? when : first, n));
}

// armopen is armtimer with interrupts on; unpreempted. The way to the hardware takes a
// while, so only the end is masked: a handler that came meanwhile, and may have set
// the timer too, is seen by its number, and all is done again with what it left. Unless
// it was the timer's, at the deadline or behind it: who arms has said before what for.
void
armopen(int64_t when)
{
	struct m *mp = thism();
	uint32_t n = (uint32_t)mp->interrupts;

	barrier();
	if (when >= load64(&mp->armed))
		return;
	store64(&mp->fired, INT64_MIN);
	if (!armonce(mp, when, n))
		armagain(mp, when);
}

// armchaos makes the timer fire at a random distance, if a test asked for that.
// Interrupts are masked.
void
armchaos(void)
{
	if (CHAOS && chaosmax != 0)
		armtimer(nanotime() + chaosmin +
			 fastrandn(chaosmax - chaosmin + 1));
}

// begintick begins to watch a slice; the timer is to be set. Interrupts are masked.
static void
begintick(struct p *pp, int64_t now)
{
	settick(pp, now + SLICE_NS); // kickticks reads it
	pp->tickseen = (uint32_t)pp->schedtick;
}

// armtick begins to watch a slice. Interrupts are masked.
void
armtick(struct p *pp, int64_t now)
{
	begintick(pp, now);
	armtimer(pp->tickwhen);
}

// starttick begins to watch the slices of pp: somebody waits. pp's hart only,
// unpreempted.
void
starttick(struct p *pp)
{
	int64_t now = nanotime(); // before the mask: it takes a while
	uintptr_t s = arch_irqsave();

	bool stands;

	RACE_POINT(starttick_begin);
	stands = pp->tickwhen == 0;
	if (stands)
		begintick(pp, now);
	arch_irqrestore(s);
	if (stands)
		armopen(now + SLICE_NS);
}

// kickticks makes every hart that runs without a tick start one: the global
// queue has got work that they should share their time with. StoreLoad pairs
// with stoptick.
void
kickticks(void)
{
	uint32_t self = getg()->m->id;

	fence();
	RACE_POINT(kick_looked);
	for (uint32_t i = 0; MAXHARTS > 1 && i < gomaxprocs; i++) {
		struct p *pp = &allp[i];
		struct m *mp = load_rlx(&pp->m);

		if (mp != NULL && mp->id != self && !load_rlx(&pp->held) &&
		    load64(&pp->tickwhen) == 0 &&
		    !(load_rlx(&sched.idle) & 1u << i))
			arch_cpuwake(mp->id);
	}
}

// tick looks at the slice of pp's goroutine.
static void
tick(struct p *pp, int64_t now)
{
	if (pp->tickseen == (uint32_t)pp->schedtick && otherswait(pp))
		pp->sliceover |= SLICEOVER;
	settick(pp, 0);
	fence(); // pairs with kickticks
	RACE_POINT(tick_stopped);
	if (otherswait(pp))
		armtick(pp, now);
}

// wanted tells whether the scheduler should look at this hart's goroutine.
static bool
wanted(const struct m *mp, const struct p *pp, int64_t now)
{
	int64_t look = timerlook(pp);

	// A goroutine that is off already has no slice to lose.
	return (pp->sliceover && mp->curg != NULL) || pending(mp) ||
	       (look != 0 && look <= now) || load_rlx(&sched.gcwaiting);
}

// retry sees to it that a request which met g0 is looked at again.
static void
retry(struct m *mp)
{
	if (MAXHARTS > 1)
		mp->resched = true;
	else
		armtimer(nanotime() + RETRY_NS);
}

// putoff tells gp's hart to come back a little later, now and then: a goroutine
// that others interrupt is sure to get on, if slowly.
static bool
putoff(struct g *gp)
{
	if (++gp->bumps % BUMPS != 0)
		return false;
	armtimer(nanotime() + RETRY_NS);
	return true;
}

#if WATCHDOG_NS
_Static_assert(WATCHDOG_NS >= 3 * SLICE_NS, "WATCHDOG_NS: see config.h");

// getson tells whether mp has got on since it was asked last. gp is what the
// interrupt met.
static bool
getson(struct m *mp, const struct g *gp, int64_t now)
{
	struct p *pp = mp->p != NULL ? mp->p : mp->watch;
	uint32_t switches;

	if (pp == NULL)
		return load(&mp->sleeping);
	switches = (uint32_t)(pp->schedtick + pp->inherits + pp->handed);
	if (switches != mp->watched) {
		mp->watched = switches;
		return true;
	}
	return (gp != mp->g0 || load(&mp->sleeping)) && !otherswait(pp) &&
	       !pending(mp) && (timerlook(pp) == 0 || timerlook(pp) > now);
}

// watch makes this hart's look if it is time, and feeds the watchdog if this was
// the last hart that it waited for.
static void
watch(struct m *mp, const struct g *gp, int64_t now)
{
	if (now >= mp->watchwhen) {
		mp->watchwhen = now + WATCHDOG_NS;
		if (getson(mp, gp, now))
			store(&mp->alive, 1);
		for (uint32_t i = 0; i < ncpu; i++)
			if (allm[i].g0 != NULL && !load(&allm[i].alive))
				goto out;
		for (uint32_t i = 0; i < ncpu; i++)
			store(&allm[i].alive, 0);
		board_watchdog();
	}
out:
	armtimer(mp->watchwhen);
}
#endif

// takeoff tells whether gp, which an interrupt met, is taken off now, when somebody
// else is wanted. over: it has had its slice.
static bool
takeoff(struct m *mp, struct g *gp, bool over)
{
	if (gp != mp->g0 && gp->locks == 0 && (over || !putoff(gp)))
		return true;
	if (mp->curg != NULL)
		mp->curg->preempt = 1;
	if (gp == mp->g0)
		retry(mp);
	return false;
}

// intrexit is the end of a handler that has to do with time, or that another hart
// asked for: it says whether gp is taken off now.
static bool
intrexit(struct m *mp, struct g *gp, int64_t now)
{
	struct p *pp = mp->p;
	bool over;

	if (load_rlx(&dying) != 0)
		frozen();
	if (STACK_GUARD_BYTES == 0 && gp != mp->g0)
		stackcheck(gp);
#if WATCHDOG_NS
	watch(mp, gp, now);
#endif
	if (pp == NULL || pp->held) // idle: who waits looks at everything
		return false;
	if (pp->tickwhen != 0 && now >= pp->tickwhen)
		tick(pp, now);
	else if (pp->tickwhen == 0 && otherswait(pp))
		armtick(pp, now);
	over = pp->sliceover;
	if (CHAOS && chaosmax != 0 && gp != mp->g0)
		pp->sliceover |= SLICEOVER;
	if (pp->tickwhen != 0)
		armtimer(pp->tickwhen);
	if (timerlook(pp) > now)
		armtimer(timerlook(pp));
	return wanted(mp, pp, now) && takeoff(mp, gp, over);
}

// lineexit is the end of a device's handler, the short way: what is due by the
// clock has an interrupt of its own.
bool
lineexit(struct m *mp, struct g *gp)
{
	struct p *pp = mp->p;

	if (CHAOS && chaosmax != 0)
		return intrexit(mp, gp, nanotime());
	if (MAXHARTS > 1 && load_rlx(&dying) != 0)
		frozen();
	if (STACK_GUARD_BYTES == 0 && gp != mp->g0)
		stackcheck(gp);
	if (pp == NULL || (MAXHARTS > 1 && pp->held))
		return false;
	if (!pending(mp) && !pp->sliceover &&
	    !(MAXHARTS > 1 && load_rlx(&sched.gcwaiting)))
		return false;
	return takeoff(mp, gp, pp->sliceover);
}

// timerintr: the hart's deadline has passed.
bool
timerintr(struct g *gp)
{
	struct m *mp = thism();
	int64_t now = nanotime();

	mp->interrupts++;
	if (CHAOS && chaosmax != 0 && now - mp->due > mp->late)
		mp->late = now - mp->due;
	mp->fired = now;
	mp->armed = INT64_MAX;
	armchaos();
	return intrexit(mp, gp, now);
}

// ipiexit: another hart wants this one to look.
bool
ipiexit(struct m *mp, struct g *gp)
{
	return intrexit(mp, gp, nanotime());
}
