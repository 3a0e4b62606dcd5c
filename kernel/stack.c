// stack.c: goroutine stacks, from one static pool per size class (config.h).
//
// What always holds: a stack belongs to one G from stackalloc to stackfree; its
// lowest word holds a canary that is checked when the goroutine ends and when
// it is preempted. Below each stack lies its guard, STACK_GUARD_BYTES that the
// arch lets nobody touch (arch.h): where there is one, an overflow ends at the
// instruction that does it, and the canary is the second line.
//
// With STACK_PAINT (or DEBUG) every byte of a stack that no goroutine has used
// since its last measurement is PAINT. stackmeasure finds how deep a dead
// goroutine went, notes it by entry function, and paints again.
//
// Turned down: stacks of any size from one heap (fragmentation, and no bound on
// the time of a spawn); guards inside the sizes that config.h names (a program's
// 2 KiB would be 2 KiB on one machine and nothing on the next).
#include "runtime.h"

#define PAINT ((uintptr_t)0xdbdbdbdbdbdbdbdb)

#define GUARD STACK_GUARD_BYTES
#define ALIGN (GUARD > 16 ? GUARD : 16)

// Stacks are not part of what boot clears: a section of its own, see linker/.
#define STACKS(i) \
	static unsigned char \
		stacks##i[STACK##i##_COUNT > 0 ? STACK##i##_COUNT : 1] \
			 [GUARD + STACK##i##_BYTES] \
		__attribute__((aligned(ALIGN), section(".bss.noinit.stacks")))
STACKS(0);
STACKS(1);
STACKS(2);
STACKS(3);

// A pool's block is the stack and the next one's guard.
#define CLASS(i) \
	{ \
		.name = "stack class " #i, .setting = "STACK" #i "_COUNT", \
		.base = STACK##i##_COUNT > 0 ? &stacks##i[0][GUARD] : NULL, \
		.size = GUARD + STACK##i##_BYTES, .guard = GUARD, \
		.n = STACK##i##_COUNT \
	}
static struct pool pools[NSTACKCLASS] = { CLASS(0), CLASS(1), CLASS(2),
					  CLASS(3) };

#define AREA(i) \
	{ \
		STACK##i##_COUNT > 0 ? (uintptr_t)stacks##i : 0, \
			GUARD + STACK##i##_BYTES, STACK##i##_COUNT \
	}
const struct stackarea stackareas[NSTACKAREAS] = { AREA(0), AREA(1), AREA(2),
						   AREA(3) };

_Static_assert(NSTACKAREAS == NSTACKCLASS, "arch.h");
_Static_assert(STACK0_BYTES < STACK1_BYTES && STACK1_BYTES < STACK2_BYTES &&
		       STACK2_BYTES < STACK3_BYTES,
	       "stack classes must ascend");
_Static_assert(STACK0_BYTES % ALIGN == 0 && STACK1_BYTES % ALIGN == 0 &&
		       STACK2_BYTES % ALIGN == 0 && STACK3_BYTES % ALIGN == 0,
	       "stack sizes must be multiples of 16 and of STACK_GUARD_BYTES");
_Static_assert((ALIGN & (ALIGN - 1)) == 0,
	       "STACK_GUARD_BYTES must be a power of two");

size_t
stackclassbytes(int class)
{
	return pools[class].size - GUARD;
}

struct pool *
stackpool(int class)
{
	return &pools[class];
}

// ---- How deep a stack was used ----------------------------------------------

// Entry functions whose goroutines have been measured; under useslock. One that
// finds no room is counted in the last entry, fn NULL.
static struct runtime_stack_use uses[NSTACKUSE];
static bool panicked[NSTACKUSE]; // one of them has had a panic (or a Goexit)
static struct lock useslock;
static size_t deepest[NSTACKCLASS]; // of dead goroutines

static void
paint(uintptr_t lo, uintptr_t hi)
{
	for (; lo < hi; lo += sizeof(uintptr_t))
		*(uintptr_t *)lo = PAINT;
}

// lowestused is the lowest address of gp's stack that is not painted.
static uintptr_t
lowestused(const struct g *gp)
{
	uintptr_t a = gp->stacklo + sizeof(uintptr_t); // above the canary

	while (a < gp->stackhi && *(const uintptr_t *)a == PAINT)
		a += sizeof(uintptr_t);
	return a;
}

size_t
stackhigh(const struct g *gp)
{
	return STACK_PAINT || DEBUG ? gp->stackhi - lowestused(gp) : 0;
}

static struct runtime_stack_use *
useof(void (*fn)(void *), size_t size)
{
	struct runtime_stack_use *u = uses;

	while (u < &uses[NSTACKUSE - 1] && u->n != 0 &&
	       (u->fn != fn || u->size != size))
		u++;
	if (u->n == 0 && u < &uses[NSTACKUSE - 1])
		u->fn = fn;
	u->size = size > u->size ? size : u->size;
	return u;
}

// note adds that gp went so deep. Holds useslock, or nobody else runs.
static void
note(const struct g *gp, size_t high)
{
	struct runtime_stack_use *u =
		useof(gp->startfn, gp->stackhi - gp->stacklo);

	u->n++;
	if (high > u->high)
		u->high = high;
	if (gp->panic != NULL || gp->panicrec != NULL)
		panicked[u - uses] = true;
}

// stackclasshigh is the deepest use of a stack of the class, by the dead and the
// living; 0 if nothing is measured. A goroutine on its way to another stack may be
// missed or counted for the wrong class.
size_t
stackclasshigh(int class)
{
	size_t high;

	if (!STACK_PAINT && !DEBUG)
		return 0;
	high = deepest[class];
	for (uint32_t i = 0; i < gpool.fresh; i++) {
		const struct g *gp = &allg[i];
		uint32_t s = load_rlx(&gp->status);

		if (s != Gidle && s != Gdead && gp->stacklo != 0 &&
		    gp->stackclass == class && stackhigh(gp) > high)
			high = stackhigh(gp);
	}
	return high;
}

// stackmeasure notes how deep the dead gp went and paints what it used. On g0.
void
stackmeasure(struct g *gp)
{
	uintptr_t used = lowestused(gp);

	lock(&useslock);
	note(gp, gp->stackhi - used);
	if (gp->stackhi - used > deepest[gp->stackclass])
		deepest[gp->stackclass] = gp->stackhi - used;
	unlock(&useslock);
	paint(used, gp->stackhi);
}

// stackreport prints what runtime_read_stacks would say, the living included,
// for tools/stackreport.py: fn is the entry function. The machine ends and the
// other harts stand still, so nothing is locked.
void
stackreport(void)
{
	for (uint32_t i = 0; i < gpool.fresh; i++) {
		const struct g *gp = &allg[i];

		// One that is just dying has been noted, and painted.
		if (gp->stacklo != 0 && gp->status != Gdead &&
		    stackhigh(gp) != 0)
			note(gp, stackhigh(gp));
	}
	for (unsigned k = 0; k < NSTACKUSE; k++)
		if (uses[k].n != 0)
			kprintf("gz.stacks: fn=0x%lx size=%zu high=%zu n=%u "
				"panicked=%d\n",
				(unsigned long)(uintptr_t)uses[k].fn,
				uses[k].size, uses[k].high, (unsigned)uses[k].n,
				panicked[k]);
}

unsigned
runtime_read_stacks(struct runtime_stack_use *u, unsigned n)
{
	unsigned i = 0;

	mustgoroutine("runtime_read_stacks");
	if (n > 0)
		touch(u);
	lock(&useslock);
	for (unsigned k = 0; k < NSTACKUSE && i < n; k++)
		if (uses[k].n != 0)
			u[i++] = uses[k];
	unlock(&useslock);
	return i;
}

// ---- Taking and giving back ---------------------------------------------------

// stackalloc gives gp a stack of the class; false when its pool is exhausted.
bool
stackalloc(struct g *gp, int class)
{
	void *s = poolget(&pools[class]);

	if (s == NULL)
		return false;
	gp->stacklo = (uintptr_t)s;
	gp->stackhi = gp->stacklo + stackclassbytes(class);
	gp->stackclass = (uint8_t) class;
	if (STACK_PAINT || DEBUG)
		paint(gp->stacklo, gp->stackhi);
	*(uintptr_t *)gp->stacklo = CANARY;
	return true;
}

void
stackfree(struct g *gp)
{
	poolput(&pools[gp->stackclass], (void *)gp->stacklo);
	gp->stacklo = gp->stackhi = 0;
}

// stackbroken ends the machine: gp has written over the end of its stack.
void
stackbroken(const struct g *gp)
{
	stackoverflow(gp, gp->stacklo);
	throw("stack overflow");
}

static void
testguard(const struct m *mp, uintptr_t guard)
{
	if (arch_guardtest(guard))
		return;
	kprintf("hart %u: a write to the stack guard at %p went through\n",
		(unsigned)mp->id, (void *)guard);
	throw("stack guards are not enforced; STACK_GUARD_BYTES=0 would run "
	      "without");
}

// guardtest sees to it that this hart's guards are real, the first and the last
// of each size. On g0, interrupts masked.
void
guardtest(const struct m *mp)
{
	if (STACK_GUARD_BYTES == 0)
		return;
	for (const struct stackarea *a = stackareas;
	     a < &stackareas[NSTACKAREAS]; a++) {
		if (a->n == 0)
			continue;
		testguard(mp, a->lo);
		testguard(mp, a->lo + (a->n - 1) * a->stride);
	}
}
