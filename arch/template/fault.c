// fault.c (template): what a trap that is no interrupt looks like to the kernel.
#include "template.h"

// fault tells sigpanic0 what the hardware said: name in the manual's words; kind,
// which decides whether the goroutine can go on with a panic (FAULT_*); the
// address, if there is one; overflow, if the address lies in the guard of gp's
// stack or the frame of an interrupt had no room; where; and the registers.
//  - sigpanic0 may gogo gp, so leave every exception state first and have
//    interrupts masked as gogo wants them. No promise of the hardware to store
//    floating point registers into the old frames may be left.
//  - A floating point exception's flags must be cleared, or it comes again.
//  - A call or jump to where no code is: at = the caller, from the return
//    address, exact = false. The bad pc stays in the list of registers.
void
fault(const uintptr_t *frame, struct g *gp, uintptr_t cause)
{
	struct sigregs r = { .name = "unknown fault", .kind = FAULT_FATAL };

	(void)frame;
	(void)cause;
	r.at.exact = true;
	sigpanic0(gp, &r);
}
