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

#endif
