// small.c: the scheduler of the smallest images (make MINI=1): for one hart, written
// to take few bytes. chan.c, sema.c and pkg/ are the same as ever and find here what
// they call; select is select.c in this folder.
//
// What always holds:
//  - Runnable goroutines are in one list, in the order in which they became so. Its
//    ends, the timers and the free Gs belong to g0, and to goroutines with preemption
//    off. Handlers only read them.
//  - The clock's tick is the slice: a goroutine that it meets goes to the end of the
//    list if somebody waits there or a timer is due. With preemption off it notes
//    that in preempt, and releasem does it.
//  - Timers are a list in the order in which they are due, linked by right. A timer
//    that is set has p != NULL. The function of one runs on g0 when no goroutine
//    does; those that are due run before the next goroutine.
//  - Each G has a stack of its own for good. Its lowest word is looked at whenever the
//    goroutine leaves the hart: there is no guard.
//
// It has no other harts, no devices' interrupts (the clock's is the only one that may
// call in here), no panic that anybody could stop, no LockOSThread, no reports,
// counters or checks of itself: what has is the ordinary kernel, of which this is no part.
//
// Contexts: as in proc.c. Go: proc.go, time.go.
#include <string.h>

#include "runtime.h"

_Static_assert(MAXHARTS == 1 && !NPANIC && !NREENT && !NIRQ && !WAITSINCE &&
		       !DEBUG && !TORTURE && !RACE && STACK_STD % 8 == 0,
	       "make MINI=1");

struct m allm[1];
struct g allg[NG];
unsigned char g0stacks[G0_STACK_BYTES]
	__attribute__((aligned(8), section(".bss.g0stacks")));

static unsigned char stacks[NG][STACK_STD]
	__attribute__((aligned(8), section(".bss.noinit.stacks")));
static struct g *runq, **runqend = &runq, *freeg;
static uint32_t nfresh; // Gs from here on have never lived
static goid_t lastgoid;
static struct timer *timers;

// ---- Preemption off ---------------------------------------------------------------

void
releasemlooked(struct g *gp)
{
	if (--gp->locks == 0 && gp->preempt)
		goyield();
}

// With one hart a lock is only that.
void
lock(struct lock *l)
{
	(void)l;
	acquirem();
}

void
unlock(struct lock *l)
{
	(void)l;
	releasem();
}

void
lockranked(struct lock *l, enum lockrank rank)
{
	(void)l;
	(void)rank;
	acquirem();
}

void
preempt_disable(void)
{
	acquirem();
}

void
preempt_enable(void)
{
	releasem();
}

#define SET ((struct p *)(void *)&timers) // no P: that it is set

// ---- Timers ---------------------------------------------------------------------

static bool
due(void)
{
	return timers != NULL && timers->when <= nanotime();
}

int64_t
time_now(void)
{
	return nanotime();
}

// deadline counts from the tick to come: the one that was may be long over.
int64_t
deadline(duration d)
{
	int64_t when;

	if (d < 0)
		d = 0;
	if (__builtin_add_overflow(nanotime() + TICK_NS, d, &when))
		when = INT64_MAX;
	return when;
}

void
addtimer(struct timer *t, int64_t when)
{
	struct timer **link = &timers;

	acquirem();
	t->when = when;
	t->p = SET;
	while (*link != NULL && (*link)->when <= when)
		link = &(*link)->right;
	t->right = *link;
	barrier(); // the tick's handler looks at the first
	*link = t;
	releasem();
}

// deltimer takes t back: true if it was set.
bool
deltimer(struct timer *t)
{
	struct timer **link = &timers;
	bool was;

	acquirem();
	was = t->p != NULL;
	if (was) {
		while (*link != t)
			link = &(*link)->right;
		*link = t->right;
		t->p = NULL;
	}
	releasem();
	return was;
}

static bool
parktimer(struct g *gp, void *timer)
{
	struct timer *t = timer;

	(void)gp;
	addtimer(t, t->when);
	return true;
}

static void
wakesleeper(void *gp)
{
	goready(gp);
}

void
time_sleep(duration d)
{
	struct timer t;

	if (d <= 0)
		return;
	t.when = deadline(d);
	t.fn = wakesleeper;
	t.arg = getg();
	gopark(parktimer, &t, "sleep");
}

bool
modtimer(struct timer *t, int64_t when, duration period)
{
	bool was;

	(void)period;
	acquirem();
	was = deltimer(t);
	addtimer(t, when);
	releasem();
	return was;
}

bool
stoptimer(struct timer *t, bool wait)
{
	(void)wait;
	return deltimer(t);
}

bool
starttimer(struct timer *t, int64_t when, uint32_t kind, void (*fn)(void *),
	   void *arg)
{
	bool free;

	(void)kind;
	acquirem();
	free = t->p == NULL;
	if (free) {
		t->fn = fn;
		t->arg = arg;
		addtimer(t, when);
	}
	releasem();
	return free;
}

void
timer_start(struct timer *t, duration d, void (*fn)(void *), void *arg)
{
	if (!starttimer(t, deadline(d), TIMER_FN, fn, arg))
		panic("timer_start: the timer is set already");
}

bool
timer_stop(struct timer *t)
{
	return deltimer(t);
}

bool
timer_reset(struct timer *t, duration d)
{
	return modtimer(t, deadline(d), 0);
}

// left: gp is off the hart, and must have kept to its stack.
static void
left(const struct g *gp)
{
	if (*(const uintptr_t *)gp->stacklo != CANARY)
		fatal("stack overflow");
}

// ---- Picking and parking -----------------------------------------------------------

// put makes gp, which does not run, runnable. Preemption is off.
static void
put(struct g *gp)
{
	gp->status = Grunnable;
	gp->schedlink = NULL;
	*runqend = gp;
	runqend = &gp->schedlink;
}

// schedule runs the next goroutine. On g0.
_Noreturn void
schedule(void)
{
	struct g *gp;

	for (;;) {
		while (due()) {
			struct timer *t = timers;

			timers = t->right;
			t->p = NULL;
			t->fn(t->arg);
		}
		gp = runq;
		if (gp != NULL)
			break;
		if (timers == NULL)
			fatal("all goroutines are asleep - deadlock!");
		arch_irqsave();
		arch_cpuidle(); // a tick comes in any case
	}
	runq = gp->schedlink;
	if (runq == NULL)
		runqend = &runq;
	gp->status = Grunning;
	gp->preempt = 0;
	gogo(gp);
}

// asyncpreempt2 puts gp behind the others: a tick took it off, or it yields. On g0.
_Noreturn void
asyncpreempt2(struct g *gp)
{
	left(gp);
	put(gp);
	schedule();
}

void
goyield(void)
{
	mcall(asyncpreempt2);
}

void
runtime_gosched(void)
{
	goyield();
}

// timerintr: the clock has ticked. In its handler.
bool
timerintr(struct g *gp)
{
	if (gp->goid == 0 || (runq == NULL && !due()))
		return false;
	gp->preempt = gp->locks != 0;
	return gp->locks == 0;
}

static void
park_m(struct g *gp)
{
	gp->locks = 0;
	left(gp);
	schedule();
}

// gopark: with preemption off nobody can come between what unlockf does and the
// switch, so it runs here.
void(gopark)(bool (*unlockf)(struct g *, void *), void *arg, const char *reason)
{
	struct g *gp = getg();

	(void)reason;
	acquirem();
	gp->status = Gwaiting;
	if (unlockf == NULL || unlockf(gp, arg)) {
		mcall(park_m);
		return;
	}
	gp->status = Grunning;
	releasem();
}

void(goparkunlock)(struct lock *l, const char *reason)
{
	(void)l;
	(void)reason;
	getg()->status = Gwaiting;
	mcall(park_m);
}

void
unlock0(struct lock *l, struct g *gp)
{
	(void)l;
	gp->locks--;
}

void
releaselooked(struct lock *l)
{
	(void)l;
}

void
goready(struct g *gp)
{
	acquirem();
	put(gp);
	releasem();
}

uint32_t
fastrandn(uint32_t n)
{
	static uint32_t x = 1;

	x = x * 1664525 + 1013904223; // Knuth's, by Lewis; its upper half
	return (x >> 16) * n >> 16;
}

// ---- Birth and death -----------------------------------------------------------------

// newproc starts fn(arg), or fn(a copy of what is at arg) if size > 0; false if all
// Gs are alive.
static bool
newproc(void (*fn)(void *), const void *arg, size_t size)
{
	struct g *gp;
	uintptr_t sp;

	acquirem();
	gp = freeg;
	if (gp != NULL) {
		freeg = gp->schedlink;
	} else if (nfresh < NG) {
		gp = &allg[nfresh];
		gp->m = allm;
		gp->stacklo = (uintptr_t)stacks[nfresh++];
		gp->stackhi = gp->stacklo + STACK_STD;
		*(uintptr_t *)gp->stacklo = CANARY;
	} else {
		releasem();
		return false;
	}
	sp = gp->stackhi;
	if (size > 0) {
		sp = (sp - size) & ~(uintptr_t)15;
		arg = memcpy((void *)sp, arg, size);
	}
	gostartcall(&gp->sched, sp, fn, (void *)(uintptr_t)arg);
	gp->goid = ++lastgoid;
	put(gp);
	releasem();
	return true;
}

bool
go_try(void (*fn)(void *), void *arg)
{
	return newproc(fn, arg, 0);
}

void
go(void (*fn)(void *), void *arg)
{
	if (!newproc(fn, arg, 0))
		fatal("go: pool \"g\" is exhausted");
}

void
go_copy_(void (*fn)(void *), const void *args, size_t size)
{
	if (size > STACK_STD / 4)
		fatal("go_copy: argument too large");
	if (!newproc(fn, args, size))
		fatal("go: pool \"g\" is exhausted");
}

bool
go_with_(struct go_attr attr, void (*fn)(void *), void *arg)
{
	if (attr.stack > STACK_STD)
		fatal("go_with: no stack of that size");
	return newproc(fn, arg, 0);
}

void
badmcall(void)
{
	fatal("runtime: mcall called on m->g0 stack");
}

void
badmcall2(void)
{
	badmcall();
}

uint64_t
runtime_goid(void)
{
	return getg()->goid;
}

int
runtime_num_goroutine(void)
{
	int n = (int)nfresh;

	for (const struct g *gp = freeg; gp != NULL; gp = gp->schedlink)
		n--;
	return n;
}

int
runtime_num_cpu(void)
{
	return 1;
}

// Without panics a deferred call is only the end of its block.
void
go_deferproc_(struct go_defer *d, void (*fn)(void *), void *arg)
{
	d->fn = fn;
	d->arg = arg;
}

void
go_deferreturn_(struct go_defer *d)
{
	d->fn(d->arg);
}

static void
goexit0(struct g *gp)
{
	left(gp);
	gp->status = Gdead;
	gp->schedlink = freeg;
	freeg = gp;
	schedule();
}

void
goexit1(void)
{
	mcall(goexit0);
}

// ---- Start and end ----------------------------------------------------------------

int main(void);

__attribute__((weak)) void
early_init(void)
{
}

static void
runtime_main(void *unused)
{
	(void)unused;
	arch_halt(main());
}

_Noreturn void
rt0_go(void)
{
	struct g *g0 = &allm[0].g0store;

	allm[0].g0 = g0;
	g0->m = allm;
	g0->sched.sp = (uintptr_t)g0stacks + G0_STACK_BYTES;
	setg(g0);
	arch_minit();
	early_init();
	newproc(runtime_main, NULL, 0);
	schedule();
}

void
os_exit(int code)
{
	arch_halt(code);
}

_Noreturn void(panic)(const char *fmt, ...)
{
	(void)fmt;
	arch_halt(ERRNUM("panic"));
}
