// turns.c: harts that take turns on one thread of the host: coroutines, in virtual
// time. A seed decides which hart goes on, how far, and when interrupts come.
//
// What always holds:
//  - A point costs PT_NS of virtual time; what decides anything happens at points
//    only, so a run is a function of its seed.
//  - A hart that does not run has its stack pointer in hart.sp and its g in hart.g.
//  - The clock jumps to the next deadline when all harts wait. When there is
//    none either the kernel has lost somebody (it finds its own deadlocks before
//    that): the run ends with SIM_STUCK.
//
// What it cannot show: weak memory orders. See threads.c.
#include <stdio.h>
#include <string.h>

#include "machine.h"

#define PT_NS 250   // a point
#define SPIN_NS 300 // a turn of a spin loop

struct g *sim_g;
struct hart *cur;
struct sim_stats sim_stats;

static uint64_t rngstate, turns;
static int64_t fuel = INT64_MAX, fuelset = INT64_MAX; // points
static int64_t quantum;                               // of cur, in points
static int64_t clock_;
static bool running, wild;
static int64_t devwhen = INT64_MAX; // when the device will fire
static int status;

// ---- Chance -------------------------------------------------------------------

static uint64_t
rng(void)
{
	uint64_t x = rngstate;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	rngstate = x;
	return x * UINT64_C(2685821657736338717);
}

uint32_t
sim_random(uint32_t n)
{
	return (uint32_t)((rng() >> 32) * n >> 32);
}

static void
mix(uint64_t v)
{
	sim_stats.hash = (sim_stats.hash ^ v) * UINT64_C(1099511628211);
}

// ---- Time and turns ----------------------------------------------------------------

static int64_t
now(void)
{
	return clock_ + (fuelset - fuel) * PT_NS;
}

void
sim_settle(void)
{
	int64_t spent = fuelset - fuel;

	clock_ += spent * PT_NS;
	sim_stats.points += (uint64_t)spent;
	quantum -= spent;
	fuelset = fuel = 0;
}

static void
device(void)
{
	if (devwhen <= clock_) {
		devwhen = INT64_MAX;
		sim_raise(LINE_DEVICE);
	}
}

bool
sim_due(const struct hart *h)
{
	return h->deadline <= clock_;
}

void
sim_begins(struct hart *h)
{
	(void)h;
}

void
sim_counted(void)
{
	sim_stats.interrupts++;
	mix((uint64_t)clock_);
}

// pending tells whether hart h has an interrupt to take. The clock is settled.
static bool
pending(const struct hart *h)
{
	if (h->ipi || h->deadline <= clock_)
		return true;
	if (h != harts)
		return false;
	device();
	return sim_linefires();
}

// sim_refuel: cur comes to slow next: at the end of its quantum, when
// the next interrupt is due, or at once.
void
sim_refuel(void)
{
	int64_t n = quantum > 0 ? quantum : 1, when;

	if (!cur->masked) {
		when = cur->deadline;
		if (cur == harts && devwhen < when)
			when = devwhen;
		if (when <= clock_)
			n = 1;
		else if ((when - clock_) / PT_NS + 1 < n)
			n = (when - clock_) / PT_NS + 1;
	}
	fuel = fuelset = n;
}

// newquantum draws how far a hart goes: mostly a few blocks, sometimes far.
static void
newquantum(void)
{
	static const uint32_t most[] = { 4, 16, 64, 512, 4096, 32768 };

	quantum = 1 + sim_random(most[sim_random(wild ? 6 : 3)]);
	if (nharts == 1)
		quantum = 1 << 20;
}

static bool
canrun(struct hart *h)
{
	return h->started && (!h->idle || pending(h));
}

// pick returns the hart whose turn it is, NULL if all wait. not: rather another
// one.
static struct hart *
pick(const struct hart * not )
{
	struct hart *can[MAXHARTS];
	unsigned n = 0, awake = 0;

	turns++;
	for (unsigned i = 0; i < nharts; i++)
		if (&harts[i] != not &&canrun(&harts[i]))
			can[n++] = &harts[i];
	if (n == 0)
		return not != NULL && canrun((struct hart *)not ) ?
			       (struct hart *)not :
			       NULL;
	for (unsigned i = 0; i < n;
	     i++) // those that nobody holds up come first
		if (can[i]->stalled <= turns) {
			struct hart *h = can[i];

			can[i] = can[awake];
			can[awake++] = h;
		}
	if (awake > 0)
		n = awake;
	if (wild && n > 1 && sim_random(64) == 0)
		can[sim_random(n)]->stalled = turns + 1 + sim_random(200);
	return can[sim_random(n)];
}

// switchto lets hart h go on and comes back when cur's turn has come again.
static void
switchto(struct hart *h)
{
	struct hart *me = cur;

	newquantum();
	if (h == me)
		return;
	sim_stats.switches++;
	mix((uint64_t)(h - harts) << 56 ^ (uint64_t)clock_);
	me->g = sim_g;
	cur = h;
	sim_g = h->g;
	sim_switch(me, h);
}

// slow is where a hart's fuel has run out.
static void
slow(void)
{
	sim_settle();
	for (;;) {
		if (!cur->masked && sim_g != NULL && pending(cur)) {
			sim_interrupt();
			continue;
		}
		if (quantum > 0)
			break;
		switchto(pick(NULL));
		if (!cur->masked && pending(cur) && sim_random(4) == 0) {
			// Later: between here and a few blocks on.
			quantum = 1 + sim_random(64);
			fuel = fuelset = quantum;
			return;
		}
	}
	sim_refuel();
}

void
sim_point(void)
{
	if (--fuel > 0)
		return;
	if (running)
		slow();
	else
		fuel = fuelset = INT64_MAX;
}

void
sim_unmask(void)
{
	sim_settle();
	cur->masked = false;
	if (pending(cur) && sim_random(4) != 0)
		sim_interrupt();
	sim_refuel();
	if (pending(cur))
		fuel = fuelset = 1 + sim_random(8);
}

// ---- The end ---------------------------------------------------------------------

static _Noreturn void
leave(int code)
{
	status = code;
	running = false;
	fuel = fuelset = INT64_MAX;
	fflush(stdout);
	sim_back();
}

static _Noreturn void
stuck(void)
{
	fprintf(stderr, "sim: every hart waits, and nothing will ever come\n");
	for (unsigned i = 0; i < nharts; i++)
		fprintf(stderr, "sim: hart %u: started %d idle %d masked %d\n",
			i, harts[i].started, harts[i].idle, harts[i].masked);
	leave(SIM_STUCK);
}

void
arch_halt(int code)
{
	sim_settle();
	sim_stats.now = clock_;
	leave(code & 255);
}

// ---- Contract ---------------------------------------------------------------

// nextevent is the earliest deadline of any hart or the device.
static int64_t
nextevent(void)
{
	int64_t when = devwhen;

	for (unsigned i = 0; i < nharts; i++)
		if (harts[i].started && harts[i].deadline < when)
			when = harts[i].deadline;
	return when;
}

void
arch_cpuidle(void)
{
	struct hart *h = cur, *next;

	sim_settle();
	sim_stats.idles++;
	h->idle = true;
	while (!pending(h)) {
		next = pick(NULL);
		if (next != NULL) {
			switchto(next);
			sim_settle();
			if (h->idle && sim_random(256) == 0)
				break; // early, as it may
		} else if (nextevent() == INT64_MAX) {
			stuck();
		} else {
			clock_ = nextevent();
		}
	}
	h->idle = false;
	h->masked = false;
	if (pending(h))
		sim_interrupt();
	sim_refuel();
}

void
arch_cpuwake(unsigned cpu)
{
	sim_point();
	harts[cpu].ipi = true;
	if (&harts[cpu] == cur && !cur->masked) {
		sim_settle();
		quantum = 1 + sim_random(8);
		fuel = fuelset = quantum;
	}
}

void
procyield(void)
{
	struct hart *next;

	sim_settle();
	clock_ += SPIN_NS;
	next = pick(cur);
	if (next == cur) // the others wait for a time that must come
		clock_ += 20 * SPIN_NS;
	switchto(next);
	sim_settle();
	if (!cur->masked && sim_g != NULL && pending(cur))
		sim_interrupt();
	sim_refuel();
}

int64_t
nanotime(void)
{
	sim_point();
	return now() + 1;
}

void
arch_timerset(int64_t when)
{
	sim_settle();
	cur->deadline = when == INT64_MAX ? when : when - 1 < 0 ? 0 : when - 1;
	sim_refuel();
}

void devstart(long ns);
void devquiet(void);

void
devstart(long ns)
{
	sim_point();
	sim_settle();
	devwhen = clock_ + ns;
	sim_refuel();
}

// ---- Running it ------------------------------------------------------------

int
sim_run(unsigned n, uint64_t seed, bool iswild, const char *args)
{
	sim_reset(n, args);
	memset(&sim_stats, 0, sizeof sim_stats);
	wild = iswild;
	rngstate = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
	for (int i = 0; i < 8; i++)
		rng();
	turns = 0;
	clock_ = 1000;
	devwhen = INT64_MAX;
	cur = &harts[0];
	fuel = fuelset = 0;
	newquantum();
	sim_refuel();
	running = true;
	sim_boot();
	return status;
}
