// stack.c: goroutine stacks, from one static pool per size class (config.h).
//
// What always holds: a stack belongs to one G from stackalloc to stackfree; its
// lowest word holds a canary that is checked when the goroutine ends and when
// it is preempted (until guard pages find an overflow at the instruction).
//
// Turned down: stacks of any size from one heap (fragmentation, and no bound on
// the time of a spawn).
#include "runtime.h"

#define CANARY ((uintptr_t)0x67a65620c0ffee21)

// Stacks are not part of what boot clears: a section of its own, see linker/.
#define STACKS(i) \
	static unsigned char stacks##i[STACK##i##_COUNT][STACK##i##_BYTES] \
		__attribute__((aligned(16), section(".bss.noinit.stacks")))
STACKS(0);
STACKS(1);
STACKS(2);
STACKS(3);

#define CLASS(i) \
	POOL_INIT("stack class " #i, "STACK" #i "_COUNT", stacks##i, \
		  STACK##i##_BYTES, STACK##i##_COUNT)
static struct pool pools[NSTACKCLASS] = { CLASS(0), CLASS(1), CLASS(2),
					  CLASS(3) };

_Static_assert(STACK0_BYTES < STACK1_BYTES && STACK1_BYTES < STACK2_BYTES &&
		       STACK2_BYTES < STACK3_BYTES,
	       "stack classes must ascend");
_Static_assert(STACK0_BYTES % 16 == 0 && STACK1_BYTES % 16 == 0 &&
		       STACK2_BYTES % 16 == 0 && STACK3_BYTES % 16 == 0,
	       "stack sizes must be multiples of 16");

// stackclassfor returns the smallest class with at least that many bytes, -1 if
// there is none.
int
stackclassfor(size_t bytes)
{
	static const size_t size[NSTACKCLASS] = { STACK0_BYTES, STACK1_BYTES,
						  STACK2_BYTES, STACK3_BYTES };

	for (int i = 0; i < NSTACKCLASS; i++)
		if (bytes <= size[i])
			return i;
	return -1;
}

size_t
stackclassbytes(int class)
{
	return pools[class].size;
}

struct pool *
stackpool(int class)
{
	return &pools[class];
}

// stackalloc gives gp a stack of the class; false when its pool is exhausted.
bool
stackalloc(struct g *gp, int class)
{
	void *s = poolget(&pools[class]);

	if (s == NULL)
		return false;
	gp->stacklo = (uintptr_t)s;
	gp->stackhi = gp->stacklo + pools[class].size;
	gp->stackclass = (uint8_t) class;
	*(uintptr_t *)gp->stacklo = CANARY;
	return true;
}

void
stackfree(struct g *gp)
{
	poolput(&pools[gp->stackclass], (void *)gp->stacklo);
	gp->stacklo = gp->stackhi = 0;
}

// stackcheck ends the machine if gp has written over the end of its stack.
void
stackcheck(const struct g *gp)
{
	if (*(const uintptr_t *)gp->stacklo == CANARY)
		return;
	kprintf("goroutine %llu (%s) overflowed its stack of %zu bytes at %p\n",
		(unsigned long long)gp->goid, gp->name ? gp->name : "unnamed",
		(size_t)(gp->stackhi - gp->stacklo), (void *)gp->stacklo);
	throw("stack overflow");
}
