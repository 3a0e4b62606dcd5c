// plic.c: the RISC-V platform-level interrupt controller, and with it
// arch_irqmask.
//
// All lines are enabled for the one hart that takes device interrupts, once and
// for good; what masks a line is its priority: 0 is never, 1 is on. A priority
// is a word per line, so any hart in any context writes it without a lock. The
// enable bits share words and would want one.
//
// On QEMU 7.2 a line that is still up at completion is not seen again until its
// device touches it: a handler or goroutine that was woken must look at the
// device before it unmasks the line and waits.
//
// The board gives PLIC_BASE, PLIC_NSRC (lines, 0 included, which is none) and
// PLIC_CONTEXT(hartid), the controller's number for that hart in our mode.
#include <arch.h>
#include <config.h>

#include "plic.h"

#define PRIORITY(irq) (PLIC_BASE + 4 * (uintptr_t)(irq))
#define ENABLE(ctx, word) \
	(PLIC_BASE + 0x2000 + 0x80 * (uintptr_t)(ctx) + 4 * (uintptr_t)(word))
#define THRESHOLD(ctx) (PLIC_BASE + 0x200000 + 0x1000 * (uintptr_t)(ctx))
#define CLAIM(ctx) (THRESHOLD(ctx) + 4)

// CLAIM of our context; written once, before other harts run. trap.S reads it, too.
uintptr_t plic_claims;

void
plic_init(uint32_t hartid)
{
	uint32_t context = PLIC_CONTEXT(hartid);

	plic_claims = CLAIM(context);
	for (unsigned irq = 1; irq < PLIC_NSRC; irq++)
		iowrite32(PRIORITY(irq), 0);
	for (unsigned word = 0; word < (PLIC_NSRC + 31) / 32; word++)
		iowrite32(ENABLE(context, word), word == 0 ? ~1u : ~0u);
	iowrite32(THRESHOLD(context), 0);
}

unsigned
plic_claim(void)
{
	return ioread32(plic_claims);
}

void
plic_complete(unsigned irq)
{
	iowrite32(plic_claims, irq);
}

void
arch_irqmask(unsigned irq, bool masked)
{
	if (irq == 0 || irq >= PLIC_NSRC)
		throw("arch_irqmask: no such line");
	iowrite32(PRIORITY(irq), masked ? 0 : 1);
}
