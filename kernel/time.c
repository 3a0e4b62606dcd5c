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
// There are two sorts. A timer of the kernel's own (a sleeper's, a timeout's) lives
// in the frame of the one who waits. Its fn runs on g0 with the heap locked, so that
// deltimer's answer is final: when it returns, fn has run or never will. fn may ready
// goroutines; it takes no channel lock and blocks on nothing.
//
// A timer of a program (timer_start; tickers and contexts are made of such) belongs
// to several at once: goroutines that set and stop it, its own fn, which runs on g0
// without a lock. So
//  - t->p is BUSY while a call has it in its hands, out of every heap. Who finds
//    it BUSY spins: it is a few instructions, with preemption off.
//  - m->firing says which timer's fn runs on a hart. It is set before t->p shows
//    that t has left its heap, so whoever finds t in no heap finds it there; and
//    once fn has begun, t itself is not touched any more: fn's last act may be to
//    let go of the memory. timer_stop looks at all harts while it has t BUSY, so
//    that fn cannot set t anew and turn up on a hart that was looked at already; in
//    a goroutine it waits until no hart has it there. In an fn it must not (two
//    could wait for each other).
//  - fn is not called while it still runs on another hart (it may have set t anew
//    at its beginning): such a t is put off for a moment.
//  - a ticker goes back into the heap before its fn runs, so that stopping it
//    from anywhere meets a timer that is set, and fn has nothing to set again.
// Whatever fns do, goroutines get on: a hart on which fns ran for a while does
// not let timers preempt its next goroutine for as long again (p.timerrest). Otherwise a timer that sets
// itself for "now", or a ticker with a period shorter than a tick takes, would be
// due again before the next goroutine's first instruction, for ever. When the hart
// comes by findrunnable anyway, it looks at its timers as always.
//
// Turned down: letting the runner clear a flag in t after fn (then a fired timer's
// memory could not be used before a timer_stop); one lock for all timers.
//
// With one hart nobody meets a timer that is in another's hands: a call has
// preemption off, and an fn has ended when a goroutine runs. So nothing is BUSY
// there, and no runner is looked for.
//
// Turned down: pairing heaps (amortised only: one pop may walk every timer), a
// timer wheel (a tick of its own), Go's lazily deleted array entries.
//
// Go: time.go (addtimer, deltimer, runtimer), time.Sleep.
#include "runtime.h"

#define BUSY ((struct p *)(void *)&busy)
static char busy;

// How long a timer waits whose fn still runs.
#define POSTPONE_NS (20 * MICROSECOND)

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

	RACE_POINT(timer_add);
	lock(&pp->timerslock);
	if (RACE)
		racecount(RACE_ARMED);
	t->when = when > 0 ? when : 1;
	t->seq = pp->timerseq++;
	store(&t->p, pp);
	insert(pp, t);
	if (pp->timers == t) {
		settimer0(pp);
		if (mp->firing == NULL) // else timersrest does it
			armopen(t->when);
	}
	unlock(&pp->timerslock);
	releasem();
}

// takeout takes t out of pp's heap and leaves `next` in t->p; false if t is not in
// that heap any more.
static bool
takeout(struct timer *t, struct p *pp, struct p *next)
{
	bool there, first;

	RACE_POINT(timer_takeout);
	lock(&pp->timerslock);
	there = load_rlx(&t->p) == pp; // pp: only under this lock
	if (there) {
		first = pp->timers == t;
		removetimer(pp, t);
		store(&t->p, next);
		RACE_POINT(timer_first);
		if (RACE)
			racecount(RACE_STOPPED);
		if (first)
			settimer0(pp);
	}
	unlock(&pp->timerslock);
	return there;
}

// deltimer takes a timer of the kernel's out of its heap; false if it is in none:
// it has fired, or was never set. Whoever owns t's memory calls it before using that anew, also after
// the timer has woken him: runtimers clears t->p as the last thing it does with t,
// under the lock that deltimer waits for.
bool
deltimer(struct timer *t)
{
	struct p *pp;

	while ((pp = load(&t->p)) != NULL)
		if (takeout(t, pp, NULL))
			return true;
	return false;
}

// again puts a ticker back for the first of its coming ticks that is not over. pp
// is locked.
static void
again(struct p *pp, struct timer *t, int64_t now)
{
	struct ticker *tk = t->arg;
	int64_t missed = (now - t->when) / tk->period;

	if (__builtin_add_overflow(t->when, tk->period * (missed + 1),
				   &t->when))
		t->when = INT64_MAX;
	t->seq = pp->timerseq++;
	insert(pp, t);
	if (RACE)
		racecount(RACE_ARMED);
}

// runner returns a hart on which t's fn runs, or NULL. The caller
// has claimed t, or locked its heap: nobody else can call fn now.
static struct m *
runner(const struct timer *t)
{
	// One hart: fn has ended when a goroutine runs.
	for (uint32_t i = 0; MAXHARTS > 1 && i < ncpu; i++)
		if (load(&allm[i].firing) == t)
			return &allm[i];
	return NULL;
}

// postpone puts t, whose fn still runs elsewhere, back: fn is never called twice at
// once. For a ticker that is a tick missed. pp is locked.
static void
postpone(struct p *pp, struct timer *t, int64_t now)
{
	if (t->kind == TIMER_TICKER) {
		again(pp, t, now);
		return;
	}
	t->when = now + POSTPONE_NS;
	insert(pp, t);
	if (RACE)
		racecount(RACE_ARMED);
}

// fireunlocked runs the fn of a program's timer, which has left pp's heap, with
// pp unlocked.
static void
fireunlocked(struct p *pp, struct timer *t, int64_t now)
{
	struct m *mp = getg()->m;
	void (*fn)(void *) = t->fn;
	void *arg = t->arg;

	store64(&mp->p->fncost,
		mp->p->fncost + 1); // from here on, see timerlook
	store(&mp->firing, t);      // before t->p: pairs with runner
	RACE_POINT(timer_firing);
	if (t->kind == TIMER_TICKER)
		again(pp, t, now);
	else
		store(&t->p, NULL);
	settimer0(pp);
	unlock(&pp->timerslock);
	RACE_POINT(timer_unlocked);
	fn(arg);
	RACE_POINT(timer_fndone);
	store_rel(&mp->firing, NULL); // what fn did, before timer_stop returns
	lock(&pp->timerslock);
}

// timerlook returns when this hart's timer must fire for the heap of its P; 0:
// never. pp's hart only; any context.
int64_t
timerlook(const struct p *pp)
{
	int64_t when = load64(&pp->timer0when);
	int64_t awake = load64(&pp->timerrest);

	if (pp->fncost != 0) // timersrest sees to it, or the idle loop
		return 0;
	return when != 0 && when < awake ? awake : when;
}

// timersrest: a goroutine is about to run on pp, where fns have run since the last
// one. On g0.
void
timersrest(struct p *pp)
{
	int64_t when;

	store64(&pp->timerrest, nanotime() + pp->fncost + MICROSECOND);
	store64(&pp->fncost, 0);
	when = timerlook(pp);
	if (when != 0)
		armopen(when);
}

// runtimers fires every timer of victim that is due; what they ready goes to the
// caller's P. True if there was one. On g0, with a P.
bool
runtimers(struct p *victim)
{
	struct p *pp = getg()->m->p;
	int64_t now = nanotime();
	struct timer *t;
	bool ran = false, fns = false;
	int64_t next;

	lock(&victim->timerslock);
	while ((t = victim->timers) != NULL && t->when <= now) {
		removetimer(victim, t);
		if (RACE)
			racecount(RACE_FIRED);
		if (t->kind == TIMER_KERNEL) {
			t->fn(t->arg);
			RACE_POINT(timer_fired);
			store(&t->p, NULL); // see deltimer
		} else if (runner(t) != NULL) {
			postpone(victim, t, now);
		} else {
			fireunlocked(victim, t, now);
			fns = true;
		}
		ran = true;
	}
	settimer0(victim);
	next = t != NULL ? t->when : 0; // unlocked, t is its owner's again
	unlock(&victim->timerslock);
	if (fns)
		store64(&pp->fncost, pp->fncost + nanotime() - now);
	else if (victim == pp && next != 0)
		armopen(next);
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
	if (to->timers != NULL)
		armopen(to->timers->when);
}

int64_t
time_now(void)
{
	return nanotime();
}

int64_t
deadline(duration d)
{
	int64_t now = nanotime();

	if (d <= 0)
		return now;
	return d > INT64_MAX - now ? INT64_MAX : now + d;
}

// ---- Sleep --------------------------------------------------------------------

static void
wakesleeper(void *gp)
{
	goready(gp);
}

// parktimer sets the timer once its goroutine is off its stack.
static bool
parktimer(struct g *gp, void *timer)
{
	struct timer *t = timer;

	(void)gp;
	addtimer(t, t->when);
	return true;
}

void
time_sleep(duration d)
{
	struct timer t = { .fn = wakesleeper };

	mustgoroutine("time_sleep");
	if (getg()->locks != 0)
		fatal("time_sleep with preemption disabled");
	if (d <= 0)
		return;
	t.when = deadline(d);
	t.arg = getg();
	gopark(parktimer, &t, "sleep");
	RACE_POINT(sleep_woken);
	// With one hart its last touch of t is over: nobody woke us but runtimers.
	if (MAXHARTS > 1)
		deltimer(&t);
}

// ---- Timers of programs -----------------------------------------------------

// claim makes t the caller's, in no heap and with preemption off, until addtimer
// or letgo; true if it was in one.
static bool
claim(struct timer *t)
{
	struct p *pp;

	acquirem();
	if (MAXHARTS == 1)
		return deltimer(t);
	for (;;) {
		pp = load(&t->p);
		if (pp == BUSY)
			procyield();
		else if (pp == NULL && cas(&t->p, NULL, BUSY))
			return false;
		else if (pp != NULL && takeout(t, pp, BUSY))
			return true;
	}
}

static void
letgo(struct timer *t)
{
	store(&t->p, NULL);
	releasem();
}

bool
starttimer(struct timer *t, int64_t when, uint32_t kind, void (*fn)(void *),
	   void *arg)
{
	struct p *pp;

	touch(t);
	acquirem();
	while (MAXHARTS == 1 ?
		       (pp = t->p) != NULL :
		       (pp = load(&t->p)) == BUSY || !cas(&t->p, NULL, BUSY)) {
		if (pp != BUSY && pp != NULL) {
			releasem();
			return false;
		}
		procyield();
	}
	RACE_POINT(timer_claimed);
	t->kind = kind;
	t->fn = fn;
	t->arg = arg;
	addtimer(t, when);
	releasem();
	return true;
}

bool
modtimer(struct timer *t, int64_t when, duration period)
{
	RACE_POINT(timer_modify);
	bool was = claim(t);

	if (t->kind == TIMER_TICKER)
		((struct ticker *)t->arg)->period = period;
	addtimer(t, when);
	releasem();
	return was;
}

bool
stoptimer(struct timer *t, bool wait)
{
	struct m *mp;
	bool was = false;

	if (MAXHARTS == 1)
		return deltimer(t);
	do {
		was = claim(t) || was; // again: fn may have set it
		mp = wait ? runner(t) : NULL;
		RACE_POINT(timer_lookedrunner);
		letgo(t);
		RACE_POINT(timer_letgo);
		while (mp != NULL && load(&mp->firing) == t)
			procyield();
	} while (mp != NULL);
	return was;
}

// needtimers: on g0 it must be a timer's fn that calls.
void
needtimers(const char *call)
{
	struct g *gp = getg();

	if (gp == NULL || (gp->goid == 0 && gp->m->firing == NULL))
		mustgoroutine(call);
}

void
timer_start(struct timer *t, duration d, void (*fn)(void *), void *arg)
{
	needtimers("timer_start");
	if (fn == NULL)
		panic("timer_start: the function is NULL");
	if (!starttimer(t, deadline(d), TIMER_FN, fn, arg))
		panic("timer_start: the timer is set already");
}

bool
timer_stop(struct timer *t)
{
	needtimers("timer_stop");
	if (t->fn == NULL)
		panic("time: Stop called on uninitialized Timer");
	return stoptimer(t, getg()->goid != 0);
}

bool
timer_reset(struct timer *t, duration d)
{
	needtimers("timer_reset");
	if (t->fn == NULL)
		panic("time: Reset called on uninitialized Timer");
	return modtimer(t, deadline(d), 0);
}
