// arch_inline.h (armv7m): the part of the contract that must cost nothing.
// Included by arch.h, never alone.
//
// There is one hart, so "the g of this hart" is a global. Not a register: r9 is
// the only candidate, and libgcc and newlib, which were compiled without our
// flags, use it.
#ifndef GZERO_ARCH_INLINE_H
#define GZERO_ARCH_INLINE_H

#include <config.h>

// KERNEL_PRIO is the one priority of every interrupt that may call the kernel.
// Numerically lower levels stay free for handlers that call nothing of it, and
// stay enabled in arch_irqsave's stretches. Boot reads from the hardware which bits
// of a priority there are, and ends with an error if the core does not have this
// level or nothing is free above it (prio.h).
#ifndef KERNEL_PRIO
#define KERNEL_PRIO 0x80
#endif
_Static_assert(KERNEL_PRIO > 0 && KERNEL_PRIO < 0x100,
	       "KERNEL_PRIO: a byte, and not 0");

// arch_cur is who runs. g is what getg returns. g0 is written once, by setg.
// Interrupt entry does not ask g what it interrupted, it asks the hardware
// (PSP means a goroutine), so g may lag behind a stack switch by a few
// instructions with interrupts on.
struct arch_cur {
	struct g *g;
	struct g *g0;
};
extern struct arch_cur arch_cur;

// errtext.h: an instruction of two bytes, which arch_error reads.
#define ARCH_ERRNUM(n) __asm__ volatile("udf %0" : : "i"((n)&0xff))

static inline struct g *
getg(void)
{
	return arch_cur.g;
}

static inline uintptr_t
arch_irqsave(void)
{
	uintptr_t old;

	// A write that raises the priority holds from the next instruction on,
	// without a barrier (ARMv7-M ARM, B5.2.3).
	__asm__ volatile("mrs %0, basepri\n\tmsr basepri_max, %1"
			 : "=&r"(old)
			 : "r"(KERNEL_PRIO)
			 : "memory");
	return old;
}

static inline void
arch_irqrestore(uintptr_t state)
{
	__asm__ volatile("msr basepri, %0" : : "r"(state) : "memory");
}

static inline uint8_t
ioread8(uintptr_t addr)
{
	return *(volatile uint8_t *)addr;
}

static inline void
iowrite8(uintptr_t addr, uint8_t value)
{
	*(volatile uint8_t *)addr = value;
}

static inline uint32_t
ioread32(uintptr_t addr)
{
	return *(volatile uint32_t *)addr;
}

static inline void
iowrite32(uintptr_t addr, uint32_t value)
{
	*(volatile uint32_t *)addr = value;
}

// arch_irqhold: no barrier; the way out of the handler has one.
static inline void
arch_irqhold(unsigned irq)
{
	iowrite32(0xe000e180 + (NIRQ > 32 ? irq / 32 * 4 : 0), // NVIC_ICER
		  UINT32_C(1) << irq % 32);
}

// arch_irqend: the return from the exception says it.
static inline void
arch_irqend(unsigned irq)
{
	(void)irq;
}

// arch_startcall is gostartcall for an sp_top that is aligned already, compiled in.
#define ARCH_STARTCALL
void gofresh(void);
static inline void
arch_startcall(struct gobuf *buf, uintptr_t sp_top, void (*fn)(void *),
	       void *arg)
{
	uintptr_t *sp = (uintptr_t *)sp_top - 2;

	sp[0] = (uintptr_t)arg;
	sp[1] = (uintptr_t)fn;
	buf->sp = (uintptr_t)sp;
	buf->pc = (uintptr_t)gofresh;
}

#endif
