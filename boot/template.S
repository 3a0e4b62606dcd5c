// template.S: from reset to C, on every hart.
//
// What boot does before it calls rt0_go on hart 0, with interrupts masked:
//  - a stack: g0stacks + G0_STACK_BYTES (hart i: i + 1 times that);
//  - .data in place (__data_load), .bss zero; .bss.noinit is nobody's;
//  - memory rights: text not writable, everything else not executable, address 0
//    and the guards of stackareas not accessible;
//  - a trap vector for faults before arch_minit;
//  - console, clock, the number of harts, the boot arguments.
// The other harts wait, with interrupts masked, until arch_cpustart names them,
// and then call mstart(i) on their own g0 stack.
#include "../arch/template/template.h"

	.section .text.boot, "ax", @progbits

// void _start(void)
	.globl	_start
	.type	_start, @function
_start:
	.cfi_startproc
	leaq	g0stacks + G0_STACK_BYTES(%rip), %rsp
	call	template_boot
	.cfi_endproc
	.size	_start, . - _start

	.section .note.GNU-stack, "", @progbits
