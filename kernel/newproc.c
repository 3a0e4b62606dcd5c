// newproc.c: how a goroutine is born and how it dies.
//
// go(fn, arg) takes a dead G, lays fn's argument on its stack and plants goexit as
// fn's return address; so a goroutine whose function returns falls into goexit1
// with no help from anyone, and every traceback ends in goexit. goexit0 wipes what
// could leak into the G's next life and puts it on the P's free list.
//
// Contexts: newproc1 and goexit0 run on g0, since the goroutine's stack may be too
// small for one and is given away by the other. Go: proc.go (newproc, goexit0).
#include <string.h>

#include "quick.h"

struct newprocargs {
	void (*fn)(void *);
	const void *args; // copied if size > 0, else passed as it is
	size_t size;
	const char *name;
	int class;
	uintptr_t pc;
	struct g *parent;
	const struct pool *why; // the exhausted pool, if newg is NULL
	struct g *newg;
};

// nextgoid gives out ids, from the P's block of GOIDS; with one hart there is only that
// P. (Go has blocks of 16. The way to a new one costs as much as three births.)
enum { GOIDS = 256 };
static uint64_t
nextgoid(struct p *pp)
{
	if (MAXHARTS > 1 && pp->goidcache == pp->goidcacheend) {
		lock(&sched.lock);
		pp->goidcache = sched.goidgen;
		sched.goidgen += GOIDS;
		unlock(&sched.lock);
		pp->goidcacheend = pp->goidcache + GOIDS;
	}
	return ++pp->goidcache;
}

// newproc1 makes the goroutine and queues it. On g0.
static void
newproc1(void *argp)
{
	struct newprocargs *a = argp;
	struct m *mp = getg()->m;
	struct p *pp = mp->p;
	struct g *gp = gfget(pp, a->class, &a->why);
	uintptr_t sp;
	void *arg = (void *)(uintptr_t)a->args;

	a->newg = gp;
	if (gp == NULL)
		return;
	sp = gp->stackhi;
	if (a->size > 0) {
		sp = (sp - a->size) & ~(uintptr_t)15;
		arg = memcpy((void *)sp, a->args, a->size);
	}
	gostartcall(&gp->sched, sp, a->fn, arg);
	gp->startfn = a->fn;
	gp->name = a->name;
	gp->gopc = a->pc;
	gp->parentgoid = a->parent->goid;
	if (gp->goid == 0)
		pp->fresh++;
	gp->odd = a->class != stackclassfor(STACK_STD);
	gp->goid = nextgoid(pp);
	if (MAXHARTS > 1)
		pp->spawned++;
	casgstatus(gp, Gdead, Grunnable);
	RACE_POINT(newproc_runnable);
	runqput(pp, gp, true);
	if (!sched.mainstarted)
		return;
	if (pp->slow.notick)
		starttick(pp);
	RACE_POINT(newproc_put);
	wakep();
}

// newmain makes the main goroutine. On g0, at boot.
void
newmain(void (*fn)(void *))
{
	struct newprocargs a = { .fn = fn,
				 .name = "main",
				 .parent = getg(),
				 .class = stackclassfor(STACK_MAIN) };

	newproc1(&a);
	if (a.newg == NULL)
		throw("newmain: no room for the main goroutine");
	a.newg->odd = true;
}

static void
gfflushall(void)
{
	for (uint32_t i = 0; i < ncpu; i++)
		gfflush(&allp[i]);
}

// newproc starts a goroutine; false if a pool is exhausted, which a->why names.
// Dead Gs that other Ps keep count as free: before it gives up it stops the
// world, collects them and tries once more while nobody else can take them.
static bool
newproc(struct newprocargs *a)
{
	if (a->fn == NULL)
		fatal("go of nil func value");
	a->parent = getg();
	systemstack(newproc1, a);
	if (a->newg == NULL && MAXHARTS > 1 && ncpu > 1 && getg()->locks == 0) {
		stoptheworld();
		gfflushall();
		systemstack(newproc1, a);
		starttheworld();
	}
	return a->newg != NULL;
}

// exhausted ends the machine because go found no room.
static _Noreturn void
exhausted(const struct pool *p)
{
	fatal("go: pool \"%s\" is exhausted: all %u are in use; raise %s (make "
	      "CONFIG=\"%s=%u\")",
	      p->name, p->n, p->setting, p->setting, 2 * p->n);
}

#define CALLERPC ((uintptr_t)__builtin_return_address(0))

// goslow is go by newproc.
RARE static void
goslow(void (*fn)(void *), void *arg, uintptr_t pc)
{
	struct newprocargs a = { .fn = fn,
				 .args = arg,
				 .pc = pc,
				 .class = stackclassfor(STACK_STD) };

	mustgoroutine("go");
	if (!newproc(&a))
		exhausted(a.why);
}

RARE static void
goslowm(void (*fn)(void *), void *arg, uintptr_t pc)
{
	releasem();
	goslow(fn, arg, pc);
}

static void goput(void (*fn)(void *), void *arg, uintptr_t pc);

// gokick is the end of go where kicked has lost runnext to the new goroutine.
__attribute__((noinline)) static void
gokick(struct p *pp, struct g *kicked)
{
#if MAXHARTS > 1
	uint32_t head = load_acq(&pp->runqhead), tail = pp->runqtail;

	if (__builtin_expect(tail - head >= RUNQ_ROOM, 0)) {
		runqspill(pp, kicked);
		releasem();
		return;
	}
	store_rlx(&RUNQ(pp, tail), kicked);
	store_rel(&pp->runqtail, tail + 1);
	if (load_rlx(&pp->slow.others)) {
		wakepm();
		return;
	}
#else
	runqputtail(pp, kicked);
#endif
	releaseq(getg());
}

// The quick way of go: a G from the own list, made on the caller's stack, as far as
// nothing else has to be done. others: there are other Ps, too. Go: newproc.
static inline __attribute__((always_inline)) void
goquick(struct g *self, void (*fn)(void *), void *arg, uintptr_t pc,
	bool others)
{
	struct p *pp = pof(mof(self));
	struct g *gp = pp->gfree;

	if (!others && __builtin_expect(nonzero_rlx(&pp->slow.put), 0)) {
		goput(fn, arg, pc);
		return;
	}
	if (__builtin_expect(gp == NULL, 0) ||
	    __builtin_expect(gp->stacklo == 0, 0) ||
	    (MAXHARTS > 1 &&
	     __builtin_expect(pp->goidcache == pp->goidcacheend, 0))) {
		goslowm(fn, arg, pc);
		return;
	}
	pp->gfree = gp->schedlink;
	if (MAXHARTS > 1) {
		pp->gfreen--;
		pp->spawned++;
	}
	arch_startcall(&gp->sched, gp->stackhi, fn, arg);
	gp->startfn = fn;
	gp->name = NULL;
	gp->gopc = pc;
	gp->parentgoid = self->goid;
	gp->goid = ++pp->goidcache;
	casgstatus(gp, Gdead, Grunnable);
	gp = runqputnext(pp, gp);
	if (gp != NULL)
		gokick(pp, gp);
	else if (others)
		wakepm();
	else
		releaseq(self);
}

// goput is go where who makes somebody ready has more to do.
__attribute__((noinline)) static void
goput(void (*fn)(void *), void *arg, uintptr_t pc)
{
	struct g *self = getg();

	if (MAXHARTS == 1 || load_rlx(&pof(mof(self))->slow.own) != 0)
		goslowm(fn, arg, pc);
	else
		goquick(self, fn, arg, pc, true);
}

void
go(void (*fn)(void *), void *arg)
{
	struct g *self = getg();

	if (!INLINE || fn == NULL || gbusy(self)) {
		goslow(fn, arg, CALLERPC);
		return;
	}
	self->locks = 1;
	barrier();
	goquick(self, fn, arg, CALLERPC, false);
}

bool
go_try(void (*fn)(void *), void *arg)
{
	struct newprocargs a = { .fn = fn,
				 .args = arg,
				 .pc = CALLERPC,
				 .class = stackclassfor(STACK_STD) };

	mustgoroutine("go_try");
	return newproc(&a);
}

void
go_copy_(void (*fn)(void *), const void *args, size_t size)
{
	struct newprocargs a = { .fn = fn,
				 .args = args,
				 .size = size,
				 .pc = CALLERPC,
				 .class = stackclassfor(STACK_STD) };

	mustgoroutine("go_copy");
	if (size > STACK_STD / 4)
		fatal("go_copy: argument of %zu bytes; at most a quarter of "
		      "STACK_STD, %d bytes, are copied",
		      size, STACK_STD / 4);
	if (size > 0)
		touch(args);
	if (!newproc(&a))
		exhausted(a.why);
}

bool
go_with_(struct go_attr attr, void (*fn)(void *), void *arg)
{
	size_t want = attr.stack != 0 ? attr.stack : STACK_STD;
	struct newprocargs a = { .fn = fn,
				 .args = arg,
				 .pc = CALLERPC,
				 .name = attr.name,
				 .class = stackclassfor(want) };

	mustgoroutine("go_with");
	if (a.class < 0)
		fatal("go_with: no stack of %zu bytes; the classes are %d, %d, "
		      "%d and %d bytes (STACK0_BYTES to STACK3_BYTES)",
		      want, STACK0_BYTES, STACK1_BYTES, STACK2_BYTES,
		      STACK3_BYTES);
	return newproc(&a);
}

// ---- Death --------------------------------------------------------------------

// goexit0 ends gp, on g0. Every field that could leak into its next life goes.
static void
goexit0(struct g *gp)
{
	struct m *mp = getg()->m;
	bool clean;

	stackcheck(gp);
	if (STACK_PAINT || DEBUG)
		stackmeasure(gp); // also the poison of dead stacks
	casgstatus(gp, Grunning, Gdead);
	RACE_POINT(goexit_dead);
	if (gp->system)
		xadd(&sched.ngsys, -1u);
	if (gp->locks != 0)
		throw("goexit: goroutine ended with preemption disabled");
	panicfree(gp);
	gp->system = false;
	gp->odd = false;
	gp->deferred = NULL;
	gp->panic = NULL;
	gp->catching = NULL;
	gp->waitreason = NULL;
	gp->waitunlockf = NULL;
	gp->waitarg = NULL;
	gp->param = NULL;
	gp->selectdone = 0;
	gp->name = NULL;
	clean = !lockedexit(gp);
	dropg(mp, gp);
	mp->p->lives++;
	gfput(mp->p, gp);
	RACE_POINT(goexit_freed);
	if (clean)
		schedule();
	mstart1(mp);
}

// goexitslow ends gp by way of goexit0.
RARE static _Noreturn void
goexitslow(struct g *gp)
{
	if (gp->goid == 1)
		store(&sched.maingone, true);
	if (gp->reent != NULL) {
		libc_goexit(gp->reent);
		gp->reent = NULL;
	}
	mcall(goexit0);
	throw("goexit1: goroutine lives on");
}

RARE static _Noreturn void
goexitslowm(struct g *gp)
{
	gp->locks = 0;
	goexitslow(gp);
}

// leavelate is the rest of goexit1 where another hart is still leaving ng.
RARE static _Noreturn void
leavelate(struct g *gp, struct g *ng, struct m *mp)
{
	while (!saved(ng))
		procyield();
	chosen(mp, ng);
	gleave(gp, ng, mp);
}

// goexit1 ends the running goroutine: its function has returned into goexit. Its
// quick way, where nothing of it is odd: what is left is put on the P's list, and the
// next of the own queue goes on. Who takes it from the list, on this hart, does so
// after gleave. The race detector's and the tracer's end-of-goroutine events have
// their place here.
void
goexit1(void)
{
	struct g *gp = getg(), *ng;
	struct m *mp;
	struct p *pp;

	if (!INLINE || STACK_PAINT || gp->odd || gp->deferred != NULL ||
	    gbusy(gp))
		goexitslow(gp);
	gp->locks = 1;
	barrier();
	mp = mof(gp);
	pp = pof(mp);
	if ((!quick(pp) && !quickglobal(pp)) ||
	    (MAXHARTS > 1 && pp->gfreen >= GFREE_HIGH - 1))
		goexitslowm(gp);
	stackcheck(gp);
	ng = takenext(pp);
	if (ng != NULL) {
		pp->inherits++;
	} else {
		ng = takehead(pp);
		if (ng == NULL)
			goexitslowm(gp);
		pp->schedtick++;
	}
	casgstatus(gp, Grunning, Gdead);
	pp->lives++;
	gp->schedlink = pp->gfree;
	pp->gfree = gp;
	if (MAXHARTS > 1)
		pp->gfreen++;
	if (!saved(ng))
		leavelate(gp, ng, mp);
	chosen(mp, ng);
	gleave(gp, ng, mp);
}

// gcount counts the goroutines that are alive, without the runtime's own. While
// others come and go the answer is a moment old.
uint32_t
gcount(void)
{
	uint32_t n = 0;

	// A goroutine may be born on one P and die on another, so only the sum
	// over all means anything.
	for (uint32_t i = 0; i < ncpu; i++)
		n += (uint32_t)spawned(&allp[i]) - (uint32_t)allp[i].lives;
	return n - load_rlx(&sched.ngsys);
}
