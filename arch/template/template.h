// template.h: what the files of arch/template and boot/template* share: layouts
// of saved contexts and the routines of asm.S and trap.S that are named but
// never called. C and assembly both read it; nobody else does.
//
// What always holds in the template: a routine of the contract that is still to
// be written throws its own name. Those that a throw needs itself (putting out
// a byte, the clock, the end) do the least that lets the message out.
#ifndef GZERO_TEMPLATE_H
#define GZERO_TEMPLATE_H

#include <config.h>
#include <arch.h>

// Here: offsets in the frames of mcall, of a trap and of a preemption, in words
// from the stack pointer, and the use of m's arch words (M_ARCH).

#ifndef __ASSEMBLER__

// todo ends the machine with the name of what is not written yet.
#define todo(name) throw("template: " #name " is to be written")

// What gobuf.pc can be.
void mcall_resume(void);
void fresh_resume(void);
void preempt_resume(void);

void trap_entry(void); // every interrupt and fault
bool trap_intr(uintptr_t cause, struct g *gp);
_Noreturn void fault(const uintptr_t *frame, struct g *gp, uintptr_t cause);
_Noreturn void template_boot(void);

// From the linker script.
extern unsigned char __image_end[], __ram_end[];

#endif
#endif
