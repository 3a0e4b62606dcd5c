// netpoll.c: interrupts as events. A goroutine waits for a device's line; the
// handler makes it ready; findrunnable picks it up where Go polls the network.
//
// What always holds: handlers take no lock and touch no run queue. They push onto
// their own hart's ready list, which only this hart empties: one producer and one
// consumer that the producer interrupts, so an exchange of the head is all it
// takes. A line is masked from its interrupt until the next irq_wait, so a level-
// triggered device needs no code in the handler: the goroutine serves it.
//
// A line's state is NOBODY, FIRED or the goroutine that waits. sched.nwaiters goes
// up before a goroutine waits and down when it runs again, never in between, so
// that checkdead cannot see a moment without a waiter and without its goroutine
// (Go issue 61454).
//
// A line with a handler of the kernel's own (irqattach) is never masked: the
// handler quiets its device, and makes ready whom it likes with pushready.
//
// Go: netpoll.go.
#include "runtime.h"

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
	struct m *mp = getg()->m;

	gp->schedlink = mp->ready;
	store_rel(&mp->ready, gp);
}

// netpollready: the line has fired. In a handler.
void
netpollready(unsigned irq)
{
	void (*fn)(void *arg);
	uintptr_t s;

	if (irq < NIRQ && (fn = load_acq(&handlers[irq].fn)) != NULL) {
		struct m *mp = getg()->m;

		mp->inhandler = true;
		fn(handlers[irq].arg);
		mp->inhandler = false;
		return;
	}
	arch_irqmask(irq, true);
	if (irq >= NIRQ)
		return; // nobody can wait for it: masked for good
	do
		s = load(&irqstate[irq]);
	while (!cas(&irqstate[irq], s, s > FIRED ? NOBODY : FIRED));
	if (s > FIRED)
		pushready((struct g *)s);
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
	xadd(&sched.nwaiters, 1);
	gopark(commit, &irqstate[irq], "irq wait");
	xadd(&sched.nwaiters, -1u);
	if (getg()->param != NULL)
		panic("irq_wait: somebody waits for line %u already", irq);
}
