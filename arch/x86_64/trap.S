// trap.S: where interrupts and faults enter, and how a preempted goroutine is
// put away and taken up again.
//
// What always holds:
//  - Every gate is an interrupt gate: from entry to iretq interrupts are
//    masked. Interrupts nest only as far as an NMI and a fault nest.
//  - An interrupt arrives on a stack of a few words (IST_INTR), from which its
//    first instructions move the hardware's frame and rbp to the stack that was
//    in use; everything else goes to the base of the g0 stack when a goroutine
//    was interrupted, and below on the same stack when g0 was. rbp points at
//    the frame, which gives the unwinder one rule for both. So the entry looks
//    before it writes, and a goroutine's stack is not touched behind its end.
//  - The 128 bytes below a goroutine's rsp are its own (the ABI's red zone).
//    Our code and newlib are compiled without one, but libgcc is the host's:
//    128-bit remainders and complex division keep values there. So the
//    hardware may not push on a goroutine's stack. The kernel calls none of it.
//  - What a line finds of that, x86_linetail lays out at once (see there).
//  - The local APIC is told the end of a timer interrupt or IPI before the
//    upcall, of a device's line after it (the line is level-triggered: told
//    before, it would come again at once). Either way nothing is in service
//    when a goroutine is preempted, for that never comes back through here.
//  - No SSE or x87 register is touched except to put a goroutine away.
//
// A preempted goroutine has on its own stack, from gobuf.sp upwards:
//   FXSAVE area (512 bytes), r15 r14 r13 r12 rbx r11 r10 r9 r8 rdi rsi rdx rcx
//   rax rbp, rip cs rflags rsp ss.
// The entry aligned rsp to 16 before it pushed 6 words, and 14 registers more
// leave the FXSAVE area aligned as it must be.
//
// Faults arrive on an interrupt stack of their own (IST), for the stack in use
// may be what is wrong. They leave all registers there as a struct frame, and
// fault.c says on which stack what follows is done. Nothing returns to such a
// stack: each fault begins at its top anew.
//
// Turned down: to handle interrupts on their IST stack. It would start at the
// same address every time and so overwrite the g0 that it interrupts.
#include <x86.h>

#define G_FRAME (PREEMPT_FRAME_BYTES - 6 * 8) // what preempt adds below rbp

	.text

// enter NAME begins an interrupt's routine: afterwards rdi = what was
// interrupted (g or g0), the current g is g0, all caller-saved registers are on
// the g0 stack, rsp is aligned for a call. rsp: r11 r10 r9 r8 rsi rdx rcx rdi
// rax g.
	.macro enter_head name
	.globl \name
	.type \name, @function
\name:
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa %rsp, 40
	.cfi_offset %rip, -40
	.cfi_offset %rsp, -16
	pushq %rbp
	.cfi_adjust_cfa_offset 8
	.cfi_offset %rbp, -48
	movq %rsp, %rbp
	.cfi_def_cfa_register %rbp
	movq %rax, %gs:X86_T0
	movq %rdi, %gs:X86_T1
	movq %gs:X86_G, %rdi
	movq %gs:M_G0, %rax
	movq 32(%rbp), %rsp
	.endm

	.macro enter_tail
	cmpq %rax, %rdi
	je 1f
	subq $(RED_ZONE + 6 * 8), %rsp
	andq $-16, %rsp
	cmpq G_STACK_LO(%rdi), %rsp
	jbe x86_nostack // at the lowest word is the canary
	addq $(6 * 8), %rsp
1:	andq $-16, %rsp
	pushq 40(%rbp) // ss
	pushq 32(%rbp) // rsp
	pushq 24(%rbp) // rflags
	pushq 16(%rbp) // cs
	pushq 8(%rbp)  // rip
	pushq 0(%rbp)  // rbp
	movq %rsp, %rbp
	cmpq %rax, %rdi
	je 2f
	movq G_SCHED_SP(%rax), %rsp
2:	pushq %rdi
	movq %rax, %gs:X86_G
	pushq %gs:X86_T0
	pushq %gs:X86_T1
	pushq %rcx
	pushq %rdx
	pushq %rsi
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	cld
	.endm

	.macro enter name
	enter_head \name
	enter_tail
	.endm

	.macro eoi
	movl $(LAPIC + LAPIC_EOI), %eax
	movl $0, (%rax)
	.endm

// leave NAME ends it: al != 0 preempts the goroutine, else everything is as it
// was.
	.macro leave_or_preempt name
	testb %al, %al
	jnz x86_preempt
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rsi
	popq %rdx
	popq %rcx
	popq %rdi
	popq %rax
	popq %gs:X86_G
	leave
	.cfi_def_cfa %rsp, 40
	.cfi_restore %rbp
	iretq
	ud2
	.cfi_endproc
	.size \name, . - \name
	.endm

// void x86_timervec(void);
// x86_timervec is entered by the local APIC's timer.
enter x86_timervec
	eoi
	call x86_timer
leave_or_preempt x86_timervec

// void x86_ipivec(void);
// x86_ipivec is entered by arch_cpuwake of any hart.
enter x86_ipivec
	eoi
	movq %rdi, %rsi
	movl $-1, %edi // IRQ_IPI
	call irqdispatch
leave_or_preempt x86_ipivec

// x86_linevec holds one entry of 32 bytes for each pin of the I/O APIC. It
// leaves the pin's number in a word of m, since no register is free yet.
	.globl x86_linevec
	.type x86_linevec, @function
	.balign 32
x86_linevec:
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa %rsp, 40
	.cfi_offset %rip, -40
	.cfi_offset %rsp, -16
	.set pin, 0
	.rept NPIN
	.balign 32
	movl $pin, %gs:X86_PIN
	jmp x86_linetail
	.set pin, pin + 1
	.endr
	.cfi_endproc
	.size x86_linevec, . - x86_linevec

// x86_linetail: if the interrupt met a goroutine that has room for all that a preemption
// saves, that is laid out on its stack from the first, what C may lose at once and the
// rest only if struct g *irqswitch(irq, gp) names another one. That one was parked
// by mcall.
enter_head x86_linetail
	cmpq %rax, %rdi
	je 9f
	subq $(RED_ZONE + PREEMPT_FRAME_BYTES), %rsp
	andq $-16, %rsp
	cmpq G_STACK_LO(%rdi), %rsp
	jbe 8f // at the lowest word is the canary
	addq $PREEMPT_FRAME_BYTES, %rsp
	pushq 40(%rbp) // ss
	pushq 32(%rbp) // rsp
	pushq 24(%rbp) // rflags
	pushq 16(%rbp) // cs
	pushq 8(%rbp)  // rip
	pushq 0(%rbp)  // rbp
	movq %rsp, %rbp
	pushq %gs:X86_T0 // rax
	pushq %rcx
	pushq %rdx
	pushq %rsi
	pushq %gs:X86_T1 // rdi
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	movq %rdi, %gs:X86_T0
	movq %rdi, %rsi
	movl %gs:X86_PIN, %edi
	movzbl x86_irqofpin(%rdi), %edi
	movq %rax, %gs:X86_G
	movq G_SCHED_SP(%rax), %rsp
	cld
	call irqswitch
	movq %gs:X86_T0, %rdi
	leaq -9 * 8(%rbp), %rsp
	cmpq %rdi, %rax
	jne 7f
	movq %rdi, %gs:X86_G
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rdi
	popq %rsi
	popq %rdx
	popq %rcx
	popq %rax
	.cfi_remember_state
	popq %rbp
	.cfi_def_cfa %rsp, 40
	.cfi_restore %rbp
	iretq
	ud2
	.cfi_restore_state
7:	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	subq $512, %rsp
	fxsave64 (%rsp)
	fninit
	movq %rsp, G_SCHED_SP(%rdi)
	movq $x86_preemptresume, G_SCHED_PC(%rdi)
	testq %rax, %rax
	jz x86_pick
#if MAXHARTS > 1
	movq $0, G_M(%rdi)
#endif
	movq %rax, %gs:X86_G
	movq G_SCHED_SP(%rax), %rsp
	jmp x86_mcallresume
8:	movq 32(%rbp), %rsp
9:
	enter_tail
	movq %rdi, %rsi
	movl %gs:X86_PIN, %edi
	call x86_line
leave_or_preempt x86_linetail

// void x86_irqhold(unsigned irq);
// x86_irqhold is arch_irqmask(irq, true), and leaves every register as it is: who
// compiles arch_irqhold in keeps his in those that a call may lose.
	.globl x86_irqhold
	.type x86_irqhold, @function
x86_irqhold:
	.cfi_startproc
	pushq %rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	movq %rsp, %rbp
	.cfi_def_cfa_register %rbp
	pushq %rax
	pushq %rcx
	pushq %rdx
	pushq %rsi
	pushq %rdi
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	andq $-16, %rsp
	movl $1, %esi
	call arch_irqmask
	leaq -9 * 8(%rbp), %rsp
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rdi
	popq %rsi
	popq %rdx
	popq %rcx
	popq %rax
	popq %rbp
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size x86_irqhold, . - x86_irqhold

// void x86_errorvec(void);
// x86_errorvec is entered when the local APIC found an error.
enter x86_errorvec
	eoi
	call x86_lapicerror
leave_or_preempt x86_errorvec

// void x86_strayvec(void);
// x86_strayvec is entered by every vector that nobody uses.
enter x86_strayvec
	call x86_stray
leave_or_preempt x86_strayvec

// void x86_spuriousvec(void);
// x86_spuriousvec is entered when an interrupt was withdrawn at the last
// moment. It is not in service, so nothing is told its end.
	.globl x86_spuriousvec
	.type x86_spuriousvec, @function
x86_spuriousvec:
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa %rsp, 40
	.cfi_offset %rip, -40
	.cfi_offset %rsp, -16
	iretq
	ud2
	.cfi_endproc
	.size x86_spuriousvec, . - x86_spuriousvec

// x86_preempt puts the interrupted goroutine away and continues whom intrswitch
// names, or calls asyncpreempt2 on a fresh g0 stack. Entered by jump from leave_or_preempt: rbp at the
// goroutine's hardware frame, its caller-saved registers at rsp. fninit leaves
// the x87 empty for the next goroutine, as the ABI wants it at a call.
	.type x86_preempt, @function
x86_preempt:
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa %rbp, 48
	.cfi_offset %rip, -40
	.cfi_offset %rsp, -16
	.cfi_offset %rbp, -48
	movq 72(%rsp), %rdi
	leaq -G_FRAME(%rbp), %rax
	cmpq G_STACK_LO(%rdi), %rax
	jbe x86_nostack // at the lowest word is the canary
	movq %rsp, %rsi
	movq %rbp, %rsp
	pushq 64(%rsi) // rax
	pushq 48(%rsi) // rcx
	pushq 40(%rsi) // rdx
	pushq 32(%rsi) // rsi
	pushq 56(%rsi) // rdi
	pushq 24(%rsi) // r8
	pushq 16(%rsi) // r9
	pushq 8(%rsi)  // r10
	pushq 0(%rsi)  // r11
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	subq $512, %rsp
	fxsave64 (%rsp)
	fninit
	movq %rsp, G_SCHED_SP(%rdi)
	movq $x86_preemptresume, G_SCHED_PC(%rdi)
	.cfi_undefined %rip
x86_pick:
	movq %gs:M_G0, %rax
	movq G_SCHED_SP(%rax), %rsp
	movq %rdi, %rbx
	call intrswitch
	testq %rax, %rax
	jz 1f
	movq %rax, %rdi
	jmp gogo
1:	movq %rbx, %rdi
	sti
	call asyncpreempt2
	ud2
	.cfi_endproc
	.size x86_preempt, . - x86_preempt

// x86_preemptresume takes up what x86_preempt put away, flags and all; iretq
// unmasks interrupts, as they were when the goroutine was interrupted.
	.globl x86_preemptresume
	.type x86_preemptresume, @function
x86_preemptresume:
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa %rsp, PREEMPT_FRAME_BYTES
	.cfi_offset %rip, -40
	.cfi_offset %rsp, -16
	movq %gs:X86_G, %rax
	movq $x86_mcallresume, G_SCHED_PC(%rax)
	fxrstor64 (%rsp)
	addq $512, %rsp
	.cfi_adjust_cfa_offset -512
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rdi
	popq %rsi
	popq %rdx
	popq %rcx
	popq %rax
	popq %rbp
	.cfi_adjust_cfa_offset -120
	iretq
	ud2
	.cfi_endproc
	.size x86_preemptresume, . - x86_preemptresume

// x86_nostack reports that an interrupted goroutine (rdi) has no room for its
// frame. rbp is at the hardware frame.
	.type x86_nostack, @function
x86_nostack:
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa %rbp, 48
	.cfi_offset %rip, -40
	.cfi_offset %rsp, -16
	.cfi_offset %rbp, -48
	cld
	movq %gs:M_G0, %rax
	movq %rax, %gs:X86_G
	movq G_SCHED_SP(%rax), %rsp
	movq %rbp, %rsi
	call x86_overflow
	ud2
	.cfi_endproc
	.size x86_nostack, . - x86_nostack

// x86_faultvec holds one entry of 16 bytes for each of the CPU's own vectors,
// on an interrupt stack. Those that come without an error code push 0.
#define HAS_ERROR 0x60227d00 // bits 8 10-14 17 21 29 30

	.globl x86_faultvec
	.type x86_faultvec, @function
	.balign 16
x86_faultvec:
	.cfi_startproc simple
	.cfi_undefined %rip
	.set vec, 0
	.rept 32
	.balign 16
	.if !((HAS_ERROR >> vec) & 1)
	pushq $0
	.endif
	pushq $vec
	jmp x86_faultentry
	.set vec, vec + 1
	.endr
	.cfi_endproc
	.size x86_faultvec, . - x86_faultvec

	.type x86_faultentry, @function
x86_faultentry:
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa %rsp, 56
	.cfi_offset %rip, -40
	.cfi_offset %rsp, -16
	cmpl $14, (%rsp)
	jne 2f
	cmpq $x86_probing, 16(%rsp)
	je 1f
2:	pushq %rax
	.cfi_remember_state
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rax, 0
	pushq %rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	pushq %rcx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rcx, 0
	pushq %rdx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rdx, 0
	pushq %rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	pushq %rsi
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rsi, 0
	pushq %rdi
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rdi, 0
	pushq %r8
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r8, 0
	pushq %r9
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r9, 0
	pushq %r10
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r10, 0
	pushq %r11
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r11, 0
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
	cld
	movq %rsp, %rbx
	.cfi_def_cfa_register %rbx
	andq $-16, %rsp
	movq %rbx, %rdi
	call x86_faultstack
	movq %rax, %rsp
	movq %rbx, %rdi
	call x86_fault
	ud2
	.cfi_restore_state
1:	movq 40(%rsp), %rsp // x86_probe's
	.cfi_def_cfa %rsp, 8
	.cfi_offset %rip, -8
	.cfi_same_value %rsp
	jmp x86_probed
	ud2
	.cfi_endproc
	.size x86_faultentry, . - x86_faultentry

	.section .note.GNU-stack, "", @progbits
