// pool.c: the static pool allocator. Everything the kernel hands out (Gs,
// stacks, channels, panic records, newlib's reents) comes from arrays whose
// sizes the build fixes; the linker map shows them.
//
// What always holds: a block is free or used, never both; used + free +
// never-used = n; get and put take constant time. Blocks are handed out in
// address order first (fresh), so a pool costs no work at boot however large
// it is, and only touched memory costs anything on an emulator.
//
// Turned down: lock-free free lists (ABA needs tags or double-width atomics,
// and every hot pool has a per-P cache in front of it anyway).
#include "runtime.h"
#include "torture.h"

#define POISON 0xdb

static struct lock poolslock;
struct pool *allpools;

// enlist makes the pool known to runtime_read_stats.
static void
enlist(struct pool *p)
{
	lock(&poolslock);
	if (!p->listed) {
		p->link = allpools;
		store_rel(&allpools, p);
		store_rlx(&p->listed, true);
	}
	unlock(&poolslock);
}

void *
poolget(struct pool *p)
{
	void *b;

	if (!load_rlx(&p->listed)) // a hint: enlist looks again
		enlist(p);
	if (TORTURE && torturepool(p->name))
		return NULL;
	lock(&p->l);
	b = p->free;
	RACE_POINT(pool_get);
	if (b != NULL)
		p->free = *(void **)b;
	else if (p->fresh < p->n)
		b = p->base + (size_t)p->fresh++ * p->size;
	if (b != NULL) { // both are read without the lock
		store_rlx(&p->used, p->used + 1);
		if (p->used > p->high)
			store_rlx(&p->high, p->used);
	}
	unlock(&p->l);
	return b;
}

// checkblock throws unless b is a block of p that has been handed out.
static void
checkblock(const struct pool *p, const void *b)
{
	uintptr_t off = (uintptr_t)b - (uintptr_t)p->base;

	if (off >= (uintptr_t)p->fresh * p->size || off % p->size != 0) {
		kprintf("poolput: %p is no block of pool %s\n", b, p->name);
		throw("poolput: not a block of this pool");
	}
	if (!DEBUG)
		return;
	for (const void *f = p->free; f != NULL; f = *(void *const *)f)
		if (f == b)
			throw("poolput: block is free already");
}

void
poolput(struct pool *p, void *block)
{
	lock(&p->l);
	checkblock(p, block);
	if (DEBUG)
		for (size_t i = 0; i < p->size - p->guard; i++)
			((unsigned char *)block)[i] = POISON;
	*(void **)block = p->free;
	RACE_POINT(pool_put);
	p->free = block;
	store_rlx(&p->used, p->used - 1);
	unlock(&p->l);
}
