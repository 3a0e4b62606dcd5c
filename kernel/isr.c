// isr.c: what a handler may do: send to a channel, release a semaphore, end a
// note's wait. None of it blocks, takes a spin lock or touches a run queue.
//
// A handler may try a lock that nobody holds: it keeps it for a few instructions,
// with interrupts masked, and other harts wait that long. If somebody does hold it
// (the very goroutine that was interrupted, perhaps) the operation is left in a
// record of this hart, and g0 does it as soon as the handler is over. So a send
// from a handler is never refused because of bad luck with a lock.
//
// What always holds:
//  - Operations of one hart happen in the order in which they were asked for: while
//    a record waits, or g0 is at it, everything goes into records.
//  - A record is used from the handler that filled it until its operation is done.
//    A send that finds the channel full by then becomes a waiting sender like any
//    other, in its place in the queue, only that there is no goroutine behind it
//    (sudog.g is NULL) and the record is its frame. recvfrom and closeq give such a
//    record back (isrdone).
//  - Records are few (NISR); when those for sends are used a send is refused. A
//    release cannot be, so all releases of one semaphore share a record, a quarter
//    of the records is for nothing else, however many sends wait, and more
//    semaphores than that at one time end the machine.
//
// Turned down: masking interrupts whenever a channel's lock is held (elements may
// be 64 KiB); locks that handlers spin for (they would wait for the goroutine that
// they interrupted).
//
// Contexts: any, mostly handlers. In a goroutine or a timer's fn, where there is
// no reason for all this, the calls are their ordinary twins.
#include <string.h>

#include "chan.h"

struct isrop {
	struct sudog sg; // first: isrdone gets it
	struct isrop *next;
	struct hchan *c;   // to send to, else
	struct go_sema *s; // to release, n times
	uint32_t n;
	uint32_t used;
	unsigned char elem[ISR_ELEM];
};

// Sends may use so many of a hart's records.
#define NSENDS (NISR > 1 ? NISR - (NISR + 3) / 4 : 1)

// One hart's records; the list is filled in handlers and emptied by g0.
static struct isrop ops[MAXHARTS][NISR];
static struct isrop **tails[MAXHARTS];

// isrdone gives the record back in which sg lies. Any hart.
void
isrdone(struct sudog *sg)
{
	store_rel(&((struct isrop *)(void *)sg)->used, 0);
}

// newop takes one of the first n records, for a send to c or (NULL) a release, and
// queues it; NULL if all are in use.
static struct isrop *
newop(struct m *mp, uint32_t n, struct hchan *c)
{
	struct isrop *op = ops[mp->id];

	while (op < &ops[mp->id][n] && load_acq(&op->used))
		op++;
	if (op == &ops[mp->id][n])
		return NULL;
	op->used = 1;
	op->next = NULL;
	op->c = c;
	op->sg.c = NULL; // set when it waits in c's queue
	op->s = NULL;
	op->n = 0;
	if (mp->isrops == NULL)
		tails[mp->id] = &mp->isrops;
	store_rel(tails[mp->id], op); // pairs with pendingfor
	tails[mp->id] = &op->next;
	return op;
}

// trylock takes l if nobody holds it. In a handler of mp.
static bool
trylock(const struct m *mp, struct lock *l)
{
	// With one hart a lock is nothing but the count of its holder, who can
	// only be what was interrupted.
	if (MAXHARTS == 1)
		return mp->g0->locks == G0LOCKS &&
		       (mp->curg == NULL || mp->curg->locks == 0);
	RACE_POINT(isr_tried);
	return load_rlx(&l->key) == 0 && cas_acq(&l->key, 0, 1);
}

// unlocktried lets go of what trylock took. With one hart that is nothing: the key,
// which only DEBUG has there, may be g0's, who parks the goroutine that took it.
static void
unlocktried(struct lock *l)
{
	if (MAXHARTS > 1)
		release(l);
	barrier();
}

// queued tells whether operations of this hart are still to be done: then all that
// follow wait behind them. In a handler of mp.
static bool
queued(const struct m *mp)
{
	return mp->isrops != NULL || mp->isrbusy;
}

// ---- Channels ---------------------------------------------------------------

// put sends without waiting: to a receiver, *sg, whose goroutine the caller makes
// ready, or to the buffer. c is locked.
static bool
put(struct hchan *c, const void *elem, struct sudog **sg)
{
	*sg = NULL;
	if (c->closed)
		return false;
	*sg = dequeue(&c->recvq);
	if (RACE && (*sg != NULL || c->qcount < c->dataqsiz))
		racechan(c, false);
	if (*sg != NULL)
		handover(*sg, elem);
	else if (c->qcount < c->dataqsiz)
		bufput(c, elem);
	else
		return false;
	return true;
}

// sendnow sends while c is locked, and unlocks. In a handler.
static bool
sendnow(struct hchan *c, const void *elem)
{
	struct sudog *sg;
	bool ok = put(c, elem, &sg);
	struct g *gp = sg != NULL ? sg->g : NULL;

	unlocktried(chanlock(c));
	if (gp != NULL)
		pushready(gp);
	return ok;
}

// send is the same outside of handlers.
static bool
send(struct hchan *c, const void *elem)
{
	struct sudog *sg;
	struct g *gp;
	bool ok;

	lockas(chanlock(c), RANKCHAN);
	ok = put(c, elem, &sg);
	gp = sg != NULL ? sg->g : NULL;
	unlock(chanlock(c));
	if (gp != NULL)
		goready(gp);
	return ok;
}

static bool
sendlater(struct m *mp, struct hchan *c, const void *elem)
{
	struct isrop *op;

	if (load_rlx(&c->closed) || (op = newop(mp, NSENDS, c)) == NULL)
		return false;
	memcpy(op->elem, elem, c->elemsize);
	return true;
}

bool
chan_try_send_isr_(chan *c, const void *v, size_t size)
{
	struct m *mp = inhandler();

	if (c == NULL)
		return false;
	if (mp == NULL) {
		valuecheck(c, v, size, "chan_try_send_isr");
		return send(c, v);
	}
	if (size != c->elemsize || size > ISR_ELEM) {
		kprintf("chan_try_send_isr: value of %zu bytes on a channel of "
			"elements of %u bytes; in a handler at most %d "
			"(ISR_ELEM)\n",
			size, (unsigned)c->elemsize, ISR_ELEM);
		throw("chan_try_send_isr: size of the value");
	}
	if (queued(mp) || !trylock(mp, chanlock(c)))
		return sendlater(mp, c, v);
	return sendnow(c, v);
}

// dosend does a send that had to wait. On g0.
static void
dosend(struct isrop *op)
{
	struct hchan *c = op->c;
	struct sudog *sg;
	struct g *gp;
	bool full;

	lockas(chanlock(c), RANKCHAN);
	full = !put(c, op->elem, &sg) && !c->closed;
	gp = sg != NULL ? sg->g : NULL;
	if (full) { // recvfrom or closeq has it from now on
		op->sg = (struct sudog){ .elem = op->elem, .c = c };
		enqueuesudog(&c->sendq, &op->sg);
	}
	unlock(chanlock(c));
	RACE_POINT(isr_send);
	if (!full)
		isrdone(&op->sg);
	if (gp != NULL)
		goready(gp);
}

static void
drainhere(void *unused)
{
	(void)unused;
	isrdrain(getg()->m);
}

// pendingfor tells whether a record of hart i has still to be sent to c.
static bool
pendingfor(uint32_t i, const struct hchan *c)
{
	// In this order: nextop sets isrbusy before it takes the last record.
	if (load_acq(&allm[i].isrops) == NULL && !load_rlx(&allm[i].isrbusy))
		return false;
	for (const struct isrop *op = ops[i]; op < &ops[i][NISR]; op++)
		if (load_acq(&op->used) && op->c == c && op->sg.c == NULL)
			return true;
	return false;
}

// isrsettle comes back when no record is on its way to c: whoever frees c may have
// closed it, but what a handler left for it must not meet the channel that comes
// after it in the same place. Goroutine context.
void
isrsettle(const struct hchan *c)
{
	for (uint32_t i = 0; i < ncpu; i++)
		while (pendingfor(i, c)) {
			struct m *mp = acquirem();

			if (mp->id == i)
				systemstack(drainhere, NULL);
			else
				procyield();
			releasem();
		}
}

// ---- Semaphores --------------------------------------------------------------

// lateron returns the record for releases of s: the one that waits already, or a
// new one. However often handlers come before g0 does, a semaphore needs one.
static struct isrop *
lateron(struct m *mp, const struct go_sema *s)
{
	for (struct isrop *op = mp->isrops; op != NULL; op = op->next)
		if (op->s == s)
			return op;
	return newop(mp, NISR, NULL);
}

void
semreleaseisr(struct go_sema *s, const char *call)
{
	struct m *mp = inhandler();
	struct isrop *op;
	struct g *gp;

	if (mp == NULL) {
		semrelease(s, false);
		return;
	}
	while (!queued(mp)) {
		if (go_sema_give_(&s->count))
			return;
		semfull(s, call);
		if (!trylock(mp, semlock(s)))
			break;
		gp = semserve(s);
		unlocktried(semlock(s));
		if (gp != NULL) {
			pushready(gp);
			return;
		}
	}
	op = lateron(mp, s);
	if (op == NULL) {
		kprintf("%s: all %d records of this hart are in use; raise "
			"NISR\n",
			call, NISR);
		throw("a handler found no record for its operation");
	}
	op->s = s;
	op->n++;
}

// nextop takes the oldest record; NULL when there is none, and from then on
// handlers need not leave records any more.
static struct isrop *
nextop(struct m *mp)
{
	uintptr_t s = arch_irqsave();
	struct isrop *op = mp->isrops;

	store_rlx(&mp->isrbusy, op != NULL);
	if (op != NULL)
		store_rel(&mp->isrops, op->next); // pairs with pendingfor
	arch_irqrestore(s);
	RACE_POINT(isr_next);
	return op;
}

// isrdrain does what handlers of this hart had to leave. On g0.
void
isrdrain(struct m *mp)
{
	struct isrop *op;

	while ((op = nextop(mp)) != NULL) {
		if (op->c != NULL) {
			dosend(op);
			continue;
		}
		while (op->n-- > 0)
			semrelease(op->s, false);
		isrdone(&op->sg);
	}
}

// ---- Notes -------------------------------------------------------------------
// state is NOBODY, FIRED, or the goroutine that waits.

#define NOBODY ((uintptr_t)0)
#define FIRED ((uintptr_t)1)

static bool
commit(struct g *gp, void *state)
{
	gp->param = NULL;
	RACE_POINT(note_commit);
	if (cas((uintptr_t *)state, NOBODY, (uintptr_t)gp))
		return true;
	if (!cas((uintptr_t *)state, FIRED, NOBODY))
		gp->param = state; // somebody else waits
	return false;
}

void
note_wait(struct note *n)
{
	struct g *gp = getg();

	mustgoroutine("note_wait");
	if (gp->locks != 0)
		fatal("note_wait with preemption disabled");
	touch(n);
	gopark(commit, &n->state, "note");
	if (gp->param != NULL)
		panic("note_wait: somebody waits for this note already");
}

void
ready_isr(struct note *n)
{
	struct m *mp = inhandler();
	uintptr_t s;

	do
		s = load(&n->state);
	while (!cas(&n->state, s, s > FIRED ? NOBODY : FIRED));
	if (s <= FIRED)
		return;
	if (mp != NULL)
		pushready((struct g *)s);
	else
		goready((struct g *)s);
}
