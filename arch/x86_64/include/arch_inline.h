// arch_inline.h of x86_64: the part of the arch contract that is one or two
// instructions. arch.h includes it at its end; nobody else does.
//
// The gs base of a hart points at its struct m from setg on, and at a stand-in
// of the same layout (struct hart, x86.h) before. The first M_ARCH word of m is
// the current g. So getg is one load through gs: a goroutine that is preempted
// before it and continued on another hart after it still reads itself.
#ifndef GZERO_ARCH_INLINE_H
#define GZERO_ARCH_INLINE_H

// X86_G is the word of m that holds the current g.
#define X86_G M_ARCH

// getg: see arch.h. volatile keeps it behind setg.
static inline struct g *
getg(void)
{
	struct g *gp;

	__asm__ volatile("movq %%gs:%c1, %0" : "=r"(gp) : "i"(X86_G));
	return gp;
}

// ARCH_NONZERO: see atomic.h. 4 or 8 bytes. gcc 12 loads and tests, and never compares
// memory with 0.
#define ARCH_NONZERO(p) \
	__extension__({ \
		bool nz_; \
		_Static_assert(sizeof *(p) == 4 || sizeof *(p) == 8, ""); \
		if (sizeof *(p) == 4) \
			__asm__ volatile("cmpl $0, %1" \
					 : "=@ccne"(nz_) \
					 : "m"(*(p))); \
		else \
			__asm__ volatile("cmpq $0, %1" \
					 : "=@ccne"(nz_) \
					 : "m"(*(p))); \
		nz_; \
	})

// ARCH_XCHG_LOCK: see atomic.h. The old value is the carry, so that nothing compares
// it once more.
#define ARCH_XCHG_LOCK(p) x86_lock(p)
static inline bool
x86_lock(uint32_t *p)
{
	bool held;

	__asm__ volatile("lock btsl $0, %1"
			 : "=@ccc"(held), "+m"(*p)
			 :
			 : "memory");
	return held;
}

#define X86_IF 0x200u // the interrupt flag in RFLAGS

static inline uintptr_t
arch_irqsave(void)
{
	uintptr_t flags;

	__asm__ volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(flags) : : "memory");
	return flags;
}

static inline void
arch_irqrestore(uintptr_t state)
{
	if (state & X86_IF)
		__asm__ volatile("sti" : : : "memory");
	else
		__asm__ volatile("" : : : "memory");
}

static inline uint8_t
x86_inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline void
x86_outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint32_t
x86_inl(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline void
x86_outl(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void
x86_outw(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

// A driver names a register by one number. Below X86_PORTS it is a port, above
// an address; the page of address 0 is never mapped and no device lies in the
// rest of the first 64 KiB, so the two cannot meet.
#define X86_PORTS 0x10000u

static inline uint8_t
ioread8(uintptr_t reg)
{
	if (reg < X86_PORTS)
		return x86_inb((uint16_t)reg);
	return *(volatile uint8_t *)reg;
}

static inline void
iowrite8(uintptr_t reg, uint8_t value)
{
	if (reg < X86_PORTS)
		x86_outb((uint16_t)reg, value);
	else
		*(volatile uint8_t *)reg = value;
}

static inline uint32_t
ioread32(uintptr_t reg)
{
	if (reg < X86_PORTS)
		return x86_inl((uint16_t)reg);
	return *(volatile uint32_t *)reg;
}

static inline void
iowrite32(uintptr_t reg, uint32_t value)
{
	if (reg < X86_PORTS)
		x86_outl((uint16_t)reg, value);
	else
		*(volatile uint32_t *)reg = value;
}

// arch_irqhold: a line of edges is never masked (cpu.c).
extern uint8_t x86_irqlevel[];

static inline void
arch_irqhold(unsigned irq)
{
	if (__builtin_expect(x86_irqlevel[irq], 0))
		__asm__ volatile("call x86_irqhold"
				 :
				 : "D"(irq)
				 : "memory", "cc");
}

static inline void
arch_irqend(unsigned irq)
{
	*(volatile uint32_t *)0xfee000b0 = 0; // LAPIC_EOI
	(void)irq;
}

// arch_startcall is gostartcall for an sp_top that is aligned already, compiled in.
#define ARCH_STARTCALL
void x86_startresume(void);
static inline void
arch_startcall(struct gobuf *buf, uintptr_t sp_top, void (*fn)(void *),
	       void *arg)
{
	uintptr_t *sp = (uintptr_t *)sp_top;

	*--sp = (uintptr_t)goexit + 1;
	*--sp = (uintptr_t)fn;
	*--sp = (uintptr_t)arg;
	buf->sp = (uintptr_t)sp;
	buf->pc = (uintptr_t)x86_startresume;
}

#endif
