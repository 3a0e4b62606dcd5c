// asm.S (armv7m): the context switch.
//
// A goroutine runs in Thread mode on the PSP, g0 in Thread mode on the MSP, a
// handler in Handler mode on the MSP. So the switch between a goroutine and g0
// is one bit (CONTROL.SPSEL), and an exception's EXC_RETURN says which of the
// two it met. That makes the switch safe without masking anything:
//
//  - mcall goes to the MSP first and writes the gobuf after. From the write to
//    CONTROL on, an interrupt sees g0 and cannot preempt; before it, it sees a
//    goroutine whose gobuf nobody has touched. arch_cur.g lags a moment;
//    interrupt entry saves and restores it and does not believe it.
//  - gogo writes arch_cur.g while still on the MSP and goes to the PSP last.
//    What is left then is a pop from the goroutine's own stack.
//
// A suspended goroutine by its gobuf.pc:
//   gocoop       sp: [control], r4-r11, pc   by mcall or systemstack
//   gofresh      sp: arg, fn                 by gostartcall
//   gopreempted  sp: r4-r11, EXC_RETURN, [s16-s31], hardware frame   by trap.S
// While a goroutine runs its gobuf.pc is gocoop already, so that mcall need not
// write it. The word in brackets is there in builds with FP only: CONTROL as it
// was, whose FPCA bit says that FPSCR and s16-s31 lie above it. A goroutine
// that never used FP pays four instructions for that.
//
// gogo does not set the MSP back to the base of the g0 stack; whoever comes
// next does (mcall, systemstack, interrupt entry), from m->g0->sched.sp.
//
// With STACK_GUARD_BYTES (board.h) one region of the MPU lies over the guard below
// the running goroutine's stack. Its size and attributes never change, so gogo
// lays it with one write to its base. Nobody takes it away: while g0 runs it
// still lies below the stack of the goroutine that ran last, where nothing is
// that anybody may touch. Turned down: leaving it alone when the same goroutine
// runs again (a load, a compare and a branch for everybody else, of the four
// instructions that it saves).
//
// A frame larger than the guard may step over it. So mcall looks whether the
// stack pointer is still in the stack, as every interrupt does.
#include <arch.h>
#include <armv7m.h>
#include <config.h>

	.syntax unified
	.cfi_sections .debug_frame

	.macro func name
	.section .text.\name, "ax", %progbits
	.balign 4
	.globl \name
	.type \name, %function
	.thumb_func
\name:
	.cfi_startproc
	.endm

	.macro endfunc name
	.cfi_endproc
	.pool
	.size \name, . - \name
	.endm

	// A second entry inside a function: a place that gobuf.pc can name.
	.macro entry name
	.globl \name
	.type \name, %function
	.thumb_func
\name:
	.endm

	// save pushes what the C of this context wants to find again.
	.macro save
	push	{r4-r11, lr}
	.cfi_adjust_cfa_offset 36
	.cfi_rel_offset r4, 0
	.cfi_rel_offset r5, 4
	.cfi_rel_offset r6, 8
	.cfi_rel_offset r7, 12
	.cfi_rel_offset r8, 16
	.cfi_rel_offset r9, 20
	.cfi_rel_offset r10, 24
	.cfi_rel_offset r11, 28
	.cfi_rel_offset lr, 32
	.endm

	// save_fp pushes the word in brackets and what it stands for. It uses
	// lr, and leaves CONTROL in \t.
	.macro save_fp t
#if ARMV7M_FPU
	mrs	\t, control
	tst	\t, #CONTROL_FPCA
	ittt	ne
	vmrsne	lr, fpscr
	vpushne	{s16-s31}
	pushne	{lr}
	push	{\t}
#endif
	.endm

	// load_fp ends a resume: on the PSP already, flags of \t's FPCA known.
	.macro load_fp
#if ARMV7M_FPU
	ittt	ne
	popne	{r3}
	vpopne	{s16-s31}
	vmsrne	fpscr, r3
#endif
	.endm

	// to_msp goes to the g0 stack. It leaves 0 in \t.
	.macro to_msp t
	movs	\t, #0
	msr	control, \t
	isb
	.endm

// void mcall(void (*fn)(struct g *gp));
// Suspends the caller and calls fn(caller's g) on g0's stack, from its base.
func mcall
	mov	r1, r0
	ldr	ip, =arch_cur
	ldrd	r0, r3, [ip]            // gp, g0
	cmp	r0, r3
	beq	.Lbadmcall
	save
	save_fp	r2
	to_msp	r2
	ldr	sp, [r3, #G_SCHED_SP]
	.cfi_def_cfa sp, 0
	.cfi_undefined lr
	mrs	lr, psp
	ldr	r4, [r0, #G_STACK_LO]
	str	lr, [r0, #G_SCHED_SP]
	str	r3, [ip]
	cmp	lr, r4
	blo	.Lbelow
	msr	basepri, r2
	blx	r1
	bl	badmcall2
	udf	#0
.Lbelow:
	mov	r1, lr
	bl	arch_overflowed         // (gp, sp)
	udf	#0
.Lbadmcall:
	.cfi_def_cfa sp, 0
	.cfi_same_value lr
	push	{r3, lr}
	.cfi_def_cfa_offset 8
	.cfi_offset lr, -4
	bl	badmcall
	udf	#0
endfunc mcall

	// lay_guard lays the MPU's region over the guard of the goroutine in \g.
	// The isb to come makes it hold.
	.macro lay_guard g
#if STACK_GUARD_BYTES
	ldr	r3, [\g, #G_STACK_LO]
	ldr	lr, =MPU_RBAR
	sub	r3, #STACK_GUARD_BYTES - (MPU_RBAR_VALID | REGION_STACK)
	str	r3, [lr]
	dsb
#endif
	.endm

// void gswitch(struct g *gp, struct g *ng, struct m *mp);
// Suspends gp and continues ng, on the PSP all the way, with PRIMASK from the first
// write that an interrupt must not see half done.
func gswitch
	save
	save_fp	r3
	ldr	r3, [r0, #G_STACK_LO]
	ldr	ip, =arch_cur
	cmp	sp, r3
	blo	.Lswitchbelow
	str	sp, [r0, #G_SCHED_SP]
	cpsid	i
	ldr	r3, [r0, #G_PREEMPT]
	cbnz	r3, .Lpreempt
.Lswitch:
	str	r3, [r0, #G_LOCKS]
	str	r1, [r2, #M_CURG]
	str	r1, [ip]
	lay_guard r1
	mov	r0, r1
	ldr	r1, [r0, #G_SCHED_SP]
	ldr	pc, [r0, #G_SCHED_PC]

	// _Noreturn void gleave(struct g *gp, struct g *ng, struct m *mp);
entry gleave
	.cfi_undefined lr
	ldr	ip, =arch_cur
	cpsid	i
	ldr	r3, [r0, #G_PREEMPT]
	cmp	r3, #0
	beq	.Lswitch
	// Somebody else is to run: ng is preempted before it goes on.
.Lpreempt:
	to_msp	r3
	ldr	lr, [ip, #4]            // g0
	str	r3, [r0, #G_PREEMPT]
	ldr	sp, [lr, #G_SCHED_SP]
	.cfi_def_cfa sp, 0
	.cfi_undefined lr
	str	lr, [ip]
	str	r3, [r0, #G_LOCKS]
	str	r1, [r2, #M_CURG]
	mov	r0, r1
	cpsie	i
	bl	asyncpreempt2
	udf	#0
.Lswitchbelow:
	mov	r1, sp
	to_msp	r3
	ldr	lr, [ip, #4]
	ldr	sp, [lr, #G_SCHED_SP]
	str	lr, [ip]
	bl	arch_overflowed         // (gp, sp)
	udf	#0
	.size	gleave, . - gleave
endfunc gswitch

// _Noreturn void gogo(struct g *gp);
// Continues gp. At the jump r0 = gp, r1 = gp->sched.sp, r2 = 0, interrupts on.
func gogo
	.cfi_undefined lr
	ldr	ip, =arch_cur
	movs	r2, #0
	ldr	r1, [r0, #G_SCHED_SP]
	lay_guard r0
	str	r0, [ip]
	msr	basepri, r2
	ldr	pc, [r0, #G_SCHED_PC]

	// void gocoop(void); not called, jumped to.
entry gocoop
#if ARMV7M_FPU
	ldr	r2, [r1], #4
	msr	psp, r1
	msr	control, r2
	isb
	cpsie	i
	tst	r2, #CONTROL_FPCA
	load_fp
#else
	msr	psp, r1
	movs	r2, #CONTROL_SPSEL
	msr	control, r2
	isb
	cpsie	i
#endif
entry gocoopend
	pop	{r4-r11, pc}
	udf	#0
	.size	gocoop, . - gocoop
endfunc gogo

// void gofresh(void); jumped to by gogo, for what gostartcall laid out.
func gofresh
	.cfi_undefined lr
	ldr	r2, =gocoop
	str	r2, [r0, #G_SCHED_PC]
	ldmia	r1!, {r0, r3}           // arg, fn
	msr	psp, r1
	movs	r2, #CONTROL_SPSEL
	msr	control, r2
	isb
	cpsie	i
	ldr	lr, =goexit + 2
	bx	r3
	udf	#0
endfunc gofresh

// void gopreempted(void); jumped to by gogo. Only an exception return can set
// the flags and the IT and ICI state of an interrupted instruction, so this
// makes an exception: trap.S does the rest. Nothing masks it: BASEPRI is 0
// here and PRIMASK is cleared, so it cannot become a HardFault; that is on the MSP,
// so an interrupt still meets g0. The svc's frame there is thrown away, so there
// must be no promise in it to store FP registers later: FPCA goes first (a callback
// on g0 may have set it).
func gopreempted
	.cfi_undefined lr
	movs	r2, #0
	msr	control, r2
	isb
	cpsie	i
	svc	#0
	udf	#0
endfunc gopreempted

// void arch_systemstack(void (*fn)(void *), void *arg);
// Calls fn(arg) on g0's stack, from its base, and comes back. The frame is
// mcall's, so a traceback of the goroutine sees the caller meanwhile.
func arch_systemstack
	ldr	ip, =arch_cur
	ldrd	r2, r3, [ip]            // gp, g0
	cmp	r2, r3
	beq	.Lcall
	save
	mov	r7, sp
	.cfi_def_cfa_register r7
	save_fp	r6
	mov	r4, sp
	mov	r5, r2
	str	r4, [r2, #G_SCHED_SP]
	to_msp	r4
	ldr	sp, [r3, #G_SCHED_SP]
	str	r3, [ip]
	mov	r2, r0
	mov	r0, r1
	blx	r2
	// Nobody has written the PSP meanwhile.
	ldr	ip, =arch_cur
	str	r5, [ip]
#if ARMV7M_FPU
	msr	control, r6
	isb
	add	sp, #4
	tst	r6, #CONTROL_FPCA
	load_fp
#else
	movs	r4, #CONTROL_SPSEL
	msr	control, r4
	isb
#endif
	pop	{r4-r11, pc}
.Lcall:
	.cfi_def_cfa sp, 0
	.cfi_same_value r4
	.cfi_same_value r5
	.cfi_same_value r6
	.cfi_same_value r7
	.cfi_same_value lr
	mov	r2, r0
	mov	r0, r1
	bx	r2
endfunc arch_systemstack

// void gostartcall(struct gobuf *buf, uintptr_t sp_top, void (*fn)(void *),
//                  void *arg);
// Lays out a goroutine that has not run: arg and fn, on the stack's end.
func gostartcall
	bic	r1, #7
	strd	r3, r2, [r1, #-8]!
	ldr	r2, =gofresh
	strd	r1, r2, [r0]
	bx	lr
endfunc gostartcall

// void goexit(void);
// The return address of every goroutine's function is here, plus one slot.
// Nothing returns from it and no traceback goes beyond it.
func goexit
	.cfi_undefined lr
	nop
	bl	goexit1
	udf	#0
endfunc goexit

// int arch_catch(void **ctx, void (*fn)(void *), void *arg);
// Calls fn(arg). 0 if it returned, 1 if it was left by arch_throwto(*ctx).
// ctx and r7 are the frame: CONTROL, r4-r11, lr; FPSCR and s16-s31 lie below it
// if FPCA. A panic by a fault begins with an FPSCR like a fresh goroutine's, so
// the rounding mode of whoever catches it is put back too.
func arch_catch
	push	{r3-r11, lr}
	.cfi_def_cfa_offset 40
	.cfi_offset r4, -36
	.cfi_offset r5, -32
	.cfi_offset r6, -28
	.cfi_offset r7, -24
	.cfi_offset r8, -20
	.cfi_offset r9, -16
	.cfi_offset r10, -12
	.cfi_offset r11, -8
	.cfi_offset lr, -4
	mov	r7, sp
	.cfi_def_cfa_register r7
#if ARMV7M_FPU
	mrs	r3, control
	str	r3, [r7]
	tst	r3, #CONTROL_FPCA
	ittt	ne
	vmrsne	r3, fpscr
	vpushne	{s16-s31}
	pushne	{r3, r4}
#endif
	str	r7, [r0]
	mov	r0, r2
	blx	r1
	movs	r0, #0
.Lcaught:
#if ARMV7M_FPU
	ldr	r3, [r7]
	tst	r3, #CONTROL_FPCA
	beq	1f
	sub	r2, r7, #72
	mov	sp, r2
	pop	{r3, r4}
	vpop	{s16-s31}
	cbz	r0, 1f
	vmsr	fpscr, r3
1:
#endif
	mov	sp, r7
	pop	{r3-r11, pc}

// _Noreturn void arch_throwto(void *ctx);
// Takes the end of the arch_catch whose frame ctx is.
	.globl	arch_throwto
	.type	arch_throwto, %function
	.thumb_func
arch_throwto:
	mov	r7, r0
	movs	r0, #1
	b	.Lcaught
	udf	#0
	.size	arch_throwto, . - arch_throwto
endfunc arch_catch

// void arch_unwindhere(struct unwind *u);
// The caller's registers as it will see them when this returns.
func arch_unwindhere
	bic	r1, lr, #1
	mov	r2, sp
	strd	r1, r2, [r0]            // pc, sp
	strd	r7, r1, [r0, #8]        // fp, ra
	movs	r1, #0
	strb	r1, [r0, #16]           // exact
	bx	lr
endfunc arch_unwindhere
