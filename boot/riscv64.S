// riscv64.S: from reset to C. Every hart enters _start at once, a0 being its
// hardware id and a1 the device tree, and an atomic picks the one that boots.
// The others sleep with interrupts masked until arch_cpustart names them: what
// wakes them is the software interrupt's pending bit, never a trap.
//
// A board that runs from flash (IN_FLASH) has one hart: it copies .data and boots.
//
// What always holds:
//  - The lottery and the gate lie in .data: .bss is being cleared meanwhile.
//  - A sleeper looks at the table of harts only behind the open gate, and only
//    leaves when its own row says start. Any other waking is harmless, harts
//    that the table does not list sleep for ever.
#include "../arch/riscv64/riscv64.h"

	.data
	.balign	4
	.type	boot_lottery, @object
boot_lottery:
	.word	0
	.size	boot_lottery, 4
	.globl	boot_gate
	.type	boot_gate, @object
boot_gate:
	.word	0
	.size	boot_gate, 4

#if !DEVICE_TREE
// const char __gzargs[]: the boot arguments, for tools/setargs.py to write.
	.section .gzargs, "a", @progbits
	.globl	__gzargs
	.type	__gzargs, @object
__gzargs:
	.zero	BOOTARGS_BYTES
	.size	__gzargs, . - __gzargs
#endif

	.section .text.boot, "ax", @progbits
	.option	push
	.option	arch, +f

// void _start(void)
// _start is the reset entry. Never called.
	.globl	_start
	.type	_start, @function
	.balign	4
_start:
	.cfi_startproc
	.cfi_undefined ra
	csrw	CSR_IE, zero
	csrci	CSR_STATUS, STATUS_IE
	lla	t0, trap_early
	csrw	CSR_TVEC, t0
	csrw	CSR_SCRATCH, zero
	mv	sp, zero
	mv	gp, zero
	mv	tp, zero
	mv	s0, zero
	li	t0, STATUS_FS_INITIAL
	csrs	CSR_STATUS, t0
	li	t0, 1 << CAUSE_SOFT
	csrw	CSR_IE, t0
	csrr	s1, mhartid
#if IN_FLASH
	// One hart, and .data where it was loaded: eight bytes at a time.
	li	a1, 0
	lla	t0, __data_start
	lla	t1, __data_end
	lla	t2, __data_load
1:
	bgeu	t0, t1, 1f
	ld	t3, 0(t2)
	sd	t3, 0(t0)
	addi	t2, t2, 8
	addi	t0, t0, 8
	j	1b
1:
	lla	t0, __bss_start
	lla	t1, __bss_end
1:
	bgeu	t0, t1, 2f
	sd	zero, 0(t0)
	addi	t0, t0, 8
	j	1b
#else
	lla	t0, boot_lottery
	li	t1, 1
	amoswap.w.aqrl t1, t1, (t0)
	bnez	t1, sleep

	lla	t0, __bss_start
	lla	t1, __bss_end
1:
	bgeu	t0, t1, 2f
	sd	zero, 0(t0)
	sd	zero, 8(t0)
	sd	zero, 16(t0)
	sd	zero, 24(t0)
	sd	zero, 32(t0)
	sd	zero, 40(t0)
	sd	zero, 48(t0)
	sd	zero, 56(t0)
	addi	t0, t0, 64
	j	1b
#endif
2:
	lla	sp, g0stacks + G0_STACK_BYTES
	mv	a0, s1
	call	boot_main
	call	rt0_go
	unimp

#if !IN_FLASH
sleep:
	wfi
	slli	t0, s1, 2
	li	t1, CLINT_BASE
	add	t0, t0, t1
	sw	zero, 0(t0)
	fence	o, r
	lw	t0, boot_gate
	beqz	t0, sleep
	fence	r, rw
	lla	t0, harts
	li	a0, 0
	lwu	t1, nharts
1:
	beq	a0, t1, sleep
	lwu	t2, HART_ID(t0)
	beq	t2, s1, 2f
	addi	t0, t0, 1 << HART_SHIFT
	addi	a0, a0, 1
	j	1b
2:
	lw	t1, HART_START(t0)
	beqz	t1, sleep
	fence	r, rw
	addi	t1, a0, 1
	li	t0, G0_STACK_BYTES
	mul	t1, t1, t0
	lla	sp, g0stacks
	add	sp, sp, t1
	mv	s1, a0
	call	boot_secondary	// a0: its row
	mv	a0, s1
	call	mstart
	unimp
#endif
	.cfi_endproc
	.size	_start, . - _start
	.option	pop
