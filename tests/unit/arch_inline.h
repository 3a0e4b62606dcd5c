// arch_inline.h of the host: threads stand for harts, nothing interrupts them.
extern __thread struct g *hostg;

static inline struct g *
getg(void)
{
	return hostg;
}

static inline uintptr_t
arch_irqsave(void)
{
	return 0;
}

static inline void
arch_irqrestore(uintptr_t state)
{
	(void)state;
}
