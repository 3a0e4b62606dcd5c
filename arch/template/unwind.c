// unwind.c (template): where a suspended goroutine's stack begins. gobuf.pc says
// how it was suspended, and so what lies at gobuf.sp (asm.S, trap.S).
#include "template.h"

void
arch_unwindg(struct unwind *u, const struct g *gp)
{
	(void)u;
	(void)gp;
	todo(arch_unwindg);
}
