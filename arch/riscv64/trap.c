// trap.c: from a cause to the upcall that handles it. Everything here runs on
// the g0 stack with interrupts masked (trap.S), gp being what was interrupted.
#include "riscv64.h"
#include "../../drivers/plic.h"

// external hands over the most urgent device interrupt that waits; another one brings
// its hart back as soon as this trap is left. A line stays quiet between claim and
// completion; a handler that leaves its device unserved has masked the line before it
// returns.
static bool
external(struct g *gp)
{
	unsigned irq = plic_claim();
	bool preempt;

	if (irq == 0) // withdrawn meanwhile
		return false;
	preempt = irqdispatch(irq, gp);
	plic_complete(irq);
	return preempt;
}

// trap_intr handles the interrupt that CSR_CAUSE names and says whether gp is
// to be preempted. Called by trap_entry.
bool
trap_intr(uintptr_t cause, struct g *gp)
{
	switch (cause & 0xff) {
	case CAUSE_TIMER:
		timer_quiet();
		return timerintr(gp);
	case CAUSE_SOFT:
		ipi_ack();
		return irqdispatch(IRQ_IPI, gp);
	case CAUSE_EXT:
		return external(gp);
	}
	throw("trap_intr: interrupt that nobody enabled");
}
