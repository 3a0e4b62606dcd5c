// asm.S (template): switching between contexts. See include/arch.h for what
// each routine must do and docs/porting.md for the order.
//
// To decide here, and to write down in this place:
//  - where g is (getg), and for which instructions g and sp disagree; those
//    run with interrupts masked;
//  - what a suspended goroutine has on its own stack, for each value of
//    gobuf.pc: mcall_resume, fresh_resume, preempt_resume (trap.S);
//  - which registers are callee-saved, floating point control included.
//
// Each routine needs call frame information (.cfi_*): the tracebacks of every
// program go through mcall, arch_systemstack and goexit.
#include "template.h"

	// TODO name: a routine that throws its name. The two instructions are the
	// only thing in the template that belongs to a machine (x86_64, whose
	// compiler builds it); a port has none of this left.
	.macro	TODO name
	.globl	\name
	.type	\name, @function
\name:
	.cfi_startproc
	leaq	1f(%rip), %rdi
	call	throw
	.cfi_endproc
	.size	\name, . - \name
1:	.asciz	"template: \name is to be written"
	.endm

	.text

// void setg(struct g *gp)
// Makes gp current, and its m the one that traps find.
TODO setg

// void gogo(struct g *gp)
// Masks, makes gp current, loads sp, jumps to gobuf.pc; the resume routine
// unmasks.
TODO gogo

// void mcall(void (*fn)(struct g *gp))
// Pushes the callee-saved registers, masks, fills gobuf, goes to the base of
// g0's stack, unmasks, calls fn(gp). badmcall on g0, badmcall2 if fn returns.
TODO mcall

// void gswitch(struct g *gp, struct g *ng, struct m *mp)
// _Noreturn void gleave(struct g *gp, struct g *ng, struct m *mp)
// The switch without g0: see arch.h for the order of its writes.
TODO gswitch
TODO gleave

// Pops what mcall pushed, unmasks, returns to mcall's caller.
TODO mcall_resume

// void arch_systemstack(void (*fn)(void *), void *arg)
// Calls fn(arg) on g0's stack and comes back. Its frame information leads from
// fn's frame back to the goroutine's.
TODO arch_systemstack

// void gostartcall(struct gobuf *buf, uintptr_t sp_top, void (*fn)(void *),
//                  void *arg)
// Lays fn and arg out for fresh_resume.
TODO gostartcall

// Enters fn(arg), return address one slot into goexit, floating point control
// as a new goroutine wants it, unmasked.
TODO fresh_resume

// void goexit(void)
// One instruction of padding, a call of goexit1, a trap; .cfi_undefined of the
// return address.
TODO goexit

// int arch_catch(void **ctx, void (*fn)(void *), void *arg)
// _Noreturn void arch_throwto(void *ctx)
TODO arch_catch
TODO arch_throwto

// void arch_cpuidle(void)
// Waits with interrupts masked until one is pending, unmasks, returns. An
// instruction that waits only unmasked (x86_64's hlt) must follow the one that
// unmasks with no gap for an interrupt between them.
TODO arch_cpuidle

// void arch_unwindhere(struct unwind *u)
// The caller's pc, sp, fp, ra as they will be after the return. A throw begins
// with it: here it says that there is nothing to walk.
	.globl	arch_unwindhere
	.type	arch_unwindhere, @function
arch_unwindhere:
	.cfi_startproc
	movq	$0, (%rdi)
	ret
	.cfi_endproc
	.size	arch_unwindhere, . - arch_unwindhere

	.section .note.GNU-stack, "", @progbits
