// Who submits against who goes to sleep: nothing is left on a queue while a hart
// sleeps; and the slice clock: a goroutine on the global queue is noticed by a hart
// that runs one. tests/model/idle.pml has the protocol at large, under seq_cst;
// this is whether the orders in the code are enough for it.
#include "kernel.h"

// Flags of the explorer: an IPI for hart i.
#define IPI(i) (i)

void
gopreempt(void)
{
}

void
arch_cpuwake(unsigned cpu)
{
	weak_flag(IPI(cpu));
}

// arch_cpuidle waits for the IPI; whatever else it may be ended by is a matter of
// the masked stretch before it, and idle.pml's.
void
arch_cpuidle(void)
{
	weak_wait(IPI(weak_self()));
	weak_irqrestore(0);
}

void
arch_timerset(int64_t when)
{
	(void)when;
}

void
checkdead(void)
{
}

struct g *
netpoll(void)
{
	return NULL;
}

void
isrdrain(struct m *mp)
{
	(void)mp;
}

void
lockedput(struct g *gp)
{
	(void)gp;
}

_Noreturn void
frozen(void)
{
	weak_fail("frozen");
}

void
stackbroken(const struct g *gp)
{
	(void)gp;
}

uint32_t
fastrandn(uint32_t n)
{
	return n - n;
}

int64_t
timerlook(const struct p *pp)
{
	(void)pp;
	return 0;
}

#define procyield weak_await
#include "../../kernel/lock.c"
#undef procyield
#define procyield()
#include "../../kernel/runq.c"
#include "../../kernel/preempt.c"

// told: hart 0 has seen that nobody looks, and is about to wake somebody. For tests
// that need not go on from there.
static bool ends, told;

static void
lockorend(struct lock *l)
{
	if (ends && weak_self() == 0) {
		told = true;
		weak_end();
	}
	lock(l);
}

#define lock(l) lockorend(l)
#include "../../kernel/idle.c"
#undef lock

// As in proc.c.
void
globrunqputbatch(struct g *head, struct g *tail, uint32_t n)
{
	lock(&sched.lock);
	tail->schedlink = NULL;
	if (sched.runqtail != NULL)
		sched.runqtail->schedlink = head;
	else
		sched.runqhead = head;
	sched.runqtail = tail;
	store(&sched.runqsize, sched.runqsize + n);
	unlock(&sched.lock);
	kickticks();
}

struct g *
globrunqget(struct p *pp, uint32_t max)
{
	struct g *gp = sched.runqhead;

	(void)pp;
	(void)max;
	if (sched.runqsize == 0)
		return NULL;
	sched.runqhead = gp->schedlink;
	if (sched.runqhead == NULL)
		sched.runqtail = NULL;
	store(&sched.runqsize, sched.runqsize - 1);
	return gp;
}

// ---- Sleeping ---------------------------------------------------------------

static void
reset(void)
{
	resetkernel();
	ncpu = gomaxprocs = 2;
	sched.nm = 2;
	ends = told = false;
	memset(timesrun, 0, sizeof(timesrun));
}

// Hart 1 spins: it has looked everywhere, and goes to sleep.
UNCHECKED static void
reset1(void)
{
	reset();
	allm[1].spinning = true;
	sched.nmspinning = 1;
}

// Hart 1 has no P and waits.
UNCHECKED static void
resetasleep(void)
{
	reset();
	allm[1].p = NULL;
	allm[1].watch = &allp[1];
	sched.idle = 1 << 1;
	sched.npidle = 1;
	allm[1].parked = true;
	sched.nmparked = 1;
}

// looks is the rest of findrunnable's loop, as far as it matters.
static void
looks(void)
{
	struct m *mp = &allm[1];
	struct g *gp;

	gp = runqsteal(mp->p, &allp[0], true);
	if (gp == NULL) {
		lock(&sched.lock);
		gp = globrunqget(mp->p, 0);
		unlock(&sched.lock);
	}
	if (gp != NULL)
		ran(gp);
}

static void
idles(void)
{
	struct g *gp;

	giveup(&allm[1], &gp);
	if (gp != NULL)
		ran(gp);
	else
		looks();
}

static void
sleeps(void)
{
	mpark(&allm[1]);
	looks();
}

// Hart 0 makes a goroutine ready, and never stops running its own.
static void
submits(void)
{
	gs[0].sched.pc = 1;
	runqput(&allp[0], &gs[0], true);
	wakep();
}

// As drainready and requeue: to the ring's tail, by a release store only.
UNCHECKED static void
resettail(void)
{
	reset1();
	ends = true;
}

UNCHECKED static void
finaltail(void)
{
	if (!told && timesrun[0] == 0 && weak_waits(1))
		weak_fail("a hart sleeps while a goroutine waits");
}

static void
submitslast(void)
{
	gs[0].sched.pc = 1;
	runqput(&allp[0], &gs[0], false);
	wakep();
}

static void
submitsglobal(void)
{
	gs[0].sched.pc = 1;
	globrunqputbatch(&gs[0], &gs[0], 1);
	wakep();
}

UNCHECKED static void
final(void)
{
	if (!weak_ended(0))
		weak_fail("the submitter does not end");
	if (timesrun[0] == 0 && weak_waits(1))
		weak_fail("a hart sleeps while a goroutine waits");
}

// ---- gosched, which wakes nobody ---------------------------------------------

// Hart 0 runs gs[1] while gs[0] is next; gs[1] yields.
UNCHECKED static void
resetyield(void)
{
	reset1();
	allp[0].runnext = &gs[0];
}

static void
yields(void)
{
	bool inherit;

	gs[1].sched.pc = 1;
	runqput(&allp[0], &gs[1], false);
	(void)runqget(&allp[0], &inherit); // gs[0], and it runs for ever
}

UNCHECKED static void
finalyield(void)
{
	if (timesrun[1] == 0 && timesrun[0] == 0 && weak_waits(1))
		weak_fail("a hart sleeps while a goroutine waits");
}

// ---- The slice clock ------------------------------------------------------------

UNCHECKED static void
resettick(void)
{
	reset();
	allp[1].tickwhen = 1;
	allm[1].curg = &gs[2];
}

static void
putsglobal(void)
{
	globrunqputbatch(&gs[0], &gs[0], 1);
}

static void
ticks(void)
{
	tick(&allp[1], SLICE_NS);
}

UNCHECKED static void
finaltick(void)
{
	if (allp[1].tickwhen == 0 && !weak_up(IPI(1)))
		weak_fail("a goroutine waits and the slice clock stands");
}

const struct weak_test weak_tests[] = {
	{ .name = "submit against giveup",
	  .n = 2,
	  .reset = reset1,
	  .hart = { submits, idles },
	  .final = final },
	{ .name = "submit to the tail against giveup",
	  .n = 2,
	  .reset = resettail,
	  .hart = { submitslast, idles },
	  .final = finaltail },
	{ .name = "submit to all against giveup",
	  .n = 2,
	  .reset = reset1,
	  .hart = { submitsglobal, idles },
	  .final = final,
	  .large = 2 },
	{ .name = "submit against giveup, not spinning",
	  .n = 2,
	  .reset = reset,
	  .hart = { submits, idles },
	  .final = final,
	  .large = 2 },
	{ .name = "submit against mpark",
	  .n = 2,
	  .reset = resetasleep,
	  .hart = { submits, sleeps },
	  .final = final },
	{ .name = "yield against giveup",
	  .n = 2,
	  .reset = resetyield,
	  .hart = { yields, idles },
	  .final = finalyield },
	{ .name = "tick against put",
	  .n = 2,
	  .reset = resettick,
	  .hart = { putsglobal, ticks },
	  .final = finaltick },
	{ .name = NULL },
};
