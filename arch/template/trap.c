// trap.c (template): from a cause to the upcall that handles it, on the g0 stack
// with interrupts masked, gp being what was interrupted.
#include "template.h"

// trap_intr: the timer ends in timerintr(gp), an IPI in irqdispatch(IRQ_IPI,
// gp), a device's line in irqdispatch(line, gp). Each is acknowledged so that
// it can come again; a line is level-triggered and its handler may leave it up
// (it has masked it then). True: trap.S is to preempt gp.
bool
trap_intr(uintptr_t cause, struct g *gp)
{
	(void)cause;
	(void)gp;
	todo(trap_intr);
}

void
arch_irqmask(unsigned irq, bool masked)
{
	(void)irq;
	(void)masked;
	todo(arch_irqmask);
}
