// sema.c: the sleeping semaphore below sync, malloc's locks and stop-the-world.
//
// What always holds, under the semaphore's own spin lock: a waiter is queued only
// while the count is zero. semrelease gives the unit to the first waiter directly;
// it never goes through the count, so nobody who comes later overtakes a waiter.
// The queue is made of sudogs in the waiters' frames.
//
// The waiters of a cond are the same queue without a count. isselect marks a
// waiter with a timeout, success one that has been served.
//
// Turned down: Go's treap of addresses, which exists because a Go semaphore is
// one word; here its queue lives in the caller's struct.
//
// Go: sema.go.
#include "runtime.h"

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

void
semacquire(struct go_sema *s, bool lifo, const char *reason)
{
	struct sudog sg = { 0 };

	if (getg()->locks != 0)
		fatal("%s: waiting with preemption disabled", reason);
	touch(s);
	lockas(semlock(s), RANKSEMA);
	if (s->count > 0) {
		s->count--;
		unlock(semlock(s));
		return;
	}
	sg.g = getg();
	enqueue(s, &sg, lifo);
	RACE_POINT(sema_queued);
	goparkunlock(semlock(s), reason);
}

// semgive gives a unit of s: returns the goroutine that has it now and is to be
// made ready, NULL if nobody waited. s is locked.
struct g *
semgive(struct go_sema *s)
{
	struct sudog *sg;

	while ((sg = s->head) != NULL) {
		s->head = sg->next;
		if (!sg->isselect || cas(&sg->g->selectdone, 0, 1)) {
			sg->success = true;
			return sg->g;
		} // else its time was over first
	}
	s->count++;
	return NULL;
}

void
semrelease(struct go_sema *s, bool handoff)
{
	struct g *gp;

	touch(s);
	lockas(semlock(s), RANKSEMA);
	gp = semgive(s);
	unlock(semlock(s));
	if (gp == NULL)
		return;
	RACE_POINT(sema_given);
	goready(gp);
	if (handoff && getg()->locks == 0)
		goyield();
}

bool
semtryacquire(struct go_sema *s)
{
	bool ok;

	touch(s);
	lockas(semlock(s), RANKSEMA);
	ok = s->count > 0;
	if (ok)
		s->count--;
	unlock(semlock(s));
	return ok;
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
	gp->locks--;
	addtimer(&gp->timer, gp->timer.when);
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
}

bool
semacquiretimeout(struct go_sema *s, int64_t d, const char *reason)
{
	struct g *gp = getg();
	struct sudog sg = { .g = gp, .isselect = true };
	int64_t now = nanotime();

	if (gp->locks != 0)
		fatal("%s: waiting with preemption disabled", reason);
	touch(s);
	lockas(semlock(s), RANKSEMA);
	if (s->count > 0 || d <= 0) {
		bool ok = s->count > 0;

		s->count -= ok;
		unlock(semlock(s));
		return ok;
	}
	store(&gp->selectdone, 0);
	gp->timer = (struct timer){ .fn = timedout, .arg = gp };
	gp->timer.when = d > INT64_MAX - now ? INT64_MAX : now + d;
	enqueue(s, &sg, false);
	gopark(parktimed, semlock(s), reason);
	RACE_POINT(sema_woken);
	deltimer(&gp->timer);
	lockas(semlock(s), RANKSEMA);
	if (!sg.success)
		withdraw(s, &sg);
	unlock(semlock(s));
	return sg.success;
}

// ---- cond ------------------------------------------------------------------------
// A waiter is in the queue before it lets the mutex go, so it gets every signal
// after that; it parks only if none has come meanwhile. Then elem is set.

void
condwait(struct go_sema *s, void (*unlockm)(void *), void *m)
{
	struct g *gp = getg();
	struct sudog sg = { .g = gp };

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

void
wgadd(struct wait_group *wg, int delta)
{
	struct lock *l = semlock(&wg->sema);
	struct sudog *sg = NULL;
	bool misuse;
	int32_t n;

	touch(wg);
	lockas(l, RANKSEMA);
	n = (int32_t)wg->n + delta;
	misuse = n >= 0 && wg->waiters != 0 && delta > 0 && n == delta;
	if (n >= 0 && !misuse)
		wg->n = (uint32_t)n;
	if (n == 0 && !misuse) {
		sg = wg->sema.head;
		wg->sema.head = NULL;
		wg->waiters = 0;
	}
	unlock(l);
	RACE_POINT(wg_unlocked);
	// From here on the wait_group may be gone.
	if (n < 0)
		panic("sync: negative WaitGroup counter");
	if (misuse)
		panic("sync: WaitGroup misuse: Add called concurrently with "
		      "Wait");
	while (sg != NULL) {
		struct g *gp = sg->g;

		sg = sg->next; // before its frame lives again
		goready(gp);
	}
}

void
wgwait(struct wait_group *wg)
{
	struct lock *l = semlock(&wg->sema);
	struct sudog sg;

	if (getg()->locks != 0)
		fatal("wait_group_wait with preemption disabled");
	touch(wg);
	lockas(l, RANKSEMA);
	if (wg->n == 0) {
		unlock(l);
		return;
	}
	wg->waiters++;
	sg.g = getg();
	enqueue(&wg->sema, &sg, false);
	goparkunlock(l, "sync.WaitGroup.Wait");
}
