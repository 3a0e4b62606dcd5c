// arch_inline.h: the inline part of the contract, for the simulated machine. One
// hart runs at a time, so its g and its mask are plain variables (sim.c).
#ifndef GZERO_ARCH_INLINE_H
#define GZERO_ARCH_INLINE_H

extern struct g *sim_g;
uintptr_t sim_irqsave(void);
void sim_irqrestore(uintptr_t state);

static inline struct g *
getg(void)
{
	return sim_g;
}

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

#endif
