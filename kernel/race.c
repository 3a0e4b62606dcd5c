// race.c: what images with RACE (make RACE=1, make TORTURE=1) have beyond others:
//
//  - RACE_POINTs, named places between two steps that must not be told apart by
//    other harts. With gz.race=ODDS,NS,MOST each passing waits, with a chance of
//    one in ODDS, up to NS nanoseconds, but not more than MOST times a point (0: no
//    limit); two points, other ones with each seed, wait one time in four. With
//    gz.racepoint=NAME that one waits each time (as often as MOST says), and if no
//    gz.race is given, no other one, for 1 ms. Waiting is looking at the
//    clock: interrupts come as they may, locks stay held. Under -icount, where
//    harts run in turns, that is how the others get theirs in between.
//  - A hash of the schedule: each step of each goroutine's status, with its hart, in
//    the order in which they happened. Two runs with the same hash ran alike.
//  - The counts that ledger.c compares with what it finds.
//
// gz.trace=1 makes os_exit print the hash, and of each point how often it was passed
// and how often that took longer: a test can require that every one was. gz.trace=2
// prints each step as it happens, too.
//
// What always holds: a point only waits, so what fails with one could fail without
// it. All decisions come from gz.seed and the hart's own numbers: under -icount a
// run repeats.
//
// Turned down: giving the turn away by setting the hart's timer (the interrupt that
// follows would be part of every delay); points that yield (most are where nobody
// may); one number of instructions for all (a window is found by waiting longer than
// the others need for whatever they are to do in it).
//
// Contexts: any. Linux: rcutorture's delays; Go: none.
#include "race.h"

#include <string.h>

#include "runtime.h"

static const char *const names[NRACE] = {
#define X(name) #name,
	RACE_POINTS(X)
#undef X
};

static uint32_t passed[NRACE], waited[NRACE];
static uint32_t odds, most, only = NRACE, favourite[2] = { NRACE, NRACE };
static int64_t longest;
static uint32_t state[MAXHARTS];
static uint32_t trace; // gz.trace

// FNV-1a over words, as wide as a machine's atomic access is.
static uintptr_t hash = (uintptr_t)0xcbf29ce484222325u;
static uint32_t steps;

static uint32_t flow[NGSTATUS]; // came minus left
static uint32_t counts[NRACECOUNT];
static struct {
	uint32_t sent, received;
} chans[NCHAN];

#define add(p, n) __atomic_add_fetch((p), (n), __ATOMIC_RELAXED)

// ---- Points -----------------------------------------------------------------

// scramble spreads a number's bits (the finalizer of MurmurHash3).
static uint32_t
scramble(uint32_t x)
{
	x = (x ^ x >> 16) * 0x85ebca6bu;
	x = (x ^ x >> 13) * 0xc2b2ae35u;
	return x ^ x >> 16;
}

// number reads the field-th number after "name" in the boot arguments.
static uint32_t
number(const char *name, int field, uint32_t dflt)
{
	const char *s = strstr(arch_bootargs(), name);
	uint32_t v = 0;

	if (s == NULL)
		return dflt;
	for (s += strlen(name); field > 0 && s != NULL; field--) {
		s = strpbrk(s, ", ");
		s = s != NULL && *s == ',' ? s + 1 : NULL;
	}
	if (s == NULL)
		return dflt;
	for (; *s >= '0' && *s <= '9'; s++)
		v = v * 10 + (uint32_t)(*s - '0');
	return v;
}

// chosen returns the point that gz.racepoint names.
static uint32_t
chosen(void)
{
	const char *s = strstr(arch_bootargs(), "gz.racepoint=");
	size_t n;

	if (s == NULL)
		return NRACE;
	s += strlen("gz.racepoint=");
	n = strcspn(s, " ");
	for (uint32_t i = 0; i < NRACE; i++)
		if (strlen(names[i]) == n && strncmp(names[i], s, n) == 0)
			return i;
	kprintf("gz.racepoint: there is no such point\n");
	return NRACE;
}

void
raceinit(uint32_t seed)
{
	odds = number("gz.race=", 0, 0);
	longest = number("gz.race=", 1, MILLISECOND);
	most = number("gz.race=", 2, 0);
	only = chosen();
	trace = number("gz.trace=", 0, 0);
	for (uint32_t i = 0; i < MAXHARTS; i++)
		state[i] = scramble(seed + (i + 1) * 0x9e3779b9u) | 1;
	if (odds == 0)
		return;
	favourite[0] = scramble(seed) % NRACE;
	favourite[1] = scramble(~seed) % NRACE;
}

// next is the hart's next random number (xorshift). A goroutine may be taken off
// in it, and another one draw the same number: no harm.
static uint32_t
next(void)
{
	uint32_t *s = &state[getg()->m->id], x = *s;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *s = x;
}

static bool
waits(uint32_t id)
{
	if (id == only)
		return true;
	if (odds == 0)
		return false;
	if (id == favourite[0] || id == favourite[1])
		return next() % 4 == 0;
	return next() % odds == 0;
}

void
racepoint(enum racepoint id)
{
	int64_t end;

	add(&passed[id], 1);
	if (odds == 0 && only == NRACE)
		return;
	if (!sched.mainstarted || load_rlx(&dying) != 0 || !waits(id))
		return;
	if (add(&waited[id], 1) > most && most != 0)
		return;
	end = nanotime();
	end += id == only ? longest :
			    1 + (int64_t)((uint64_t)longest * next() >> 32);
	while (nanotime() < end)
		procyield();
}

// ---- Counts ------------------------------------------------------------------

static void
note(uintptr_t word)
{
	uintptr_t old, new;

	do {
		old = load_rlx(&hash);
		new = (old ^ word) * (uintptr_t)0x100000001b3u;
	} while (!cas(&hash, old, new));
	add(&steps, 1);
}

void
racestatus(uint64_t goid, uint32_t old, uint32_t new)
{
	uint32_t hart = getg()->m->id;

	add(&flow[old], -1u);
	add(&flow[new], 1);
	note((uintptr_t)goid << 16 | hart << 8 | old << 4 | new);
	if (trace > 1)
		kprintf("gz.trace: hart %u: goroutine %llu: %u -> %u\n",
			(unsigned)hart, (unsigned long long)goid, (unsigned)old,
			(unsigned)new);
}

void
racecount(enum racecount what)
{
	add(&counts[what], 1);
}

// chanindex returns which of the pool's channels c is, NCHAN: none (a static one).
static size_t
chanindex(const void *c)
{
	size_t i = ((uintptr_t)c - (uintptr_t)chanpool.base) / chanpool.size;

	return i < NCHAN ? i : NCHAN;
}

void
racechan(const void *c, bool received)
{
	size_t i = chanindex(c);

	if (i == NCHAN)
		return;
	if (received)
		chans[i].received++;
	else
		chans[i].sent++;
}

void
racechannew(const void *c)
{
	size_t i = chanindex(c);

	if (i < NCHAN)
		chans[i].sent = chans[i].received = 0;
}

uint32_t
racesum(enum racecount what)
{
	return load_rlx(&counts[what]);
}

uint32_t
raceflow(uint32_t status)
{
	return load_rlx(&flow[status]);
}

int32_t
racechanbalance(const void *c)
{
	size_t i = chanindex(c);

	return i < NCHAN ? (int32_t)(chans[i].sent - chans[i].received) : 0;
}

void
racereport(void)
{
	uintptr_t h = load_rlx(&hash);

	if (trace == 0)
		return;
	kprintf("gz.trace: hash %08lx%08lx of %u steps\n",
		(unsigned long)((uint64_t)h >> 32),
		(unsigned long)(h & 0xffffffffu), (unsigned)load_rlx(&steps));
	for (uint32_t i = 0; i < NRACE; i++)
		kprintf("gz.race: %s passed %u waited %u\n", names[i],
			(unsigned)passed[i],
			(unsigned)(most != 0 && waited[i] > most ? most :
								   waited[i]));
}
