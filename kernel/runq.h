// runq.h: the two ends of a P's queue that its owner uses at each switch, compiled
// into their callers. With several harts the queue is a ring; what always holds
// there is in runq.c. With one it is a list that nobody else touches, and the
// functions of thieves are not there.
#ifndef GZERO_RUNQ_H
#define GZERO_RUNQ_H

#include "runtime.h"
#include "torture.h"

// What moves at once from a ring, or to one, at most: bounds the time that takes.
enum { RUNQ_BATCH = RUNQ_SIZE / 2 < 128 ? RUNQ_SIZE / 2 : 128 };

#if MAXHARTS > 1

typedef uint32_t runqend; // what runqhead and runqtail are

#define SLOT(n) ((n) % RUNQ_SIZE)
// RUNQ is the nth slot of pp's ring. The pointer goes over the place first: of
// pp->runq[n] gcc 12 makes an addition more.
#define RUNQ(pp, n) \
	(((struct p *)(void *)((char *)(pp) + SLOT(n) * sizeof(struct g *))) \
		 ->runq[0])

// A ring of RUNQ_SIZE slots holds one goroutine less: a goroutine that yields is put
// before another is taken, and always finds room.
#define RUNQ_ROOM (RUNQ_SIZE - 1)

RARE void runqspill(struct p *pp, struct g *gp);
bool runqputslow(struct p *pp, struct g *gp, uint32_t head, uint32_t tail);

// ringempty tells whether nothing is behind runnext. runqroom is how many may be put
// there without a spill, at least. Owner only.
static inline bool
ringempty(const struct p *pp)
{
	return load_rlx(&pp->runqhead) == load_rlx(&pp->runqtail);
}

static inline uint32_t
runqroom(const struct p *pp)
{
	return RUNQ_ROOM - (pp->runqtail - load_rlx(&pp->runqhead));
}

// tookhead moves the head of pp's ring from head on; false if a thief has. Release: the
// slot has been read. Acquire: what thieves have read before may be overwritten.
// Owner only.
static inline bool
tookhead(struct p *pp, uint32_t head)
{
	return cas_own(&pp->runqhead, head, head + 1);
}

// runqputtail puts gp at the tail of pp's ring. Owner only, unpreempted. A full ring
// spills half of itself to the global queue.
static inline void
runqputtail(struct p *pp, struct g *gp)
{
	for (;;) {
		uint32_t head = load_acq(&pp->runqhead);
		uint32_t tail = pp->runqtail;

		if (__builtin_expect(tail - head < RUNQ_ROOM, 1)) {
			store_rlx(&RUNQ(pp, tail), gp);
			RACE_POINT(runqput_slot);
			store_rel(&pp->runqtail, tail + 1);
			return;
		}
		if (runqputslow(pp, gp, head, tail))
			return;
	}
}

// runqturn puts gp, which yields, at the tail and takes the head; the ring is not
// empty. False if a thief was faster: then only the first has happened. Owner only.
static inline bool
runqturn(struct p *pp, struct g *gp, uint32_t head, uint32_t tail,
	 struct g **ng)
{
	store_rlx(&RUNQ(pp, tail), gp);
	RACE_POINT(runqput_slot);
	store_rel(&pp->runqtail, tail + 1);
	*ng = load_rlx(&RUNQ(pp, head));
	RACE_POINT(runqget_cas);
	return __builtin_expect(tookhead(pp, head), 1);
}

static inline struct g *
runqputnext(struct p *pp, struct g *gp)
{
	return xchg_ptr(&pp->runnext, gp);
}

// takenext takes pp's runnext, which was not NULL a moment ago; NULL if a thief was
// faster. Release, too: whoever sees it gone sees what was put into the ring before,
// or runqempty could miss both. Owner only.
static inline struct g *
takenext(struct p *pp)
{
	return xchg_ptr(&pp->runnext, NULL);
}

// takehead takes the ring's head, or NULL. Owner only.
static inline struct g *
takehead(struct p *pp)
{
	for (;;) {
		uint32_t head = load_acq(&pp->runqhead);
		struct g *gp;

		if (head == pp->runqtail)
			return NULL;
		gp = load_rlx(&RUNQ(pp, head));
		RACE_POINT(runqget_cas);
		if (tookhead(pp, head))
			return gp;
	}
}

#else

typedef struct g *runqend;

static inline uint32_t
runqroom(const struct p *pp)
{
	(void)pp;
	return NG;
}

static inline bool
ringempty(const struct p *pp)
{
	return load_rlx(&pp->runqhead) == NULL;
}

static inline void
runqputtail(struct p *pp, struct g *gp)
{
	gp->schedlink = NULL;
	if (pp->runqhead == NULL)
		store_rlx(&pp->runqhead, gp);
	else
		pp->runqtail->schedlink = gp;
	pp->runqtail = gp;
}

static inline bool
runqturn(struct p *pp, struct g *gp, struct g *head, struct g *tail,
	 struct g **ng)
{
	gp->schedlink = NULL;
	tail->schedlink = gp;
	pp->runqtail = gp;
	store_rlx(&pp->runqhead, head->schedlink);
	*ng = head;
	return true;
}

static inline struct g *
runqputnext(struct p *pp, struct g *gp)
{
	struct g *old = pp->runnext;

	store_rlx(&pp->runnext, gp);
	return old;
}

static inline struct g *
takenext(struct p *pp)
{
	struct g *gp = pp->runnext;

	store_rlx(&pp->runnext, NULL);
	return gp;
}

static inline struct g *
takehead(struct p *pp)
{
	struct g *gp = pp->runqhead;

	if (gp != NULL)
		store_rlx(&pp->runqhead, gp->schedlink);
	return gp;
}

#endif

// runqput puts gp on pp's queue: into runnext if next, where it kicks the
// previous one out to the tail, else to the tail. Owner only, unpreempted.
static inline void
runqput(struct p *pp, struct g *gp, bool next)
{
	if (TORTURE && next)
		next = tosscoin();
	if (next) {
		gp = runqputnext(pp, gp);
		if (__builtin_expect(gp == NULL, 1))
			return;
		RACE_POINT(runqput_kicked);
	}
	runqputtail(pp, gp);
}

// runqget takes the next goroutine from pp's own queue, or NULL. *inherit: it
// was runnext and goes on with the time slice of the one before. Owner only.
static inline struct g *
runqget(struct p *pp, bool *inherit)
{
	struct g *next = load_rlx(&pp->runnext);

	RACE_POINT(runqget_next);
	if (next != NULL && (next = takenext(pp)) != NULL) {
		*inherit = true;
		return next;
	}
	*inherit = false;
	return takehead(pp);
}

#endif
