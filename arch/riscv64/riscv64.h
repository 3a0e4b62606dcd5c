// riscv64.h: what the files of arch/riscv64 and boot/riscv64* share: layouts of
// saved contexts, the use of m's arch words, and the table of harts. C and
// assembly both read it; nobody else does.
#ifndef GZERO_RISCV64_H
#define GZERO_RISCV64_H

#include <config.h>
#include <arch.h>
#include <csr.h>

// The frame of a trap, on the g0 stack, and of a preemption, on the
// goroutine's own: word n is register xn, word 0 is the pc. Word 3 (gp, which
// the kernel never changes) says in a preemption's frame whether the FP part
// follows: f0..f31, fcsr, padding.
#define F_REG(n) (8 * (n))
#define F_EPC F_REG(0)
#define F_FP F_REG(3)
#define F_BYTES 256
#define F_FREG(n) (F_BYTES + 8 * (n))
#define F_FCSR F_FREG(32)
#define F_FP_BYTES 272

// The frame of mcall and arch_catch: ra, s0..s11, padding.
#define C_RA 0
#define C_S(n) (8 + 8 * (n))
#define C_BYTES 112

// The frame of a context that gostartcall made.
#define N_FN 0
#define N_ARG 8
#define N_BYTES 16

// m's arch words: two for the first steps of a trap, then the hart, the address of
// its mtimecmp, and that of trap_line's frame.
#define M_TRAP_SP (M_ARCH + 0 * WORD)
#define M_TRAP_T0 (M_ARCH + 1 * WORD)
#define M_HART (M_ARCH + 2 * WORD)
#define M_TIMECMP (M_ARCH + 3 * WORD)
#define M_TRAP_FRAME (M_ARCH + 4 * WORD)

// A trap that interrupts g0 wants this much of its stack left above the guard.
#define G0_RESERVE (F_BYTES + 768)

// struct unwind and struct hart as assembly sees them (asserted in cpu.c).
#define U_PC 0
#define U_SP 8
#define U_FP 16
#define U_RA 24
#define U_EXACT 32
#define HART_ID 0
#define HART_START 4
#define HART_SHIFT 6

#ifndef __ASSEMBLER__

#include <stdatomic.h>

// hart is one row of the table that boot makes from the device tree; the row
// is the dense index, `id` what the hardware calls it. A row fills a cache line
// because other harts write into it.
struct hart {
	uint32_t id;
	_Atomic uint32_t start; // arch_cpustart was called
	_Atomic uint32_t ipi;   // an IPI is on its way or not yet handled
	uint32_t pad[13];
};

extern struct hart harts[MAXHARTS];
extern uint32_t nharts;
extern uintptr_t ram_end; // one past the memory the image lies in
extern uint64_t mtime0;   // mtime at boot
extern char bootargs[512];
extern unsigned char __image_end[];

// thishart is the row of the hart that runs this. After setg; interrupts masked
// or on g0, or the answer may be old.
static inline struct hart *
thishart(void)
{
	const unsigned char *gp = (const unsigned char *)getg();
	const unsigned char *mp = *(unsigned char *const *)(gp + G_M);

	return *(struct hart *const *)(mp + M_HART);
}

// The CLINT: a word per hart to raise its software interrupt, a deadline per
// hart, one clock for all.
static inline uintptr_t
clint_msip(const struct hart *h)
{
	return CLINT_BASE + 4 * (uintptr_t)h->id;
}

static inline uintptr_t
clint_mtimecmp(const struct hart *h)
{
	return CLINT_BASE + 0x4000 + 8 * (uintptr_t)h->id;
}

// timecmpof is where the address of this hart's deadline is kept, for good; from
// arch_minit on, as thishart.
static inline uintptr_t *
timecmpof(void)
{
	unsigned char *const *gm =
		(unsigned char *const *)(const void *)((const unsigned char *)
							       getg() +
						       G_M);

	return (uintptr_t *)(void *)(*gm + M_TIMECMP);
}

#define CLINT_MTIME (CLINT_BASE + 0xbff8)

void paging_build(void);
bool paging_on(void);
void ipi_ack(void);
void timer_quiet(void);
bool trap_intr(uintptr_t cause, struct g *gp);
_Noreturn void fault(const uintptr_t *frame, struct g *gp, uintptr_t cause,
		     uintptr_t tval);
_Noreturn void fault_overflow(const uintptr_t *frame, struct g *gp);
void trap_vector(void);
void trap_early(void);
void mcall_resume(void);
void preempt_resume(void);
void fresh_resume(void);
void boot_main(uint32_t hartid, const void *fdt);
void boot_secondary(unsigned cpu);

#endif // __ASSEMBLER__
#endif
