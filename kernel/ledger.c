// ledger.c: the conservation laws of the scheduler, checked over everything there
// is. Nothing that was put in may be gone, and nothing may be there twice:
//
//  L1 every goroutine is in exactly one place: on an M, in a runnext, a ring slot,
//     the global queue, the list of an M that it is locked to, the ready list of
//     the handlers, one wait queue (or the timer heap, if it sleeps), a free list
//  L2 goroutines created = alive + ended
//  L3 every status is left as often as it was entered, but for those who are in it:
//     what was readied once ran once (RACE)
//  L4 of each channel: sent = received + buffered (RACE); its queues and ring hang
//     together
//  L5 timers armed = fired + stopped + set (RACE); heaps are complete, in order, and
//     say when they are due
//  L6 each block of a pool is free or owned, and not both; the buddies' books close
//  L7 nobody spins, no lock is held, interrupts are on, idle Ps and their Ms agree
//  L8 no stack was used to its end
//  L9 counters say what the lists have
//
// The world is stopped meanwhile. Some laws hold at such a moment always. Others
// only if everybody else waits: a goroutine that was taken off between two steps may
// have another one, a block or a channel in its hands. ledger_check returns whether
// it could check them too. Who breaks a law ends the machine: "ledger: L6: ..."
// names the law, the thing, what was found and what should have been.
//
// A handler on a hart without a P may still put goroutines on queues, so a violation
// counts only if the other harts slept meanwhile, or if it is there again each time.
//
// Nothing in the kernel calls this: an image whose program does not either has none
// of it (--gc-sections). Programs that want it declare it themselves.
//
// Turned down: a check at each scheduling (slow, and every law would need a form
// for every moment); laws as counters alone (a counter agrees with itself).
//
// Contexts: a goroutine, with preemption on. Go: none.
#include <string.h>

#include "chan.h"

enum {
	NMARKS = NG + NCHAN + STACK0_COUNT + STACK1_COUNT + STACK2_COUNT +
		 STACK3_COUNT + NPANIC + NREENT + NLOCK
};
enum { TRIES = 50 };
// A goroutine that has less than this left was lucky.
#define MARGIN (8 * sizeof(uintptr_t))

static uint8_t places[NG], intimer[NG];
static uint8_t marks[NMARKS];

// What is wrong, the first of it.
static struct {
	const char *law, *what;
	uint64_t which;
	long long got, want;
} wrong;

static bool quiet;  // everybody else waits
static bool moving; // a hart without a P was awake

static void
law(const char *name, const char *what, uint64_t which, long long got,
    long long want)
{
	if (got == want || wrong.law != NULL)
		return;
	wrong.law = name;
	wrong.what = what;
	wrong.which = which;
	wrong.got = got;
	wrong.want = want;
}

static uint64_t
addr(const void *p)
{
	return (uintptr_t)p;
}

// ---- L1: places ---------------------------------------------------------------

// indexof returns which of allg gp is; NG, and a law is broken, if it is none.
static uint32_t
indexof(const struct g *gp)
{
	uintptr_t off = (uintptr_t)gp - (uintptr_t)allg;

	if (off < (uintptr_t)gpool.fresh * sizeof(struct g) &&
	    off % sizeof(struct g) == 0)
		return (uint32_t)(off / sizeof(struct g));
	law("L1", "a list has what is no goroutine, at address", addr(gp), 1,
	    0);
	return NG;
}

// place notes that gp was found somewhere, where only those in that status may be.
static bool
place(const struct g *gp, uint32_t status)
{
	uint32_t i = indexof(gp);

	if (i == NG)
		return false;
	if (places[i] < UINT8_MAX)
		places[i]++;
	law("L1", "status of goroutine, on its queue,", gp->goid, gp->status,
	    status);
	return true;
}

// list walks a list linked by schedlink and returns its length. A list that is
// longer than there are goroutines bites its tail.
static uint32_t
list(const struct g *gp, uint32_t status, const struct g **last)
{
	uint32_t n = 0;

	*last = NULL;
	for (; gp != NULL; gp = gp->schedlink) {
		if (n++ == NG) {
			law("L1", "a list without end, at goroutine", gp->goid,
			    n, 0);
			break;
		}
		if (!place(gp, status))
			break;
		*last = gp;
	}
	return n;
}

static void
queues(void)
{
	const struct g *last;

	for (uint32_t i = 0; i < MAXHARTS; i++) {
		struct p *pp = &allp[i];
		struct m *mp = &allm[i];
		uint32_t dead;

#if MAXHARTS > 1
		law("L1", "ring too long, of P", i,
		    pp->runqtail - pp->runqhead > RUNQ_SIZE, 0);
		for (uint32_t k = pp->runqhead;
		     k != pp->runqtail && k - pp->runqhead < RUNQ_SIZE; k++)
			place(pp->runq[k % RUNQ_SIZE], Grunnable);
#else
		list(pp->runqhead, Grunnable, &last);
		if (pp->runqhead != NULL)
			law("L1", "end of the queue of P", i,
			    last == pp->runqtail, 1);
#endif
		if (pp->runnext != NULL)
			place(pp->runnext, Grunnable);
		dead = list(pp->gfree, Gdead, &last);
		if (MAXHARTS > 1)
			law("L9", "gfreen of P", i, pp->gfreen, dead);
		list(load_acq(&mp->ready), Gwaiting, &last);
		list(mp->lockedhead, Grunnable, &last);
		if (mp->lockedhead != NULL)
			law("L1", "end of the list of locked goroutines, of M",
			    i, last == mp->lockedtail, 1);
		if (mp->curg != NULL)
			place(mp->curg, Grunning);
	}
	law("L9", "runqsize", 0, sched.runqsize,
	    list(sched.runqhead, Grunnable, &last));
	law("L1", "end of the global queue", addr(sched.runqtail),
	    last == sched.runqtail, 1);
	law("L9", "ngfree", 0, sched.ngfree,
	    list(sched.gfreestack, Gdead, &last) +
		    list(sched.gfreenostack, Gdead, &last));
}

// inqueue counts gp's sudogs among those linked from sg on.
static uint32_t
inqueue(const struct sudog *sg, const struct g *gp)
{
	uint32_t n = 0;

	for (uint32_t k = 0; sg != NULL && k < 2 * NG; sg = sg->next, k++)
		n += sg->g == gp;
	return n;
}

// semaplaces is for those who wait at a semaphore, or in the queue of one.
static uint32_t
semaplaces(const struct go_sema *s, const struct g *gp)
{
	bool counts = strcmp(gp->waitreason, "sync.Cond.Wait") != 0 &&
		      strcmp(gp->waitreason, "sync.WaitGroup.Wait") != 0;

	law("L4", "somebody waits beside units: the semaphore at", addr(s),
	    counts && s->head != NULL && (int32_t)s->count >= 0, 0);
	return inqueue(s->head, gp);
}

// waitplaces returns in how many wait queues gp, which is Gwaiting, can be found.
static uint32_t
waitplaces(const struct g *gp)
{
	const char *why = gp->waitreason;
	const void *arg = gp->waitarg;

	if (strcmp(why, "sleep") == 0)
		return intimer[gp - allg];
	if (arg == NULL || strcmp(why, "console input") == 0)
		return 1; // for ever; the console has one waiter
	if (strcmp(why, "select") == 0)
		return selectplaces(gp);
	if (strcmp(why, "chan send") == 0)
		return inqueue(((const struct hchan *)arg)->sendq.first, gp);
	if (strcmp(why, "chan receive") == 0)
		return inqueue(((const struct hchan *)arg)->recvq.first, gp);
	if (strcmp(why, "note") == 0 || strcmp(why, "irq wait") == 0)
		return load((const uintptr_t *)arg) == (uintptr_t)gp;
	return semaplaces(arg, gp);
}

// each looks at every goroutine that was ever made.
static void
each(const struct g *self)
{
	uint32_t alive = 0, system = 0, lockedn = 0;
	uint32_t in[NGSTATUS] = { 0 };
	uint64_t born = 0;

	for (uint32_t i = 0; i < gpool.fresh; i++) {
		const struct g *gp = &allg[i];

		law("L1", "status of goroutine", gp->goid,
		    gp->status == Gidle || gp->status == Gpreempted ||
			    gp->status >= NGSTATUS,
		    0);
		in[gp->status % NGSTATUS]++;
		if (gp->status == Gwaiting && places[i] == 0)
			places[i] = (uint8_t)waitplaces(gp);
		if (gp->status != Gwaiting || quiet || places[i] > 1)
			law("L1", "places of goroutine", gp->goid, places[i],
			    1);
		if (gp->status == Gwaiting || gp->status == Grunnable)
			law("L7", "locks held by goroutine", gp->goid,
			    gp->locks, 0);
		if (gp->status == Grunning)
			law("L1", "running beside the checker: goroutine",
			    gp->goid, gp != self, 0);
		if (gp->status == Gdead)
			continue;
		alive++;
		system += gp->system;
		lockedn += gp->lockedm != NULL;
	}
	for (uint32_t i = 0; i < MAXHARTS; i++)
		born += spawned(&allp[i]) - allp[i].lives;
	law("L2", "created - ended", 0, (long long)born, alive);
	law("L9", "ngsys", 0, sched.ngsys, system);
	law("L9", "nlocked", 0, sched.nlocked, lockedn);
	for (uint32_t s = 0; RACE && s < NGSTATUS; s++)
		law("L3", "times entered - left, of status", s,
		    s == Gidle ? 0 : (int32_t)raceflow(s),
		    s == Gidle ? 0 : (int32_t)in[s]);
}

// ---- L5: timers ----------------------------------------------------------------

// nth returns the n-th timer of pp's heap, n >= 1; NULL if the way ends before.
static const struct timer *
nth(const struct p *pp, uint32_t n)
{
	const struct timer *t = pp->timers;

	for (int bit = 30 - __builtin_clz(n); bit >= 0 && t != NULL; bit--)
		t = n >> bit & 1 ? t->right : t->left;
	return t;
}

static void
heap(const struct p *pp)
{
	for (uint32_t n = 1; n <= pp->ntimers; n++) {
		const struct timer *t = nth(pp, n);
		const struct timer *up = n > 1 ? nth(pp, n / 2) : NULL;
		uintptr_t off;

		law("L5", "hole in the heap of P", pp->id, t == NULL, 0);
		if (t == NULL)
			return;
		law("L5", "owner of the timer at", addr(t), t->p == pp, 1);
		law("L5", "parent of the timer at", addr(t), t->parent == up,
		    1);
		if (2 * n > pp->ntimers)
			law("L5", "a child too many, of the timer at", addr(t),
			    t->left != NULL || t->right != NULL, 0);
		if (up != NULL)
			law("L5", "due before its parent: the timer at",
			    addr(t),
			    t->when < up->when ||
				    (t->when == up->when &&
				     (int32_t)(t->seq - up->seq) < 0),
			    0);
		off = (uintptr_t)t->arg - (uintptr_t)allg; // who is to wake
		if (t->kind == TIMER_KERNEL &&
		    off < sizeof(struct g) * gpool.fresh)
			intimer[off / sizeof(struct g)]++;
	}
	law("L5", "timer0when of P", pp->id, pp->timer0when,
	    pp->timers != NULL ? pp->timers->when : 0);
}

static void
timers(void)
{
	uint32_t set = 0;

	for (uint32_t i = 0; i < MAXHARTS; i++) {
		heap(&allp[i]);
		set += allp[i].ntimers;
		law("L5", "a timer's fn runs on M", i, allm[i].firing != NULL,
		    0);
	}
	if (RACE)
		law("L5", "timers armed - fired - stopped", 0,
		    (int32_t)(racesum(RACE_ARMED) - racesum(RACE_FIRED) -
			      racesum(RACE_STOPPED)),
		    (int32_t)set);
}

// ---- L6: pools -----------------------------------------------------------------

// mark notes in m that block b of p is free, or owned; a law if it is there already.
static bool
mark(uint8_t *m, const struct pool *p, const void *b, const char *what)
{
	uintptr_t off = (uintptr_t)b - (uintptr_t)p->base;

	law("L6", what, addr(b),
	    off < (uintptr_t)p->fresh * p->size && off % p->size == 0, 1);
	if (off >= (uintptr_t)p->fresh * p->size)
		return false;
	law("L6", what, addr(b), m[off / p->size]++, 0);
	return true;
}

// freelist marks the free blocks of p in m.
static void
freelist(uint8_t *m, const struct pool *p)
{
	uint32_t n = 0;

	memset(m, 0, p->fresh);
	law("L7", "lock of a pool, at", addr(&p->l), p->l.key, 0);
	for (const void *b = p->free; b != NULL; b = *(void *const *)b)
		if (n++ == p->n || !mark(m, p, b, "free block at"))
			break;
	law("L6", "used + free blocks of the pool at", addr(p), p->used + n,
	    p->fresh);
	law("L6", "blocks of the pool at", addr(p), p->fresh <= p->n, 1);
}

// stacks: each stack is free or one goroutine's, and nobody went to its end.
static void
stacks(void)
{
	uint8_t *m[NSTACKCLASS], *next = marks;
	uint32_t owned[NSTACKCLASS] = { 0 };

	for (int k = 0; k < NSTACKCLASS; k++) {
		m[k] = next;
		next += stackpool(k)->n;
		freelist(m[k], stackpool(k));
	}
	for (uint32_t i = 0; i < gpool.fresh; i++) {
		const struct g *gp = &allg[i];

		if (gp->stacklo == 0)
			continue;
		owned[gp->stackclass]++;
		mark(m[gp->stackclass], stackpool(gp->stackclass),
		     (const void *)gp->stacklo, "stack at");
		stackcheck(gp);
	}
	for (int k = 0; k < NSTACKCLASS; k++) {
		law("L6", "stacks used, of class", (uint64_t)k,
		    stackpool(k)->used, owned[k]);
		law("L8", "used to its end: a stack of class", (uint64_t)k,
		    stackclasshigh(k) + MARGIN > stackclassbytes(k), 0);
	}
}

// ---- L4: channels ----------------------------------------------------------------

static void
waitq(const struct hchan *c, const struct go_waitq *q)
{
	const struct sudog *prev = NULL;
	uint32_t n = 0;

	for (const struct sudog *sg = q->first; sg != NULL; sg = sg->next) {
		law("L4", "links of the queue of the channel at", addr(c),
		    sg->prev == prev && sg->c == c && n++ < 65536u + NG, 1);
		if (sg->prev != prev || sg->c != c)
			return;
		if (sg->g != NULL) // else a handler's send
			law("L4",
			    "status of who waits for a channel: goroutine",
			    sg->g->goid, sg->g->status, Gwaiting);
		prev = sg;
	}
	law("L4", "end of the queue of the channel at", addr(c),
	    q->last == prev, 1);
}

static void
channel(const struct hchan *c, size_t *bytes)
{
	uint32_t cap = (uint32_t)c->dataqsiz, n = (uint32_t)c->qcount;

	law("L7", "lock of the channel at", addr(c), c->lock, 0);
	law("L4", "elements in the channel at", addr(c), n > cap ? n : 0, 0);
	if (cap > 0)
		law("L4", "where the next goes, in the channel at", addr(c),
		    (uint32_t)c->sendx,
		    (uint32_t)(((uint64_t)c->recvx + n) % cap));
	waitq(c, &c->recvq);
	waitq(c, &c->sendq);
	law("L4", "receivers wait beside elements: the channel at", addr(c),
	    c->recvq.first != NULL && n > 0, 0);
	law("L4", "senders wait beside room: the channel at", addr(c),
	    c->sendq.first != NULL && n < cap, 0);
	law("L4", "somebody waits for the closed channel at", addr(c),
	    c->closed && (c->sendq.first != NULL || c->recvq.first != NULL), 0);
	if (RACE)
		law("L4", "sent - received of the channel at", addr(c),
		    racechanbalance(c), (int32_t)n);
	if (c->buf != NULL)
		*bytes += chanbufsize(c->buf);
}

// channels looks at those of the pool. Everybody else waits.
static void
channels(void)
{
	size_t bytes = 0;
	uint32_t owned = 0;

	freelist(marks, &chanpool);
	for (uint32_t i = 0; i < chanpool.fresh; i++)
		if (marks[i] == 0) {
			owned++;
			channel((const void *)(chanpool.base +
					       i * chanpool.size),
				&bytes);
		}
	law("L6", "channels used", 0, chanpool.used, owned);
	law("L6", "buffer bytes used", 0, chanbufused(), (long long)bytes);
}

// ---- L7 and L9: harts ------------------------------------------------------------

// has tells whether pp is mp's, or on its way there (acquirep lets go of nextp last).
static bool
has(const struct m *mp, const struct p *pp)
{
	return load(&mp->nextp) == pp || load(&mp->p) == pp;
}

// pairs: Ps and Ms. sched.lock is held.
static void
pairs(void)
{
	uint32_t nparked = 0;

	law("L9", "npidle", 0, sched.npidle, __builtin_popcount(sched.idle));
	for (uint32_t i = 0; i < ncpu; i++) {
		const struct p *pp = &allp[i];
		const struct m *mp = pp->m;
		bool idle = sched.idle >> i & 1;

		nparked += allm[i].parked;
		if (mp == NULL) {
			law("L7", "idle but nobody's: P", i, idle, 0);
			continue;
		}
		for (uint32_t k = 0; k < i; k++)
			law("L7", "two Ps have M", mp->id, allp[k].m == mp, 0);
		if (idle || pp->stopped)
			law("L7", "owner of an idle P: M", mp->id, has(mp, pp),
			    0);
		else if (i < gomaxprocs)
			law("L7", "nobody has P", i, has(mp, pp), 1);
	}
	law("L9", "nmparked", 0, sched.nmparked, nparked);
}

// harts: the world is stopped.
static void
harts(const struct m *self)
{
	uint32_t spinning = 0;

	for (uint32_t i = 0; i < ncpu; i++) {
		const struct m *mp = &allm[i];

		spinning += mp->spinning;
		law("L7", "lock of the timers of P", i, allp[i].timerslock.key,
		    0);
		if (i < gomaxprocs && &allp[i] != self->p && allp[i].m != NULL)
			law("L7", "does not stand: P", i, allp[i].stopped, 1);
		if (quiet) {
			law("L7", "a handler's operations wait: M", i,
			    mp->isrops != NULL || mp->isrbusy, 0);
			law("L7", "inside a handler: M", i, mp->inhandler, 0);
		}
	}
	law("L7", "Ms that spin", 0, spinning, 0);
	law("L7", "nmspinning", 0, load(&sched.nmspinning), 0);
	law("L7", "idle Ps in a stopped world", 0, sched.idle, 0);
	law("L7", "locks held by g0, besides sched.lock", 0,
	    self->g0->locks - G0LOCKS, 1);
}

// awake tells whether a hart without a P does something.
static bool
awake(const struct m *self)
{
	for (uint32_t i = 0; i < ncpu; i++)
		if (&allm[i] != self && allm[i].g0 != NULL &&
		    (pending(&allm[i]) || !load(&allm[i].sleeping)))
			return true;
	return false;
}

// isquiet tells whether everybody but the checker waits.
static bool
isquiet(const struct g *self)
{
	for (uint32_t i = 0; i < gpool.fresh; i++)
		if (&allg[i] != self && allg[i].status != Gwaiting &&
		    allg[i].status != Gdead)
			return false;
	for (uint32_t i = 0; i < ncpu; i++)
		if (pending(&allm[i]) || allm[i].isrbusy)
			return false;
	return true;
}

static void
audit(void *gp)
{
	const struct m *self = getg()->m;
	bool was = awake(self);

	lock(&sched.lock);
	memset(places, 0, gpool.fresh);
	memset(intimer, 0, gpool.fresh);
	wrong.law = NULL;
	quiet = isquiet(gp);
	timers();
	queues();
	each(gp);
	freelist(marks, &gpool);
	law("L6", "goroutines used", 0, gpool.used, gpool.fresh);
	stacks();
	for (const struct pool *p = load_acq(&allpools); p != NULL; p = p->link)
		if (p->size < STACK0_BYTES && p != &gpool && p != &chanpool)
			freelist(marks, p);
	if (quiet) {
		const char *bad = chanbufaudit();

		if (bad != NULL)
			law("L6", bad, 0, 1, 0);
		channels();
	}
	harts(self);
	unlock(&sched.lock);
	moving = was || awake(self);
}

static _Noreturn void
report(void)
{
	kprintf("ledger: %s: %s %llx: %lld, not %lld\n", wrong.law, wrong.what,
		(unsigned long long)wrong.which, wrong.got, wrong.want);
	throw("the ledger does not balance");
}

// masked tells whether interrupts are masked: then masking them changes nothing.
static bool
masked(void)
{
	uintptr_t s = arch_irqsave();
	bool same = arch_irqsave() == s;

	arch_irqrestore(s);
	return same;
}

// ledger_check ends the machine if a law is broken; false: somebody else was up, and
// the laws that need quiet were left out. Goroutine context.
bool
ledger_check(void)
{
	struct g *gp = getg();

	mustgoroutine("ledger_check");
	if (gp->locks != 0)
		fatal("ledger_check with preemption disabled");
	law("L7", "interrupts masked in goroutine", gp->goid, masked(), 0);
	if (wrong.law != NULL)
		report();
	acquirem();
	lock(&sched.lock);
	pairs();
	unlock(&sched.lock);
	releasem();
	if (wrong.law != NULL)
		report();
	for (int i = 0;; i++) {
		bool was;

		stoptheworld();
		systemstack(audit, gp);
		was = quiet;
		if (wrong.law != NULL && (!moving || i == TRIES))
			report();
		starttheworld();
		if (wrong.law == NULL)
			return was;
		goyield();
	}
}

// ledger_idle tells whether all harts but the caller's sleep, as they should soon
// when there is nothing to do, and nobody is said to be looking for work.
// Goroutine context.
bool
ledger_idle(void)
{
	struct m *mp = acquirem();
	bool idle = load(&sched.nmspinning) == 0;

	lock(&sched.lock);
	for (uint32_t i = 0; i < gomaxprocs; i++)
		if (&allp[i] != mp->p && allp[i].m != NULL &&
		    !(sched.idle >> i & 1) && !load_rlx(&allp[i].held))
			idle = false;
	unlock(&sched.lock);
	releasem();
	return idle;
}
