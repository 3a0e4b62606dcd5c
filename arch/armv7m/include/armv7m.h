// armv7m.h: the system registers of an ARMv7-M core and what the files of
// arch/armv7m and boot/ share. Nothing outside those two includes it, but a
// board's or a program's own top-level interrupt handler may.
// Numbers: ARMv7-M Architecture Reference Manual, B3. Assembly reads the first
// part.
#ifndef GZERO_ARMV7M_H
#define GZERO_ARMV7M_H

#include <config.h>

#define SYST_CSR 0xe000e010 // SysTick control and status
#define SYST_CSR_ENABLE 0x1
#define SYST_CSR_TICKINT 0x2
#define SYST_CSR_CLKSOURCE 0x4
#define SYST_CSR_COUNTFLAG 0x10000
#define SYST_RVR 0xe000e014 // reload value
#define SYST_CVR 0xe000e018 // current value; any write makes it 0

#define NVIC_ISER 0xe000e100 // enable, 32 lines a word
#define NVIC_ICER 0xe000e180 // disable
#define NVIC_ICPR 0xe000e280 // clear pending
#define NVIC_IPR 0xe000e400  // priority, a byte a line

#define ICSR 0xe000ed04
#define ICSR_PENDSVSET 0x10000000
#define ICSR_PENDSVCLR 0x08000000
#define VTOR 0xe000ed08
#define AIRCR 0xe000ed0c
#define AIRCR_KEY 0x05fa0000 // written with PRIGROUP = 0
#define AIRCR_SYSRESETREQ 0x4
#define CCR 0xe000ed14
#define CCR_DIV_0_TRP 0x10
#define CCR_STKALIGN 0x200
#define SHPR1 0xe000ed18 // priorities of exceptions 4-7, 8-11, 12-15
#define SHPR2 0xe000ed1c
#define SHPR3 0xe000ed20
#define SHCSR 0xe000ed24
#define SHCSR_FAULTS 0x70000 // MemManage, BusFault, UsageFault enabled
#define CFSR 0xe000ed28
#define HFSR 0xe000ed2c
#define MMFAR 0xe000ed34
#define BFAR 0xe000ed38
#define CPACR 0xe000ed88
#define CPACR_FPU 0xf00000
#define FPCCR 0xe000ef34
#define FPCCR_AUTO 0xc0000000 // ASPEN and LSPEN
#define FPCCR_LSPACT 0x1      // FP state of a frame is still to be stored

#define MPU_TYPE 0xe000ed90
#define MPU_CTRL 0xe000ed94
#define MPU_CTRL_ON 0x5 // ENABLE, PRIVDEFENA
#define MPU_RNR 0xe000ed98
#define MPU_RBAR 0xe000ed9c
#define MPU_RBAR_VALID 0x10
#define MPU_RASR 0xe000eda0

// EXC_RETURN: bit 2 says that the frame is on the PSP (a goroutine was
// interrupted), bit 4 clear that it has room for FP registers.
#define EXC_PSP 0x4
#define EXC_NOFP 0x10

#define CONTROL_SPSEL 0x2
#define CONTROL_FPCA 0x4

// A board may set these in board.h.
// ARMV7M_FPU: 1 if the core has FP and the compiler is told to use it.
#ifndef ARMV7M_FPU
#define ARMV7M_FPU 0
#endif
// The guard below the g0 stack lies over that stack's lowest bytes. An overflow
// of a goroutine's stack is caught by STACK_GUARD_BYTES (config.h); a core
// without MPU (MPU_TYPE reads 0) cannot, boot refuses it, and its board.h says
//	#define STACK_GUARD_BYTES 0
// A stack is then looked at when its goroutine switches or is interrupted.
#if STACK_GUARD_BYTES != 0 && \
	(STACK_GUARD_BYTES < 32 || STACK_GUARD_BYTES > 4096)
#error "STACK_GUARD_BYTES: an MPU region of 32 to 4096 bytes, or 0"
#endif
// 2^G0_GUARD_BITS of them; 0: none.
#ifndef G0_GUARD_BITS
#define G0_GUARD_BITS 8
#endif
// A fault on g0 or in a handler that finds less than G0_FAULT_ROOM bytes left on
// the g0 stack is reported on a stack of its own, of FAULT_STACK_BYTES; with 0 on
// the top of the g0 stack, whose traceback is then lost.
#ifndef G0_FAULT_ROOM
#define G0_FAULT_ROOM 1024
#endif
#ifndef FAULT_STACK_BYTES
#define FAULT_STACK_BYTES 2048
#endif

// Regions of the MPU; a higher number wins.
#define REGION_CODE 0
#define REGION_RAM 1
#define REGION_TEXT 2 // and the two after it
#define REGION_NULL 5
#define REGION_G0 6
#define REGION_STACK 7

#ifndef __ASSEMBLER__

#include <arch.h>

// The handlers and resume routines are named, not called: by the vector table,
// by gobuf.pc.
void arch_irqentry(void);
void arch_faultentry(void);
void arch_svcentry(void);
void gocoop(void);      // resumes what mcall or systemstack suspended
void gofresh(void);     // starts what gostartcall laid out
void gopreempted(void); // resumes what an interrupt suspended

// fault.c, called by trap.S. arch_nostack reports that gp's stack has no room
// for the rest of its context.
struct sigregs *arch_fault(struct g *gp, uintptr_t frame, uint32_t exc,
			   const uint32_t *r4);
struct sigregs *arch_nostack(struct g *gp, uintptr_t psp, uint32_t exc,
			     const uint32_t *r4);
// arch_overflowed ends the machine: gp switches with its sp below its stack.
_Noreturn void arch_overflowed(struct g *gp, uintptr_t sp);
// arch_error ends the machine where there are no texts (errtext.h).
_Noreturn void arch_error(uintptr_t pc);
// trap.c, called by trap.S: handles the exception whose number is in IPSR and
// says whether to preempt gp.
bool arch_dispatch(struct g *gp, uintptr_t psp, uint32_t exc);

// codeaddr is the address of a function's first instruction: the function
// pointer without the bit that says Thumb.
static inline uintptr_t
codeaddr(void (*fn)(void))
{
	return (uintptr_t)fn & ~(uintptr_t)1;
}

// primask_save keeps every interrupt out, those above the kernel's level too;
// for stretches of some ten instructions.
static inline uint32_t
primask_save(void)
{
	uint32_t old;

	__asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(old) : : "memory");
	return old;
}

static inline void
primask_restore(uint32_t old)
{
	__asm__ volatile("msr primask, %0" : : "r"(old) : "memory");
}

static inline uintptr_t
gword(const struct g *gp, unsigned off)
{
	return *(const uintptr_t *)((const char *)gp + off);
}

// trapinit puts the core's own state as the kernel wants it: vectors, priority
// levels, faults, MPU, FP. Boot and arch_minit.
void trapinit(void);
uint8_t prio_seen(void);      // the priority bits that the core implements
void clock_init(void);        // starts SysTick and with it nanotime; once
bool clock_due(struct g *gp); // the timer part of an interrupt
void bootargs_init(void);

// semihost makes a semihosting call; board.h says whether anybody answers.
uintptr_t semihost(uintptr_t op, const void *arg);

// The frame that the core pushes, and above it, if it has FP state, s0-s15,
// FPSCR and a spare word.
struct hwframe {
	uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};
#define HWFRAME_FP 72      // bytes more with FP
#define XPSR_ALIGNED 0x200 // a word of padding above the frame

// hwframe_sp is the stack pointer of the code that was interrupted.
static inline uintptr_t
hwframe_sp(const struct hwframe *f, uint32_t exc)
{
	uintptr_t sp = (uintptr_t)(f + 1);

	if (!(exc & EXC_NOFP))
		sp += HWFRAME_FP;
	if (f->xpsr & XPSR_ALIGNED)
		sp += 4;
	return sp;
}

// From the linker script.
extern char __vectors[], __ram_start[], __ram_end[], __heap_lo[], __heap_hi[];
extern char __text_start[], __text_end[], __rodata_start[];
// From boot, where nobody answers semihosting.
extern const char __gzargs[];

#endif
#endif
