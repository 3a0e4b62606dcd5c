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

#ifndef ATOMIC_BUILTINS
#define ATOMIC_BUILTINS 0
#endif

#define MO_ACQ (MAXHARTS > 1 ? __ATOMIC_ACQUIRE : __ATOMIC_RELAXED)
#define MO_REL (MAXHARTS > 1 ? __ATOMIC_RELEASE : __ATOMIC_RELAXED)
#define MO_ACQREL (MAXHARTS > 1 ? __ATOMIC_ACQ_REL : __ATOMIC_RELAXED)
#define MO_SC (MAXHARTS > 1 ? __ATOMIC_SEQ_CST : __ATOMIC_RELAXED)
#define barrier() __asm__ volatile("" ::: "memory")

// A relaxed access is a volatile one here: as atomic, for what fits a word and lies
// on its boundary, and gcc 12 makes better code of it (riscv64: an amoswap of each
// atomic store, whatever its order; everywhere the whole address in a register).
// Where the kernel runs under a tool that watches atomics (tests/) it is the
// builtin.
#if ATOMIC_BUILTINS
#define load_rlx(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define store_rlx(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#else
#define load_rlx(p) (*(const volatile __typeof__(*(p)) *)(p))
#define store_rlx(p, v) ((void)(*(volatile __typeof__(*(p)) *)(p) = (v)))
#endif
// nonzero_rlx is load_rlx(p) != 0, by an architecture that compares memory.
#if defined ARCH_NONZERO && !ATOMIC_BUILTINS
#define nonzero_rlx(p) ARCH_NONZERO(p)
#else
#define nonzero_rlx(p) (load_rlx(p) != 0)
#endif
#define load_acq(p) \
	__extension__({ \
		__typeof__(*(p)) v_ = ATOMIC_BUILTINS ? \
					      __atomic_load_n((p), MO_ACQ) : \
					      load_rlx(p); \
		if (!ATOMIC_BUILTINS && MAXHARTS > 1) \
			__atomic_thread_fence(__ATOMIC_ACQUIRE); \
		barrier(); \
		v_; \
	})
#define store_rel(p, v) \
	do { \
		barrier(); \
		if (ATOMIC_BUILTINS) { \
			__atomic_store_n((p), (v), MO_REL); \
		} else { \
			if (MAXHARTS > 1) \
				__atomic_thread_fence(__ATOMIC_RELEASE); \
			store_rlx((p), (v)); \
		} \
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
// xchg_ptr is xchg of a pointer, xchg_lock what a lock is taken with: its bit 0 is set,
// acquire, and not 0 returned if it was.
#if defined ARCH_XCHG_PTR && !ATOMIC_BUILTINS
#define xchg_ptr(p, v) ARCH_XCHG_PTR((p), (v))
#else
#define xchg_ptr(p, v) xchg((p), (v))
#endif
#if defined ARCH_XCHG_LOCK && !ATOMIC_BUILTINS
#define xchg_lock(p) ARCH_XCHG_LOCK(p)
#else
#define xchg_lock(p) __atomic_exchange_n((p), 1, MO_ACQ)
#endif
// cas: *p from old to v; true if it was so. cas_rel is for a head that thieves
// move: release on success, acquire on failure is not needed. cas_own is for the
// owner of that head, who reads on success what thieves have released. An
// architecture may have its own (ARCH_CAS, ARCH_CAS_OWN, arch_inline.h).
#define CAS_(p, old, v, order) \
	__extension__({ \
		__typeof__(*(p)) o_ = (old); \
		__atomic_compare_exchange_n((p), &o_, (v), false, order, \
					    __ATOMIC_RELAXED); \
	})
#define cas_acq(p, old, v) CAS_(p, old, v, MO_ACQ)
#if defined ARCH_CAS && !ATOMIC_BUILTINS
#define cas(p, old, v) ARCH_CAS(p, old, v, sc)
#define cas_rel(p, old, v) ARCH_CAS(p, old, v, rel)
#define cas_own(p, old, v) ARCH_CAS_OWN(p, old, v)
#else
#define cas(p, old, v) CAS_(p, old, v, MO_SC)
#define cas_rel(p, old, v) CAS_(p, old, v, MO_REL)
#define cas_own(p, old, v) CAS_(p, old, v, MO_ACQREL)
#endif
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
