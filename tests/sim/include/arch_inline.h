// arch_inline.h: the inline part of the contract, for the simulated machine. When one
// hart runs at a time its g is a plain variable. With threads (threads.c) it is the
// thread's, whose address a compiler would keep while a goroutine changes threads.
#ifndef GZERO_ARCH_INLINE_H
#define GZERO_ARCH_INLINE_H

uintptr_t sim_irqsave(void);
void sim_irqrestore(uintptr_t state);

#ifdef SIM_THREADS
static inline struct g *
getg(void)
{
	struct g *gp;

	__asm__ volatile("movq %%fs:sim_g@tpoff, %0" : "=r"(gp));
	return gp;
}

static inline void
sim_setg(struct g *gp)
{
	__asm__ volatile("movq %0, %%fs:sim_g@tpoff" : : "r"(gp));
}
#else
extern struct g *sim_g;

static inline struct g *
getg(void)
{
	return sim_g;
}

static inline void
sim_setg(struct g *gp)
{
	sim_g = gp;
}
#endif

static inline uintptr_t
arch_irqsave(void)
{
	return sim_irqsave();
}

static inline void
arch_irqrestore(uintptr_t state)
{
	sim_irqrestore(state);
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
