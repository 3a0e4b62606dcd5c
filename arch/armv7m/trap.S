// trap.S (armv7m): from the vector table to C and back.
//
// Every interrupt that may call the kernel has one priority, KERNEL_PRIO, and
// so have SVC and PendSV: such handlers never nest in one another. Above them
// are a board's own handlers, which call nothing of the kernel and may nest
// anywhere here; on top the faults.
//
// What an interrupt met is read from EXC_RETURN, in lr: frame on the PSP, a
// goroutine; on the MSP, g0 (or, for a fault, any handler). If it was a
// goroutine nothing on the MSP is alive, so the handler begins at the base of
// the g0 stack. Of the goroutine's registers only those that the core stacks by
// itself touch its stack, unless it is preempted.
//
// A preemption is done right here, not by PendSV: kernel handlers do not nest,
// so when the decision falls nothing but the goroutine is below, and a board's
// handler that nests returns to this code. Leaving costs a frame made by hand
// that returns to Thread mode on the MSP; if another interrupt waits, the core
// chains to it with that frame as what was interrupted: g0, about to begin
// asyncpreempt2. PendSV serves as the interrupt that the core sends itself (a
// deadline already past, an IPI to the only hart).
#include <arch.h>
#include <armv7m.h>
#include <config.h>

	.syntax unified
	.cfi_sections .debug_frame

	.macro handler name
	.section .text.\name, "ax", %progbits
	.balign 4
	.globl \name
	.type \name, %function
	.thumb_func
\name:
	.cfi_startproc
	.cfi_undefined lr
	.endm

	.macro endhandler name
	.cfi_endproc
	.pool
	.size \name, . - \name
	.endm

	// vector gives arch_irqentry the weak name of line n's vector.
	.altmacro
	.macro vector n
	.weak	irq\n\()_vector
	.type	irq\n\()_vector, %function
	.thumb_func
irq\n\()_vector:
	.endm

// void arch_lineentry(void);
// A line of the NVIC. If it met a goroutine that has room for it and no FP state,
// all that a preemption saves is saved at once, so that struct g *irqswitch(irq, gp)
// can name whom to continue without another step. He was parked by mcall: the
// frame for the core that leads to gocoop's end is made below what mcall left. If
// there is no room for it, it lies in the guard, and the core says so.
handler arch_lineentry
	.set	n, 0
	.rept	NVIC_LINES
	vector	%n
	.set	n, n + 1
	.endr
	.noaltmacro
	ldr	r3, =arch_cur
	tst	lr, #EXC_PSP
	beq	.Lirq
#if ARMV7M_FPU
	tst	lr, #EXC_NOFP
	beq	.Lirq
#endif
	mrs	r0, psp
	ldrd	r1, r2, [r3]            // gp, g0
	ldr	ip, [r1, #G_STACK_LO]
	add	ip, #4 + 36             // the canary and r4-r11, lr
	cmp	r0, ip
	blo	.Lirq                   // reports it
	stmdb	r0!, {r4-r11, lr}
	str	r2, [r3]
	ldr	sp, [r2, #G_SCHED_SP]
	push	{r0, r1, r3, lr}
	mrs	r0, ipsr
	subs	r0, #16
	bl	irqswitch
	pop	{r1, r2, r3, lr}        // gobuf.sp, gp, &arch_cur
	cmp	r0, r2
	bne	1f
	str	r2, [r3]                // r4-r11 are as they were
	bx	lr
1:	ldr	ip, =gopreempted
	strd	r1, ip, [r2, #G_SCHED_SP]
	cbz	r0, 2f
.Lto:
#if ARMV7M_FPU || STACK_GUARD_BYTES == 0
	dsb
	ldr	r2, =gogo
	b	tothread
#else
	str	r0, [r3]
	ldr	r1, [r0, #G_SCHED_SP]
	ldr	r3, [r0, #G_STACK_LO]
	ldr	r2, =MPU_RBAR
	sub	r3, #STACK_GUARD_BYTES - (MPU_RBAR_VALID | REGION_STACK)
	str	r3, [r2]
	dsb                             // for that, and for arch_irqhold's write
	sub	r1, #32
	ldrd	r2, r3, 3f
	strd	r2, r3, [r1, #24]
	msr	psp, r1
	mvn	lr, #2                  // 0xfffffffd: Thread, PSP, no FP
	bx	lr
	.balign	4
3:	.word	gocoopend, 0x01000000   // pc, xPSR: Thumb
#endif
2:	push	{r2, r3}
	mov	r0, r2
	bl	intrswitch
	pop	{r2, r3}
	cmp	r0, #0
	bne	.Lto
	mov	r0, r2
	ldr	r2, =asyncpreempt2
	b	tothread
endhandler arch_lineentry

// void arch_irqentry(void);
// The other interrupts of the kernel's level, and the other cases. bool arch_dispatch(struct g *gp, psp, exc) says
// whether to preempt.
handler arch_irqentry
	ldr	r3, =arch_cur
.Lirq:
	ldrd	r0, r2, [r3]            // g as it stands, g0
	tst	lr, #EXC_PSP
	beq	.Lg0
	ldr	sp, [r2, #G_SCHED_SP]
	push	{r0, lr}
	str	r2, [r3]
	mrs	r1, psp
	mov	r2, lr
	bl	arch_dispatch
	pop	{r2, lr}
	cbnz	r0, preempt
	ldr	r3, =arch_cur
	str	r2, [r3]
	bx	lr

.Lg0:
	push	{r0, lr}
	str	r2, [r3]
	mov	r0, r2
	movs	r1, #0
	bl	arch_dispatch
	pop	{r2, lr}
	ldr	r3, =arch_cur
	str	r2, [r3]
	bx	lr

// preempt: r2 = gp, lr = EXC_RETURN, sp = base of the g0 stack, g == g0. Puts
// the rest of the context below the hardware's frame and leaves the exception
// into asyncpreempt2(gp). Storing s16-s31 makes the core store s0-s15 too, if
// it had put that off (lazy stacking).
preempt:
	mrs	r1, psp
#if !SMALL
	ldr	r3, [r2, #G_STACK_LO]
	adds	r3, #4 + 36             // the canary and r4-r11, lr
#if ARMV7M_FPU
	tst	lr, #EXC_NOFP
	it	eq
	addeq	r3, #64
#endif
	cmp	r1, r3
	blo	.Lnoroom
#endif
#if ARMV7M_FPU
	tst	lr, #EXC_NOFP
	it	eq
	vstmdbeq r1!, {s16-s31}
#endif
	stmdb	r1!, {r4-r11, lr}
	ldr	r3, =gopreempted
	strd	r1, r3, [r2, #G_SCHED_SP]
	mov	r0, r2
.Lschedule:
	ldr	r2, =asyncpreempt2
	b	tothread

#if SMALL
.Lnoroom:
	udf	#0
#else
.Lnoroom:
	mov	r0, r2
	mov	r2, lr
	push	{r4-r11}
	mov	r3, sp
	push	{r0, r1}
	bl	arch_nostack            // (gp, psp, exc, r4-r11)
	mov	r1, r0
	pop	{r0, r2}
tosigpanic:
	movs	r3, #KERNEL_PRIO
	msr	basepri, r3
	ldr	r2, =sigpanic0
#endif

// tothread leaves the exception into Thread mode on the MSP, at r2(r0, r1).
tothread:
	sub	sp, #32
	strd	r0, r1, [sp]
	bic	r2, #1
	mov	r3, #0x01000000         // xPSR: Thumb
	strd	r2, r3, [sp, #24]
	movs	r3, #0
	str	r3, [sp, #20]           // lr
	mvn	lr, #6                  // 0xfffffff9: Thread, MSP, no FP
	bx	lr
endhandler arch_irqentry

// void arch_svcentry(void);
// The second half of gopreempted: g0 gives way to arch_cur.g. The registers at
// the svc do not count, a late interrupt may have changed them; nor does the
// frame. An svc in a goroutine is nobody's and is reported.
handler arch_svcentry
#if !SMALL
	tst	lr, #EXC_PSP
	bne	arch_faultentry
#endif
	ldr	r3, =arch_cur
	ldrd	r0, r2, [r3]
	ldr	sp, [r2, #G_SCHED_SP]
	ldr	r1, [r0, #G_SCHED_SP]
	ldr	r2, =gocoop
	str	r2, [r0, #G_SCHED_PC]
	ldmia	r1!, {r4-r11, lr}
#if ARMV7M_FPU
	tst	lr, #EXC_NOFP
	it	eq
	vldmiaeq r1!, {s16-s31}
#endif
	msr	psp, r1
	bx	lr
endhandler arch_svcentry

// void arch_faultentry(void);
// Faults and everything unexpected. The stack must be good before anything is
// pushed: a push that fails here locks the core up. A goroutine's fault is told
// from Thread mode, so that the kernel may make a panic of it and go on; others
// end in handler mode, inside arch_fault. The one from which it comes back is
// arch_guardtest's: then the code that faulted goes on.
handler arch_faultentry
	.weak	nmi_vector
	.type	nmi_vector, %function
	.thumb_func
nmi_vector:
#if SMALL
	// The frame may be anywhere: who cannot read it has locked the core up.
	tst	lr, #EXC_PSP
	ite	eq
	mrseq	r0, msp
	mrsne	r0, psp
	ldr	r3, =g0stacks + G0_STACK_BYTES
	mov	sp, r3
	ldr	r0, [r0, #24]           // pc
	b	arch_error
endhandler arch_faultentry
#else
	ldr	ip, =arch_cur
	ldrd	r0, r2, [ip]            // g as it stands, g0
	tst	lr, #EXC_PSP
	beq	1f
	mrs	r1, psp
	cbz	r2, 2f
	str	r2, [ip]
	ldr	sp, [r2, #G_SCHED_SP]
	b	3f
1:	mrs	r1, msp
	mov	r0, r2
	// Is there room below? From the first stack's low end, the guard and
	// what a report needs left out, to the last one's top.
	ldr	r3, =g0stacks + G0_FAULT_ROOM
	cmp	r1, r3
	blo	2f
	ldr	r3, =g0stacks + MAXHARTS * G0_STACK_BYTES
	cmp	r1, r3
	bls	3f
#if FAULT_STACK_BYTES != 0
2:	ldr	r3, =faultstack + FAULT_STACK_BYTES
#else
2:	ldr	r3, =g0stacks + G0_STACK_BYTES
#endif
	mov	sp, r3
3:	push	{r4-r11}
	push	{r0, lr}
	mov	r2, lr
	add	r3, sp, #8
	bl	arch_fault              // (gp, frame, exc, r4-r11)
	mov	r1, r0
	pop	{r0, lr}
	cmp	r1, #0
	bne	tosigpanic
	pop	{r4-r11}
	bx	lr
endhandler arch_faultentry
#endif
