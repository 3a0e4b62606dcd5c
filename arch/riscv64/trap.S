// trap.S: the way into and out of traps, and preemption.
//
// A trap arrives with nothing but CSR_SCRATCH, which holds m. The first
// instructions swap it with tp, put sp and t0 into m's own words and then
// stand on the g0 stack: at its base if a goroutine was interrupted (so a
// goroutine's stack needs no room for interrupts, and an overflown one can
// still be reported), below the interrupted sp if g0 was. m is not moved while
// this happens, because interrupts are masked.
//
// What always holds:
//  - A handler runs with tp = g0, interrupts masked, and its C code keeps
//    s0..s11 by itself. So an interrupt saves the 16 registers that C may lose,
//    and a preemption finds the other 12 still in place.
//  - A preemption moves everything to the goroutine's own stack: the integer
//    registers, the pc, and f0..f31 with fcsr if FS says that they may hold
//    something (dirty). FS is initial afterwards: what runs next on this hart
//    starts without FP state of its own. A goroutine resumed with an FP part
//    finds FS dirty, one without finds it initial.
//  - In a trap PP is M, so loads and stores are not translated: a handler sees
//    memory without the guards of goroutine stacks, and only those of the harts
//    (PMP) hold for it. Whoever leaves a trap not by its XRET puts PP back.
//  - Leaving a trap breaks a load reservation, so an sc never succeeds across a
//    handler that wrote the word.
//  - A line that interrupts a goroutine is another matter (trap_line): if there is
//    room and no FP state, its frame lies on the goroutine's own stack from the
//    first, and giving way to who waits for the line is short. Until a frame of that
//    kind is left, M_TRAP_FRAME has its address; the frame of a goroutine that is
//    being resumed from one lies above it, whole.
//
// Turned down: saving the FP part lazily, in the next user of it. The next user
// may be on another hart, and then the registers must be asked for by an
// interrupt.
#include "riscv64.h"

	// Loads and stores are translated again (paging.c), as they must be before
	// a gogo that this trap leads to.
	.macro	TRANSLATED
	li	t0, STATUS_PP
	csrc	CSR_STATUS, t0
	.endm

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

	// What C may lose, except t0 and sp.
	.macro	SAVE_CALLER_SAVED
	sd	ra, F_REG(1)(sp)
	sd	t1, F_REG(6)(sp)
	sd	t2, F_REG(7)(sp)
	sd	a0, F_REG(10)(sp)
	sd	a1, F_REG(11)(sp)
	sd	a2, F_REG(12)(sp)
	sd	a3, F_REG(13)(sp)
	sd	a4, F_REG(14)(sp)
	sd	a5, F_REG(15)(sp)
	sd	a6, F_REG(16)(sp)
	sd	a7, F_REG(17)(sp)
	sd	t3, F_REG(28)(sp)
	sd	t4, F_REG(29)(sp)
	sd	t5, F_REG(30)(sp)
	sd	t6, F_REG(31)(sp)
	.endm

	.macro	SAVE_CALLEE_SAVED
	sd	s0, F_REG(8)(sp)
	sd	s1, F_REG(9)(sp)
	sd	s2, F_REG(18)(sp)
	sd	s3, F_REG(19)(sp)
	sd	s4, F_REG(20)(sp)
	sd	s5, F_REG(21)(sp)
	sd	s6, F_REG(22)(sp)
	sd	s7, F_REG(23)(sp)
	sd	s8, F_REG(24)(sp)
	sd	s9, F_REG(25)(sp)
	sd	s10, F_REG(26)(sp)
	sd	s11, F_REG(27)(sp)
	.endm

	// For debuggers: the interrupted context seen from the frame at sp.
	// Register 64 is the one that stands for an interrupted pc.
	.macro	CFI_TRAP_FRAME
	.cfi_signal_frame
	.cfi_return_column 64
	.cfi_def_cfa sp, 0
	.cfi_offset 64, F_EPC
	.cfi_offset sp, F_REG(2)
	.cfi_offset tp, F_REG(4)
	.cfi_offset t0, F_REG(5)
	.cfi_offset ra, F_REG(1)
	.cfi_offset t1, F_REG(6)
	.cfi_offset t2, F_REG(7)
	.cfi_offset a0, F_REG(10)
	.cfi_offset a1, F_REG(11)
	.cfi_offset a2, F_REG(12)
	.cfi_offset a3, F_REG(13)
	.cfi_offset a4, F_REG(14)
	.cfi_offset a5, F_REG(15)
	.cfi_offset a6, F_REG(16)
	.cfi_offset a7, F_REG(17)
	.cfi_offset t3, F_REG(28)
	.cfi_offset t4, F_REG(29)
	.cfi_offset t5, F_REG(30)
	.cfi_offset t6, F_REG(31)
	.endm

	// From the first instruction of a trap to tp = m, t0 = interrupted g,
	// sp = m's g0, CSR_SCRATCH = m again.
	.macro	TRAP_ENTER
	csrrw	tp, CSR_SCRATCH, tp
	sd	sp, M_TRAP_SP(tp)
	sd	t0, M_TRAP_T0(tp)
	csrrw	t0, CSR_SCRATCH, tp
	ld	sp, M_G0(tp)
	.endm

	// With sp = the frame, tp = m, t0 = interrupted g: fills the frame as far
	// as an interrupt needs it; tp = g0.
	.macro	TRAP_SAVE
	sd	t0, F_REG(4)(sp)
	ld	t0, M_TRAP_SP(tp)
	sd	t0, F_REG(2)(sp)
	ld	t0, M_TRAP_T0(tp)
	sd	t0, F_REG(5)(sp)
	SAVE_CALLER_SAVED
	csrr	t0, CSR_EPC
	sd	t0, F_EPC(sp)
	ld	tp, M_G0(tp)
	.endm

	.text

// void trap_vector(void)
// trap_vector is the trap vector from arch_minit on: a jump for each cause of an
// interrupt, the first for all that is none. Never called.
	.globl	trap_vector
	.type	trap_vector, @function
	.balign	256
trap_vector:
	.cfi_startproc
	.cfi_signal_frame
	.cfi_return_column 64
	.cfi_def_cfa sp, 0
	.cfi_undefined 64
	.option	push
	.option	norvc
	.set	cause, 0
	.rept	16
	.if	cause == CAUSE_EXT
	j	trap_line
	.else
	j	trap_entry
	.endif
	.set	cause, cause + 1
	.endr
	.option	pop
ENDFUNC trap_vector

// void trap_line(void)
// trap_line is a device's interrupt. struct g *irqswitch(irq, gp) needs s0..s11
// saved only if it names another goroutine. That one was parked by mcall, and goes on
// by the XRET that ends the trap: interrupts, PP and pc at once. Never called.
FUNC trap_line
	CFI_TRAP_FRAME
	TRAP_ENTER
	beq	t0, sp, trap_g0
	csrr	sp, CSR_STATUS
	bltz	sp, trap_g		// SD: FP state is dirty
	ld	sp, G_STACK_LO(t0)
	ld	t0, M_TRAP_SP(tp)
	addi	sp, sp, F_BYTES + 16	// at the lowest word is the canary
	bltu	t0, sp, 4f
	ld	sp, M_CURG(tp)
	ld	sp, G_STACK_HI(sp)
	bltu	sp, t0, 4f
	andi	sp, t0, -16
	addi	sp, sp, -F_BYTES
	sd	t0, F_REG(2)(sp)
	ld	t0, M_TRAP_T0(tp)
	sd	t0, F_REG(5)(sp)
	SAVE_CALLER_SAVED
	csrr	t0, CSR_EPC
	ld	a1, M_CURG(tp)
	sd	t0, F_EPC(sp)
	sd	a1, F_REG(4)(sp)
	sd	sp, M_TRAP_FRAME(tp)
	ld	tp, M_G0(tp)
	.cfi_remember_state
	// The CFA is in m: *(*(tp + G_M) + M_TRAP_FRAME).
	.cfi_escape 0x0f, 6, 0x74, G_M, 0x06, 0x23, M_TRAP_FRAME, 0x06
	ld	sp, G_SCHED_SP(tp)
	ld	t0, plic_claims
	lwu	a0, 0(t0)
	fence	i, iorw
	beqz	a0, 1f			// withdrawn meanwhile
	call	irqswitch
	ld	t0, G_M(tp)
	ld	t0, M_TRAP_FRAME(t0)
	ld	a1, F_REG(4)(t0)
	bne	a0, a1, 2f
1:
	ld	t0, G_M(tp)
	ld	sp, M_TRAP_FRAME(t0)
	.cfi_restore_state
	.cfi_remember_state
	j	trap_leave
2:
	// From gp (a1) to a0. gp's context is the frame at t0, or, when it was being
	// resumed, the one above.
	.cfi_undefined 64
	ld	t1, G_SCHED_PC(a1)
	lla	t2, preempt_resume
	beq	t1, t2, 3f
	sd	t2, G_SCHED_PC(a1)
	sd	zero, F_FP(t0)
	sd	s0, F_REG(8)(t0)
	sd	s1, F_REG(9)(t0)
	sd	s2, F_REG(18)(t0)
	sd	s3, F_REG(19)(t0)
	sd	s4, F_REG(20)(t0)
	sd	s5, F_REG(21)(t0)
	sd	s6, F_REG(22)(t0)
	sd	s7, F_REG(23)(t0)
	sd	s8, F_REG(24)(t0)
	sd	s9, F_REG(25)(t0)
	sd	s10, F_REG(26)(t0)
	sd	s11, F_REG(27)(t0)
	sd	t0, G_SCHED_SP(a1)
	beqz	a0, trap_pick
#if MAXHARTS > 1
	fence	rw, w
	sd	zero, G_M(a1)
#endif
	ld	sp, G_SCHED_SP(a0)
	mv	tp, a0
	ld	t0, C_RA(sp)
	csrw	CSR_EPC, t0
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
	XRET
3:
	ld	t0, F_REG(2)(t0)
	sd	t0, G_SCHED_SP(a1)
	beqz	a0, trap_pick
#if MAXHARTS > 1
	fence	rw, w
	sd	zero, G_M(a1)
#endif
	TRANSLATED
	j	gogo
4:
	.cfi_restore_state
	ld	t0, M_CURG(tp)
	j	trap_g
ENDFUNC trap_line

// void trap_entry(void)
// trap_entry is every other trap, and any for which trap_line is too short. Never
// called.
FUNC trap_entry
	CFI_TRAP_FRAME
	TRAP_ENTER
	beq	t0, sp, trap_g0
trap_g:
	ld	sp, M_G0(tp)
	ld	sp, G_SCHED_SP(sp)
	addi	sp, sp, -F_BYTES
1:
	TRAP_SAVE
	csrr	a0, CSR_CAUSE
	ld	a1, F_REG(4)(sp)
	bgez	a0, trap_fault
	call	trap_intr
	bnez	a0, trap_preempt
trap_leave:
	sc.d	zero, zero, (sp)
	ld	tp, F_REG(4)(sp)
	ld	t0, F_REG(5)(sp)
	ld	ra, F_REG(1)(sp)
	ld	t1, F_REG(6)(sp)
	ld	t2, F_REG(7)(sp)
	ld	a0, F_REG(10)(sp)
	ld	a1, F_REG(11)(sp)
	ld	a2, F_REG(12)(sp)
	ld	a3, F_REG(13)(sp)
	ld	a4, F_REG(14)(sp)
	ld	a5, F_REG(15)(sp)
	ld	a6, F_REG(16)(sp)
	ld	a7, F_REG(17)(sp)
	ld	t3, F_REG(28)(sp)
	ld	t4, F_REG(29)(sp)
	ld	t5, F_REG(30)(sp)
	ld	t6, F_REG(31)(sp)
	ld	sp, F_REG(2)(sp)
	XRET
trap_g0:
	// g0 was interrupted: go on below it, if its sp is where it should be.
	ld	t0, G_SCHED_SP(sp)
	ld	sp, M_TRAP_SP(tp)
	sub	t0, t0, sp
	li	sp, G0_STACK_BYTES - G0_GUARD_BYTES - G0_RESERVE
	bltu	sp, t0, 3f
	ld	sp, M_TRAP_SP(tp)
	ld	t0, M_G0(tp)
	andi	sp, sp, -16
	addi	sp, sp, -F_BYTES
	j	1b
3:
	// It is not: start again at the base, only to report it.
	ld	t0, M_G0(tp)
	ld	sp, G_SCHED_SP(t0)
	addi	sp, sp, -F_BYTES
	TRAP_SAVE
	ld	a1, F_REG(4)(sp)
trap_overflow:
	SAVE_CALLEE_SAVED
	sd	gp, F_REG(3)(sp)
	mv	a0, sp
	TRANSLATED
	call	fault_overflow
	unimp
trap_fault:
	SAVE_CALLEE_SAVED
	sd	gp, F_REG(3)(sp)
	mv	a2, a0
	csrr	a3, CSR_TVAL
	mv	a0, sp
	TRANSLATED
	call	fault
	unimp
ENDFUNC trap_entry

// trap_preempt is where a handler's true leads: sp = the frame at the base of
// the g0 stack, tp = g0, the goroutine's s0..s11 in place. It moves the context
// to the goroutine's stack and continues whom intrswitch names, or calls
// asyncpreempt2. Never returns.
	.option	push
	.option	arch, +f, +d
FUNC trap_preempt
	CFI_TRAP_FRAME
	ld	a1, F_REG(4)(sp)	// the goroutine
	ld	t1, F_REG(2)(sp)	// its sp
	ld	t2, F_EPC(sp)
	lla	t3, .Lopen
	bltu	t2, t3, 5f
	lla	t3, .Lclose
	bgeu	t3, t2, 6f
5:
	andi	t1, t1, -16
	csrr	t2, CSR_STATUS
	li	t3, STATUS_FS
	and	t2, t2, t3
	xor	t2, t2, t3		// 0: FP state is dirty
	addi	t0, t1, -F_BYTES
	bnez	t2, 1f
	addi	t0, t0, -F_FP_BYTES
1:
	ld	t4, G_STACK_LO(a1)
	ld	t5, G_STACK_HI(a1)
	bltu	t0, t4, trap_overflow
	bltu	t1, t0, trap_overflow
	bltu	t5, t1, trap_overflow
	bnez	t2, 2f
	fsd	f0, F_FREG(0)(t0)
	fsd	f1, F_FREG(1)(t0)
	fsd	f2, F_FREG(2)(t0)
	fsd	f3, F_FREG(3)(t0)
	fsd	f4, F_FREG(4)(t0)
	fsd	f5, F_FREG(5)(t0)
	fsd	f6, F_FREG(6)(t0)
	fsd	f7, F_FREG(7)(t0)
	fsd	f8, F_FREG(8)(t0)
	fsd	f9, F_FREG(9)(t0)
	fsd	f10, F_FREG(10)(t0)
	fsd	f11, F_FREG(11)(t0)
	fsd	f12, F_FREG(12)(t0)
	fsd	f13, F_FREG(13)(t0)
	fsd	f14, F_FREG(14)(t0)
	fsd	f15, F_FREG(15)(t0)
	fsd	f16, F_FREG(16)(t0)
	fsd	f17, F_FREG(17)(t0)
	fsd	f18, F_FREG(18)(t0)
	fsd	f19, F_FREG(19)(t0)
	fsd	f20, F_FREG(20)(t0)
	fsd	f21, F_FREG(21)(t0)
	fsd	f22, F_FREG(22)(t0)
	fsd	f23, F_FREG(23)(t0)
	fsd	f24, F_FREG(24)(t0)
	fsd	f25, F_FREG(25)(t0)
	fsd	f26, F_FREG(26)(t0)
	fsd	f27, F_FREG(27)(t0)
	fsd	f28, F_FREG(28)(t0)
	fsd	f29, F_FREG(29)(t0)
	fsd	f30, F_FREG(30)(t0)
	fsd	f31, F_FREG(31)(t0)
	frcsr	t1
	sd	t1, F_FCSR(t0)
	fscsr	zero
	csrc	CSR_STATUS, t3
	li	t1, STATUS_FS_INITIAL
	csrs	CSR_STATUS, t1
2:
	seqz	t2, t2
	sd	t2, F_FP(t0)
	// The registers that the frame holds, two at a time, then s0..s11.
	ld	t4, F_REG(0)(sp)
	ld	t5, F_REG(1)(sp)
	sd	t4, F_REG(0)(t0)
	sd	t5, F_REG(1)(t0)
	ld	t4, F_REG(2)(sp)
	ld	t5, F_REG(4)(sp)
	sd	t4, F_REG(2)(t0)
	sd	t5, F_REG(4)(t0)
	ld	t4, F_REG(5)(sp)
	ld	t5, F_REG(6)(sp)
	sd	t4, F_REG(5)(t0)
	sd	t5, F_REG(6)(t0)
	ld	t4, F_REG(7)(sp)
	ld	t5, F_REG(10)(sp)
	sd	t4, F_REG(7)(t0)
	sd	t5, F_REG(10)(t0)
	ld	t4, F_REG(11)(sp)
	ld	t5, F_REG(12)(sp)
	sd	t4, F_REG(11)(t0)
	sd	t5, F_REG(12)(t0)
	ld	t4, F_REG(13)(sp)
	ld	t5, F_REG(14)(sp)
	sd	t4, F_REG(13)(t0)
	sd	t5, F_REG(14)(t0)
	ld	t4, F_REG(15)(sp)
	ld	t5, F_REG(16)(sp)
	sd	t4, F_REG(15)(t0)
	sd	t5, F_REG(16)(t0)
	ld	t4, F_REG(17)(sp)
	ld	t5, F_REG(28)(sp)
	sd	t4, F_REG(17)(t0)
	sd	t5, F_REG(28)(t0)
	ld	t4, F_REG(29)(sp)
	ld	t5, F_REG(30)(sp)
	sd	t4, F_REG(29)(t0)
	sd	t5, F_REG(30)(t0)
	ld	t4, F_REG(31)(sp)
	sd	t4, F_REG(31)(t0)
	sd	s0, F_REG(8)(t0)
	sd	s1, F_REG(9)(t0)
	sd	s2, F_REG(18)(t0)
	sd	s3, F_REG(19)(t0)
	sd	s4, F_REG(20)(t0)
	sd	s5, F_REG(21)(t0)
	sd	s6, F_REG(22)(t0)
	sd	s7, F_REG(23)(t0)
	sd	s8, F_REG(24)(t0)
	sd	s9, F_REG(25)(t0)
	sd	s10, F_REG(26)(t0)
	sd	s11, F_REG(27)(t0)
7:
	lla	t1, preempt_resume
	sd	t0, G_SCHED_SP(a1)
	sd	t1, G_SCHED_PC(a1)
	addi	sp, sp, F_BYTES
	.cfi_undefined 64
trap_pick:
	mv	a0, a1
	mv	s0, a1
	call	intrswitch
	beqz	a0, 4f
	TRANSLATED
	j	gogo
4:
	mv	a0, s0
	// The way out of the trap is an XRET to the next instruction: it unmasks
	// (the goroutine was interrupted, so PIE is set) and leaves PP as thread
	// code wants it.
	lla	t1, 3f
	csrw	CSR_EPC, t1
	XRET
3:
	call	asyncpreempt2
	unimp
6:
	// It was being resumed: its frame is at its sp, whole.
	mv	t0, t1
	li	t3, STATUS_FS
	csrc	CSR_STATUS, t3
	li	t1, STATUS_FS_INITIAL
	csrs	CSR_STATUS, t1
	j	7b
ENDFUNC trap_preempt

// void preempt_resume(void)
// preempt_resume is where gogo enters a preempted context, interrupts masked:
// it takes every register from the frame at sp. Most of that is done with interrupts
// on, from .Lopen to .Lclose: one that preempts there leaves the frame as it is and the
// goroutine begins anew. Never called.
FUNC preempt_resume
	CFI_TRAP_FRAME
	.cfi_offset s0, F_REG(8)
	.cfi_offset s1, F_REG(9)
	.cfi_offset s2, F_REG(18)
	.cfi_offset s3, F_REG(19)
	.cfi_offset s4, F_REG(20)
	.cfi_offset s5, F_REG(21)
	.cfi_offset s6, F_REG(22)
	.cfi_offset s7, F_REG(23)
	.cfi_offset s8, F_REG(24)
	.cfi_offset s9, F_REG(25)
	.cfi_offset s10, F_REG(26)
	.cfi_offset s11, F_REG(27)
	li	t0, STATUS_FS
	csrc	CSR_STATUS, t0
	li	t0, STATUS_FS_INITIAL
	csrs	CSR_STATUS, t0
	csrsi	CSR_STATUS, STATUS_IE
.Lopen:
	ld	t0, F_FP(sp)
	beqz	t0, 1f
	ld	t0, F_FCSR(sp)
	fscsr	t0
	fld	f0, F_FREG(0)(sp)
	fld	f1, F_FREG(1)(sp)
	fld	f2, F_FREG(2)(sp)
	fld	f3, F_FREG(3)(sp)
	fld	f4, F_FREG(4)(sp)
	fld	f5, F_FREG(5)(sp)
	fld	f6, F_FREG(6)(sp)
	fld	f7, F_FREG(7)(sp)
	fld	f8, F_FREG(8)(sp)
	fld	f9, F_FREG(9)(sp)
	fld	f10, F_FREG(10)(sp)
	fld	f11, F_FREG(11)(sp)
	fld	f12, F_FREG(12)(sp)
	fld	f13, F_FREG(13)(sp)
	fld	f14, F_FREG(14)(sp)
	fld	f15, F_FREG(15)(sp)
	fld	f16, F_FREG(16)(sp)
	fld	f17, F_FREG(17)(sp)
	fld	f18, F_FREG(18)(sp)
	fld	f19, F_FREG(19)(sp)
	fld	f20, F_FREG(20)(sp)
	fld	f21, F_FREG(21)(sp)
	fld	f22, F_FREG(22)(sp)
	fld	f23, F_FREG(23)(sp)
	fld	f24, F_FREG(24)(sp)
	fld	f25, F_FREG(25)(sp)
	fld	f26, F_FREG(26)(sp)
	fld	f27, F_FREG(27)(sp)
	fld	f28, F_FREG(28)(sp)
	fld	f29, F_FREG(29)(sp)
	fld	f30, F_FREG(30)(sp)
	fld	f31, F_FREG(31)(sp)
1:
	ld	ra, F_REG(1)(sp)
	ld	t1, F_REG(6)(sp)
	ld	t2, F_REG(7)(sp)
	ld	a0, F_REG(10)(sp)
	ld	a1, F_REG(11)(sp)
	ld	a2, F_REG(12)(sp)
	ld	a3, F_REG(13)(sp)
	ld	a4, F_REG(14)(sp)
	ld	a5, F_REG(15)(sp)
	ld	a6, F_REG(16)(sp)
	ld	a7, F_REG(17)(sp)
	ld	t3, F_REG(28)(sp)
	ld	t4, F_REG(29)(sp)
	ld	t5, F_REG(30)(sp)
	ld	t6, F_REG(31)(sp)
	ld	s0, F_REG(8)(sp)
	ld	s1, F_REG(9)(sp)
	ld	s2, F_REG(18)(sp)
	ld	s3, F_REG(19)(sp)
	ld	s4, F_REG(20)(sp)
	ld	s5, F_REG(21)(sp)
	ld	s6, F_REG(22)(sp)
	ld	s7, F_REG(23)(sp)
	ld	s8, F_REG(24)(sp)
	ld	s9, F_REG(25)(sp)
	ld	s10, F_REG(26)(sp)
	ld	s11, F_REG(27)(sp)
.Lclose:
	csrci	CSR_STATUS, STATUS_IE
	lla	t0, mcall_resume
	sd	t0, G_SCHED_PC(tp)
	li	t0, STATUS_PP | STATUS_PIE
	csrs	CSR_STATUS, t0
	ld	t0, F_EPC(sp)
	csrw	CSR_EPC, t0
	sc.d	zero, zero, (sp)
	ld	t0, F_REG(5)(sp)
	ld	sp, F_REG(2)(sp)
	XRET
ENDFUNC preempt_resume
	.option	pop

// void trap_early(void)
// trap_early is the trap vector until arch_minit: only faults come, and they
// are reported with no goroutine. It starts at the top of the g0 stack that is
// in use (its guard may be what was hit), or of hart 0's if none is. gp is
// nobody's register. Never called.
FUNC trap_early
	CFI_TRAP_FRAME
	csrw	CSR_SCRATCH, t0
	mv	gp, sp
	lla	t0, g0stacks
	sub	sp, sp, t0
	li	t0, G0_STACK_BYTES
	divu	sp, sp, t0
	li	t0, MAXHARTS
	bltu	sp, t0, 1f
	li	sp, 0
1:
	addi	sp, sp, 1
	li	t0, G0_STACK_BYTES
	mul	sp, sp, t0
	lla	t0, g0stacks
	add	sp, sp, t0
	addi	sp, sp, -F_BYTES
	SAVE_CALLER_SAVED
	SAVE_CALLEE_SAVED
	csrr	t0, CSR_SCRATCH
	sd	t0, F_REG(5)(sp)
	csrw	CSR_SCRATCH, zero
	sd	gp, F_REG(2)(sp)
	mv	gp, zero
	sd	gp, F_REG(3)(sp)
	sd	tp, F_REG(4)(sp)
	csrr	t0, CSR_EPC
	sd	t0, F_EPC(sp)
	mv	a0, sp
	li	a1, 0
	csrr	a2, CSR_CAUSE
	csrr	a3, CSR_TVAL
	TRANSLATED
	call	fault
	unimp
ENDFUNC trap_early
