// quick.h: the quick way from one goroutine to the next, compiled into its users.
//
// Who leaves chooses the next from its P's own queue and switches to it, without
// g0, findrunnable and execute. Whatever those would look at besides that queue is
// in p.slow, or makes an interrupt that sets gp->preempt, which gswitch looks at.
// Nothing is taken that schedule would not have taken.
//
// Preemption is off. Until gswitch has saved gp it may be on a queue, or be made
// ready, all the same: who runs it waits (waitsaved). That cannot be a circle: a
// hart waits for those who were on its own queue before its own goroutine was on
// any, so whoever is waited for has begun to leave earlier than who waits.
//
// The rare turns are functions of their own, called last, so that the way that is
// taken needs no frame.
#ifndef GZERO_QUICK_H
#define GZERO_QUICK_H

#if SMALL // kernel/small/ has one way only
#define parkquick(gp, l, reason) ((void)(reason), goparkunlock((l), (reason)))
#else
#include "runq.h"

// quick tells whether the next pick from pp is a matter of its own queue.
static inline bool
quick(const struct p *pp)
{
	return __builtin_expect(!nonzero_rlx(&pp->slow.pick), 1) &&
	       !(TORTURE && tosscoin());
}

// quickglobal is quick where p.slow says something: that others wait on the global
// queue is no matter between their turns (globalturn), as long as there is somebody
// here.
static inline bool
quickglobal(const struct p *pp)
{
	return load_rlx(&pp->slow.own) == 0 &&
	       (uint32_t)pp->schedtick % SCHED_TICK != 0 && !ringempty(pp) &&
	       !(TORTURE && tosscoin());
}

// leaving: gp, which runs, will be in that status when it is off.
static inline void
leaving(struct g *gp, uint32_t status)
{
	if (STACK_GUARD_BYTES == 0)
		stackcheck(gp);
	casgstatus(gp, Grunning, status);
}

// chosen: ng is what mp runs next.
static inline void
chosen(struct m *mp, struct g *ng)
{
	casgstatus(ng, Grunnable, Grunning);
	if (MAXHARTS > 1)
		ng->m = mp;
}

// saved tells whether the context of ng is there.
static inline bool
saved(const struct g *ng)
{
	return MAXHARTS == 1 ||
	       __builtin_expect(load_acq(&ng->m) == NULL, 1); // of gswitch
}

// switchlate is the rest of a switch to an ng that another hart is still leaving.
RARE void switchlate(struct g *gp, struct g *ng, struct m *mp);

static inline void
switchto(struct g *gp, struct g *ng, struct m *mp)
{
	if (!saved(ng)) {
		switchlate(gp, ng, mp);
		return;
	}
	chosen(mp, ng);
	gswitch(gp, ng, mp);
}

// parkto is goparkunlock where ng is next.
static inline void
parkto(struct g *gp, struct g *ng, struct m *mp, struct lock *l,
       const char *reason)
{
	gp->waitreason = reason;
	gp->waitarg = l;
	if (WAITSINCE)
		gp->waitsince = nanotime();
	leaving(gp, Gwaiting);
	RACE_POINT(park_waiting);
	release(l);
	RACE_POINT(park_unlocked);
	switchto(gp, ng, mp);
}

RARE void parklate(struct lock *l, const char *reason);
__attribute__((noinline)) void parkring(struct g *gp, struct m *mp,
					struct lock *l, const char *reason);

// parkquick is goparkunlock, where gp's count is 1.
static inline __attribute__((always_inline)) void
parkquick(struct g *gp, struct lock *l, const char *reason)
{
	struct m *mp = mof(gp);
	struct p *pp = pof(mp);
	struct g *ng;

	if (!quick(pp)) {
		parklate(l, reason);
		return;
	}
	ng = takenext(pp);
	if (ng == NULL) {
		parkring(gp, mp, l, reason);
		return;
	}
	pp->inherits++;
	parkto(gp, ng, mp, l, reason);
}
#endif

#endif
