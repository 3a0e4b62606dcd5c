// Setting the hart's timer with interrupts on (armopen): a handler that comes in
// between, at each step, and sets the timer itself, or is the timer's. What armed says
// is what the hardware has, and nothing that was asked for is forgotten.
#include "host.h"

static void atstep(void);

#undef RACE_POINT
#define RACE_POINT(name) atstep()
#include "../../kernel/preempt.c"

static struct m *mp = &allm[0];
static int64_t hardware;       // the deadline in the timer
static int steps, when, times; // the handler comes at that step, so often
static void (*handler)(void);

uint32_t chaosmin, chaosmax;
uint32_t dying;
struct g allg[NG];

void
frozen(void)
{
	throw("frozen");
}

int64_t
timerlook(const struct p *pp)
{
	return load64(&pp->timer0when);
}

void
stackbroken(const struct g *gp)
{
	(void)gp;
	throw("stack");
}

uint32_t
fastrandn(uint32_t n)
{
	return n / 2;
}

void
arch_cpuwake(unsigned cpu)
{
	(void)cpu;
}

static void
atstep(void)
{
	if (steps++ >= when && times > 0) {
		times--;
		handler();
	}
}

// arch_timerset can be interrupted before its write and behind it.
void
arch_timerset(int64_t deadline)
{
	static bool inhandler;
	bool outside = !inhandler;

	inhandler = true;
	if (outside)
		atstep();
	hardware = deadline;
	inhandler = false;
}

// A handler of the kernel's that wants the timer at 50.
static void
retries(void)
{
	mp->interrupts++;
	armtimer(50);
}

// The timer's, for a deadline before now; nothing else is due.
static void
fires(void)
{
	hardware = INT64_MAX;
	timerintr(mp->g0);
}

// Neither.
static void
counts(void)
{
	mp->interrupts++;
}

// once arms for 100 with n handlers from step i on, and says whether the timer is set
// for `want`.
static bool
once(void (*fn)(void), int i, int n, int64_t now, int64_t want)
{
	hostnow = now;
	hardware = mp->armed = 1000;
	mp->fired = 500; // of another time
	steps = 0;
	when = i;
	times = n;
	handler = fn;
	armopen(100);
	return hardware == want && mp->armed == want && times == 0;
}

int
main(void)
{
	bool kept = true, again = true, due = true, other = true;

	onhart(0);
	mp->p = NULL; // intrexit has nothing to do
	for (int i = 0; i < 2; i++)
		for (int n = 1; n < 4; n++) {
			kept = kept && once(retries, i, n, 10, 50);
			again = again && once(fires, i, n, 10, 100);
			other = other && once(counts, i, n, 10, 100);
		}
	for (int n = 1; n < 4; n++)
		due = due && once(fires, 1, 1, 100, INT64_MAX);
	check(once(retries, 0, 0, 10, 100), "the timer is set");
	check(kept, "what a handler set is kept");
	check(again, "an old deadline that fires meanwhile is not ours");
	check(other, "another handler changes nothing");
	check(due, "a deadline that has fired is not set once more");
	mp->armed = hardware = 60;
	armopen(100);
	check(hardware == 60 && mp->armed == 60, "a later one changes nothing");
	return done();
}
