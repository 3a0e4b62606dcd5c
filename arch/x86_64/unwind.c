// unwind.c: where a stack walk of a goroutine begins on x86_64. The walk itself
// is the kernel's. Only gobuf.pc tells how a goroutine was suspended, and with
// it what lies at gobuf.sp (asm.S, trap.S).
#include <x86.h>

// arch_unwindhere (asm.S) writes the fields by offset.
_Static_assert(offsetof(struct unwind, pc) == 0, "unwind.pc");
_Static_assert(offsetof(struct unwind, sp) == 8, "unwind.sp");
_Static_assert(offsetof(struct unwind, fp) == 16, "unwind.fp");
_Static_assert(offsetof(struct unwind, ra) == 24, "unwind.ra");
_Static_assert(offsetof(struct unwind, exact) == 32, "unwind.exact");

// Words of each kind of suspended frame, counted from gobuf.sp.
enum {
	MCALL_RBP = 6,
	MCALL_PC = 7,
	START_FN = 1,
	START_RA = 2,
	PRE_RBP = 512 / WORD + 14,
	PRE_RIP = PRE_RBP + 1,
	PRE_RSP = PRE_RBP + 4
};

_Static_assert((PRE_RSP + 2) * WORD == PREEMPT_FRAME_BYTES, "preempt frame");
_Static_assert(RED_ZONE + PREEMPT_FRAME_BYTES + 15 <= PREEMPT_STACK_BYTES,
	       "trap.S");

static uintptr_t
gfield(const struct g *gp, unsigned offset)
{
	return *(const uintptr_t *)((const char *)gp + offset);
}

void
arch_unwindg(struct unwind *u, const struct g *gp)
{
	const uintptr_t *sp = (const uintptr_t *)gfield(gp, G_SCHED_SP);
	uintptr_t pc = gfield(gp, G_SCHED_PC);

	u->ra = 0;
	if (pc == (uintptr_t)x86_mcallresume) {
		u->pc = sp[MCALL_PC];
		u->sp = (uintptr_t)&sp[MCALL_PC + 1];
		u->fp = sp[MCALL_RBP];
		u->exact = false;
	} else if (pc == (uintptr_t)x86_preemptresume) {
		u->pc = sp[PRE_RIP];
		u->sp = sp[PRE_RSP];
		u->fp = sp[PRE_RBP];
		u->exact = true;
	} else if (pc == (uintptr_t)x86_startresume) {
		u->pc = sp[START_FN];
		u->sp = (uintptr_t)&sp[START_RA];
		u->fp = 0;
		u->exact = true;
	} else {
		u->pc = pc;
		u->sp = (uintptr_t)sp;
		u->fp = 0;
		u->exact = true;
	}
}
