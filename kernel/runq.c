// runq.c: a P's local run queue. A ring of RUNQ_SIZE slots with one producer,
// its own P, and many consumers, the P itself and thieves; and runnext, a slot
// in front of it for the goroutine that was just made ready.
//
// What always holds:
//  - runqtail is written by the owner only; runqhead moves by compare-and-swap
//    only. tail - head is the number of goroutines, in modulo 2^32 arithmetic.
//  - A slot is read before the head moves past it and written before the tail
//    does, so a goroutine is taken by exactly one consumer.
//  - Thieves read slots speculatively: what they read counts only if their
//    compare-and-swap of the head succeeds. Slots are therefore accessed
//    atomically (relaxed).
//
// Orders: the owner's store-release of the tail pairs with the thieves'
// load-acquire (the slot's content becomes visible); a consumer's CAS-release of
// the head pairs with the owner's load-acquire (the slot has been read before it
// is overwritten).
//
// Turned down: Chase-Lev deques (LIFO for the owner starves the tail and their
// growth has a CVE of its own); a lock per queue (thieves would stall the owner).
//
// Go: proc.go, runqput ... runqsteal.
#include "runq.h"
#include "torture.h"

_Static_assert((RUNQ_SIZE & (RUNQ_SIZE - 1)) == 0 && RUNQ_SIZE >= 2,
	       "RUNQ_SIZE must be a power of two");

#if MAXHARTS > 1

// runqempty tells whether pp has nothing queued; it may be called from any
// hart. A goroutine that is just being kicked from runnext to the ring is not
// missed: tail is read twice around runnext.
bool
runqempty(struct p *pp)
{
	for (;;) {
		uint32_t head = load(&pp->runqhead);
		RACE_POINT(runqempty_head);
		uint32_t tail = load(&pp->runqtail);
		struct g *next = load(&pp->runnext);

		if (tail == load(&pp->runqtail))
			return head == tail && next == NULL;
	}
}

// runqputslow moves RUNQ_BATCH of the full ring and gp to the global queue. False if
// a thief was faster and there is room now. Only the owner writes slots, so what
// it has taken by moving the head it can still read afterwards, at leisure and
// without a copy on the stack (Go makes one).
bool
runqputslow(struct p *pp, struct g *gp, uint32_t head, uint32_t tail)
{
	uint32_t n = RUNQ_BATCH;
	struct g *first, *last;

	if (tail - head < RUNQ_ROOM)
		throw("runqputslow: queue is not full");
	RACE_POINT(runqput_full);
	if (!cas_rel(&pp->runqhead, head, head + n))
		return false;
	RACE_POINT(runqput_spilled);
	first = last = load_rlx(&RUNQ(pp, head));
	for (uint32_t i = 1; i < n; i++) {
		last->schedlink = load_rlx(&RUNQ(pp, head + i));
		last = last->schedlink;
	}
	last->schedlink = gp;
	gp->schedlink = NULL;
	if (TORTURE)
		tortureshuffle(&first, &gp, n + 1);
	globrunqputbatch(first, gp, n + 1);
	wakep(); // a hart that looked at the global queue before is told
	return true;
}

// grabnext takes victim's runnext, but gives the victim a moment first: a
// goroutine that has just made another one ready is mostly about to block and
// run it itself, and stealing it then would bounce the pair between harts.
static struct g *
grabnext(struct p *victim)
{
	struct g *next = load(&victim->runnext);

	if (next == NULL)
		return NULL;
	for (int64_t end = nanotime() + 3000; nanotime() < end;) {
		procyield();
		if (load_rlx(&victim->runnext) != next)
			return NULL;
	}
	RACE_POINT(grabnext_cas);
	return cas_acq(&victim->runnext, next, NULL) ? next : NULL;
}

// runqgrab copies half of victim's ring (rounded up; at most RUNQ_BATCH) behind pp's tail and takes
// it by moving victim's head. Returns how many; they are not published yet.
static uint32_t
runqgrab(struct p *pp, struct p *victim, bool stealnext)
{
	uint32_t at = pp->runqtail;

	for (;;) {
		uint32_t head = load_acq(&victim->runqhead);
		RACE_POINT(runqgrab_head);
		uint32_t tail = load_acq(&victim->runqtail);
		uint32_t n = tail - head;

		n -= n / 2;
		if (TORTURE && n > 1 && tosscoin())
			n = 1;
		if (n == 0) {
			struct g *next = stealnext ? grabnext(victim) : NULL;

			if (next == NULL)
				return 0;
			store_rlx(&RUNQ(pp, at), next);
			return 1;
		}
		if (n > RUNQ_SIZE / 2) // head and tail are not of one moment
			continue;
		if (n > RUNQ_BATCH)
			n = RUNQ_BATCH;
		for (uint32_t i = 0; i < n; i++) {
			struct g *gp;

			gp = load_rlx(&RUNQ(victim, head + i));
			store_rlx(&RUNQ(pp, at + i), gp);
		}
		RACE_POINT(runqgrab_cas);
		if (cas_rel(&victim->runqhead, head, head + n))
			return n;
	}
}

// runqsteal moves half of victim's queue to pp's, which is empty, and returns
// one of them; NULL if there was nothing. pp's owner only.
struct g *
runqsteal(struct p *pp, struct p *victim, bool stealnext)
{
	uint32_t tail = pp->runqtail;
	uint32_t n = runqgrab(pp, victim, stealnext);
	struct g *gp;

	if (n == 0)
		return NULL;
	RACE_POINT(runqsteal_taken);
	pp->steals += n;
	n--;
	gp = load_rlx(&RUNQ(pp, tail + n));
	if (n == 0)
		return gp;
	if (tail - load_acq(&pp->runqhead) + n >= RUNQ_SIZE)
		throw("runqsteal: queue overflow");
	RACE_POINT(runqsteal_put);
	store_rel(&pp->runqtail, tail + n);
	return gp;
}

#else

bool
runqempty(struct p *pp)
{
	return ringempty(pp) && load_rlx(&pp->runnext) == NULL;
}

#endif

#if MAXHARTS > 1
// runqspill is runqputtail for a ring that is full.
void
runqspill(struct p *pp, struct g *gp)
{
	runqputtail(pp, gp);
}
#endif

// runqkick moves runnext to the tail of the ring, or if so told to the global
// queue: then it returns true, and the caller must wake a hart. Owner only.
bool
runqkick(struct p *pp, bool global)
{
	struct g *gp = takenext(pp);

	if (gp == NULL)
		return false;
	if (global)
		globrunqputbatch(gp, gp, 1);
	else
		runqput(pp, gp, false);
	return global;
}

// runqdrain empties pp's queue into a list. The world is stopped.
void
runqdrain(struct p *pp, struct g **head, struct g **tail, uint32_t *n)
{
	bool inherit;
	struct g *gp;

	*head = *tail = NULL;
	*n = 0;
	while ((gp = runqget(pp, &inherit)) != NULL) {
		gp->schedlink = NULL;
		if (*tail != NULL)
			(*tail)->schedlink = gp;
		else
			*head = gp;
		*tail = gp;
		++*n;
	}
}

// ---- The order in which a thief looks around ------------------------------

// stealstart begins a walk over 0..n-1 that visits each once, in one of many
// orders: a random start and a step coprime to n. Any prime that does not divide
// n is coprime to it. random decides.
void
stealstart(struct stealorder *o, uint32_t n, uint32_t random)
{
	static const uint8_t prime[] = { 1, 3, 5, 7, 11, 13, 17, 19 };

	o->n = o->left = n;
	o->pos = random % n;
	o->step = prime[random >> 16 & 7];
	if (n % o->step == 0)
		o->step = 1;
}

void
stealnext(struct stealorder *o)
{
	o->left--;
	o->pos = (o->pos + o->step) % o->n;
}
