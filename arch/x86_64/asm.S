// asm.S: the context switches of x86_64. Go: runtime/asm_amd64.s.
//
// What always holds:
//  - A switch masks interrupts from before g and sp disagree until they agree
//    again, and never longer. sti takes effect after the next instruction, so
//    the ret, call or jmp behind it belongs to the masked stretch.
//  - A suspended goroutine has on its own stack, from gobuf.sp upwards,
//      mcall:    mxcsr|x87cw r15 r14 r13 r12 rbx rbp return-address
//      fresh:    arg fn goexit+1
//      preempted: see trap.S
//    and gobuf.pc is the routine that knows how to take that up.
//  - The ABI has the control bits of MXCSR and the x87 control word callee-
//    saved, so a switch keeps them: a goroutine that rounds its own way does so
//    alone. MXCSR's sticky exception bits come with it and so are each
//    goroutine's own; x87's are not kept across a call, as the ABI says, and
//    are cleared before the control word is loaded: one that another goroutine
//    left would fault here, or later, in a goroutine that unmasks it. The x87
//    stack is empty at a call.
//
// Turned down: saving the floating-point control words only when they differ
// from the default. The test costs as much as the saving.
#include <x86.h>

	.text

// struct g is opaque here; gp is in rdi wherever a g is an argument.

// void gogo(struct g *gp);
// gogo continues gp->sched as gp. Called on g0, never returns. The resume
// routine unmasks interrupts.
	.globl gogo
	.type gogo, @function
gogo:
	.cfi_startproc
	cli
	movq %rdi, %gs:X86_G
	movq G_SCHED_SP(%rdi), %rsp
	.cfi_undefined %rip
	jmp *G_SCHED_PC(%rdi)
	ud2
	.cfi_endproc
	.size gogo, . - gogo

// void mcall(void (*fn)(struct g *gp));
// mcall suspends the caller and calls fn(caller's g) on the g0 stack.
	.globl mcall
	.type mcall, @function
mcall:
	.cfi_startproc
	movq %gs:X86_G, %rax
	cmpq %rax, %gs:M_G0
	je 1f
	.cfi_remember_state
	pushq %rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	pushq %rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	pushq %r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r12, 0
	pushq %r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r13, 0
	pushq %r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r14, 0
	pushq %r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r15, 0
	pushq %rax
	.cfi_adjust_cfa_offset 8
	stmxcsr (%rsp)
	fnstcw 4(%rsp)
	cli
	movq %gs:M_G0, %rdx
	movq %rsp, G_SCHED_SP(%rax)
	movq %rdx, %gs:X86_G
	movq G_SCHED_SP(%rdx), %rsp
	.cfi_undefined %rip
	movq %rdi, %rcx
	movq %rax, %rdi
	sti
	call *%rcx
	call badmcall2
	ud2
	.cfi_restore_state
1:	subq $8, %rsp
	.cfi_adjust_cfa_offset 8
	call badmcall
	ud2
	.cfi_endproc
	.size mcall, . - mcall

// void gswitch(struct g *gp, struct g *ng, struct m *mp);
// gswitch suspends gp and continues ng. What is saved is saved before the mask;
// stores are not reordered with stores, so the last is a release.
	.globl gswitch
	.type gswitch, @function
gswitch:
	.cfi_startproc
	pushq %rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	pushq %rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	pushq %r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r12, 0
	pushq %r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r13, 0
	pushq %r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r14, 0
	pushq %r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r15, 0
	pushq %rax
	.cfi_adjust_cfa_offset 8
	stmxcsr (%rsp)
	fnstcw 4(%rsp)
	cli
	movq %rsp, G_SCHED_SP(%rdi)
	cmpl $0, G_PREEMPT(%rdi)
	jne 2f
1:	movq %rsi, %gs:X86_G
	movq G_SCHED_SP(%rsi), %rsp
	.cfi_undefined %rip
	movq %rsi, M_CURG(%rdx)
	movl $0, G_LOCKS(%rdi)
#if MAXHARTS > 1
	movq $0, G_M(%rdi)
#endif
	jmp *G_SCHED_PC(%rsi)

// void gleave(struct g *gp, struct g *ng, struct m *mp);
// gleave is gswitch for a gp that is not continued.
	.globl gleave
	.type gleave, @function
gleave:
	cli
	cmpl $0, G_PREEMPT(%rdi)
	je 1b
2:	// Somebody else is to run: ng is preempted before it goes on.
	movq %gs:M_G0, %rax
	movq %rax, %gs:X86_G
	movq G_SCHED_SP(%rax), %rsp
	movq %rsi, M_CURG(%rdx)
	movl $0, G_PREEMPT(%rdi)
	movl $0, G_LOCKS(%rdi)
#if MAXHARTS > 1
	movq $0, G_M(%rdi)
#endif
	movq %rsi, %rdi
	sti
	call asyncpreempt2
	ud2
	.size gleave, . - gleave
	.cfi_endproc
	.size gswitch, . - gswitch

// x86_mcallresume takes up what mcall or gswitch suspended: gogo has set rsp and
// jumps here. It returns from them. While a goroutine runs its gobuf.pc says so
// already, so that a switch need not write it.
	.globl x86_mcallresume
	.type x86_mcallresume, @function
x86_mcallresume:
	.cfi_startproc
	.cfi_def_cfa %rsp, 64
	.cfi_offset %rbp, -16
	.cfi_offset %rbx, -24
	.cfi_offset %r12, -32
	.cfi_offset %r13, -40
	.cfi_offset %r14, -48
	.cfi_offset %r15, -56
	ldmxcsr (%rsp)
	fnclex
	fldcw 4(%rsp)
	popq %rax
	.cfi_adjust_cfa_offset -8
	popq %r15
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r15
	popq %r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r14
	popq %r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r13
	popq %r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r12
	popq %rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbx
	popq %rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbp
	sti
	ret
	.cfi_endproc
	.size x86_mcallresume, . - x86_mcallresume

// x86_startresume takes up a fresh goroutine: the stack holds arg, fn and fn's
// return address. fninit also empties the x87 stack, which a goroutine that
// faulted in the middle of an expression may have left full.
	.globl x86_startresume
	.type x86_startresume, @function
x86_startresume:
	.cfi_startproc
	.cfi_def_cfa %rsp, 24
	fninit
	ldmxcsr mxcsr_init
	movq %gs:X86_G, %rax
	movq $x86_mcallresume, G_SCHED_PC(%rax)
	xorl %ebp, %ebp
	popq %rdi
	.cfi_adjust_cfa_offset -8
	sti
	ret
	.cfi_endproc
	.size x86_startresume, . - x86_startresume

// void goexit(void);
// goexit is what a goroutine's function returns into: gostartcall plants the
// address behind the nop. Its unwind information ends every traceback.
	.globl goexit
	.type goexit, @function
goexit:
	.cfi_startproc
	.cfi_undefined %rip
	nop
	call goexit1
	ud2
	.cfi_endproc
	.size goexit, . - goexit

// void arch_systemstack(void (*fn)(void *), void *arg);
// arch_systemstack runs fn(arg) on the g0 stack and comes back. rbp marks the
// goroutine's frame, so a traceback walks from one stack to the other.
	.globl arch_systemstack
	.type arch_systemstack, @function
arch_systemstack:
	.cfi_startproc
	movq %rdi, %rcx
	movq %rsi, %rdi
	movq %gs:X86_G, %rax
	cmpq %rax, %gs:M_G0
	je 1f
	.cfi_remember_state
	pushq %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq %rsp, %rbp
	.cfi_def_cfa_register %rbp
	cli
	movq %gs:M_G0, %rdx
	movq G_SCHED_SP(%rdx), %rsp
	movq %rdx, %gs:X86_G
	pushq %rax
	pushq %rax
	sti
	call *%rcx
	cli
	popq %rax
	movq %rax, %gs:X86_G
	movq %rbp, %rsp
	sti
	popq %rbp
	.cfi_def_cfa %rsp, 8
	.cfi_restore %rbp
	ret
	.cfi_restore_state
1:	jmp *%rcx
	ud2
	.cfi_endproc
	.size arch_systemstack, . - arch_systemstack

// int arch_catch(void **ctx, void (*fn)(void *), void *arg);
// arch_catch calls fn(arg) after it has noted in *ctx a frame for arch_throwto.
	.globl arch_catch
	.type arch_catch, @function
arch_catch:
	.cfi_startproc
	pushq %rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	pushq %rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	pushq %r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r12, 0
	pushq %r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r13, 0
	pushq %r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r14, 0
	pushq %r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r15, 0
	pushq %rax
	.cfi_adjust_cfa_offset 8
	stmxcsr (%rsp)
	fnstcw 4(%rsp)
	movq %rsp, (%rdi)
	movq %rsi, %rax
	movq %rdx, %rdi
	call *%rax
	addq $56, %rsp
	.cfi_adjust_cfa_offset -56
	.cfi_same_value %rbp
	.cfi_same_value %rbx
	.cfi_same_value %r12
	.cfi_same_value %r13
	.cfi_same_value %r14
	.cfi_same_value %r15
	xorl %eax, %eax
	ret
	.cfi_endproc
	.size arch_catch, . - arch_catch

// void arch_throwto(void *ctx);
// arch_throwto lets the arch_catch that stored ctx return 1. Never returns.
	.globl arch_throwto
	.type arch_throwto, @function
arch_throwto:
	.cfi_startproc
	movq %rdi, %rsp
	.cfi_def_cfa %rsp, 64
	.cfi_offset %rbp, -16
	.cfi_offset %rbx, -24
	.cfi_offset %r12, -32
	.cfi_offset %r13, -40
	.cfi_offset %r14, -48
	.cfi_offset %r15, -56
	cld
	fninit
	ldmxcsr (%rsp)
	fldcw 4(%rsp)
	popq %rax
	.cfi_adjust_cfa_offset -8
	popq %r15
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r15
	popq %r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r14
	popq %r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r13
	popq %r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r12
	popq %rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbx
	popq %rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbp
	movl $1, %eax
	ret
	.cfi_endproc
	.size arch_throwto, . - arch_throwto

// void arch_unwindhere(struct unwind *u);
// arch_unwindhere fills u with its caller's state after the call: pc, sp, fp.
	.globl arch_unwindhere
	.type arch_unwindhere, @function
arch_unwindhere:
	.cfi_startproc
	movq (%rsp), %rax
	movq %rax, 0(%rdi)
	leaq 8(%rsp), %rax
	movq %rax, 8(%rdi)
	movq %rbp, 16(%rdi)
	movq $0, 24(%rdi)
	movb $0, 32(%rdi)
	ret
	.cfi_endproc
	.size arch_unwindhere, . - arch_unwindhere

// bool x86_probe(uintptr_t address);
// x86_probe writes a byte to address and tells whether that faulted, as a page
// that is not present or not writable. Interrupts masked. x86_faultentry knows
// the instruction and comes back to x86_probed with rsp as it was.
	.globl x86_probe
	.type x86_probe, @function
x86_probe:
	.cfi_startproc
	.globl x86_probing
x86_probing:
	movb $0, (%rdi)
	xorl %eax, %eax
	ret
	.globl x86_probed
x86_probed:
	movl $1, %eax
	ret
	.cfi_endproc
	.size x86_probe, . - x86_probe

// void arch_cpuidle(void);
// arch_cpuidle waits for an interrupt and returns when it has been taken. sti
// takes effect behind hlt, so one that is pending already ends the hlt.
	.globl arch_cpuidle
	.type arch_cpuidle, @function
arch_cpuidle:
	.cfi_startproc
	sti
	hlt
	ret
	.cfi_endproc
	.size arch_cpuidle, . - arch_cpuidle

	.section .rodata
	.balign 4
	.type mxcsr_init, @object
mxcsr_init:
	.long MXCSR_INIT
	.size mxcsr_init, . - mxcsr_init

	.section .note.GNU-stack, "", @progbits
