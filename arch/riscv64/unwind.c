// unwind.c: where a suspended goroutine's stack begins (arch_unwindhere, which
// is about registers, is in asm.S). sched.pc says how it was suspended, and so
// what lies at sched.sp.
#include "riscv64.h"

_Static_assert(F_BYTES + (HAS_FP ? F_FP_BYTES : 0) + 15 <= PREEMPT_STACK_BYTES,
	       "trap.S");

void
arch_unwindg(struct unwind *u, const struct g *gp)
{
	const unsigned char *p = (const unsigned char *)gp;
	uintptr_t sp = *(const uintptr_t *)(p + G_SCHED_SP);
	uintptr_t pc = *(const uintptr_t *)(p + G_SCHED_PC);
	const uintptr_t *frame = (const uintptr_t *)sp;

	*u = (struct unwind){ .pc = pc, .sp = sp, .exact = true };
	if (pc == (uintptr_t)mcall_resume) {
		u->pc = frame[C_RA / 8];
		u->sp = sp + C_BYTES;
		u->fp = frame[C_S(0) / 8];
		u->ra = u->pc;
		u->exact = false;
	} else if (pc == (uintptr_t)preempt_resume) {
		u->pc = frame[F_EPC / 8];
		u->sp = frame[2];
		u->fp = frame[8];
		u->ra = frame[1];
	} else if (pc == (uintptr_t)fresh_resume) {
		u->pc = frame[N_FN / 8];
		u->sp = sp + N_BYTES;
		u->ra = (uintptr_t)goexit + 4;
	}
}
