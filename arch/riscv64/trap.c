// trap.c: from a cause to the upcall that handles it. Everything here runs on
// the g0 stack with interrupts masked (trap.S), gp being what was interrupted.
#include "riscv64.h"
#include "../../drivers/plic.h"

// external hands over every device interrupt that is waiting. A line stays
// quiet between claim and completion; a handler that leaves its device unserved
// has masked the line before it returns.
static bool
external(struct g *gp)
{
	bool preempt = false;
	unsigned irq;

	while ((irq = plic_claim()) != 0) {
		if (irqdispatch(irq, gp))
			preempt = true;
		plic_complete(irq);
	}
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
