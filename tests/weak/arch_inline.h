// arch_inline.h of the explorer: its harts stand for harts, its interrupts are
// masked here.
struct g *weak_g(void);
uintptr_t weak_irqsave(void);
void weak_irqrestore(uintptr_t s);

static inline struct g *
getg(void)
{
	return weak_g();
}

static inline uintptr_t
arch_irqsave(void)
{
	return weak_irqsave();
}

static inline void
arch_irqrestore(uintptr_t state)
{
	weak_irqrestore(state);
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
