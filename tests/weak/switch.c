// A switch from goroutine to goroutine: who leaves is on a queue, or made ready by
// another hart, before its context is saved, and whoever takes it sees all of the
// context and is alone with it.
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
#include "../../kernel/quick.h"

static bool waits;      // gs[0] is on the wait queue
static struct lock *wl; // whose lock that is

void
globrunqputbatch(struct g *head, struct g *tail, uint32_t n)
{
	(void)head;
	(void)tail;
	(void)n;
	weak_fail("the ring has spilled");
}

void
wakep(void)
{
}

void
stackbroken(const struct g *gp)
{
	(void)gp;
}

// mayrun is execute's waitsaved, and leavelate's.
static void
mayrun(const struct g *gp)
{
	while (!saved(gp))
		weak_await();
}

// gswitch is arch's, up to where ng goes on, which ends the hart's part.
void
gswitch(struct g *gp, struct g *ng, struct m *mp)
{
	gp->sched.sp = 7; // and the stack
	mp->curg = ng;
	gp->locks = 0;
	store_rel(&gp->m, NULL);
	if (ng->sched.sp != 7)
		weak_fail("a context that is not saved is continued");
	ran(ng);
	weak_end();
}

void
switchlate(struct g *gp, struct g *ng, struct m *mp)
{
	mayrun(ng);
	chosen(mp, ng);
	gswitch(gp, ng, mp);
}

UNCHECKED static void
reset(void)
{
	resetkernel();
	memset(timesrun, 0, sizeof(timesrun));
	waits = false;
	wl = (struct lock *)(void *)&gs[NG - 1].waitarg; // any word
	for (int i = 0; i < MAXHARTS; i++) {
		struct g *gp = &gs[i];

		running[i] = gp;
		gp->m = &allm[i];
		gp->status = Grunning;
		gp->stacklo = (uintptr_t)&gs[NG - 2].goid; // somewhere
		allm[i].curg = gp;
	}
	for (int i = MAXHARTS; i < NG; i++)
		gs[i].sched.sp = 7;
}

// execute, on g0.
static void
runs(struct g *gp)
{
	mayrun(gp);
	gp->m = &allm[weak_self()];
	if (gp->sched.sp != 7)
		weak_fail("a context that is not saved is continued");
	if (gp->locks != 0)
		weak_fail("runs with preemption off");
	ran(gp);
}

// yield, where another waits in the ring.
static void
yields(void)
{
	struct m *mp = &allm[0];
	struct p *pp = &allp[0];
	struct g *gp = &gs[0], *ng;

	runqputtail(pp, &gs[3]);
	gp->locks = 1;
	if (ringempty(pp)) { // a thief was faster
		gp->locks = 0;
		return;
	}
	leaving(gp, Grunnable);
	if (!runqturn(pp, gp, load_rlx(&pp->runqhead), pp->runqtail, &ng))
		ng = takehead(pp);
	if (ng == gp || ng == NULL) // gone_m: it is saved then by mcall
		return;
	switchto(gp, ng, mp);
}

static void
steals(void)
{
	struct g *gp = runqsteal(&allp[1], &allp[0], false);

	if (gp == NULL)
		return;
	if (gp == &gs[0] && timesrun[3] == 0)
		weak_end(); // it goes by mcall
	runs(gp);
}

// goparkunlock with somebody in the ring.
static void
parks(void)
{
	struct g *gp = &gs[0], *ng;

	runqputtail(&allp[0], &gs[3]);
	ng = takehead(&allp[0]);
	lockas(wl, RANKCHAN);
	waits = true;
	parkto(gp, ng, &allm[0], wl, "test");
}

// The waker goes on, and its P's next turn has the one that it woke.
static void
wakes(void)
{
	struct g *gp = &gs[1], *woken = NULL;

	lockas(wl, RANKCHAN);
	if (waits) {
		waits = false;
		woken = &gs[0];
	}
	release(wl);
	gp->locks--;
	if (woken == NULL)
		return;
	casgstatus(woken, Gwaiting, Grunnable);
	runqputtail(&allp[1], woken);
	gp->locks = 1;
	woken = takehead(&allp[1]);
	if (woken != NULL) {
		leaving(gp, Gwaiting);
		switchto(gp, woken, &allm[1]);
	}
}

// A third hart takes it from there.
static void
stealswoken(void)
{
	struct g *gp = runqsteal(&allp[2], &allp[1], false);

	if (gp != NULL)
		runs(gp);
}

UNCHECKED static void
final(void)
{
	for (unsigned i = 0; i < 2; i++)
		if (!weak_ended(i))
			weak_fail("a hart waits for ever");
}

const struct weak_test weak_tests[] = {
	{ .name = "yield, a thief",
	  .n = 2,
	  .reset = reset,
	  .hart = { yields, steals },
	  .final = final },
	{ .name = "park, a waker that switches to it",
	  .n = 2,
	  .reset = reset,
	  .hart = { parks, wakes },
	  .final = final },
	{ .name = "park, a waker, a thief",
	  .n = 3,
	  .reset = reset,
	  .hart = { parks, wakes, stealswoken },
	  .final = final,
	  .large = 1 },
	{ .name = NULL },
};
