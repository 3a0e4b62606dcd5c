// threads.c: harts that run at once, each a thread of the host, on its clock. What
// turns cannot show: accesses that really meet, and stores that the host's processor
// keeps back.
//
// What always holds:
//  - A hart looks up each few points, as its own chance says: takes an interrupt, or
//    is held up, mostly for as long as others need for a step. The seed decides
//    the chances, not what comes of them: no run is ever the same.
//  - What a hart waits for is in hart.wake, a futex: whoever posts something for it
//    changes that before he looks whether it sleeps.
//  - When all harts wait the clock jumps to the next deadline, as in turns.c.
//  - A goroutine goes from thread to thread. So no address of a thread's own may be
//    kept over a point: getg and cur are one instruction (arch_inline.h).
//  - Nothing here orders anything for ThreadSanitizer but switches within a hart: it
//    does not see futexes, and this file is compiled without it.
//
// The end is arch_halt: the program around the machine goes on, the harts never do.
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"

enum {
	LOOK = 64, // points between two looks, at most
	HOLDUP =
		512, // looks between two times that a hart is held up, in the mean
	STUCK_S = 3, // that long nobody may come
	IDLE_MS =
		100 // a hart that nobody wakes looks anyway: no bug of ours hides it
};

__thread struct g *sim_g;
__thread struct hart *sim_hart;
struct sim_stats sim_stats;

static int64_t start_; // of the clock
static int64_t jumped; // over time in which nobody did anything
static int64_t devwhen;
static bool wild;
static int ended, status; // ended: a futex

// ---- Chance and time --------------------------------------------------------------

uint32_t
sim_random(uint32_t n)
{
	uint64_t x = cur->rng;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	cur->rng = x;
	return (uint32_t)((x * UINT64_C(2685821657736338717) >> 32) * n >> 32);
}

static int64_t
hosttime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t
now(void)
{
	return hosttime() - start_ + __atomic_load_n(&jumped, __ATOMIC_SEQ_CST);
}

int64_t
nanotime(void)
{
	sim_point();
	return now();
}

// ---- Futexes ----------------------------------------------------------------------

static void
sleepon(int *word, int was, int64_t ns)
{
	struct timespec t = { ns / 1000000000, ns % 1000000000 };

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, was, &t, NULL, 0);
}

static void
wakeon(int *word)
{
	__atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

// kick lets h look up, if it waits.
static void
kick(struct hart *h)
{
	__atomic_add_fetch(&h->wake, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&h->idle, __ATOMIC_SEQ_CST) ||
	    !sim_load(&h->started))
		syscall(SYS_futex, &h->wake, FUTEX_WAKE_PRIVATE, 1, NULL, NULL,
			0);
}

// ---- Looking up --------------------------------------------------------------------

void
sim_settle(void)
{
}

void
sim_refuel(void)
{
	struct hart *h = cur;

	h->stats.points += (uint64_t)(h->fuelset - h->fuel);
	h->fuel = h->fuelset = 1 + sim_random(LOOK);
}

// soon has this hart look up at one of the next points.
static void
soon(void)
{
	sim_refuel();
	cur->fuel = cur->fuelset = 1 + sim_random(8);
}

bool
sim_due(const struct hart *h)
{
	return h->deadline != INT64_MAX && h->deadline <= now();
}

void
sim_counted(void)
{
	cur->stats.interrupts++;
}

static bool
pending(const struct hart *h)
{
	int64_t when;

	if (sim_load(&h->ipi) || sim_due(h))
		return true;
	if (h != harts)
		return false;
	when = __atomic_load_n(&devwhen, __ATOMIC_ACQUIRE);
	if (when <= now() &&
	    __atomic_compare_exchange_n(&devwhen, &when, INT64_MAX, false,
					__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		sim_raise(LINE_DEVICE);
	return sim_linefires();
}

static _Noreturn void
never(void)
{
	for (;;)
		pause();
}

// holdup stops this hart for a moment, wherever it is.
static void
holdup(void)
{
	unsigned n = sim_random(wild ? 10 : 8);

	cur->stats.switches++;
	if (n < 6) {
		for (n = 1 + sim_random(1 << (4 + n)); n > 0; n--)
			__builtin_ia32_pause();
	} else if (n < 8) {
		sched_yield();
	} else {
		struct timespec t = { 0, 1 + sim_random(2000000) };

		nanosleep(&t, NULL);
	}
}

static void
slow(void)
{
	if (__atomic_load_n(&ended, __ATOMIC_RELAXED) != 0)
		never();
	sim_refuel();
	if (sim_random(HOLDUP) == 0)
		holdup();
	while (!cur->masked && getg() != NULL && pending(cur))
		sim_interrupt();
}

void
sim_point(void)
{
	struct hart *h = cur;

	if (h != NULL && --h->fuel <= 0)
		slow();
}

void
sim_unmask(void)
{
	cur->masked = false;
	if (pending(cur)) {
		if (sim_random(4) != 0)
			sim_interrupt();
		else
			soon();
	}
}

// ---- Contract ------------------------------------------------------------------------

// nextevent returns the earliest deadline of any hart or the device, 0 if a hart is
// up or about to be.
static int64_t
nextevent(void)
{
	int64_t when = __atomic_load_n(&devwhen, __ATOMIC_ACQUIRE), d;

	for (unsigned i = 0; i < nharts; i++) {
		struct hart *h = &harts[i];

		if (!sim_load(&h->started))
			continue;
		d = __atomic_load_n(&h->deadline, __ATOMIC_RELAXED);
		if (!sim_load(&h->idle) || sim_load(&h->ipi))
			return 0;
		if (d < when)
			when = d;
	}
	return when;
}

// jump lets the time pass that nobody will use. If somebody is woken meanwhile it is
// as though he had been held up for so long.
static void
jump(void)
{
	int64_t was = __atomic_load_n(&jumped, __ATOMIC_SEQ_CST);
	int64_t when = nextevent(), ns = when - now();

	if (when == INT64_MAX || ns <= 0 ||
	    !__atomic_compare_exchange_n(&jumped, &was, was + ns, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return;
	for (unsigned i = 0; i < nharts; i++)
		kick(&harts[i]);
}

void
arch_cpuidle(void)
{
	struct hart *h = cur;
	int64_t when;
	int was;

	h->stats.idles++;
	__atomic_store_n(&h->idle, true, __ATOMIC_SEQ_CST);
	for (;;) {
		was = __atomic_load_n(&h->wake, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&ended, __ATOMIC_RELAXED) != 0)
			never();
		if (pending(h) || sim_random(256) == 0)
			break;
		jump();
		when = h->deadline;
		if (h == harts &&
		    __atomic_load_n(&devwhen, __ATOMIC_ACQUIRE) < when)
			when = __atomic_load_n(&devwhen, __ATOMIC_ACQUIRE);
		when = when == INT64_MAX ? INT64_MAX : when - now();
		if (when > 0)
			sleepon(&h->wake, was,
				when < IDLE_MS * 1000000 ? when :
							   IDLE_MS * 1000000);
	}
	__atomic_store_n(&h->idle, false, __ATOMIC_SEQ_CST);
	h->masked = false;
	if (pending(h))
		sim_interrupt();
}

void
arch_cpuwake(unsigned cpu)
{
	sim_point();
	sim_store(&harts[cpu].ipi, true);
	if (&harts[cpu] == cur)
		soon();
	else
		kick(&harts[cpu]);
}

void
procyield(void)
{
	if (sim_random(4) == 0)
		sched_yield(); // there may be fewer processors than harts
	else
		__builtin_ia32_pause();
	slow();
}

void
arch_timerset(int64_t when)
{
	__atomic_store_n(&cur->deadline, when, __ATOMIC_RELAXED);
	sim_refuel();
}

void devstart(long ns);

void
devstart(long ns)
{
	sim_point();
	__atomic_store_n(&devwhen, now() + ns, __ATOMIC_RELEASE);
	kick(harts);
}

void
sim_begins(struct hart *h)
{
	kick(h);
}

// ---- Running it ----------------------------------------------------------------------

void
arch_halt(int code)
{
	int none = 0;

	if (__atomic_compare_exchange_n(&ended, &none, 1, false,
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		status = code & 255;
		wakeon(&ended);
	}
	never();
}

static void *
hart(void *arg)
{
	struct hart *h = arg;

	__asm__ volatile("movq %0, %%fs:sim_hart@tpoff" : : "r"(h));
	while (!sim_load(&h->started))
		sleepon(&h->wake, 0, INT64_C(1000000000));
	sim_boot();
	return NULL;
}

int
sim_run(unsigned n, uint64_t seed, bool iswild, const char *args)
{
	pthread_t thread;
	int still = 0;

	sim_reset(n, args);
	wild = iswild;
	start_ = hosttime() - 1000;
	devwhen = INT64_MAX;
	for (unsigned i = 0; i < n; i++) {
		harts[i].rng = (seed * MAXHARTS + i + 1) *
				       UINT64_C(0x9e3779b97f4a7c15) |
			       1;
		if (pthread_create(&thread, NULL, hart, &harts[i]) != 0) {
			perror("sim: pthread_create");
			_exit(4);
		}
	}
	while (__atomic_load_n(&ended, __ATOMIC_SEQ_CST) < 2 &&
	       still < STUCK_S) {
		sleepon(&ended, 0, INT64_C(1000000000));
		still = nextevent() == INT64_MAX ? still + 1 : 0;
	}
	if (still == STUCK_S) {
		fprintf(stderr, "sim: every hart waits, and nothing will ever "
				"come\n");
		__atomic_store_n(&ended, 2, __ATOMIC_SEQ_CST);
		status = SIM_STUCK;
	}
	sim_stats.now = now();
	for (unsigned i = 0; i < n; i++) {
		sim_stats.points += harts[i].stats.points;
		sim_stats.switches += harts[i].stats.switches;
		sim_stats.interrupts += harts[i].stats.interrupts;
		sim_stats.idles += harts[i].stats.idles;
	}
	fflush(stdout);
	return status;
}
