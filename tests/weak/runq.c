// The run queue: every goroutine is got exactly once, by whoever it may be, with
// all that was written into it before.
#include "kernel.h"

void
gopreempt(void)
{
}

#define procyield weak_await
#include "../../kernel/lock.c"
#undef procyield
#define procyield() // grabnext does not wait for anything
#include "../../kernel/runq.c"

void
globrunqputbatch(struct g *head, struct g *tail, uint32_t n)
{
	lock(&sched.lock);
	tail->schedlink = sched.runqhead;
	sched.runqhead = head;
	sched.runqsize += n;
	unlock(&sched.lock);
}

void
wakep(void)
{
}

static struct g *
globget(void)
{
	struct g *gp;

	lock(&sched.lock);
	gp = sched.runqhead;
	if (gp != NULL)
		sched.runqhead = gp->schedlink;
	unlock(&sched.lock);
	return gp;
}

UNCHECKED static void
reset(void)
{
	resetkernel();
	memset(timesrun, 0, sizeof(timesrun));
	for (int i = 0; i < MAXHARTS; i++)
		allp[i].runqhead = allp[i].runqtail = UINT32_MAX; // wraps soon
}

static void
putg(int i, bool next)
{
	gs[i].sched.pc = 1;
	runqput(&allp[0], &gs[i], next);
}

static void
get(void)
{
	bool inherit;
	struct g *gp = runqget(&allp[weak_self()], &inherit);

	if (gp != NULL)
		ran(gp);
}

static void
steal(void)
{
	struct g *gp = runqsteal(&allp[weak_self()], &allp[0], true);

	if (gp != NULL) {
		ran(gp);
		get();
	}
}

// left is what is still queued: nothing is lost.
UNCHECKED static void
left(struct g *gp)
{
	if (gp != NULL && timesrun[gp - gs]++ > 0)
		weak_fail("a goroutine was run and is still queued");
}

static void
final(void)
{
	for (uint32_t i = 0; i < MAXHARTS; i++) {
		struct p *pp = &allp[i];

		if (!weak_ended(i) && i < 2)
			weak_fail("a hart does not end");
		left(pp->runnext);
		for (uint32_t h = pp->runqhead; h != pp->runqtail; h++)
			left(pp->runq[SLOT(h)]);
	}
	for (struct g *gp = sched.runqhead; gp != NULL; gp = gp->schedlink)
		left(gp);
}

#define FINAL(n) \
	static void final##n(void) \
	{ \
		final(); \
		for (int i = 0; i < n; i++) \
			if (timesrun[i] != 1) \
				weak_fail("a goroutine is lost"); \
	}
FINAL(2)
FINAL(3)
FINAL(4)

// Put and get against one thief, around the ring's end.
static void
owner3(void)
{
	putg(0, false);
	putg(1, false);
	get();
	putg(2, false);
	get();
	get();
}

// The ring is reused as soon as a slot is free.
static void
owner4(void)
{
	putg(0, false);
	get();
	putg(1, false);
	putg(2, false);
	get();
	putg(3, false);
}

// runnext and kicking.
static void
ownernext(void)
{
	putg(0, true);
	putg(1, true);
	get();
	runqkick(&allp[0], false);
	get();
}

// A full ring spills.
static void
ownerspill(void)
{
	struct g *gp;

	putg(0, false);
	putg(1, false);
	putg(2, false);
	if ((gp = globget()) != NULL)
		ran(gp);
}

static void
owner2(void)
{
	putg(0, false);
	putg(1, false);
	get();
}

// Go's TestSchedLocalQueueEmpty: one goroutine or two are queued all the time, one
// of them on its way from runnext to the ring for a while. (runqkick is not meant:
// its goroutine is in its owner's hands, who takes one at once.)
static void
ownerkick(void)
{
	putg(0, true);
	weak_flag(0);
	putg(1, true);
	get();
}

static void
looks(void)
{
	weak_wait(0);
	if (runqempty(&allp[0]))
		weak_fail("runqempty does not see the goroutine");
}

static void
finalkick(void)
{
}

// A goroutine that ran and is ready again, in the same place: who has seen it there
// before must see what has happened since.
static void
owneragain(void)
{
	bool inherit;

	putg(0, true);
	if (runqget(&allp[0], &inherit) == NULL)
		return;
	gs[0].sched.pc++;
	runqput(&allp[0], &gs[0], true);
}

static void
stealagain(void)
{
	struct g *gp = runqsteal(&allp[1], &allp[0], true);

	if (gp != NULL)
		gp->sched.pc++;
}

// A goroutine that yields fills a slot without a look at the head (runqturn); the
// slots behind it come round at once.
static struct g *
turn(struct g *gp)
{
	struct p *pp = &allp[0];
	uint32_t head = load_rlx(&pp->runqhead), tail = pp->runqtail;
	struct g *ng;

	if (head == tail)
		return gp;
	gp->sched.pc = 1;
	return runqturn(pp, gp, head, tail, &ng) ? ng : takehead(pp);
}

static void
owneryields(void)
{
	struct g *gp = &gs[1];

	putg(0, false);
	for (int i = 0; i < 3 && gp != NULL; i++)
		gp = turn(gp);
	if (gp != NULL)
		ran(gp);
}

// A ring that is as full as it gets, and one that yields on top of that.
static void
ownerfull(void)
{
	struct g *gp;

	putg(0, false);
	putg(2, false);
	gp = turn(&gs[1]);
	if (gp != NULL)
		ran(gp);
}

const struct weak_test weak_tests[] = {
	{ .name = "full, a yield, a thief",
	  .n = 2,
	  .reset = reset,
	  .hart = { ownerfull, steal },
	  .final = final3,
	  .late = allp[0].runq,
	  .latesize = sizeof(allp[0].runq) },
	{ .name = "3 yields, a thief",
	  .n = 2,
	  .reset = reset,
	  .hart = { owneryields, steal },
	  .final = final2,
	  .late = allp[0].runq,
	  .latesize = sizeof(allp[0].runq) },
	{ .name = "3 puts, a thief",
	  .n = 2,
	  .reset = reset,
	  .hart = { owner3, steal },
	  .final = final3,
	  .late = allp[0].runq,
	  .latesize = sizeof(allp[0].runq) },
	{ .name = "4 puts, reuse, a thief",
	  .n = 2,
	  .reset = reset,
	  .hart = { owner4, steal },
	  .final = final4,
	  .late = allp[0].runq,
	  .latesize = sizeof(allp[0].runq) },
	{ .name = "runnext, a thief",
	  .n = 2,
	  .reset = reset,
	  .hart = { ownernext, steal },
	  .final = final2,
	  .late = allp[0].runq,
	  .latesize = sizeof(allp[0].runq) },
	{ .name = "spill, a thief",
	  .n = 2,
	  .reset = reset,
	  .hart = { ownerspill, steal },
	  .final = final3,
	  .late = allp[0].runq,
	  .latesize = sizeof(allp[0].runq) },
	{ .name = "2 puts, two thieves",
	  .n = 3,
	  .reset = reset,
	  .hart = { owner2, steal, steal },
	  .final = final2,
	  .late = allp[0].runq,
	  .latesize = sizeof(allp[0].runq),
	  .large = 1 },
	{ .name = "the same again, a thief",
	  .n = 2,
	  .reset = reset,
	  .hart = { owneragain, stealagain },
	  .final = finalkick },
	{ .name = "kick against runqempty",
	  .n = 2,
	  .reset = reset,
	  .hart = { ownerkick, looks },
	  .final = finalkick },
	{ .name = NULL },
};
