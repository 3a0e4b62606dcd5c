// atomic.h names the few atomic accesses that the kernel makes, each with its
// order in the name: _rlx relaxed, _acq acquire, _rel release, none sequentially
// consistent. They work on plain integers and pointers (the public structs are
// shared with C++). In a one-hart image the only other party is an interrupt
// handler of the same hart, so orders shrink to compiler barriers and
// read-modify-writes stay single instructions' work under LL/SC.
//
// 64-bit accesses exist on 64-bit machines only; what is wider than a word is
// guarded by masked interrupts elsewhere (load64, store64).
#ifndef GZERO_ATOMIC_H
#define GZERO_ATOMIC_H

#include <arch.h>
#include <config.h>

#define MO_ACQ (MAXHARTS > 1 ? __ATOMIC_ACQUIRE : __ATOMIC_RELAXED)
#define MO_REL (MAXHARTS > 1 ? __ATOMIC_RELEASE : __ATOMIC_RELAXED)
#define MO_SC (MAXHARTS > 1 ? __ATOMIC_SEQ_CST : __ATOMIC_RELAXED)
#define barrier() __asm__ volatile("" ::: "memory")

#define load_rlx(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define store_rlx(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define load_acq(p) \
	__extension__({ \
		__typeof__(*(p)) v_ = __atomic_load_n((p), MO_ACQ); \
		barrier(); \
		v_; \
	})
#define store_rel(p, v) \
	do { \
		barrier(); \
		__atomic_store_n((p), (v), MO_REL); \
	} while (0)
#define load(p) \
	__extension__({ \
		barrier(); \
		__typeof__(*(p)) v_ = __atomic_load_n((p), MO_SC); \
		barrier(); \
		v_; \
	})
#define store(p, v) \
	do { \
		barrier(); \
		__atomic_store_n((p), (v), MO_SC); \
		barrier(); \
	} while (0)
#define xadd(p, n) __atomic_add_fetch((p), (n), MO_SC)
#define xchg(p, v) __atomic_exchange_n((p), (v), MO_SC)
// cas: *p from old to v; true if it was so. cas_rel is for a head that thieves
// move: release on success, acquire on failure is not needed.
#define cas(p, old, v) \
	__extension__({ \
		__typeof__(*(p)) o_ = (old); \
		__atomic_compare_exchange_n((p), &o_, (v), false, MO_SC, \
					    __ATOMIC_RELAXED); \
	})
#define cas_acq(p, old, v) \
	__extension__({ \
		__typeof__(*(p)) o_ = (old); \
		__atomic_compare_exchange_n((p), &o_, (v), false, MO_ACQ, \
					    __ATOMIC_RELAXED); \
	})
#define cas_rel(p, old, v) \
	__extension__({ \
		__typeof__(*(p)) o_ = (old); \
		__atomic_compare_exchange_n((p), &o_, (v), false, MO_REL, \
					    __ATOMIC_RELAXED); \
	})
// fence orders an earlier store before a later load on two harts (StoreLoad).
#define fence() \
	do { \
		if (MAXHARTS > 1) \
			__atomic_thread_fence(__ATOMIC_SEQ_CST); \
		barrier(); \
	} while (0)

// load64 and store64 access a 64-bit value that a handler of this hart (and, on
// 64-bit machines, another hart) may read or write at any moment.
static inline int64_t
load64(const int64_t *p)
{
	if (sizeof(void *) >= 8)
		return __atomic_load_n(p, __ATOMIC_RELAXED);

	uintptr_t s = arch_irqsave();
	int64_t v = *(const volatile int64_t *)p;

	arch_irqrestore(s);
	return v;
}

static inline void
store64(int64_t *p, int64_t v)
{
	if (sizeof(void *) >= 8) {
		__atomic_store_n(p, v, __ATOMIC_RELAXED);
		return;
	}

	uintptr_t s = arch_irqsave();

	*(volatile int64_t *)p = v;
	arch_irqrestore(s);
}

#endif
