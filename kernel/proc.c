// proc.c: the scheduler's heart. A goroutine is picked (findrunnable), run
// (execute), parked (gopark), readied (goready) and taken off (asyncpreempt2).
//
// What always holds: schedule and execute never return; each goroutine that is
// Grunnable is on exactly one queue, or in the hands of one g0 on its way there; a
// goroutine's status changes by casgstatus only.
//
// Contexts: a name that ends in 0 or _m runs on g0. Go: proc.go.
#include "quick.h"

uint32_t chaosmin, chaosmax;

// ---- Small things -----------------------------------------------------------

// fastrand is a 32-bit xorshift (Marsaglia, 2003) per M; good enough to spread
// thieves, and the same seed gives the same schedule.
uint32_t
fastrand(void)
{
	struct m *mp = acquirem();
	uint32_t x = mp->rand;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	mp->rand = x;
	releasem();
	return x;
}

// fastrandn returns a number below n.
uint32_t
fastrandn(uint32_t n)
{
	return (uint32_t)((uint64_t)fastrand() * n >> 32);
}

// casgstatuslooked is casgstatus where somebody looks.
void
casgstatuslooked(struct g *gp, uint32_t old, uint32_t new)
{
	static const uint8_t next[NGSTATUS] = {
		[Gidle] = 1 << Gdead,
		[Gdead] = 1 << Grunnable,
		[Grunnable] = 1 << Grunning,
		[Grunning] = 1 << Grunnable | 1 << Gwaiting | 1 << Gdead |
			     1 << Gpreempted,
		[Gwaiting] = 1 << Grunnable,
		[Gpreempted] = 1 << Grunnable,
	};

	if (load_rlx(&gp->status) == old && (next[old] & 1u << new)) {
		RACE_POINT(casgstatus);
		if (RACE)
			racestatus(gp->goid, old, new);
		store_rlx(&gp->status, new);
		return;
	}
	kprintf("casgstatus: goroutine %llu: %u -> %u, but it is %u\n",
		(unsigned long long)gp->goid, (unsigned)old, (unsigned)new,
		(unsigned)gp->status);
	throw("casgstatus: bad transition");
}

// mustgoroutine: see hooks.h.
void
mustgoroutine(const char *call)
{
	struct g *gp = getg();

	if (gp != NULL && gp->goid != 0)
		return;
	kprintf("%s: called on g0 or in a handler, where nothing may block\n",
		call);
	throw("blocking call outside a goroutine");
}

static struct go_sema console = { .count = 1 };

// runtime_print: see go.h; waits as consolewrite does.
void
runtime_print(const char *fmt, ...)
{
	struct g *gp = getg();
	bool wait = gp != NULL && gp->goid != 0 && gp->locks == 0;
	va_list ap;

	touch(fmt);
	if (wait)
		semacquire(&console, false, "console");
	va_start(ap, fmt);
	kvprintf(fmt, ap);
	va_end(ap);
	if (wait)
		semrelease(&console, false);
}

// consolewrite writes a whole piece before another goroutine's begins. Whoever
// cannot wait (g0, preemption off) writes at once.
void
consolewrite(const char *s, size_t n)
{
	struct g *gp = getg();
	bool wait = gp != NULL && gp->goid != 0 && gp->locks == 0;

	if (wait)
		semacquire(&console, false, "console");
	while (n-- > 0)
		arch_putc((unsigned char)*s++);
	if (wait)
		semrelease(&console, false);
}

void **
reentslot(void)
{
	struct g *gp = getg();

	if (gp == NULL || gp->goid == 0)
		return NULL;
	gp->odd = true;
	return &gp->reent;
}

// systemstack runs fn(arg) on g0. A preemption that came due meanwhile happens
// on the way back.
void
systemstack(void (*fn)(void *), void *arg)
{
	acquirem();
	arch_systemstack(fn, arg);
	releasem();
}

void
badmcall(void)
{
	throw("runtime: mcall called on m->g0 stack");
}

void
badmcall2(void)
{
	throw("runtime: mcall function returned");
}

// ---- Global queue -------------------------------------------------------------

// globalwaits tells all Ps whether the global queue has something: then their
// goroutines do not choose who comes next. sched.lock is held.
static void
globalwaits(bool waits)
{
	for (uint32_t i = 0; i < MAXHARTS && i < ncpu; i++)
		store_rlx(&allp[i].slow.global, waits);
}

// globrunqputbatch appends a list of n goroutines to the global queue.
void
globrunqputbatch(struct g *head, struct g *tail, uint32_t n)
{
	lock(&sched.lock);
	tail->schedlink = NULL;
	if (sched.runqtail != NULL)
		sched.runqtail->schedlink = head;
	else
		sched.runqhead = head;
	sched.runqtail = tail;
	if (sched.runqsize == 0)
		globalwaits(true);
	store(&sched.runqsize, sched.runqsize + n);
	unlock(&sched.lock);
	RACE_POINT(globput_unlocked);
	kickticks();
}

// globrunqget takes a fair share of the global queue, at most max (0: no limit,
// for an empty ring): the first is returned, the rest goes to pp's ring, which has
// room for it. sched.lock is held.
struct g *
globrunqget(struct p *pp, uint32_t max)
{
	uint32_t n = sched.runqsize / (MAXHARTS > 1 ? gomaxprocs : 1) + 1;
	struct g *first, *gp;

	if (sched.runqsize == 0)
		return NULL;
	if (n > sched.runqsize)
		n = sched.runqsize;
	if (max > 0 && n > max)
		n = max;
	if (n > RUNQ_BATCH)
		n = RUNQ_BATCH;
	first = gp = sched.runqhead;
	store(&sched.runqsize, sched.runqsize - n);
	RACE_POINT(globget_taken);
	sched.runqhead = gp->schedlink;
	while (--n > 0) {
		gp = sched.runqhead;
		sched.runqhead = gp->schedlink;
		runqput(pp, gp, false);
	}
	if (sched.runqhead == NULL) {
		sched.runqtail = NULL;
		globalwaits(false);
	}
	return first;
}

// ---- Picking ------------------------------------------------------------------

// stealwork looks at every other P in a random order, four times; in the last
// round also at runnext and at timers that are due.
static struct g *
stealwork(struct m *mp)
{
	struct p *pp = mp->p;
	struct stealorder o;
	bool inherit;
	struct g *gp;

	for (int round = 0; round < 4; round++) {
		stealstart(&o, gomaxprocs, fastrand());
		for (; o.left > 0; stealnext(&o)) {
			struct p *victim = &allp[o.pos];

			if (load(&sched.gcwaiting))
				return NULL;
			if (victim == pp)
				continue;
			if (round == 3 && timerdue(victim) &&
			    runtimers(victim) &&
			    (gp = runqget(pp, &inherit)) != NULL)
				return gp;
			if (load_rlx(&sched.idle) & 1u << victim->id &&
			    runqempty(victim))
				continue;
			gp = runqsteal(pp, victim, round == 3);
			if (gp != NULL)
				return gp;
		}
	}
	return NULL;
}

// drainready moves what this hart's handlers made ready to the P's queue. The first
// one is next, before all who wait there: the handler may have preempted for it.
void
drainready(struct p *pp)
{
	struct g *gp, *next;
	bool first = true;

	if (load_rlx(&getg()->m->isrops) != NULL)
		isrdrain(getg()->m);
	gp = netpoll();
	if (gp == NULL)
		return;
	RACE_POINT(drain_taken);
	for (; gp != NULL; gp = next) {
		next = gp->schedlink;
		if (MAXHARTS > 1 && gp->lockedm != NULL)
			lockedput(gp);
		else
			runqput(pp, gp, first);
		first = false;
	}
	wakep();
}

// globalturn tells how many goroutines this pick may take from the global queue
// before it looks at the ring, which must have room for them; 0 if it is the
// ring's turn. Every
// SCHED_TICK-th pick takes one, as in Go. Every second slice that ends takes a
// share: a preempted goroutine goes there, and where each slice adds one (a chain
// of goroutines that start each other, preempted just before their end) one in 61
// slices would never bring them back.
static uint32_t
globalturn(struct p *pp)
{
	// More than one: the last of them was put there just now.
	if (pp->sliceover != 0 && load_rlx(&sched.runqsize) > 1 &&
	    ++pp->slices % 2 == 0)
		return 1 + runqroom(pp);
	return (uint32_t)pp->schedtick % SCHED_TICK == 0;
}

// findrunnable returns a goroutine to run; it sleeps until there is one. The
// numbers are SPEC section 5's.
static struct g *
findrunnable(struct m *mp, bool *inherit)
{
	struct g *gp;
	struct p *pp;
	uint32_t max;
	bool shared;

top:
	pp = mp->p;
	*inherit = shared = false;
	mp->resched = false; // what is set from here on, we may overlook
	barrier();
	// 1. Stop-the-world.
	if (MAXHARTS > 1 && load(&sched.gcwaiting)) {
		gcstopm();
		goto top;
	}
	// Locked goroutines: an M that needs a P, one that has its own.
	if (MAXHARTS > 1 && load_rlx(&sched.nlocked) != 0) {
		if (load_rlx(&sched.lockedwait) != 0 && lockedserve(mp))
			goto top;
		if (mp->lockedg != NULL) {
			gp = findlocked(mp);
			if (gp != NULL)
				return gp;
			goto top;
		}
	}
	// 2. Timers that are due, and what interrupts made ready (step 7 of
	// the SPEC; earlier here, because a handler preempts for it).
	if (pp->timer0when != 0 && timerdue(pp))
		runtimers(pp);
	if (pending(mp))
		drainready(pp);
	// A locked goroutine that shares its M. Behind step 2: nobody else may do
	// what is due there, and while it runs nobody asks again.
	if (MAXHARTS > 1 && load_rlx(&mp->lockedhead) != NULL) {
		if ((mp->lockedturn = !mp->lockedturn) &&
		    (gp = lockedget(mp)) != NULL)
			return gp;
		shared = true;
	}
	// 3. Tracer and GC workers: their place; neither exists yet.
	// 4. The global queue now and then, so that a pair that keeps
	// readying each other cannot starve it.
	if (load_rlx(&sched.runqsize) != 0 && (max = globalturn(pp)) != 0) {
		lock(&sched.lock);
		gp = globrunqget(pp, max);
		unlock(&sched.lock);
		if (gp != NULL)
			return gp;
	}
	// 5. Local queue. When the slice is over there is nothing left for
	// runnext to inherit: it queues up like everybody else. Otherwise a chain
	// of goroutines that each start the next would keep the ring waiting,
	// and schedtick from moving, for ever. If the one that had the slice is
	// not on the global queue by now, its heir goes there in its place, or
	// those who wait there would wait for SCHED_TICK slices. Nor is there a
	// slice to inherit behind a locked goroutine's turn: each such turn moves
	// schedtick, so no slice would ever be over.
	if ((pp->sliceover != 0 || shared) &&
	    runqkick(pp, pp->sliceover == SLICEOVER &&
				 load_rlx(&sched.runqsize) != 0))
		wakep();
	gp = runqget(pp, inherit);
	if (gp != NULL)
		return gp;
	// 6. Global queue.
	if (load_rlx(&sched.runqsize) != 0) {
		lock(&sched.lock);
		gp = globrunqget(pp, 0);
		unlock(&sched.lock);
		if (gp != NULL)
			return gp;
	}
	// 8. Steal, while fewer than half of the busy Ps do.
	if (MAXHARTS > 1 && gomaxprocs > 1 &&
	    (mp->spinning ||
	     2 * load(&sched.nmspinning) < gomaxprocs - load(&sched.npidle))) {
		if (!mp->spinning)
			becomespinning(mp);
		gp = stealwork(mp);
		if (gp != NULL)
			return gp;
	}
	// 9. Idle marking of the GC: its place.
	// 10-12. Give the P up and sleep.
	giveup(mp, &gp);
	if (gp == NULL)
		goto top;
	return gp;
}

// waitsaved waits until the context of gp, which was on this hart's queue, is saved:
// gswitch of another hart may be just about it. That hart waits for nobody.
static inline void
waitsaved(const struct g *gp)
{
	if (MAXHARTS > 1)
		while (load_acq(&gp->m) != NULL) // gswitch's last write
			procyield();
}

// execute runs gp on this M. Never returns.
static _Noreturn void
execute(struct m *mp, struct g *gp, bool inherit)
{
	struct p *pp = mp->p;

	waitsaved(gp);
	casgstatus(gp, Grunnable, Grunning);
	RACE_POINT(execute_running);
	gp->m = mp;
	mp->curg = gp;
	pp->sliceover = 0;
	if (inherit)
		pp->inherits++;
	else
		pp->schedtick++;
	if (pp->slow.notick && otherswait(pp))
		starttick(pp);
	if (pp->fncost != 0)
		timersrest(pp);
	if (MAXHARTS > 1) {
		arch_irqsave(); // until gp runs
		if (mp->resched) {
			mp->armed = 0;
			arch_timerset(0);
		}
	}
	gogo(gp);
}

// schedule picks a goroutine and runs it. On g0, with no lock held. Never
// returns.
_Noreturn void
schedule(void)
{
	struct m *mp = getg()->m;
	bool inherit;
	struct g *gp;

	if (mp->g0->locks != G0LOCKS)
		throw("schedule: holding locks");
	gp = findrunnable(mp, &inherit);
	RACE_POINT(schedule_found);
	if (MAXHARTS > 1 && mp->spinning)
		resetspinning(mp);
	execute(mp, gp, inherit);
}

// dropg cuts the M and its goroutine apart. Where stacks have no guards each
// switch looks whether the goroutine kept to its own.
void
dropg(struct m *mp, struct g *gp)
{
	if (STACK_GUARD_BYTES == 0)
		stackcheck(gp);
	mp->curg = NULL;
	barrier(); // from here on handlers of this hart leave gp alone
	gp->preempt = 0;
	if (MAXHARTS > 1)
		store_rel(&gp->m, NULL);
}

// ---- The quick way: quick.h ---------------------------------------------------

// switchlate is the rest of a switch to an ng that another hart is still leaving.
void
switchlate(struct g *gp, struct g *ng, struct m *mp)
{
	waitsaved(ng);
	chosen(mp, ng);
	gswitch(gp, ng, mp);
}

// park_m finishes gopark on g0: from here on gp is off its stack, so its waker
// may run it at once.
static void
park_m(struct g *gp)
{
	struct m *mp = getg()->m;
	bool (*unlockf)(struct g *, void *) = gp->waitunlockf;

	gp->waitsince = nanotime();
	casgstatus(gp, Grunning, Gwaiting);
	dropg(mp, gp);
	RACE_POINT(park_waiting);
	if (unlockf != NULL && !unlockf(gp, gp->waitarg)) {
		casgstatus(gp, Gwaiting, Grunnable);
		execute(mp, gp, true);
	}
	RACE_POINT(park_unlocked);
	schedule();
}

// gopark puts the running goroutine to sleep until goready. unlockf(gp, arg)
// runs on g0 once it is off its stack; if it returns false the goroutine goes
// on at once. reason is shown in tracebacks.
void
gopark(bool (*unlockf)(struct g *, void *), void *arg, const char *reason)
{
	struct g *gp = getg();

	gp->waitunlockf = unlockf;
	gp->waitarg = arg;
	gp->waitreason = reason;
	mcall(park_m);
	gp->waitsince = 0;
}

static bool
parkunlock(struct g *gp, void *arg)
{
	if (gp->locks != 1)
		throw("goparkunlock: waiting with preemption disabled");
	unlock0(arg, gp);
	return true;
}

// parklate is goparkunlock where schedule has to choose.
void
parklate(struct lock *l, const char *reason)
{
	if (getg()->locks != 1) {
		unlock(l);
		fatal("%s: waiting with preemption disabled", reason);
	}
	if (quickglobal(pof(mof(getg()))))
		parkring(getg(), mof(getg()), l, reason);
	else
		gopark(parkunlock, l, reason);
}

// parkring is goparkunlock where the next is in the ring, if anywhere.
void
parkring(struct g *gp, struct m *mp, struct lock *l, const char *reason)
{
	bool inherit;
	struct g *ng = runqget(mp->p, &inherit);

	if (ng == NULL) {
		gopark(parkunlock, l, reason);
		return;
	}
	mp->p->inherits += inherit;
	mp->p->schedtick += !inherit;
	parkto(gp, ng, mp, l, reason);
}

// goparkunlock parks and releases l, the only lock that is held, in one step. From
// the release on somebody may make gp ready, and another hart wait for gswitch.
void
goparkunlock(struct lock *l, const char *reason)
{
	struct g *gp = getg();

	if (gp->locks == 1)
		parkquick(gp, l, reason);
	else
		parklate(l, reason);
}

// readyslow makes gp, which is Grunnable, next on this P, or puts it where else it
// belongs.
static void
readyslow(struct g *gp)
{
	struct m *mp = getg()->m;

	if (MAXHARTS > 1 && gp->lockedm != NULL) {
		lockedput(gp);
	} else if (MAXHARTS > 1 && mp->p == NULL) {
		// a hart that only does what its handlers left
		globrunqputbatch(gp, gp, 1);
		wakep();
		return;
	} else {
		runqput(mp->p, gp, true);
	}
	// Also for a locked one, which may need this very P. On g0, execute
	// does it if it is needed.
	if (mp->p->slow.notick && getg() != mp->g0)
		starttick(mp->p);
	RACE_POINT(ready_put);
	wakep();
}

// goreadym makes a parked goroutine runnable: it is next on this P. Ends a stretch
// without preemption.
void
goreadym(struct g *gp)
{
	casgstatus(gp, Gwaiting, Grunnable);
	RACE_POINT(ready_status);
	readyslow(gp);
	releasem();
}

// setgomaxprocs says how many Ps there are. Nobody else runs.
void
setgomaxprocs(uint32_t n)
{
	gomaxprocs = n;
	for (uint32_t i = 0; i < MAXHARTS && i < ncpu; i++)
		allp[i].slow.others = n > 1;
}

// The rare ends of goreadyq.
RARE static bool
readykickm(struct p *pp, struct g *kicked)
{
	runqputtail(pp, kicked);
	wakep();
	releasem();
	return true;
}

__attribute__((noinline)) static bool
readyslowm(struct p *pp, struct g *gp)
{
	if (MAXHARTS == 1 || load_rlx(&pp->slow.own) != 0) {
		readyslow(gp);
		releasem();
		return true;
	}
	gp = runqputnext(pp, gp);
	return gp != NULL ? readykickm(pp, gp) : wakepm();
}

// wakepm is wakep, and ends a stretch without preemption.
bool
wakepm(void)
{
	wakep();
	releasem();
	return true;
}

// goreadyq is goreadym for a running goroutine that holds one lock in the count and
// no more: the quick ways of channels. Returns true, for those who end
// with it.
bool
goreadyq(struct g *gp)
{
	struct g *self = getg();
	struct p *pp = pof(mof(self));

	casgstatus(gp, Gwaiting, Grunnable);
	if (__builtin_expect(nonzero_rlx(&pp->slow.put), 0))
		return readyslowm(pp, gp);
	gp = runqputnext(pp, gp);
	if (__builtin_expect(gp != NULL, 0))
		return readykickm(pp, gp);
	return releaseq(self);
}

// goready is that for who may be preempted.
void
goready(struct g *gp)
{
	struct g *self = getg();

	if (INLINE && !gbusy(self)) {
		self->locks = 1;
		barrier();
		goreadyq(gp);
		return;
	}
	acquirem();
	goreadym(gp);
}

// alone tells whether nobody else is on pp's own queue. pp's hart only.
static bool
alone(const struct p *pp)
{
	return ringempty(pp) && load_rlx(&pp->runnext) == NULL;
}

static void
gosched_m(struct g *gp)
{
	struct m *mp = getg()->m;

	casgstatus(gp, Grunning, Grunnable);
	dropg(mp, gp);
	RACE_POINT(gosched_runnable);
	if (MAXHARTS > 1 && gp->lockedm != NULL) {
		lockedput(gp);
	} else if (load_rlx(&sched.runqsize) != 0 && alone(mp->p)) {
		// Behind those who wait there, or yielding in a loop would
		// leave them one pick in SCHED_TICK.
		globrunqputbatch(gp, gp, 1);
		wakep();
	} else {
		// No wakep: the queue has not become longer than it was while
		// gp ran on, and a hart that looks never sees it empty (put
		// before get).
		runqput(mp->p, gp, false);
	}
	schedule();
}

// gone_m: gp is on a queue already, which a thief has emptied since.
static void
gone_m(struct g *gp)
{
	gp->locks = 0;
	dropg(getg()->m, gp);
	schedule();
}

// yieldlate: gp is on the queue, and what it got there was ng, because thieves were
// faster.
RARE static void
yieldlate(struct g *gp, struct m *mp, struct g *ng)
{
	if (ng == NULL) {
		mcall(gone_m);
	} else if (ng == gp) {
		casgstatus(gp, Grunnable, Grunning);
		releasem();
	} else {
		pof(mp)->schedtick++;
		switchto(gp, ng, mp);
	}
}

RARE static void
yieldbeaten(struct g *gp, struct m *mp)
{
	yieldlate(gp, mp, takehead(pof(mp)));
}

// yieldnext is yield where runnext is set, which comes first.
__attribute__((noinline)) static void
yieldnext(struct g *gp, struct m *mp)
{
	struct p *pp = pof(mp);
	bool inherit;
	struct g *ng;

	leaving(gp, Grunnable);
	RACE_POINT(gosched_runnable);
	runqputtail(pp, gp);
	ng = runqget(pp, &inherit);
	if (ng == NULL || ng == gp) {
		yieldlate(gp, mp, ng);
		return;
	}
	pp->inherits += inherit;
	pp->schedtick += !inherit;
	switchto(gp, ng, mp);
}

// yieldslow is yield where p.slow says something, or nobody else is here.
__attribute__((noinline)) static void
yieldslow(struct g *gp, struct m *mp)
{
	if (quick(pof(mp))) {
		releaseq(gp); // alone
	} else if (quickglobal(pof(mp))) {
		yieldnext(gp, mp);
	} else {
		gp->locks = 0;
		mcall(gosched_m);
	}
}

// yield puts gp, with preemption on, behind the others of its P. No wakep, as in
// gosched_m; put before get, as there.
static inline __attribute__((always_inline)) void
yield(struct g *gp)
{
	runqend head, tail;
	struct g *ng;
	struct m *mp;
	struct p *pp;

	gp->locks = 1;
	barrier();
	mp = mof(gp);
	pp = pof(mp);
	head = load_rlx(&pp->runqhead);
	tail = pp->runqtail;
	if (!quick(pp)) {
		yieldslow(gp, mp);
		return;
	}
	if (nonzero_rlx(&pp->runnext)) {
		yieldnext(gp, mp);
		return;
	}
	if (MAXHARTS > 1 ? head == tail : !head) {
		yieldslow(gp, mp);
		return;
	}
	leaving(gp, Grunnable);
	RACE_POINT(gosched_runnable);
	if (!runqturn(pp, gp, head, tail, &ng)) {
		yieldbeaten(gp, mp);
		return;
	}
	pp->schedtick++;
	switchto(gp, ng, mp);
}

// goyield puts the running goroutine behind the others of its P.
void
goyield(void)
{
	yield(getg());
}

RARE static void
goschedbusy(void)
{
	mustgoroutine("runtime_gosched");
	if (getg()->locks != 0)
		fatal("runtime_gosched with preemption disabled");
	mcall(gosched_m);
}

void
runtime_gosched(void)
{
	struct g *gp = getg();

	if (__builtin_expect(gbusy(gp), 0))
		goschedbusy();
	else
		yield(gp);
}

// requeue puts a goroutine that was taken off back: at the end of the global
// queue if it has had its slice, else behind the others of its P (it gave way to
// an interrupt's work and comes back soon).
static _Noreturn void
requeue(struct m *mp, struct g *gp)
{
	bool global = mp->p->sliceover != 0;

	mp->preemptions++;
	gp->preempt = 0;
	dropg(mp, gp);
	casgstatus(gp, Gpreempted, Grunnable);
	RACE_POINT(requeue_runnable);
	if (MAXHARTS > 1 && gp->lockedm != NULL) {
		lockedput(gp);
	} else if (global) {
		globrunqputbatch(gp, gp, 1);
		mp->p->sliceover |= REQUEUED;
		// If the next look is at the global queue first, it would
		// only find gp again, in front of everybody who waits here.
		if ((uint32_t)mp->p->schedtick % SCHED_TICK == 0 &&
		    load_rlx(&sched.runqsize) == 1)
			mp->p->schedtick++;
	} else {
		if (pending(mp)) // for whom it gave way: before it
			drainready(mp->p);
		runqput(mp->p, gp, false);
	}
	RACE_POINT(requeue_put);
	wakep();
	schedule();
}

// asyncpreempt2 takes gp off its hart: an interrupt said so, and its whole
// context is saved. Never returns.
_Noreturn void
asyncpreempt2(struct g *gp)
{
	stackcheck(gp);
	casgstatus(gp, Grunning, Gpreempted);
	requeue(getg()->m, gp);
}

static void
gopreempt_m(struct g *gp)
{
	casgstatus(gp, Grunning, Gpreempted);
	requeue(getg()->m, gp);
}

// gopreempt is the preemption that had to wait for the end of a stretch without
// preemption.
void
gopreempt(void)
{
	if (getg()->goid != 0)
		mcall(gopreempt_m);
}

bool
gopreemptq(void)
{
	gopreempt();
	return true;
}
