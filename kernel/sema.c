// sema.c: the sleeping semaphore below sync, malloc's locks and stop-the-world.
//
// What always holds, under the semaphore's own spin lock: a waiter is queued only
// while the count is zero. semrelease gives the unit to the first waiter directly;
// it never goes through the count, so nobody who comes later overtakes a waiter.
// The queue is made of sudogs in the waiters' frames.
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
	struct sudog sg;

	if (getg()->locks != 0)
		fatal("%s: waiting with preemption disabled", reason);
	lock(semlock(s));
	if (s->count > 0) {
		s->count--;
		unlock(semlock(s));
		return;
	}
	sg.g = getg();
	enqueue(s, &sg, lifo);
	goparkunlock(semlock(s), reason);
}

// semgive gives a unit of s: returns the goroutine that has it now and is to be
// made ready, NULL if nobody waited. s is locked.
struct g *
semgive(struct go_sema *s)
{
	struct sudog *sg = s->head;

	if (sg == NULL) {
		s->count++;
		return NULL;
	}
	s->head = sg->next;
	return sg->g;
}

void
semrelease(struct go_sema *s, bool handoff)
{
	struct g *gp;

	lock(semlock(s));
	gp = semgive(s);
	unlock(semlock(s));
	if (gp == NULL)
		return;
	goready(gp);
	if (handoff && getg()->locks == 0)
		goyield();
}

// ---- wait_group: a counter whose zero wakes everybody ---------------------

void
wgadd(struct wait_group *wg, int delta)
{
	struct lock *l = semlock(&wg->sema);
	struct sudog *sg = NULL;
	bool misuse;
	int32_t n;

	lock(l);
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
	lock(l);
	if (wg->n == 0) {
		unlock(l);
		return;
	}
	wg->waiters++;
	sg.g = getg();
	enqueue(&wg->sema, &sg, false);
	goparkunlock(l, "sync.WaitGroup.Wait");
}
