// armv7m.S: the vector table and the way from reset to C.
//
// The core itself loads the stack pointer and the entry from the table's first
// two words. All lines of the NVIC go to the kernel's entry. A program or board
// that wants a handler of its own above the kernel's level defines a function
// irqN_vector and gives line N a priority below KERNEL_PRIO in NVIC_IPR; it may
// call nothing of the kernel, nanotime and the io functions excepted. So it is with
// nmi_vector; without one an NMI ends in a report.
#include <arch.h>
#include <armv7m.h>
#include <config.h>

	.syntax unified
	.cfi_sections .debug_frame
	.altmacro

	.macro line n
	.word	irq\n\()_vector
	.endm

	.section .vectors, "a", %progbits
	.globl	__vectors
	.type	__vectors, %object
__vectors:
	.word	g0stacks + G0_STACK_BYTES
	.word	_start
	.word	nmi_vector              // 2
	.rept	8                       // faults, reserved
	.word	arch_faultentry
	.endr
	.word	arch_svcentry           // 11
	.word	arch_faultentry         // 12 debug monitor
	.word	arch_faultentry         // 13 reserved
	.word	arch_irqentry           // 14 PendSV
	.word	arch_irqentry           // 15 SysTick
	.set	n, 0
#if NIRQ
	.rept	NVIC_LINES
	line	%n
	.set	n, n + 1
	.endr
#endif
	.size	__vectors, . - __vectors

#if !SEMIHOSTING
// const char __gzargs[]: the boot arguments, for tools/setargs.py to write.
	.section .gzargs, "a", %progbits
	.globl	__gzargs
	.type	__gzargs, %object
__gzargs:
	.zero	BOOTARGS_BYTES
	.size	__gzargs, . - __gzargs
#endif

// _Noreturn void _start(void);
// Reset: Thread mode, on the MSP. Interrupts stay out by PRIMASK until boot has
// set priorities, then by BASEPRI. The stack is in .bss and nothing is on it.
	.section .text._start, "ax", %progbits
	.globl	_start
	.type	_start, %function
	.thumb_func
_start:
	.cfi_startproc
	.cfi_undefined lr
	cpsid	i
	movs	r0, #0
	msr	control, r0
	isb
	ldr	r0, =g0stacks + G0_STACK_BYTES
	mov	sp, r0
	ldr	r0, =__data_start
	ldr	r1, =__data_end
	ldr	r2, =__data_load
1:	cmp	r0, r1
	ittt	lo
	ldrlo	r3, [r2], #4
	strlo	r3, [r0], #4
	blo	1b
	ldr	r0, =__bss_start
	ldr	r1, =__bss_end
	movs	r2, #0
2:	cmp	r0, r1
	itt	lo
	strlo	r2, [r0], #4
	blo	2b
	bl	armv7m_boot
	udf	#0
	.cfi_endproc
	.pool
	.size	_start, . - _start
