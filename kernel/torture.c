// torture.c: what the torture build (make TORTURE=1) does at random, to make rare
// schedules common:
//
//  - a goroutine gives way at half of the places where it releases its last lock or
//    allows preemption again (Go has mayMoreStackPreempt for that);
//  - half of the goroutines that should run next queue up at the tail, and batches
//    for the global queue are shuffled (Go's randomizeScheduler);
//  - a thief takes half or one;
//  - harts get interrupts from each other that mean nothing;
//  - pools are empty when the boot arguments say so: gz.fail=K,N refuses N requests
//    from the K-th one on (N is 1 if absent), gz.failevery=N each N-th. Counted are
//    those since main's start; each refusal is told on the console.
//
// The rest of the torture is in the numbers that the Makefile gives the build: run
// queues of two, free lists of two, slices of 1 ms, small pools, and DEBUG's checks.
//
// What always holds: it only does what any schedule might do, and refuses only what
// a smaller pool would refuse, so a program that fails here is wrong (or the kernel
// is). Every decision comes from gz.seed and the hart that makes it, so under
// -icount a run repeats.
//
// Turned down: fastrand for the decisions (it ends a stretch without preemption
// itself, and programs' choices would shift with each build); sleeping in the
// kernel's critical sections (spin locks are held by whoever is not preempted: no
// schedule does that).
//
// Contexts: g0, or a goroutine with preemption off. Go: proc.go
// (randomizeScheduler), asm_*.s (mayMoreStackPreempt).
#include "torture.h"
#include "runtime.h"

static uint32_t state[MAXHARTS];
static uint32_t failfrom, failcount, failevery;
static bool told;         // on the console: the boot arguments want it
static uint32_t requests; // to pools, since main's start or the last order

void
tortureinit(uint32_t seed, uint32_t fail, uint32_t n, uint32_t every)
{
	for (uint32_t i = 0; i < MAXHARTS; i++)
		state[i] = ((seed * 747796405u) ^ ((i + 1) * 2654435761u)) | 1;
	failfrom = fail;
	failcount = n;
	failevery = every;
	told = true;
}

// next is the hart's next random number: a 32-bit xorshift as in fastrand.
static uint32_t
next(void)
{
	uint32_t *s = &state[getg()->m->id], x = *s;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *s = x;
}

bool
tosscoin(void)
{
	return next() >> 31;
}

void
tortureshuffle(struct g **first, struct g **last, uint32_t n)
{
	struct g *head = *first, *tail = head, *gp = head->schedlink, *after;

	for (; --n > 0; gp = after) {
		after = gp->schedlink;
		if (tosscoin()) { // to the front
			gp->schedlink = head;
			head = gp;
		} else {
			tail->schedlink = gp;
			tail = gp;
		}
	}
	tail->schedlink = NULL;
	*first = head;
	*last = tail;
}

// disturb makes another hart look around, or this one.
static void
disturb(uint32_t random)
{
	struct m *mp = load_rlx(&allp[random % gomaxprocs].m);

	if (MAXHARTS > 1 && mp != NULL)
		arch_cpuwake(mp->id);
}

bool
torturerelease(const struct g *gp)
{
	uint32_t x;

	if (gp->goid == 0 || !sched.mainstarted || load_rlx(&dying) != 0)
		return false;
	x = next();
	if (x % 32 == 0)
		disturb(x >> 8);
	return x >> 31;
}

bool
torturepool(const char *name)
{
	uint32_t n;

	if (!sched.mainstarted)
		return false;
	n = xadd(&requests, 1);
	if ((failfrom == 0 || n - failfrom >= failcount) &&
	    (failevery == 0 || n % failevery != 0))
		return false;
	if (told)
		kprintf("torture: request %u, to pool \"%s\", is refused\n",
			(unsigned)n, name);
	return true;
}

// runtime_fail_alloc lets n requests to pools fail, from the k-th one on that is
// made after the call (k = 0: none will). Returns how many requests have been made
// since the last call, or -1: this is no torture build, and nothing fails. For
// tests, which declare it themselves. Any context.
int
runtime_fail_alloc(unsigned k, unsigned n)
{
	uint32_t made = xchg(&requests, 0);

	if (!TORTURE)
		return -1;
	failfrom = k;
	failcount = n;
	failevery = 0;
	told = false;
	return (int)made;
}
