// unwind.c (armv7m): where a stack walk of a suspended goroutine begins. The
// layouts are asm.S's. Addresses are given without the Thumb bit.
#include <arch.h>
#include <armv7m.h>

enum {
	R7 = 3, // index of r7 in a block that starts with r4
	LR = 8, // what comes after r4-r11: return address or EXC_RETURN
	NREG = 9,
	FP_WORDS = 16
};

_Static_assert(sizeof(struct hwframe) + 4 + 4 * NREG +
			       ARMV7M_FPU * (HWFRAME_FP + 4 * FP_WORDS) ==
		       PREEMPT_STACK_BYTES,
	       "trap.S");

static void
at_coop(struct unwind *u, const uint32_t *sp)
{
	if (ARMV7M_FPU) {
		uint32_t control = *sp++;

		if (control & CONTROL_FPCA)
			sp += 1 + FP_WORDS;
	}
	u->pc = sp[LR] & ~UINT32_C(1);
	u->ra = u->pc;
	u->fp = sp[R7];
	u->sp = (uintptr_t)(sp + NREG);
	u->exact = false;
}

static void
at_fresh(struct unwind *u, const uint32_t *sp)
{
	u->pc = sp[1] & ~UINT32_C(1);
	u->ra = codeaddr(goexit) + 2;
	u->fp = 0;
	u->sp = (uintptr_t)(sp + 2);
	u->exact = true;
}

static void
at_preempted(struct unwind *u, const uint32_t *sp)
{
	uint32_t exc = sp[LR];
	const struct hwframe *f;

	f = (const void *)(sp + NREG + (exc & EXC_NOFP ? 0 : FP_WORDS));
	u->pc = f->pc;
	u->ra = f->lr & ~UINT32_C(1);
	u->fp = sp[R7];
	u->sp = hwframe_sp(f, exc);
	u->exact = true;
}

void
arch_unwindg(struct unwind *u, const struct g *gp)
{
	const uint32_t *sp = (const uint32_t *)gword(gp, G_SCHED_SP);
	uintptr_t how = gword(gp, G_SCHED_PC);

	if (how == (uintptr_t)gopreempted)
		at_preempted(u, sp);
	else if (how == (uintptr_t)gofresh)
		at_fresh(u, sp);
	else
		at_coop(u, sp);
}
