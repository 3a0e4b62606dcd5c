// asm.S: switching between contexts.
//
// What always holds:
//  - tp is g and sp is on g's stack whenever interrupts are unmasked; the
//    instructions where they disagree run masked and touch nothing else.
//  - A context is suspended as gobuf {sp, pc}, pc being one of three resume
//    routines: mcall_resume, fresh_resume (here), preempt_resume (trap.S).
//    gogo enters each with interrupts masked, sp and tp set; each unmasks.
//    While a goroutine runs its gobuf.pc is mcall_resume already, so that a
//    switch need not write it.
//  - A cooperative switch keeps ra and s0..s11 and nothing else. Under
//    -mabi=lp64 every FP register belongs to the caller, so there is none to
//    keep, whatever the program computes.
//  - fcsr (rounding mode, exception flags) is kept through a preemption and not
//    through a cooperative switch, where it stays with the hart: a goroutine
//    that changes the rounding mode puts it back before it blocks, as it would
//    before it calls a library. Keeping it would cost every switch four
//    instructions and make every FP state dirty.
//
// Counted: mcall 25 instructions to fn, gogo with mcall_resume 21 back to
// mcall's caller; gswitch with mcall_resume 42.
//
// Turned down: switching without masking, with a trap entry that recognises the
// few pcs at which g and sp disagree and repairs them. It saves two
// instructions a switch and makes the hardest code here harder.
#include "riscv64.h"

	.macro	FUNC name
	.globl	\name
	.type	\name, @function
	.balign	4
\name:
	.cfi_startproc
	.endm

	.macro	ENDFUNC name
	.cfi_endproc
	.size	\name, . - \name
	.endm

	// The callee-saved registers, below the caller's sp.
	.macro	PUSH_CALLEE_SAVED
	addi	sp, sp, -C_BYTES
	.cfi_adjust_cfa_offset C_BYTES
	sd	ra, C_RA(sp)
	sd	s0, C_S(0)(sp)
	sd	s1, C_S(1)(sp)
	sd	s2, C_S(2)(sp)
	sd	s3, C_S(3)(sp)
	sd	s4, C_S(4)(sp)
	sd	s5, C_S(5)(sp)
	sd	s6, C_S(6)(sp)
	sd	s7, C_S(7)(sp)
	sd	s8, C_S(8)(sp)
	sd	s9, C_S(9)(sp)
	sd	s10, C_S(10)(sp)
	sd	s11, C_S(11)(sp)
	CFI_CALLEE_SAVED
	.endm

	.macro	CFI_CALLEE_SAVED
	.cfi_rel_offset ra, C_RA
	.cfi_rel_offset s0, C_S(0)
	.cfi_rel_offset s1, C_S(1)
	.cfi_rel_offset s2, C_S(2)
	.cfi_rel_offset s3, C_S(3)
	.cfi_rel_offset s4, C_S(4)
	.cfi_rel_offset s5, C_S(5)
	.cfi_rel_offset s6, C_S(6)
	.cfi_rel_offset s7, C_S(7)
	.cfi_rel_offset s8, C_S(8)
	.cfi_rel_offset s9, C_S(9)
	.cfi_rel_offset s10, C_S(10)
	.cfi_rel_offset s11, C_S(11)
	.endm

	// Takes them back and returns to the caller of the one who pushed.
	.macro	POP_CALLEE_SAVED_RET
	ld	ra, C_RA(sp)
	ld	s0, C_S(0)(sp)
	ld	s1, C_S(1)(sp)
	ld	s2, C_S(2)(sp)
	ld	s3, C_S(3)(sp)
	ld	s4, C_S(4)(sp)
	ld	s5, C_S(5)(sp)
	ld	s6, C_S(6)(sp)
	ld	s7, C_S(7)(sp)
	ld	s8, C_S(8)(sp)
	ld	s9, C_S(9)(sp)
	ld	s10, C_S(10)(sp)
	ld	s11, C_S(11)(sp)
	addi	sp, sp, C_BYTES
	.cfi_restore ra
	.cfi_restore s0
	.cfi_restore s1
	.cfi_restore s2
	.cfi_restore s3
	.cfi_restore s4
	.cfi_restore s5
	.cfi_restore s6
	.cfi_restore s7
	.cfi_restore s8
	.cfi_restore s9
	.cfi_restore s10
	.cfi_restore s11
	.cfi_adjust_cfa_offset -C_BYTES
	ret
	.endm

	.text

// void setg(struct g *gp)
// setg makes gp current and its m the one that traps find. It also notes the
// hart's row in m, for thishart.
FUNC setg
	ld	t0, G_M(a0)
	lwu	t1, M_ID(t0)
	lla	t2, harts
	slli	t1, t1, HART_SHIFT
	add	t1, t1, t2
	sd	t1, M_HART(t0)
	csrw	CSR_SCRATCH, t0
	mv	tp, a0
	ret
ENDFUNC setg

// void gogo(struct g *gp)
// gogo continues gp->sched as gp. Never returns.
FUNC gogo
	.cfi_undefined ra
	csrci	CSR_STATUS, STATUS_IE
	mv	tp, a0
	ld	sp, G_SCHED_SP(a0)
	ld	t0, G_SCHED_PC(a0)
	jr	t0
	unimp
ENDFUNC gogo

// void mcall(void (*fn)(struct g *gp))
// mcall suspends the goroutine and calls fn(gp) on the g0 stack.
FUNC mcall
	PUSH_CALLEE_SAVED
	csrci	CSR_STATUS, STATUS_IE
	ld	t0, G_M(tp)
	ld	t1, M_G0(t0)
	beq	tp, t1, 2f
	sd	sp, G_SCHED_SP(tp)
	mv	t0, a0
	mv	a0, tp
	mv	tp, t1
	ld	sp, G_SCHED_SP(t1)
	.cfi_remember_state
	.cfi_def_cfa sp, 0
	.cfi_undefined ra
	csrsi	CSR_STATUS, STATUS_IE
	jalr	t0
	call	badmcall2
	unimp
	.cfi_restore_state
2:
	csrsi	CSR_STATUS, STATUS_IE
	call	badmcall
	unimp
ENDFUNC mcall

// void mcall_resume(void)
// mcall_resume is where a context goes on that mcall or gswitch suspended: back to
// their caller. Never called.
FUNC mcall_resume
	csrsi	CSR_STATUS, STATUS_IE
	.cfi_def_cfa_offset C_BYTES
	CFI_CALLEE_SAVED
	POP_CALLEE_SAVED_RET
ENDFUNC mcall_resume

// void gswitch(struct g *gp, struct g *ng, struct m *mp)
// gswitch suspends gp and continues ng. What is saved is saved before the mask.
FUNC gswitch
	PUSH_CALLEE_SAVED
	csrci	CSR_STATUS, STATUS_IE
	lw	t0, G_PREEMPT(a0)
	sd	sp, G_SCHED_SP(a0)
	.cfi_remember_state
	bnez	t0, 2f
1:
	ld	t1, G_SCHED_PC(a1)
	mv	tp, a1
	ld	sp, G_SCHED_SP(a1)
	.cfi_def_cfa sp, 0
	.cfi_undefined ra
	sd	a1, M_CURG(a2)
	sw	zero, G_LOCKS(a0)
#if MAXHARTS > 1
	fence	rw, w
	sd	zero, G_M(a0)
#endif
	jr	t1

	// void gleave(struct g *gp, struct g *ng, struct m *mp)
	// gleave is gswitch for a gp that is not continued.
	.globl	gleave
	.type	gleave, @function
gleave:
	csrci	CSR_STATUS, STATUS_IE
	lw	t0, G_PREEMPT(a0)
	beqz	t0, 1b
2:
	// Somebody else is to run: ng is preempted before it goes on.
	ld	tp, M_G0(a2)
	ld	sp, G_SCHED_SP(tp)
	sd	a1, M_CURG(a2)
	sw	zero, G_PREEMPT(a0)
	sw	zero, G_LOCKS(a0)
#if MAXHARTS > 1
	fence	rw, w
	sd	zero, G_M(a0)
#endif
	mv	a0, a1
	csrsi	CSR_STATUS, STATUS_IE
	call	asyncpreempt2
	unimp
	.size	gleave, . - gleave
ENDFUNC gswitch

// void arch_systemstack(void (*fn)(void *), void *arg)
// arch_systemstack calls fn(arg) on the g0 stack and comes back. s0 keeps the
// goroutine's sp and s1 its g; the CFA hangs on s0, so a walk from fn's frame
// goes on through the goroutine's.
FUNC arch_systemstack
	ld	t0, G_M(tp)
	ld	t1, M_G0(t0)
	mv	t0, a0
	mv	a0, a1
	beq	tp, t1, 1f	// an old t1 cannot equal a goroutine's tp
	addi	sp, sp, -32
	.cfi_def_cfa_offset 32
	sd	ra, 24(sp)
	sd	s0, 16(sp)
	sd	s1, 8(sp)
	.cfi_offset ra, -8
	.cfi_offset s0, -16
	.cfi_offset s1, -24
	mv	s0, sp
	.cfi_def_cfa s0, 32
	mv	s1, tp
	csrci	CSR_STATUS, STATUS_IE
	ld	t1, G_M(tp)
	ld	tp, M_G0(t1)
	ld	sp, G_SCHED_SP(tp)
	csrsi	CSR_STATUS, STATUS_IE
	jalr	t0
	csrci	CSR_STATUS, STATUS_IE
	mv	tp, s1
	mv	sp, s0
	.cfi_def_cfa sp, 32
	csrsi	CSR_STATUS, STATUS_IE
	ld	ra, 24(sp)
	ld	s0, 16(sp)
	ld	s1, 8(sp)
	addi	sp, sp, 32
	.cfi_restore ra
	.cfi_restore s0
	.cfi_restore s1
	.cfi_def_cfa_offset 0
	ret
1:
	jr	t0
ENDFUNC arch_systemstack

// void gostartcall(struct gobuf *buf, uintptr_t sp_top, void (*fn)(void *),
//                  void *arg)
// gostartcall lays fn and arg at the top of the stack for fresh_resume.
FUNC gostartcall
	andi	a1, a1, -16
	addi	a1, a1, -N_BYTES
	sd	a2, N_FN(a1)
	sd	a3, N_ARG(a1)
	lla	t0, fresh_resume
	sd	a1, G_SCHED_SP(a0)
	sd	t0, G_SCHED_PC(a0)
	ret
ENDFUNC gostartcall

// void fresh_resume(void)
// fresh_resume is where gogo enters a context that gostartcall made: fn(arg)
// with goexit + one slot as its return address. Never called.
FUNC fresh_resume
	.cfi_undefined ra
	ld	t0, N_FN(sp)
	ld	a0, N_ARG(sp)
	lla	t1, mcall_resume
	sd	t1, G_SCHED_PC(tp)
	addi	sp, sp, N_BYTES
	lla	ra, goexit + 4
	li	s0, 0
	.cfi_restore ra
	csrsi	CSR_STATUS, STATUS_IE
	jr	t0
	unimp
ENDFUNC fresh_resume

// void goexit(void)
// goexit is the return address of every goroutine, one slot in. Never called.
FUNC goexit
	.cfi_undefined ra
	.option	push
	.option	norvc
	nop
	.option	pop
	call	goexit1
	unimp
ENDFUNC goexit

// int arch_catch(void **ctx, void (*fn)(void *), void *arg)
// arch_catch calls fn(arg) so that arch_throwto(*ctx) comes back here.
FUNC arch_catch
	PUSH_CALLEE_SAVED
	sd	sp, 0(a0)
	mv	a0, a2
	jalr	a1
	ld	ra, C_RA(sp)
	li	a0, 0
	addi	sp, sp, C_BYTES
	.cfi_def_cfa_offset 0
	.cfi_restore ra
	ret
ENDFUNC arch_catch

// void arch_throwto(void *ctx)
// arch_throwto returns 1 from the arch_catch that gave ctx. Never returns.
FUNC arch_throwto
	.cfi_undefined ra
	mv	sp, a0
	li	a0, 1
	.cfi_restore ra
	.cfi_def_cfa_offset C_BYTES
	CFI_CALLEE_SAVED
	POP_CALLEE_SAVED_RET
ENDFUNC arch_throwto

// void arch_unwindhere(struct unwind *u)
// arch_unwindhere describes its caller as it will be after the return.
FUNC arch_unwindhere
	sd	ra, U_PC(a0)
	sd	sp, U_SP(a0)
	sd	s0, U_FP(a0)
	sd	ra, U_RA(a0)
	sb	zero, U_EXACT(a0)
	ret
ENDFUNC arch_unwindhere

// bool arch_guardtest(uintptr_t guard)
// arch_guardtest writes to guard under a trap vector of its own, which returns
// to the caller; interrupts are masked, and stay so.
FUNC arch_guardtest
	lla	t0, 1f
	csrrw	t0, CSR_TVEC, t0
	sd	zero, 0(a0)
	csrw	CSR_TVEC, t0
	li	a0, 0
	ret
	.balign	4
1:
	csrw	CSR_TVEC, t0
	csrw	CSR_EPC, ra
	csrr	t0, CSR_TVAL
	sub	a0, a0, t0
	seqz	a0, a0
	XRET
ENDFUNC arch_guardtest

// void arch_cpuidle(void)
// arch_cpuidle waits with interrupts masked: a pending one ends the wait all
// the same, so none can slip in between a look and the sleep. It is taken at
// the next instruction boundary, before the return.
FUNC arch_cpuidle
	wfi
	csrsi	CSR_STATUS, STATUS_IE
	ret
ENDFUNC arch_cpuidle
