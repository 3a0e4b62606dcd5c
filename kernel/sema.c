// sema.c: the sleeping semaphore below sync, malloc's locks and stop-the-world.
//
// A free unit is taken and given without the lock, by one step on the count
// (go_cas.h). Who finds none takes the spin lock, makes the count WAITED, and queues
// itself. What always holds:
//  - The count is WAITED exactly while somebody is queued; the step from 0 to WAITED
//    and the one back are made under the lock, each together with the queue's, as
//    others who take the lock see it. Nobody takes or gives a unit by way of
//    WAITED: who meets it comes here, and takes the lock. So no unit is free while
//    somebody is queued, and the step to WAITED fails if one has become free.
//  - semrelease gives the unit to the first waiter directly; it never goes through
//    the count, so nobody who comes later overtakes a waiter.
//  - A count is never made more than 0 with the lock held: who takes that unit may
//    end the semaphore's storage at once. So a release that finds under the lock
//    that nobody is queued any more lets go of it and begins anew.
//  - A handler gives a free unit as everybody does, and does the rest if it gets the
//    lock (isr.c).
// tests/model/sema.pml has these steps.
// The queue is made of sudogs in the waiters' frames.
//
// The waiters of a cond and of a wait_group are the same queue without a count.
// isselect marks a waiter with a timeout, success one that has been served.
//
// Turned down: Go's treap of addresses, which exists because a Go semaphore is
// one word; here its queue lives in the caller's struct. Go's order, in which a
// release adds to the count first and then looks whether anybody waits, and a waiter
// looks again once it is queued: two words, so each side needs a full fence between
// its store and its load, and whoever is woken has to take its unit like a newcomer.
//
// Go: sema.go.
#include "runtime.h"

#define WAITED (1u << 31)

static void
enqueue(struct go_sema *s, struct sudog *sg, bool lifo)
{
	sg->next = lifo ? s->head : NULL;
	if (s->head == NULL)
		s->head = s->tail = sg;
	else if (lifo)
		s->head = sg;
	else {
		s->tail->next = sg;
		s->tail = sg;
	}
}

// mustwait is the last look before the caller queues itself: true if it has to, and
// whoever gives a unit from now on will ask for the lock; false if it has one. s is
// locked.
static bool
mustwait(struct go_sema *s)
{
	while (!go_sema_shut_(&s->count)) {
		RACE_POINT(sema_none);
		if (load_rlx(&s->count) == WAITED)
			break;
		if (go_sema_take_(&s->count))
			return false;
	}
	return true;
}

// semwait takes a unit, and waits for one if it must.
void
semwait(struct go_sema *s, bool lifo, const char *reason)
{
	struct sudog sg;

	if (getg()->locks != 0)
		fatal("%s: waiting with preemption disabled", reason);
	lockas(semlock(s), RANKSEMA);
	if (!mustwait(s)) {
		unlock(semlock(s));
		return;
	}
	sg.g = getg();
	sg.isselect = false;
	enqueue(s, &sg, lifo);
	RACE_POINT(sema_queued);
	goparkunlock(semlock(s), reason);
}

void
semacquire(struct go_sema *s, bool lifo, const char *reason)
{
	if (!go_sema_take_(&s->count))
		semwait(s, lifo, reason);
}

// semserve gives a unit of s to the first who waits: returns the goroutine that has
// it now and is to be made ready; NULL if nobody waits, and nothing is given. s is
// locked.
struct g *
semserve(struct go_sema *s)
{
	struct sudog *sg;

	while ((sg = s->head) != NULL) {
		if ((s->head = sg->next) == NULL)
			store_rlx(&s->count, 0);
		if (!sg->isselect || cas(&sg->g->selectdone, 0, 1)) {
			sg->success = true;
			return sg->g;
		} // else its time was over first
	}
	return NULL;
}

// semfull panics if s cannot have another unit.
void
semfull(const struct go_sema *s, const char *call)
{
	if (load_rlx(&s->count) == INT32_MAX)
		panic("%s: more than %d permits", call, (int)INT32_MAX);
}

static struct g *
serve(struct go_sema *s)
{
	struct g *gp;

	lockas(semlock(s), RANKSEMA);
	gp = semserve(s);
	unlock(semlock(s));
	return gp;
}

// giveagain: nobody is queued any more, or was.
__attribute__((noinline)) static struct g *
giveagain(struct go_sema *s)
{
	struct g *gp;

	do {
		RACE_POINT(sema_served);
		semfull(s, "semaphore_release");
		if (go_sema_give_(&s->count))
			return NULL;
	} while ((gp = serve(s)) == NULL);
	return gp;
}

// semgive gives a unit that could not be counted.
void
semgive(struct go_sema *s, bool handoff)
{
	struct g *gp = serve(s);

	if (gp == NULL && (gp = giveagain(s)) == NULL)
		return;
	RACE_POINT(sema_given);
	if (!handoff) {
		goready(gp); // the last: no frame stands
		return;
	}
	goready(gp);
	if (getg()->locks == 0)
		goyield();
}

void
semrelease(struct go_sema *s, bool handoff)
{
	if (!go_sema_give_(&s->count))
		semgive(s, handoff);
}

bool
semtryacquire(struct go_sema *s)
{
	return go_sema_take_(&s->count);
}

// ---- Waiting for a while only ----------------------------------------------------
// Who moves selectdone from 0 to 1, the releaser or the timer, decides, as in a
// select.

static void
timedout(void *arg)
{
	struct g *gp = arg;

	RACE_POINT(sema_timedout);
	if (cas(&gp->selectdone, 0, 1))
		goready(gp);
}

// parktimed sets the timer and unlocks, on g0. Woken early gp waits for the lock
// until we let it go.
static bool
parktimed(struct g *gp, void *l)
{
	struct timer *t = gp->param;

	gp->locks--;
	addtimer(t, t->when);
	RACE_POINT(sema_timer);
	release(l);
	return true;
}

// withdraw takes sg, whose time is over, off the queue if it is still there. s is
// locked.
static void
withdraw(struct go_sema *s, struct sudog *sg)
{
	struct sudog **link = &s->head, *last = NULL;

	while (*link != NULL && *link != sg) {
		last = *link;
		link = &last->next;
	}
	if (*link == NULL)
		return;
	*link = sg->next;
	if (s->tail == sg)
		s->tail = last;
	if (s->head == NULL)
		store_rlx(&s->count, 0);
}

bool
semacquiretimeout(struct go_sema *s, int64_t d, const char *reason)
{
	struct g *gp = getg();
	struct sudog sg;
	struct timer t;

	if (gp->locks != 0)
		fatal("%s: waiting with preemption disabled", reason);
	if (go_sema_take_(&s->count))
		return true;
	if (d <= 0)
		return false;
	lockas(semlock(s), RANKSEMA);
	if (!mustwait(s)) {
		unlock(semlock(s));
		return true;
	}
	store(&gp->selectdone, 0);
	t = (struct timer){ .when = deadline(d), .fn = timedout, .arg = gp };
	gp->param = &t;
	sg.g = gp;
	sg.isselect = true;
	sg.success = false;
	enqueue(s, &sg, false);
	gopark(parktimed, semlock(s), reason);
	RACE_POINT(sema_woken);
	deltimer(&t);
	if (sg.success) // nobody sets it any more: see selectdone
		return true;
	lockas(semlock(s), RANKSEMA);
	withdraw(s, &sg);
	unlock(semlock(s));
	return false;
}

// ---- cond ------------------------------------------------------------------------
// A waiter is in the queue before it lets the mutex go, so it gets every signal
// after that; it parks only if none has come meanwhile. Then elem is set.

void
condwait(struct go_sema *s, void (*unlockm)(void *), void *m)
{
	struct g *gp = getg();
	struct sudog sg;

	sg.g = gp;
	sg.elem = NULL;
	sg.success = false;
	if (gp->locks != 0)
		fatal("sync.Cond.Wait with preemption disabled");
	touch(s);
	touch(m); // before anything is in the queue
	lockas(semlock(s), RANKSEMA);
	enqueue(s, &sg, false);
	unlock(semlock(s));
	RACE_POINT(cond_queued);
	unlockm(m);
	RACE_POINT(cond_unlocked);
	lockas(semlock(s), RANKSEMA);
	if (sg.success) {
		unlock(semlock(s));
		return;
	}
	sg.elem = &sg;
	goparkunlock(semlock(s), "sync.Cond.Wait");
}

void
condnotify(struct go_sema *s, bool all)
{
	struct sudog *sg, *parked = NULL, **tail = &parked;

	touch(s);
	lockas(semlock(s), RANKSEMA);
	while ((sg = s->head) != NULL) {
		s->head = sg->next;
		sg->success = true;
		if (sg->elem != NULL) { // its frame stands until it is ready
			sg->next = NULL;
			*tail = sg;
			tail = &sg->next;
		}
		if (!all)
			break;
	}
	unlock(semlock(s));
	while (parked != NULL) {
		struct g *gp = parked->g;

		parked = parked->next;
		goready(gp);
	}
}

// ---- wait_group: a counter whose zero wakes everybody ---------------------
// n is the counter, and WAITED in it while somebody is queued. It moves without the
// lock (go_count_ while nobody is) but for the step from 1 and WAITED to 0, which is
// one with the end of the queue for those who take the lock; and who waits takes it.

// wakeall takes wg from last to 0 and readies who waits; false if it is not at last.
// Apart, so that wgadd saves no registers for it.
__attribute__((noinline)) static bool
wakeall(struct wait_group *wg, uint32_t last)
{
	struct sudog *sg = NULL;
	bool done;

	lockas(semlock(&wg->sema), RANKSEMA);
	done = cas(&wg->n, last, 0);
	if (done) {
		sg = wg->sema.head;
		wg->sema.head = NULL;
	}
	unlock(semlock(&wg->sema));
	RACE_POINT(wg_unlocked);
	// If it is done the wait_group may be gone from here on.
	while (sg != NULL) {
		struct g *gp = sg->g;

		sg = sg->next; // before its frame lives again
		goready(gp);
	}
	return done;
}

void
wgadd(struct wait_group *wg, int delta)
{
	while (!go_count_(&wg->n, delta)) {
		uint32_t old = load_rlx(&wg->n), waited = old & WAITED;
		int n;

		if (__builtin_add_overflow((int)(old - waited), delta, &n) ||
		    n < 0)
			panic("sync: negative WaitGroup counter");
		if (waited && (n == 0 ? wakeall(wg, old) :
					cas(&wg->n, old, (uint32_t)n | WAITED)))
			return;
	}
}

void
wgwait(struct wait_group *wg)
{
	struct lock *l = semlock(&wg->sema);
	struct sudog sg;
	uint32_t n;

	if (getg()->locks != 0)
		fatal("wait_group_wait with preemption disabled");
	touch(wg);
	lockas(l, RANKSEMA);
	do {
		n = load(&wg->n);
		if (n == 0) {
			unlock(l);
			return;
		}
	} while (!cas(&wg->n, n, n | WAITED));
	sg.g = getg();
	enqueue(&wg->sema, &sg, false);
	RACE_POINT(wg_queued);
	goparkunlock(l, "sync.WaitGroup.Wait");
}
