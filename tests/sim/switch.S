// switch.S: the few instructions of the simulated machine that are not C. A
// suspended context is eight words at its stack pointer (sim.c, C_FP to C_RET).

	.macro	FUNC name
	.globl	\name
	.type	\name, @function
\name:
	.cfi_startproc
	.endm

	.macro	ENDFUNC name
	.cfi_endproc
	.size	\name, . - \name
	.endm

	.macro	PUSH reg
	pushq	\reg
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset \reg, 0
	.endm

	.macro	PUSH_CALLEE_SAVED
	PUSH	%rbp
	PUSH	%rbx
	PUSH	%r12
	PUSH	%r13
	PUSH	%r14
	PUSH	%r15
	pushq	%rax
	.cfi_adjust_cfa_offset 8
	.endm

	.macro	POP_CALLEE_SAVED
	popq	%rax
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	.endm

	.text

// void sim_swap(uintptr_t *save, uintptr_t to)
// sim_swap saves the caller's context, its stack pointer in *save, and continues
// the one at to.
FUNC sim_swap
	PUSH_CALLEE_SAVED
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	ldmxcsr	(%rsp)
	fldcw	4(%rsp)
	POP_CALLEE_SAVED
	ret
ENDFUNC sim_swap

// void sim_enter(void)
// sim_enter is where a context begins that calls r12(r13) and never returns.
FUNC sim_enter
	.cfi_undefined %rip
	call	sim_arrived
	movq	%r13, %rdi
	call	*%r12
	ud2
ENDFUNC sim_enter

// void sim_start(void)
// sim_start is where a goroutine begins: rsp is where goexit + 1 lies.
FUNC sim_start
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	call	sim_started
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	movq	%r13, %rdi
	xorl	%ebp, %ebp
	jmp	*%r12
ENDFUNC sim_start

FUNC goexit
	.cfi_undefined %rip
	nop
	call	goexit1
	ud2
ENDFUNC goexit

FUNC arch_catch
	PUSH_CALLEE_SAVED
	movq	%rsp, (%rdi)
	movq	%rsi, %rax
	movq	%rdx, %rdi
	call	*%rax
	addq	$56, %rsp
	.cfi_adjust_cfa_offset -56
	.cfi_same_value %rbp
	xorl	%eax, %eax
	ret
ENDFUNC arch_catch

FUNC arch_throwto
	movq	%rdi, %rsp
	POP_CALLEE_SAVED
	movl	$1, %eax
	ret
ENDFUNC arch_throwto

FUNC arch_unwindhere
	movq	(%rsp), %rax
	movq	%rax, 0(%rdi)
	leaq	8(%rsp), %rax
	movq	%rax, 8(%rdi)
	movq	%rbp, 16(%rdi)
	movq	$0, 24(%rdi)
	movb	$0, 32(%rdi)
	ret
ENDFUNC arch_unwindhere

	.section .note.GNU-stack, "", @progbits
