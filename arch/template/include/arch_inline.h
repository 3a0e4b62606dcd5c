// arch_inline.h (template): the part of the contract that must cost nothing,
// and how drivers reach registers. arch.h includes it at its end; nobody else
// does.
#ifndef GZERO_ARCH_INLINE_H
#define GZERO_ARCH_INLINE_H

// getg: a global will do on a machine with one hart. With more, each hart needs
// its own: a register that no compiled code uses (riscv64's tp), or a word of m
// that the hart reaches by a register of its own (x86_64's gs). It must be one
// instruction or come out right when the goroutine is moved to another hart in
// the middle.
extern struct g *template_g;

static inline struct g *
getg(void)
{
	return template_g;
}

// Not to do here, but at once in a port: mask the interrupts of the kernel's
// level, tell what was before, be a compiler barrier.
static inline uintptr_t
arch_irqsave(void)
{
	__asm__ volatile("" : : : "memory");
	return 0;
}

static inline void
arch_irqrestore(uintptr_t state)
{
	(void)state;
	__asm__ volatile("" : : : "memory");
}

// Device registers: volatile, and in an order with memory if the machine's bus
// asks for it.
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

static inline void
arch_irqhold(unsigned irq)
{
	arch_irqmask(irq, true);
}

static inline void
arch_irqend(unsigned irq)
{
	(void)irq;
}

#endif
