// Timers of programs: a fn runs once, on one hart, and when timer_stop has come
// back its memory is free; a timer of the kernel's is gone when deltimer says so.
#include "kernel.h"

void
gopreempt(void)
{
}

void
systemstack(void (*fn)(void *), void *arg)
{
	fn(arg);
}

void
armopen(int64_t when)
{
	(void)when;
}

void
goready(struct g *gp)
{
	(void)gp;
}

void
gopark(bool (*unlockf)(struct g *, void *), void *arg, const char *reason)
{
	(void)unlockf;
	(void)arg;
	weak_fail(reason);
}

#define procyield weak_await
#include "../../kernel/lock.c"
#include "../../kernel/time.c"

static struct timer t;
static uint32_t fired, data, running_, stopped;
static bool was;

UNCHECKED static void
reset(void)
{
	resetkernel();
	ncpu = gomaxprocs = 2;
	memset(&t, 0, sizeof(t));
	fired = data = running_ = stopped = 0;
	t.kind = TIMER_FN;
	was = false;
}

static void
fn(void *unused)
{
	(void)unused;
	if (running_++ != 0)
		weak_fail("fn runs twice at once");
	fired++;
	data++; // a race if somebody thinks that it is over
	running_--;
}

UNCHECKED static void
reset1(void)
{
	reset();
	t.fn = fn;
	t.when = 1;
	t.p = &allp[0];
	allp[0].timers = &t;
	allp[0].ntimers = 1;
	allp[0].timer0when = 1;
}

static void
runs(void)
{
	runtimers(&allp[0]);
}

static void
stops(void)
{
	was = stoptimer(&t, true);
	data++; // freed, and used for something else
	t.fn = NULL;
	t.when = 0;
}

UNCHECKED static void
final(void)
{
	if (!weak_ended(1))
		weak_fail("timer_stop does not come back");
	if (fired + was != 1)
		weak_fail("timer_stop lies");
}

// fn sets its timer anew at its end.
static void
fnagain(void *unused)
{
	(void)unused;
	data++;
	starttimer(&t, INT64_MAX, TIMER_FN, fn, NULL);
}

UNCHECKED static void
reset2(void)
{
	reset1();
	t.fn = fnagain;
}

static void
stopsonly(void)
{
	was = stoptimer(&t, true);
	data++;
}

UNCHECKED static void
final2(void)
{
	if (!weak_ended(1))
		weak_fail("timer_stop does not come back");
	if (t.p == BUSY)
		weak_fail("the timer is still in somebody's hands");
}

// deltimer, of a sleeper that was woken otherwise: its frame goes.
static void
fnkernel(void *unused)
{
	(void)unused;
	fired++;
	data++;
}

UNCHECKED static void
resetkernelkind(void)
{
	reset1();
	t.kind = TIMER_KERNEL;
	t.fn = fnkernel;
}

static void
deletes(void)
{
	was = deltimer(&t);
	data++;
	t.fn = NULL;
}

// Two stop one; one sets it.
static void
stops0(void)
{
	was |= stoptimer(&t, true);
}

static bool was2;
static void
stops1(void)
{
	was2 = stoptimer(&t, true);
}

UNCHECKED static void
reset3(void)
{
	reset1();
	was2 = false;
}

UNCHECKED static void
final3(void)
{
	if (!weak_ended(0) || !weak_ended(1))
		weak_fail("timer_stop does not come back");
	if (was + was2 != 1 || allp[0].timers != NULL)
		weak_fail("both or none have stopped it");
}

static void
modifies(void)
{
	was = modtimer(&t, 1, 0);
}

UNCHECKED static void
final4(void)
{
	if (!weak_ended(0) || !weak_ended(1))
		weak_fail("a hart does not end");
	if (t.p == BUSY || fired + (t.p != NULL) != 1u + !was)
		weak_fail("timer_reset lies");
}

const struct weak_test weak_tests[] = {
	{ .name = "fire against stop",
	  .n = 2,
	  .reset = reset1,
	  .hart = { runs, stops },
	  .final = final },
	{ .name = "fire and set anew against stop",
	  .n = 2,
	  .reset = reset2,
	  .hart = { runs, stopsonly },
	  .final = final2,
	  .large = 2 },
	{ .name = "fire against deltimer",
	  .n = 2,
	  .reset = resetkernelkind,
	  .hart = { runs, deletes },
	  .final = final },
	{ .name = "stop against stop",
	  .n = 2,
	  .reset = reset3,
	  .hart = { stops0, stops1 },
	  .final = final3 },
	{ .name = "fire against reset",
	  .n = 2,
	  .reset = reset1,
	  .hart = { runs, modifies },
	  .final = final4 },
	{ .name = NULL },
};
