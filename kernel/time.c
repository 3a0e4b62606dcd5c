// time.c: timers, in a heap per P.
//
// The heap is a complete binary tree of the timers themselves, linked by parent,
// left and right: no array, so no limit and nothing to exhaust, and O(log n) for
// add, remove and pop in the worst case. The i-th node's path is i's binary digits
// below the first one (1 = root, 0 = left, 1 = right).
//
// What always holds, under p.timerslock: no timer is due before its parent; equal
// deadlines fire in the order in which they were set (seq); timer0when is the
// root's deadline, 0 if there is none; t->p is the P whose heap holds t. A timer is
// only ever added to the P that adds it, so the hart that has to be re-armed is
// the one that runs; removing works from anywhere.
//
// A timer's fn runs on g0 with the heap locked, so that deltimer's answer is
// final: when it returns, fn has run or never will. fn may ready goroutines; it
// takes no channel lock and blocks on nothing.
//
// Turned down: pairing heaps (amortised only: one pop may walk every timer), a
// timer wheel (a tick of its own), Go's lazily deleted array entries.
//
// Go: time.go (addtimer, deltimer, runtimer), time.Sleep.
#include "runtime.h"

// before orders two timers.
static bool
before(const struct timer *a, const struct timer *b)
{
	if (a->when != b->when)
		return a->when < b->when;
	return (int32_t)(a->seq - b->seq) < 0;
}

// childslot returns the link to the n-th node (n >= 1) and its parent.
static struct timer **
childslot(struct p *pp, uint32_t n, struct timer **parent)
{
	struct timer **slot = &pp->timers;
	int bit = 31 - __builtin_clz(n);

	*parent = NULL;
	while (--bit >= 0) {
		*parent = *slot;
		slot = n >> bit & 1 ? &(*slot)->right : &(*slot)->left;
	}
	return slot;
}

// adopt lets t's neighbours in the tree know where t is.
static void
adopt(struct p *pp, struct timer *t, struct timer *was)
{
	if (t->left != NULL)
		t->left->parent = t;
	if (t->right != NULL)
		t->right->parent = t;
	if (t->parent == NULL)
		pp->timers = t;
	else if (t->parent->left == was)
		t->parent->left = t;
	else
		t->parent->right = t;
}

// swapup exchanges t with its parent.
static void
swapup(struct p *pp, struct timer *t)
{
	struct timer *up = t->parent, *l = up->left, *r = up->right;
	struct timer *tl = t->left, *tr = t->right;

	t->parent = up->parent;
	t->left = l == t ? up : l;
	t->right = r == t ? up : r;
	up->left = tl;
	up->right = tr;
	adopt(pp, t, up);
	if (tl != NULL)
		tl->parent = up;
	if (tr != NULL)
		tr->parent = up;
}

static void
siftdown(struct p *pp, struct timer *t)
{
	for (;;) {
		struct timer *c = t->left;

		if (c == NULL)
			return;
		if (t->right != NULL && before(t->right, c))
			c = t->right;
		if (!before(c, t))
			return;
		swapup(pp, c);
	}
}

static void
insert(struct p *pp, struct timer *t)
{
	struct timer *parent, **slot;

	slot = childslot(pp, ++pp->ntimers, &parent);
	*slot = t;
	t->parent = parent;
	t->left = t->right = NULL;
	while (t->parent != NULL && before(t, t->parent))
		swapup(pp, t);
}

static void
removetimer(struct p *pp, struct timer *t)
{
	struct timer *parent, **slot, *last;

	slot = childslot(pp, pp->ntimers--, &parent);
	last = *slot;
	*slot = NULL;
	if (last == t)
		return;
	last->parent = t->parent;
	last->left = t->left;
	last->right = t->right;
	adopt(pp, last, t);
	while (last->parent != NULL && before(last, last->parent))
		swapup(pp, last);
	siftdown(pp, last);
}

static void
settimer0(struct p *pp)
{
	store64(&pp->timer0when, pp->timers != NULL ? pp->timers->when : 0);
}

// addtimer sets t, which is in no heap, on this P, at `when` (> 0).
void
addtimer(struct timer *t, int64_t when)
{
	struct m *mp = acquirem();
	struct p *pp = mp->p;

	lock(&pp->timerslock);
	t->when = when > 0 ? when : 1;
	t->seq = pp->timerseq++;
	store(&t->p, pp);
	insert(pp, t);
	if (pp->timers == t) {
		uintptr_t s = arch_irqsave();

		settimer0(pp);
		armtimer(t->when);
		arch_irqrestore(s);
	}
	unlock(&pp->timerslock);
	releasem();
}

// deltimer takes t out of its heap; false if it is in none: it has fired, or was
// never set. Whoever owns t's memory calls it before using that anew, also after
// the timer has woken him: runtimers clears t->p as the last thing it does with t,
// under the lock that deltimer waits for.
bool
deltimer(struct timer *t)
{
	struct p *pp;

	while ((pp = load(&t->p)) != NULL) {
		lock(&pp->timerslock);
		if (t->p == pp) {
			bool first = pp->timers == t;

			removetimer(pp, t);
			store(&t->p, NULL);
			if (first)
				settimer0(pp);
			unlock(&pp->timerslock);
			return true;
		}
		unlock(&pp->timerslock);
	}
	return false;
}

// runtimers fires every timer of victim that is due; what they ready goes to the
// caller's P. True if there was one. On g0, with a P.
bool
runtimers(struct p *victim)
{
	int64_t now = nanotime();
	struct timer *t;
	bool ran = false;

	lock(&victim->timerslock);
	while ((t = victim->timers) != NULL && t->when <= now) {
		removetimer(victim, t);
		t->fn(t->arg);
		store(&t->p, NULL); // see deltimer
		ran = true;
	}
	settimer0(victim);
	unlock(&victim->timerslock);
	if (victim == getg()->m->p && t != NULL) {
		uintptr_t s = arch_irqsave();

		armtimer(t->when);
		arch_irqrestore(s);
	}
	return ran;
}

// movetimers gives all timers of one P to the caller's; the world is stopped.
void
movetimers(struct p *from, struct p *to)
{
	struct timer *t;

	while ((t = from->timers) != NULL) {
		removetimer(from, t);
		t->seq = to->timerseq++;
		t->p = to;
		insert(to, t);
	}
	settimer0(from);
	settimer0(to);
	if (to->timers != NULL) {
		uintptr_t s = arch_irqsave();

		armtimer(to->timers->when);
		arch_irqrestore(s);
	}
}

int64_t
time_now(void)
{
	return nanotime();
}

static void
wakesleeper(void *gp)
{
	goready(gp);
}

// sleepuntil sets the timer once the sleeper is off its stack.
static bool
sleepuntil(struct g *gp, void *unused)
{
	(void)unused;
	addtimer(&gp->timer, gp->timer.when);
	return true;
}

void
time_sleep(duration d)
{
	struct g *gp = getg();
	int64_t now;

	mustgoroutine("time_sleep");
	if (gp->locks != 0)
		fatal("time_sleep with preemption disabled");
	if (d <= 0)
		return;
	now = nanotime();
	gp->timer.when = d > INT64_MAX - now ? INT64_MAX : now + d;
	gp->timer.fn = wakesleeper;
	gp->timer.arg = gp;
	gopark(sleepuntil, NULL, "sleep");
	deltimer(&gp->timer);
}
