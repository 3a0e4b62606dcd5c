// chanbuf.c: memory for channel buffers. They differ in size, so they come from a
// buddy allocator over one static arena: blocks are powers of two, a free block
// merges with its buddy at once, and get and put take at most as many steps as
// there are orders (17 with 4 MiB and 32 bytes).
//
// What always holds, under chanbuflock: free[k] lists free blocks of CHANBUF_MIN <<
// k bytes; order[i] says of the block that starts at unit i its order, plus FREE if
// it is free; a block's buddy is never free with the same order.
//
// Turned down: newlib's malloc (a goroutine lock, unbounded, not in every image).
#include "runtime.h"
#include "torture.h"

#define UNITS (CHANBUF_BYTES / CHANBUF_MIN)
#define NORDER (1 + __builtin_ctz(UNITS))
#define FREE 0x80

_Static_assert((CHANBUF_BYTES & (CHANBUF_BYTES - 1)) == 0 &&
		       (CHANBUF_MIN & (CHANBUF_MIN - 1)) == 0 &&
		       CHANBUF_BYTES >= CHANBUF_MIN,
	       "CHANBUF_BYTES and CHANBUF_MIN must be powers of two");

struct block {
	struct block *next, *prev;
};

_Static_assert(sizeof(struct block) <= CHANBUF_MIN, "CHANBUF_MIN is too small");

static unsigned char arena[CHANBUF_BYTES]
	__attribute__((aligned(16), section(".bss.noinit.chanbuf")));
static uint8_t order[UNITS];
static struct block *freelist[NORDER];
static struct lock chanbuflock;
static unsigned used, high;
static bool ready;

static unsigned
unit(const void *b)
{
	return (unsigned)((uintptr_t)b - (uintptr_t)arena) / CHANBUF_MIN;
}

static void
push(struct block *b, unsigned k)
{
	b->prev = NULL;
	b->next = freelist[k];
	if (b->next != NULL)
		b->next->prev = b;
	freelist[k] = b;
	order[unit(b)] = (uint8_t)(k | FREE);
}

static void
unlink(struct block *b, unsigned k)
{
	if (b->prev != NULL)
		b->prev->next = b->next;
	else
		freelist[k] = b->next;
	if (b->next != NULL)
		b->next->prev = b->prev;
}

static struct block *
at(unsigned u)
{
	return (struct block *)(void *)(arena + (size_t)u * CHANBUF_MIN);
}

// orderfor returns the smallest order with room for the bytes.
static unsigned
orderfor(size_t bytes)
{
	unsigned k = 0;

	while (k < NORDER && (size_t)CHANBUF_MIN << k < bytes)
		k++;
	return k;
}

static unsigned
toporder(void)
{
	return orderfor(CHANBUF_BYTES);
}

// split cuts block b of order k down to order want.
static void
split(struct block *b, unsigned k, unsigned want)
{
	while (k > want) {
		k--;
		push(at(unit(b) + (1u << k)), k);
	}
	order[unit(b)] = (uint8_t)want;
}

// chanbufalloc returns room for the bytes (> 0), or NULL.
void *
chanbufalloc(size_t bytes)
{
	unsigned want, k;
	struct block *b = NULL;

	if (bytes > CHANBUF_BYTES ||
	    (TORTURE && torturepool("channel buffers")))
		return NULL;
	want = k = orderfor(bytes);
	lock(&chanbuflock);
	if (!ready) {
		push(at(0), toporder());
		ready = true;
	}
	while (k <= toporder() && freelist[k] == NULL)
		k++;
	if (k <= toporder()) {
		b = freelist[k];
		unlink(b, k);
		split(b, k, want);
		used += (unsigned)CHANBUF_MIN << want;
		if (used > high)
			high = used;
	}
	unlock(&chanbuflock);
	return b;
}

// chanbuffree gives a block of chanbufalloc back.
void
chanbuffree(void *p)
{
	struct block *b = p;
	unsigned u = unit(b), k = order[u];

	if ((uintptr_t)p - (uintptr_t)arena >= CHANBUF_BYTES || k & FREE)
		throw("chanbuffree: not a block that is in use");
	lock(&chanbuflock);
	used -= (unsigned)CHANBUF_MIN << k;
	for (; k < toporder(); k++) {
		unsigned buddy = u ^ (1u << k);

		if (order[buddy] != (k | FREE))
			break;
		unlink(at(buddy), k);
		order[buddy] = order[u] = 0;
		u &= ~(1u << k);
	}
	push(at(u), k);
	unlock(&chanbuflock);
}

unsigned
chanbufused(void)
{
	return used;
}

unsigned
chanbufhigh(void)
{
	return high;
}

// ---- For ledger.c ---------------------------------------------------------------

// chanbufsize returns how many bytes of the arena the block b takes, 0 if it is no
// block in use.
size_t
chanbufsize(const void *b)
{
	uintptr_t off = (uintptr_t)b - (uintptr_t)arena;

	if (off >= CHANBUF_BYTES || off % CHANBUF_MIN != 0 ||
	    order[unit(b)] & FREE)
		return 0;
	return (size_t)CHANBUF_MIN << order[unit(b)];
}

// chanbufaudit says what is wrong with the books, NULL: nothing. Nobody else is at
// them.
const char *
chanbufaudit(void)
{
	unsigned inuse = 0, nfree = 0, listed = 0;

	if (!ready)
		return NULL;
	for (unsigned u = 0; u < UNITS; u += 1u << (order[u] & (FREE - 1))) {
		unsigned k = order[u] & (FREE - 1);

		if (k > toporder() || u & ((1u << k) - 1))
			return "channel buffers: a block of no order";
		if (!(order[u] & FREE)) {
			inuse += (unsigned)CHANBUF_MIN << k;
			continue;
		}
		nfree++;
		if (k < toporder() && order[u ^ 1u << k] == (k | FREE))
			return "channel buffers: two free buddies";
	}
	for (unsigned k = 0; k <= toporder(); k++)
		for (const struct block *b = freelist[k], *prev = NULL;
		     b != NULL; prev = b, b = b->next)
			if (b->prev != prev || order[unit(b)] != (k | FREE) ||
			    ++listed > nfree)
				return "channel buffers: a free list";
	if (listed != nfree)
		return "channel buffers: a free block on no list";
	return inuse == used ? NULL : "channel buffers: bytes in use";
}
