// pool.h: the static pool allocator. See pool.c.
#ifndef GZERO_POOL_H
#define GZERO_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// lock is a spin lock; see lock.c.
struct lock {
	uint32_t key;
};

// pool is an array of n blocks of size bytes. Guarded by l.
struct pool {
	const char *name;    // what a block is: "g", "stack 8192"
	const char *setting; // the name in config.h that sets n
	unsigned char *base;
	size_t size;  // distance from block to block
	size_t guard; // bytes at each block's end that nobody may touch
	unsigned n;
	struct lock l;
	void *free;     // blocks given back, linked through their first word
	unsigned fresh; // blocks from here on have never been used
	unsigned used, high;
	struct pool *link; // in allpools, from the first use on
	bool listed;
};

#define POOL_INIT(nm, set, arr, sz, cnt) \
	{ \
		.name = (nm), .setting = (set), \
		.base = (unsigned char *)(arr), .size = (sz), .n = (cnt) \
	}

// poolget returns a block with undefined content, or NULL when all are used.
// poolput gives it back; a pointer that is no block of the pool throws, and in
// debug builds so does a block that is free already. Both: goroutine or g0
// context, constant time, from any hart.
void *poolget(struct pool *p);
void poolput(struct pool *p, void *block);

#endif
