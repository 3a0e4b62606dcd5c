// x86.h: what arch/x86_64 and boot/x86_64 share among themselves: vectors,
// selectors, the block of a hart, the local APIC. Nothing of it is for others.
//
// The M_ARCH words of m (reached through gs):
//   0 X86_G     the current g
//   1 X86_HART  this hart's struct hart
//   2 X86_T0, 3 X86_T1  where trap entry puts two registers before it has a
//               stack; live only with interrupts masked
//   4 X86_PIN   the I/O APIC's pin that is being entered; likewise
#ifndef GZERO_X86_H
#define GZERO_X86_H

#include <arch.h>
#include <config.h>

#ifndef X86_G
#define X86_G M_ARCH
#endif
#define X86_HART (M_ARCH + 1 * WORD)
#define X86_T0 (M_ARCH + 2 * WORD)
#define X86_T1 (M_ARCH + 3 * WORD)
#define X86_PIN (M_ARCH + 4 * WORD)

// Selectors. One GDT serves all harts; each has its own TSS in it.
#define SEL_CODE 0x08
#define SEL_DATA 0x10
#define SEL_CODE32 0x18
#define SEL_TSS 0x20 // of hart 0; the next ones follow, 16 bytes each

// Vectors. 0..31 are the CPU's; the 8259s, masked, could still send a spurious
// one in 0x20..0x2f.
#define VEC_PIC 0x20
#define VEC_LINE 0x30 // of the I/O APIC's pin 0
#define NPIN 24
#define VEC_IPI 0xf0
#define VEC_TIMER 0xf1
#define VEC_ERROR 0xfe
#define VEC_SPURIOUS 0xff

// Entries of the interrupt stack table in a TSS.
#define IST_NONE 0
#define IST_FAULT 1 // what a program may cause: the stack it ran on may be bad
#define IST_FATAL 2 // #DF, NMI, #MC: may hit while the other is in use
#define IST_INTR 3  // interrupts; left at once, see trap.S
#define FAULT_STACK_BYTES 12288 // of each; the lowest page is not mapped
#define FAULT_GUARD_BYTES 4096

// Local APIC, at its architectural address in xAPIC mode.
#define LAPIC 0xfee00000
#define LAPIC_ID 0x020
#define LAPIC_TPR 0x080
#define LAPIC_EOI 0x0b0
#define LAPIC_SVR 0x0f0
#define LAPIC_ISR 0x100
#define LAPIC_ESR 0x280
#define LAPIC_ICRLO 0x300
#define LAPIC_ICRHI 0x310
#define LAPIC_LVT_TIMER 0x320
#define LAPIC_LVT_THERMAL 0x330
#define LAPIC_LVT_PERF 0x340
#define LAPIC_LVT_LINT0 0x350
#define LAPIC_LVT_LINT1 0x360
#define LAPIC_LVT_ERROR 0x370
#define LAPIC_TMICT 0x380
#define LAPIC_TMCCT 0x390
#define LAPIC_TDCR 0x3e0
#define LVT_MASKED 0x10000

// MXCSR and x87 control word as the ABI has them at a program's start.
#define MXCSR_INIT 0x1f80

#ifndef __ASSEMBLER__

#include <stdatomic.h>

// tss is the hardware's task state: the interrupt stacks. Addresses are 8 bytes
// at odd multiples of 4, hence in halves.
struct tss {
	uint32_t reserved0;
	uint32_t rsp[6]; // unused: nothing runs outside ring 0
	uint32_t reserved1[2];
	uint32_t ist[14]; // low and high half of IST 1..7
	uint32_t reserved2[2];
	uint16_t reserved3;
	uint16_t iomap;
};

// hart is the arch's own block of a hart. m0 comes first and stands in for m
// until setg: gs points at it, its g is NULL, its M_ID right.
struct hart {
	uintptr_t m0[M_ARCH / WORD + M_ARCH_WORDS];
	int64_t deadline; // of arch_timerset; INT64_MAX: none. Its hart only.
	uint8_t apicid;
	atomic_uchar up; // set by the hart when it runs; release, arch_cpustart
	struct tss tss;
	_Alignas(16) uintptr_t intrstack[8]; // IST_INTR: six words are used
};

// frame is what the fault stub leaves on the interrupt stack.
struct frame {
	uintptr_t r15, r14, r13, r12, r11, r10, r9, r8;
	uintptr_t rdi, rsi, rbp, rdx, rcx, rbx, rax;
	uintptr_t vec, err;
	uintptr_t rip, cs, rflags, rsp, ss;
};

// clock is what boot measured against the PIT. err_ppm bounds the error of
// tsc_hz in parts per million.
struct x86_clock {
	uint64_t tsc0;    // counter at nanotime 0
	uint64_t nsmul;   // nanoseconds per tick, 32 binary places
	uint64_t tickmul; // timer ticks per nanosecond, 32 binary places
	uint64_t tsc_hz, timer_hz;
	uint32_t err_ppm;
	uint32_t rounds;
};

extern struct hart x86_hart[MAXHARTS];
// Interrupt stacks of each hart: [0] for IST_FAULT, [1] for IST_FATAL.
extern unsigned char x86_faultstacks[MAXHARTS][2][FAULT_STACK_BYTES];
extern struct x86_clock x86_clock;
extern unsigned x86_ncpu;
extern uint8_t x86_cpuof[256];
extern uint64_t x86_gdt[];
extern char x86_bootargs[];
extern uintptr_t x86_ramlo, x86_ramhi;

// Assembly.
extern const unsigned char x86_faultvec[], x86_linevec[];
bool x86_probe(uintptr_t address);
extern const unsigned char x86_tramp[];
extern const uint32_t x86_tramp_bytes;
void x86_timervec(void);
void x86_ipivec(void);
void x86_errorvec(void);
void x86_strayvec(void);
void x86_spuriousvec(void);
void x86_mcallresume(void);
void x86_startresume(void);
void x86_preemptresume(void);

// cpu.c
void x86_idtinit(void);
void x86_hartinit(unsigned cpu);
void x86_lapicinit(void);
void x86_ioapicinit(uintptr_t base);
void x86_isaroute(unsigned irq, unsigned pin, bool level, bool low);

// trap.c, called by trap.S
bool x86_timer(struct g *gp);
extern uint8_t x86_irqofpin[];
bool x86_line(unsigned pin, struct g *gp);
bool x86_lapicerror(struct g *gp);
bool x86_stray(struct g *gp);

// fault.c, called by trap.S
_Noreturn void x86_overflow(struct g *gp, const uintptr_t *at);
uintptr_t x86_faultstack(const struct frame *f);
_Noreturn void x86_fault(const struct frame *f);

// boot
_Noreturn void x86_boot(uintptr_t info);
_Noreturn void x86_bootap(unsigned cpu);

static inline struct hart *
x86_self(void)
{
	struct hart *h;

	__asm__ volatile("movq %%gs:%c1, %0" : "=r"(h) : "i"(X86_HART));
	return h;
}

static inline uint32_t
lapic_read(unsigned reg)
{
	return *(volatile uint32_t *)(uintptr_t)(LAPIC + reg);
}

static inline void
lapic_write(unsigned reg, uint32_t value)
{
	*(volatile uint32_t *)(uintptr_t)(LAPIC + reg) = value;
}

static inline uint64_t
x86_rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (uint64_t)hi << 32 | lo;
}

static inline void
x86_wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((uint32_t)value),
			   "d"((uint32_t)(value >> 32))
			 : "memory");
}

// x86_rdtsc reads the counter after all earlier loads are done, so that a time
// read after another hart's (seen through memory) is never before it.
static inline uint64_t
x86_rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

#define MSR_APIC_BASE 0x1bu
#define MSR_GS_BASE 0xc0000101u

#endif
#endif
