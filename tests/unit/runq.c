// The local run queue: Go's TestRunq..., TestStealOrder, and what went wrong in
// others' queues (a task taken twice, another never).
#include "host.h"

#include <pthread.h>

#include "../../kernel/lock.c"
#include "../../kernel/runq.c"

static struct g *globalhead, *globaltail;
static uint32_t globaln;

void
globrunqputbatch(struct g *head, struct g *tail, uint32_t n)
{
	tail->schedlink = NULL;
	if (globaltail != NULL)
		globaltail->schedlink = head;
	else
		globalhead = head;
	globaltail = tail;
	globaln += n;
}

void
wakep(void)
{
}

#define N 2000
static struct g gs[N];
static bool inherit;

static void
reset(struct p *pp, uint32_t start)
{
	memset(pp->runq, 0, sizeof(pp->runq));
	pp->runqhead = pp->runqtail = start;
	pp->runnext = NULL;
	globalhead = globaltail = NULL;
	globaln = 0;
}

// SchedLocalQueue: for i = 0..size, put i, get i.
static bool
localqueue(uint32_t start)
{
	struct p *pp = &allp[0];

	reset(pp, start);
	for (uint32_t n = 0; n < RUNQ_SIZE; n++) {
		if (!runqempty(pp) || runqget(pp, &inherit) != NULL)
			return false;
		for (uint32_t i = 0; i < n; i++)
			runqput(pp, &gs[i], false);
		if (runqempty(pp) != (n == 0))
			return false;
		for (uint32_t i = 0; i < n; i++)
			if (runqget(pp, &inherit) != &gs[i] || inherit)
				return false;
	}
	return runqempty(pp) && globaln == 0;
}

// SchedLocalQueueSteal: for n = 0..size the thief gets half, but no more than
// RUNQ_BATCH, each exactly once.
static bool
localqueuesteal(uint32_t start)
{
	struct p *p1 = &allp[0], *p2 = &allp[1];

	for (uint32_t n = 0; n < RUNQ_SIZE; n++) {
		uint32_t seen[RUNQ_SIZE] = { 0 }, stolen = 0;
		uint32_t half = n - n / 2;
		struct g *gp;

		reset(p1, start);
		reset(p2, start + 77);
		for (uint32_t i = 0; i < n; i++)
			runqput(p1, &gs[i], false);
		gp = runqsteal(p2, p1, true);
		if (gp != NULL) {
			stolen++;
			seen[gp - gs]++;
		}
		while ((gp = runqget(p2, &inherit)) != NULL) {
			stolen++;
			seen[gp - gs]++;
		}
		while ((gp = runqget(p1, &inherit)) != NULL)
			seen[gp - gs]++;
		for (uint32_t i = 0; i < n; i++)
			if (seen[i] != 1)
				return false;
		if (stolen != (half < RUNQ_BATCH ? half : RUNQ_BATCH))
			return false;
	}
	return true;
}

// Overflow: one more than fits sends RUNQ_BATCH of the ring and the new one to the
// global queue, in order.
static bool
overflow(uint32_t start)
{
	struct p *pp = &allp[0];
	struct g *gp;

	reset(pp, start);
	for (uint32_t i = 0; i <= RUNQ_ROOM; i++)
		runqput(pp, &gs[i], false);
	if (globaln != RUNQ_BATCH + 1)
		return false;
	gp = globalhead;
	for (uint32_t i = 0; i < RUNQ_BATCH; i++, gp = gp->schedlink)
		if (gp != &gs[i])
			return false;
	if (gp != &gs[RUNQ_ROOM] || gp->schedlink != NULL)
		return false;
	for (uint32_t i = RUNQ_BATCH; i < RUNQ_ROOM; i++)
		if (runqget(pp, &inherit) != &gs[i])
			return false;
	return runqempty(pp);
}

// runnext: the newest goes first and inherits; the one that it kicks out goes to
// the tail.
static bool
runnext(void)
{
	struct p *pp = &allp[0];

	reset(pp, 5);
	runqput(pp, &gs[0], false);
	runqput(pp, &gs[1], true);
	runqput(pp, &gs[2], true);
	return runqget(pp, &inherit) == &gs[2] && inherit &&
	       runqget(pp, &inherit) == &gs[0] && !inherit &&
	       runqget(pp, &inherit) == &gs[1] && !inherit && runqempty(pp);
}

// A thief takes runnext only if it may and nothing else is there.
static bool
stealrunnext(void)
{
	struct p *p1 = &allp[0], *p2 = &allp[1];

	reset(p1, 0);
	reset(p2, 0);
	runqput(p1, &gs[0], true);
	return runqsteal(p2, p1, false) == NULL && p1->runnext == &gs[0] &&
	       runqsteal(p2, p1, true) == &gs[0] && runqempty(p1);
}

// drain empties ring and runnext, in the order in which they would run.
static bool
drain(void)
{
	struct p *pp = &allp[0];
	struct g *head, *tail;
	uint32_t n;

	reset(pp, 0xfffffffe);
	for (uint32_t i = 0; i < 10; i++)
		runqput(pp, &gs[i], false);
	runqput(pp, &gs[10], true);
	runqdrain(pp, &head, &tail, &n);
	return n == 11 && head == &gs[10] && head->schedlink == &gs[0] &&
	       tail == &gs[9] && tail->schedlink == NULL && runqempty(pp);
}

// StealOrder: every P once per round, for every number of Ps and many seeds; and
// more than one order for more than two.
static bool
order(void)
{
	for (uint32_t n = 1; n <= 32; n++) {
		uint32_t orders = 0, last = 0;

		for (uint32_t seed = 0; seed < 2000; seed++) {
			uint32_t seen = 0, hash = 0;
			struct stealorder o;

			stealstart(&o, n, seed * 2654435761u);
			for (; o.left > 0; stealnext(&o)) {
				seen |= 1u << o.pos;
				hash = hash * 31 + o.pos;
			}
			if (seen != (uint32_t)((1ull << n) - 1))
				return false;
			orders += hash != last;
			last = hash;
		}
		if (n > 1 && orders < 100)
			return false;
	}
	return true;
}

// ---- Threads: one owner, thieves, every id exactly once --------------------

#define OPS 300000
static uint8_t taken[OPS];
static struct g *ids; // OPS of them
static uint32_t producing = 1, total, emptyerrors;

static void
take(struct g *gp)
{
	if (__atomic_fetch_add(&taken[gp - ids], 1, __ATOMIC_RELAXED) != 0)
		abort();
	__atomic_fetch_add(&total, 1, __ATOMIC_RELAXED);
}

static void *
thief(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;
	struct g *gp;

	onhart(me);
	while (__atomic_load_n(&producing, __ATOMIC_ACQUIRE) ||
	       !runqempty(&allp[0])) {
		gp = runqsteal(&allp[me], &allp[0], me == 1);
		if (gp == NULL) {
			sched_yield();
			continue;
		}
		take(gp);
		while ((gp = runqget(&allp[me], &inherit)) != NULL)
			take(gp);
	}
	return NULL;
}

static bool
race(unsigned seed)
{
	pthread_t t[MAXHARTS];
	uint32_t x = seed, next = 0;
	struct g *gp;
	bool inh;

	memset(taken, 0, sizeof(taken));
	total = 0;
	producing = 1;
	onhart(0);
	reset(&allp[0], 0u - 8);
	for (unsigned i = 1; i < MAXHARTS; i++) {
		reset(&allp[i], 0u - 4);
		pthread_create(&t[i], NULL, thief, (void *)(uintptr_t)i);
	}
	while (next < OPS) {
		x = x * 1664525 + 1013904223;
		for (uint32_t n = x >> 28; n > 0 && next < OPS; n--)
			runqput(&allp[0], &ids[next++], x >> 20 & 1);
		// A yield: put before the head is taken.
		if (x >> 16 & 1 && next < OPS) {
			uint32_t head = load_rlx(&allp[0].runqhead);
			uint32_t tail = allp[0].runqtail;

			if (head != tail &&
			    runqturn(&allp[0], &ids[next], head, tail, &gp))
				take(gp);
			if (head != tail)
				next++;
		}
		// SchedLocalQueueEmpty: what the owner has just put may be
		// stolen, but never be in neither place.
		for (uint32_t n = x >> 24 & 15; n > 0; n--)
			if ((gp = runqget(&allp[0], &inh)) != NULL)
				take(gp);
	}
	__atomic_store_n(&producing, 0, __ATOMIC_RELEASE);
	for (unsigned i = 1; i < MAXHARTS; i++)
		pthread_join(t[i], NULL);
	while ((gp = runqget(&allp[0], &inh)) != NULL)
		take(gp);
	for (gp = globalhead; gp != NULL; gp = gp->schedlink)
		take(gp);
	return total == OPS && emptyerrors == 0;
}

// SchedLocalQueueEmpty: a G that is kicked from runnext to the ring is never
// invisible to a hart that looks whether there is work.
static uint32_t looking;

static void *
looker(void *unused)
{
	(void)unused;
	while (__atomic_load_n(&looking, __ATOMIC_ACQUIRE))
		if (runqempty(&allp[0]))
			emptyerrors++;
	return NULL;
}

static bool
neverempty(void)
{
	pthread_t t;

	onhart(0);
	reset(&allp[0], 0);
	emptyerrors = 0;
	runqput(&allp[0], &gs[0], true);
	looking = 1;
	pthread_create(&t, NULL, looker, NULL);
	for (uint32_t i = 0; i < 100000; i++) {
		struct g *b = &gs[1 + i % 2];

		runqput(&allp[0], b, true); // kicks the old one to the ring
		if (runqget(&allp[0], &inherit) != b)
			abort();
		runqput(&allp[0], b, true);
		// Take the old one from the ring: runnext is left alone.
		if (runqsteal(&allp[1], &allp[0], false) == NULL)
			abort();
	}
	__atomic_store_n(&looking, 0, __ATOMIC_RELEASE);
	pthread_join(t, NULL);
	return emptyerrors == 0;
}

int
main(void)
{
	ids = calloc(OPS, sizeof(*ids));
	hoststep = 500;
	onhart(1);
	onhart(0);
	check(localqueue(0), "SchedLocalQueue");
	check(localqueue(0u - 8), "SchedLocalQueue across 2^32");
	check(localqueuesteal(0), "SchedLocalQueueSteal");
	check(localqueuesteal(0u - 100), "SchedLocalQueueSteal across 2^32");
	check(overflow(0), "overflow to the global queue");
	check(overflow(0u - 8), "overflow across 2^32");
	check(runnext(), "runnext goes first, the old one to the tail");
	check(stealrunnext(), "runnext is not stolen unless it may be");
	check(drain(), "drain keeps the order");
	check(order(), "StealOrder");
	check(race(1) && race(7), "one owner, thieves: every id exactly once");
	check(neverempty(), "SchedLocalQueueEmpty");
	free(ids);
	return done();
}
