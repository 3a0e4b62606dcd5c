// trap.S (template): the way into and out of traps, and preemption.
//
// The order in every port:
//  1. On entry find m and what was interrupted: a goroutine, or g0. A goroutine:
//     go to the base of g0's stack (m->g0->sched.sp). g0: go on below its sp.
//     Save what C may lose, make g0 current, interrupts stay masked.
//  2. Call the C of trap.c with what was interrupted. A fault goes to fault.c
//     with every register and does not come back.
//  3. False: put everything back and return from the trap. A load reservation of
//     the interrupted code must be broken.
//  4. True: save the goroutine's whole context on its own stack, floating point
//     state included if it has any, leave gobuf = {sp, preempt_resume}, go back
//     to the base of g0's stack, unmask, call asyncpreempt2(gp). No room on its
//     stack: sigpanic0 with overflow set.
//  5. preempt_resume takes every register from there.
#include "template.h"

	.macro	TODO name
	.globl	\name
	.type	\name, @function
\name:
	.cfi_startproc
	.cfi_signal_frame
	leaq	1f(%rip), %rdi
	call	throw
	.cfi_endproc
	.size	\name, . - \name
1:	.asciz	"template: \name is to be written"
	.endm

	.text

// Every interrupt and fault, from arch_minit on.
TODO trap_entry

// Where gogo continues a goroutine that was preempted.
TODO preempt_resume

	.section .note.GNU-stack, "", @progbits
