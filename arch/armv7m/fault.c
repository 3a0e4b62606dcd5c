// fault.c (armv7m): what the core says about a fault, in words, for sigpanic0.
//
// A fault of a goroutine comes back to trap.S, which leaves the exception and
// calls sigpanic0 in Thread mode on g0's stack: the kernel may then end that
// goroutine and go on. Any other fault is reported from inside the exception,
// and the report is the end.
//
// If the stack pointer itself was bad the core's frame is not there: pc and
// r0-r3 are lost with it (the core has no other place for them), and the report
// has the stack pointer, which says whose stack ended, and r4-r11.
#include <arch.h>
#include <armv7m.h>

enum {
	MSTKERR = 1 << 4,
	STKERR = 1 << 12,
	MMARVALID = 1 << 7,
	BFARVALID = 1 << 15,
	IMPRECISERR = 1 << 10,
	HFSR_VECTTBL = 1 << 1,
	EXC_HARDFAULT = 3
};

// The emergency stack; see trap.S.
_Alignas(8) unsigned char faultstack[FAULT_STACK_BYTES];

// One fault at a time: a second one finds the report of the first printed, or
// never to be.
static struct sigregs report;

static const struct {
	uint32_t bit; // in CFSR
	const char *name;
} causes[] = {
	{ 1 << 4, "stack overflow (MemManage MSTKERR)" },
	{ 1 << 12, "stack outside memory (BusFault STKERR)" },
	{ 1 << 0, "instruction access violation (MemManage IACCVIOL)" },
	{ 1 << 1, "data access violation (MemManage DACCVIOL)" },
	{ 1 << 3, "bad frame at exception return (MemManage MUNSTKERR)" },
	{ 1 << 5, "access violation saving FP state (MemManage MLSPERR)" },
	{ 1 << 8, "instruction bus error (BusFault IBUSERR)" },
	{ 1 << 9, "data bus error (BusFault PRECISERR)" },
	{ 1 << 10, "data bus error, late (BusFault IMPRECISERR)" },
	{ 1 << 11, "bad frame at exception return (BusFault UNSTKERR)" },
	{ 1 << 13, "bus error saving FP state (BusFault LSPERR)" },
	{ 1 << 16, "illegal instruction (UsageFault UNDEFINSTR)" },
	{ 1 << 17, "invalid state (UsageFault INVSTATE)" },
	{ 1 << 18, "invalid exception return (UsageFault INVPC)" },
	{ 1 << 19, "no FP unit or other coprocessor (UsageFault NOCP)" },
	{ 1 << 24, "unaligned access (UsageFault UNALIGNED)" },
	{ 1 << 25, "integer divide by zero (UsageFault DIVBYZERO)" },
};

static const char *const exceptions[16] = {
	[2] = "NMI",
	[3] = "hard fault",
	[4] = "MemManage",
	[5] = "BusFault",
	[6] = "UsageFault",
	[11] = "svc instruction",
	[12] = "debug monitor",
};

static const char *
cause(uint32_t cfsr, uint32_t hfsr, uint32_t ipsr)
{
	for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
		if (cfsr & causes[i].bit)
			return causes[i].name;
	if (hfsr & HFSR_VECTTBL)
		return "hard fault reading the vector table (VECTTBL)";
	if (ipsr < 16 && exceptions[ipsr])
		return exceptions[ipsr];
	return "unexpected exception";
}

static void
reg(struct sigregs *r, const char *name, uintptr_t value)
{
	r->reg[r->n].name = name;
	r->reg[r->n++].value = value;
}

// readable says whether a frame at p can be read without a second fault.
static bool
readable(uintptr_t p)
{
	uintptr_t lo = (uintptr_t)__ram_start, hi = (uintptr_t)__ram_end;
	uintptr_t hlo = (uintptr_t)__heap_lo, hhi = (uintptr_t)__heap_hi;

	if (p % 4 != 0)
		return false;
	return (p >= lo && p < hi && hi - p >= sizeof(struct hwframe)) ||
	       (p >= hlo && p < hhi && hhi - p >= sizeof(struct hwframe));
}

static void
frame_regs(struct sigregs *r, const struct hwframe *f, uint32_t exc)
{
	reg(r, "r0", f->r0);
	reg(r, "r1", f->r1);
	reg(r, "r2", f->r2);
	reg(r, "r3", f->r3);
	reg(r, "r12", f->r12);
	reg(r, "lr", f->lr);
	reg(r, "pc", f->pc);
	reg(r, "xpsr", f->xpsr);
	r->at.pc = f->pc;
	r->at.ra = f->lr & ~UINT32_C(1);
	r->at.sp = hwframe_sp(f, exc);
}

static void
saved_regs(struct sigregs *r, const uint32_t *r4)
{
	static const char *const names[8] = { "r4", "r5", "r6",  "r7",
					      "r8", "r9", "r10", "r11" };

	for (unsigned i = 0; i < 8; i++)
		reg(r, names[i], r4[i]);
	r->at.fp = r4[3];
}

// overflowed says whether gp's stack had ended: sp is below it, or what failed
// is a write into the guard.
static bool
overflowed(const struct g *gp, uintptr_t frame, const struct sigregs *r)
{
	uintptr_t lo;

	if (!gp)
		return false;
	lo = gword(gp, G_STACK_LO);
	if (frame < lo)
		return true;
	return r->has_addr && r->addr < lo + 2 * STACK_GUARD &&
	       r->addr + 4096 > lo;
}

static void
fill(struct sigregs *r, struct g *gp, uintptr_t frame, uint32_t exc,
     const uint32_t *r4, bool good)
{
	r->n = 0;
	r->at.pc = 0;
	r->at.ra = 0;
	r->at.sp = frame;
	r->at.fp = 0;
	r->at.exact = true;
	if (good)
		frame_regs(r, (const struct hwframe *)frame, exc);
	if (r4)
		saved_regs(r, r4);
	reg(r, "sp", r->at.sp);
	reg(r, "exc_return", exc);
	r->overflow = overflowed(gp, frame, r);
}

struct sigregs *
arch_nostack(struct g *gp, uintptr_t psp, uint32_t exc)
{
	struct sigregs *r = &report;

	r->name = "goroutine stack overflow";
	r->addr = psp;
	r->has_addr = true;
	fill(r, gp, psp, exc, NULL, readable(psp));
	r->overflow = true;
	return r;
}

struct sigregs *
arch_fault(struct g *gp, uintptr_t frame, uint32_t exc, const uint32_t *r4)
{
	struct sigregs *r = &report;
	uint32_t cfsr = ioread32(CFSR);
	uint32_t hfsr = ioread32(HFSR);
	uint32_t ipsr;

	__asm__ volatile("mrs %0, ipsr" : "=r"(ipsr));
	r->has_addr = (cfsr & (MMARVALID | BFARVALID)) != 0;
	r->addr = ioread32(cfsr & MMARVALID ? MMFAR : BFAR);
	fill(r, gp, frame, exc, r4,
	     !(cfsr & (MSTKERR | STKERR)) && readable(frame));
	reg(r, "cfsr", cfsr);
	reg(r, "hfsr", hfsr);
	reg(r, "ipsr", ipsr & 0x1ff);
	r->name = cause(cfsr, hfsr, ipsr & 0x1ff);
	if (r->overflow && (exc & EXC_PSP))
		r->name = "goroutine stack overflow";
	else if (cfsr & IMPRECISERR)
		r->at.exact = false;
	iowrite32(CFSR, cfsr);
	iowrite32(HFSR, hfsr);
	if (!(exc & EXC_PSP))
		sigpanic0(gp, r);
	return r;
}
