// netpoll.c: interrupts as events. A goroutine waits for a device's line; the
// handler makes it ready; findrunnable picks it up where Go polls the network.
//
// What always holds: handlers take no lock and touch no run queue. They push onto
// their own hart's ready list, which only this hart empties: one producer and one
// consumer that the producer interrupts, so an exchange of the head is all it
// takes. A line is masked from its interrupt until the next irq_wait, so a level-
// triggered device needs no code in the handler: the goroutine serves it.
//
// A line's state is NOBODY, FIRED or the goroutine that waits. With more than
// one hart sched.nwaiters goes up before a goroutine waits and down when it runs
// again, never in between, so that checkdead cannot see a moment without a waiter
// and without its goroutine (Go issue 61454).
//
// A line with a handler of the kernel's own (irqattach) is never masked: the
// handler quiets its device, and makes ready whom it likes with pushready.
//
// Go: netpoll.go.
#include "runtime.h"
#include "torture.h"

#define NOBODY ((uintptr_t)0)
#define FIRED ((uintptr_t)1)

static uintptr_t irqstate[NIRQ];
static struct {
	void (*fn)(void *arg);
	void *arg;
} handlers[NIRQ];

// irqattach calls fn(arg), in a handler, whenever the line fires, from now on.
// fn takes no lock and leaves the device quiet. Any context.
void
irqattach(unsigned irq, void (*fn)(void *arg), void *arg)
{
	if (irq >= NIRQ)
		throw("irqattach: no such line; NIRQ is smaller");
	handlers[irq].arg = arg;
	store_rel(&handlers[irq].fn, fn); // pairs with netpollready
	arch_irqmask(irq, false);
}

// pushready makes gp, which is Gwaiting or about to be, ready from a handler.
void
pushready(struct g *gp)
{
	struct m *mp = thism();

	gp->schedlink = mp->ready;
	store_rel(&mp->ready, gp);
}

// netpollready: the line has fired. In a handler.
void
netpollready(unsigned irq)
{
	struct m *mp = thism();
	void (*fn)(void *arg);
	uintptr_t s;

	if (irq < NIRQ && (fn = load_acq(&handlers[irq].fn)) != NULL) {
		mp->inhandler = true;
		fn(handlers[irq].arg);
		mp->inhandler = false;
		return;
	}
	arch_irqmask(irq, true);
	if (irq >= NIRQ)
		return; // nobody can wait for it: masked for good
	// A goroutine that is there stays until a handler of its line takes it.
	do
		s = load(&irqstate[irq]);
	while (!cas(&irqstate[irq], s, s > FIRED ? NOBODY : FIRED));
	if (s > FIRED)
		pushready((struct g *)s);
}

// irqdispatch: a device's line has fired, or another hart wants us to look. What
// comes of it is preempt.c's, unless a goroutine waits and the interrupted one may be
// taken off for it: that is quickly said.
bool
irqdispatch(unsigned irq, struct g *gp)
{
	struct m *mp = thism();
	uintptr_t s;

	mp->interrupts++;
	if (irq == IRQ_IPI)
		return ipiexit(mp, gp);
	s = irq < NIRQ ? load_acq(&irqstate[irq]) : NOBODY;
	if (s <= FIRED) {
		netpollready(irq);
		return lineexit(mp, gp);
	}
	arch_irqhold(irq);
	store(&irqstate[irq], NOBODY);
	pushready((struct g *)s);
	if (gp->goid == 0 || gp->locks != 0 || (gp->bumps + 1) % BUMPS == 0)
		return lineexit(mp, gp);
	gp->bumps++;
	return true;
}

// ---- From an interrupt to who waits for it --------------------------------------
// One goroutine made ready, nothing else to be done: then the interrupted one gives
// way to it at once, without the scheduler. It is next on its P, and the two share
// what is left of the slice: a wake-up from an interrupt is as short as a call.

// direct tells whether it is as simple as that.
static inline bool
direct(const struct m *mp, const struct p *pp, const struct g *gp)
{
	if (MAXHARTS > 1 && (load_rlx(&sched.nlocked) != 0 ||
			     load_rlx(&sched.gcwaiting) || mp->resched))
		return false;
	return ((uintptr_t)mp->ready | (uintptr_t)mp->isrops |
		(uintptr_t)load_rlx(&pp->runnext) | pp->sliceover |
		gp->locks) == 0 &&
	       !(TORTURE && tosscoin());
}

// handto lets gp give way to next. left: gp's context is saved already; else the arch
// does that, and clears gp->m behind it.
static inline void
handto(struct m *mp, struct p *pp, struct g *gp, struct g *next, bool left)
{
	if (STACK_GUARD_BYTES == 0)
		stackcheck(gp);
	if (!INLINE)
		casgstatus(next, Gwaiting, Grunnable);
	casgstatus(next, Grunnable, Grunning);
	if (MAXHARTS > 1)
		next->m = mp;
	mp->curg = next;
	if (!INLINE)
		casgstatus(gp, Grunning, Gpreempted);
	casgstatus(gp, Gpreempted, Grunnable);
	if (MAXHARTS > 1 && left)
		store_rel(&gp->m, NULL);
	store_rel(&pp->runnext, gp);
}

// wakeother returns next, when there may be somebody to take gp from here.
static __attribute__((noinline)) struct g *
wakeother(struct g *next)
{
	wakep();
	return next;
}

// intrswitch: see arch.h.
struct g *
intrswitch(struct g *gp)
{
	struct m *mp = thism();
	struct p *pp = mp->p;
	struct g *next = mp->ready;

	if (next == NULL || next->schedlink != NULL ||
	    (MAXHARTS > 1 && load_acq(&next->m) != NULL)) // gswitch is at it
		return NULL;
	mp->ready = NULL;
	if (!direct(mp, pp, gp)) {
		mp->ready = next;
		return NULL;
	}
	pp->inherits++;
	mp->preemptions++;
	gp->preempt = 0;
	handto(mp, pp, gp, next, true);
	if (__builtin_expect(pp->slow.notick, 0))
		armtick(pp, nanotime());
	if (MAXHARTS > 1 && load_rlx(&pp->slow.others))
		return wakeother(next);
	return next;
}

// irqslow is irqswitch where nobody waits.
static __attribute__((noinline)) struct g *
irqslow(uintptr_t irq, struct g *gp)
{
	struct m *mp = thism();

	mp->interrupts++;
	netpollready((unsigned)irq);
	arch_irqend((unsigned)irq);
	return lineexit(mp, gp) ? NULL : gp;
}

// irqclock is irqswitch where somebody waits. If it is only that the slice clock
// stands, it is started; if there is more, that does no harm.
static __attribute__((noinline)) struct g *
irqclock(uintptr_t irq, struct g *gp)
{
	struct p *pp = thism()->p;

	if (gfixed(gp) || load_rlx(&pp->slow.own) != SLOWNOTICK) {
		bool preempt = irqdispatch((unsigned)irq, gp);

		arch_irqend((unsigned)irq);
		return preempt ? NULL : gp;
	}
	armtick(pp, nanotime());
	return irqswitch(irq, gp);
}

// irqswitch: see arch.h. Only what a waiting goroutine needs is done here: it is not
// in the state's word any more before anybody else looks. He is suspended, for commit
// put him there. Whatever else is to be done soon (stop-the-world, a slice that is over,
// what handlers have left) has set gp->preempt, or comes with an interrupt that meets
// who runs then.
struct g *
irqswitch(uintptr_t irq, struct g *gp)
{
	struct m *mp = thism();
	struct p *pp = mp->p;
	uint32_t bumps = gp->bumps + 1u;
	uintptr_t s = irq < NIRQ ? load_acq(&irqstate[irq]) : NOBODY;

	if (s <= FIRED)
		return irqslow(irq, gp);
	if (bumps % BUMPS == 0 || gfixed(gp) ||
	    ((uintptr_t)load_rlx(&pp->runnext) | load_rlx(&pp->slow.own)) !=
		    0 ||
	    (TORTURE && tosscoin()))
		return irqclock(irq, gp);
	arch_irqhold((unsigned)irq);
	arch_irqend((unsigned)irq);
	store_rlx(&irqstate[irq], NOBODY);
	gp->bumps = (uint8_t)bumps;
	pp->handed++;
	handto(mp, pp, gp, (struct g *)s, false);
	if (MAXHARTS > 1 && load_rlx(&pp->slow.others))
		return wakeother((struct g *)s);
	return (struct g *)s;
}

// netpoll takes what this hart's handlers made ready, in the order in which they
// did, as runnable goroutines linked by schedlink. On g0.
struct g *
netpoll(void)
{
	struct g *gp = xchg(&getg()->m->ready, NULL), *list = NULL;

	while (gp != NULL) {
		struct g *next = gp->schedlink;

		casgstatus(gp, Gwaiting, Grunnable);
		gp->schedlink = list;
		list = gp;
		gp = next;
	}
	return list;
}

// commit leaves the waiter in the line's state, unless the line fired meanwhile.
static bool
commit(struct g *gp, void *state)
{
	uintptr_t *s = state;

	gp->param = NULL;
	if (cas(s, NOBODY, (uintptr_t)gp)) {
		arch_irqmask((unsigned)(s - irqstate), false);
		return true;
	}
	if (!cas(s, FIRED, NOBODY))
		gp->param = s; // somebody else waits
	return false;
}

// A handler may make anybody ready at any time, so a machine that has one is
// never dead.
void
irq_handle(unsigned irq, void (*fn)(void *), void *arg)
{
	bool had;

	mustgoroutine("irq_handle");
	if (irq >= NIRQ)
		panic("irq_handle: line %u; there are %d (NIRQ)", irq, NIRQ);
	if (irq == arch_console_irq())
		panic("irq_handle: line %u is the console's", irq);
	if (load(&irqstate[irq]) > FIRED)
		panic("irq_handle: a goroutine waits for line %u", irq);
	arch_irqmask(irq, true);
	had = handlers[irq].fn != NULL;
	if (fn != NULL && !had)
		xadd(&sched.nwaiters, 1);
	store_rel(&handlers[irq].fn, NULL);
	if (fn != NULL)
		irqattach(irq, fn, arg);
	else if (had)
		xadd(&sched.nwaiters, -1u);
}

// irqwaits tells whether a goroutine waits for a line that nwaiters does not know
// of. With one hart nobody can look between the handler's two steps.
bool
irqwaits(void)
{
	for (unsigned i = 0; MAXHARTS == 1 && i < NIRQ; i++)
		if (load(&irqstate[i]) > FIRED)
			return true;
	return false;
}

void
irq_wait(unsigned irq)
{
	mustgoroutine("irq_wait");
	if (irq >= NIRQ)
		panic("irq_wait: line %u; there are %d (NIRQ)", irq, NIRQ);
	if (load_acq(&handlers[irq].fn) != NULL)
		panic("irq_wait: line %u has a handler", irq);
	if (load_acq(&handlers[irq].fn) != NULL)
		panic("irq_wait: line %u has a handler", irq);
	if (getg()->locks != 0)
		fatal("irq_wait with preemption disabled");
	if (MAXHARTS > 1)
		xadd(&sched.nwaiters, 1);
	gopark(commit, &irqstate[irq], "irq wait");
	if (MAXHARTS > 1)
		xadd(&sched.nwaiters, -1u);
	if (getg()->param != NULL)
		panic("irq_wait: somebody waits for line %u already", irq);
}
