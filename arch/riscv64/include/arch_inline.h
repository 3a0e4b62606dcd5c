// arch_inline.h: the inline part of the contract (arch.h describes it) and what
// drivers use to reach their registers.
#ifndef GZERO_ARCH_INLINE_H
#define GZERO_ARCH_INLINE_H

#include <csr.h>

// getg: tp holds g from setg on, in every context. The builtin lets the
// compiler address fields off tp directly.
static inline struct g *
getg(void)
{
	return __builtin_thread_pointer();
}

static inline uintptr_t
arch_irqsave(void)
{
	uintptr_t state;

	__asm__ volatile("csrrci %0, " CSR_NAME(CSR_STATUS) ", %1"
			 : "=r"(state)
			 : "i"(STATUS_IE)
			 : "memory");
	return state;
}

static inline void
arch_irqrestore(uintptr_t state)
{
	csr_set(CSR_STATUS, state & STATUS_IE);
}

// ARCH_CAS_OWN is a compare-and-swap of 32 bits that acquires and releases. gcc 12
// compares what it has found once more, behind the loop.
#define ARCH_CAS_OWN(p, old, v) riscv64_cas((p), (old), (v))
static inline bool
riscv64_cas(uint32_t *p, uint32_t old, uint32_t v)
{
	uint32_t t = 0;

	__asm__ volatile goto("1:\tlr.w.aq %0, %1\n\t"
			      "bne %0, %2, %l[no]\n\t"
			      "sc.w.rl %0, %3, %1\n\t"
			      "bnez %0, 1b"
			      : "=&r"(t), "+A"(*p)
			      : "r"((long)(int)old), "r"(v)
			      : "memory"
			      : no);
	return true;
no:
	return false;
}

// ARCH_XCHG_PTR exchanges a pointer, sequentially consistent (gcc 12 makes a fence
// and an amoswap of it). ARCH_XCHG_LOCK exchanges 32 bits by 1 and acquires.
#define ARCH_XCHG_PTR(p, v) riscv64_xchg((p), (v))
static inline void *
riscv64_xchg(void *p, const void *v)
{
	void *old;

	__asm__ volatile("amoswap.d.aqrl %0, %z2, %1"
			 : "=r"(old), "+A"(*(void **)p)
			 : "rJ"(v)
			 : "memory");
	return old;
}

#define ARCH_XCHG_LOCK(p) riscv64_lock(p)
static inline long
riscv64_lock(uint32_t *p)
{
	long old;

	__asm__ volatile("amoswap.w.aq %0, %2, %1"
			 : "=r"(old), "+A"(*p)
			 : "r"(1)
			 : "memory");
	return old;
}

// ARCH_CAS is atomic.h's compare-and-swap; lr and sc are ends of mnemonics, the
// orders ("" or .aq, .rl ...). gcc 12 takes the fence in front and lr's order from the
// order of the failure, and never writes sc.rl: a seq_cst or a release one with a
// relaxed failure releases nothing. (An acquire one is right.) Those here are table
// A.6's of the unprivileged ISA, and no instruction more.
#define ARCH_CAS_FN_(name, type, size, lr, sc) \
	static inline bool name(void *p, type old, type v) \
	{ \
		intptr_t was, failed; \
\
		__asm__ volatile inline("1:\tlr." size lr " %0, (%2)\n\t" \
					"bne %0, %z3, 2f\n\t" \
					"sc." size sc " %1, %z4, (%2)\n\t" \
					"bnez %1, 1b\n" \
					"2:" \
					: "=&r"(was), "=&r"(failed) \
					: "r"(p), "rJ"((intptr_t)old), \
					  "rJ"((intptr_t)v) \
					: "memory"); \
		return was == (intptr_t)old; \
	}
// lr.w extends the sign.
ARCH_CAS_FN_(arch_cas4_sc, int32_t, "w", ".aqrl", ".rl")
ARCH_CAS_FN_(arch_cas8_sc, uintptr_t, "d", ".aqrl", ".rl")
ARCH_CAS_FN_(arch_cas4_rel, int32_t, "w", "", ".rl")
ARCH_CAS_FN_(arch_cas8_rel, uintptr_t, "d", "", ".rl")
#define ARCH_CAS(p, old, v, order) \
	__extension__({ \
		__typeof__(*(p)) o_ = (old), v_ = (v); \
		_Static_assert(sizeof o_ == 4 || sizeof o_ == 8, "ARCH_CAS"); \
		sizeof o_ == 4 ? \
			arch_cas4_##order((p), (int32_t)(uintptr_t)o_, \
					  (int32_t)(uintptr_t)v_) : \
			arch_cas8_##order((p), (uintptr_t)o_, (uintptr_t)v_); \
	})

// Device registers. A read is complete before any later access, a write comes
// after every earlier one: what a driver that also touches memory needs.
static inline uint8_t
ioread8(uintptr_t addr)
{
	uint8_t v = *(volatile uint8_t *)addr;

	__asm__ volatile("fence i, iorw" : : : "memory");
	return v;
}

static inline uint32_t
ioread32(uintptr_t addr)
{
	uint32_t v = *(volatile uint32_t *)addr;

	__asm__ volatile("fence i, iorw" : : : "memory");
	return v;
}

static inline uint64_t
ioread64(uintptr_t addr)
{
	uint64_t v = *(volatile uint64_t *)addr;

	__asm__ volatile("fence i, iorw" : : : "memory");
	return v;
}

static inline void
iowrite8(uintptr_t addr, uint8_t v)
{
	__asm__ volatile("fence iorw, o" : : : "memory");
	*(volatile uint8_t *)addr = v;
}

static inline void
iowrite32(uintptr_t addr, uint32_t v)
{
	__asm__ volatile("fence iorw, o" : : : "memory");
	*(volatile uint32_t *)addr = v;
}

static inline void
iowrite64(uintptr_t addr, uint64_t v)
{
	__asm__ volatile("fence iorw, o" : : : "memory");
	*(volatile uint64_t *)addr = v;
}

// drivers/plic.c has what these do: a priority of 0, and the completion.
extern uintptr_t plic_claims;

static inline void
arch_irqhold(unsigned irq)
{
	iowrite32(PLIC_BASE + 4 * (uintptr_t)irq, 0);
}

static inline void
arch_irqend(unsigned irq)
{
	iowrite32(plic_claims, irq);
}

// arch_startcall is gostartcall for an sp_top that is aligned already, compiled in.
#define ARCH_STARTCALL
void fresh_resume(void);
static inline void
arch_startcall(struct gobuf *buf, uintptr_t sp_top, void (*fn)(void *),
	       void *arg)
{
	uintptr_t *sp = (uintptr_t *)sp_top - 2;

	sp[0] = (uintptr_t)fn; // N_FN, N_ARG: asm.S
	sp[1] = (uintptr_t)arg;
	buf->sp = (uintptr_t)sp;
	buf->pc = (uintptr_t)fresh_resume;
}

#endif
