// fault.c (armv7m): what the core says about a fault, in words, for sigpanic0,
// and the test of the guards.
//
// A fault of a goroutine comes back to trap.S, which leaves the exception and
// calls sigpanic0 in Thread mode on g0's stack: the kernel may then make a panic
// of it, or end that goroutine, and go on. Any other fault is reported from
// inside the exception, and the report is the end.
//
// If the stack pointer itself was bad (an overflow by a push finds the guard
// under the core's frame too) that frame is not there: pc, lr and r0-r3 are
// lost with it, the core has no other place for them. The report says so, and
// has the stack pointer, which tells whose stack ended, and r4-r11.
//
// A bus error that comes late (a write on its way through a buffer) may be
// another goroutine's than the one it meets, so it is nobody's panic.
#include <arch.h>
#include <armv7m.h>

#if SMALL
void
arch_error(uintptr_t pc)
{
	uint16_t op = 0;

	if (pc - (uintptr_t)__text_start <
	    (uintptr_t)(__text_end - __text_start))
		op = *(const uint16_t *)pc;
	arch_halt(op >> 8 == 0xde ? op & 0xff : ERR_FAULT); // udf
}

void
arch_overflowed(struct g *gp, uintptr_t sp)
{
	(void)gp;
	(void)sp;
	ARCH_ERRNUM(ERRNUM("stack overflow"));
	__builtin_unreachable();
}

#else
enum {
	IACCVIOL = 1 << 0,
	DACCVIOL = 1 << 1,
	MSTKERR = 1 << 4,
	MMARVALID = 1 << 7,
	IBUSERR = 1 << 8,
	IMPRECISERR = 1 << 10,
	STKERR = 1 << 12,
	BFARVALID = 1 << 15,
	INVSTATE = 1 << 17,
	HFSR_VECTTBL = 1 << 1,
	EXC_HARDFAULT = 3,
	EXC_SVC = 11
};

// The emergency stack; see trap.S.
#if FAULT_STACK_BYTES != 0
_Alignas(8) unsigned char faultstack[FAULT_STACK_BYTES];
#endif

// One fault at a time: a second one finds the report of the first printed, or
// never to be.
static struct sigregs report;

// The address that arch_guardtest writes to, until that has faulted.
static volatile uintptr_t probing;

// The first that fits is told. Names of what can be a panic have 40 characters
// at most, so that PANIC_TEXT holds them and the address.
static const struct {
	uint32_t bit; // in CFSR
	unsigned kind;
	const char *name;
} causes[] = {
	{ MSTKERR, FAULT_FATAL,
	  "no room for its frame, pc lost, MemManage MSTKERR" },
	{ STKERR, FAULT_FATAL,
	  "no stack for its frame, pc lost, BusFault STKERR" },
	{ IACCVIOL, FAULT_MEMORY, "not executable, MemManage IACCVIOL" },
	{ DACCVIOL, FAULT_MEMORY, "access violation, MemManage DACCVIOL" },
	{ 1 << 3, FAULT_FATAL,
	  "bad frame at exception return, MemManage MUNSTKERR" },
	{ 1 << 5, FAULT_FATAL, "violation saving FP state, MemManage MLSPERR" },
	{ IBUSERR, FAULT_MEMORY, "bus error, BusFault IBUSERR" },
	{ 1 << 9, FAULT_MEMORY, "bus error, BusFault PRECISERR" },
	{ IMPRECISERR, FAULT_FATAL, "bus error, late, BusFault IMPRECISERR" },
	{ 1 << 11, FAULT_FATAL,
	  "bad frame at exception return, BusFault UNSTKERR" },
	{ 1 << 13, FAULT_FATAL, "bus error saving FP state, BusFault LSPERR" },
	{ 1 << 16, FAULT_ILLEGAL, "UsageFault UNDEFINSTR" },
	{ INVSTATE, FAULT_ILLEGAL, "no Thumb code, UsageFault INVSTATE" },
	{ 1 << 18, FAULT_FATAL, "invalid exception return, UsageFault INVPC" },
	{ 1 << 19, FAULT_ILLEGAL, "no such unit, UsageFault NOCP" },
	{ 1 << 24, FAULT_ALIGN, "UsageFault UNALIGNED" },
	{ 1 << 25, FAULT_DIVIDE, "UsageFault DIVBYZERO" },
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

static void
cause(struct sigregs *r, uint32_t cfsr, uint32_t hfsr, uint32_t ipsr)
{
	r->kind = ipsr == EXC_SVC ? FAULT_ILLEGAL : FAULT_FATAL;
	r->name = ipsr < 16 && exceptions[ipsr] ? exceptions[ipsr] :
						  "unexpected exception";
	if (hfsr & HFSR_VECTTBL)
		r->name = "hard fault reading the vectors, VECTTBL";
	for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
		if (!(cfsr & causes[i].bit))
			continue;
		r->name = causes[i].name;
		// One that became a hard fault met masked interrupts.
		if (ipsr != EXC_HARDFAULT)
			r->kind = causes[i].kind;
		return;
	}
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

static bool
intext(uintptr_t pc)
{
	return pc >= (uintptr_t)__text_start && pc < (uintptr_t)__text_end;
}

// badjump: the fault is that execution went to f->pc, where no code is. The
// place that is told is then the caller's.
static void
badjump(struct sigregs *r, const struct hwframe *f)
{
	uintptr_t ra = f->lr & ~UINT32_C(1);

	r->addr = f->pc;
	r->has_addr = true;
	if (!intext(f->pc))
		r->kind = FAULT_MEMORY;
	if (!intext(ra))
		return;
	r->at.pc = ra;
	r->at.exact = false;
}

// overflowed says whether gp's stack had ended: sp is below it (frame is where
// the core wanted to put its own), or what failed is an access to the guard.
static bool
overflowed(const struct g *gp, uintptr_t frame, const struct sigregs *r)
{
	uintptr_t lo, size = STACK_GUARD_BYTES;

	if (!gp)
		return false;
	lo = gword(gp, G_STACK_LO);
	if (lo == (uintptr_t)g0stacks) {
		size = G0_GUARD_BITS != 0 ? 1 << G0_GUARD_BITS : 0;
		lo += size;
	}
	return frame < lo ||
	       (r->has_addr && r->addr < lo && lo - r->addr <= size);
}

static void
fill(struct sigregs *r, uintptr_t frame, uint32_t exc, const uint32_t *r4,
     bool good)
{
	r->n = 0;
	r->at = (struct unwind){ .exact = true };
	r->at.sp = frame + sizeof(struct hwframe);
	if (!(exc & EXC_NOFP))
		r->at.sp += HWFRAME_FP;
	if (good)
		frame_regs(r, (const struct hwframe *)frame, exc);
	saved_regs(r, r4);
	reg(r, "sp", r->at.sp);
	reg(r, "exc_return", exc);
}

// open_guards lets the report of an overflow read all of the stack.
static void
open_guards(void)
{
	iowrite32(MPU_RNR, REGION_G0);
	iowrite32(MPU_RASR, 0);
	iowrite32(MPU_RNR, REGION_STACK);
	iowrite32(MPU_RASR, 0);
	__asm__ volatile("dsb" : : : "memory");
}

struct sigregs *
arch_nostack(struct g *gp, uintptr_t psp, uint32_t exc, const uint32_t *r4)
{
	struct sigregs *r = &report;

	(void)gp;
	r->name = "no room to preempt or interrupt it";
	r->kind = FAULT_FATAL;
	r->addr = psp;
	r->has_addr = true;
	fill(r, psp, exc, r4, readable(psp));
	r->overflow = true;
	open_guards();
	return r;
}

void
arch_overflowed(struct g *gp, uintptr_t sp)
{
	struct sigregs *r = &report;

	r->name = "it switches with sp below its stack";
	r->kind = FAULT_FATAL;
	r->addr = sp;
	r->has_addr = true;
	r->overflow = true;
	open_guards();
	r->n = 0;
	arch_unwindg(&r->at, gp);
	reg(r, "sp", sp);
	sigpanic0(gp, r);
}

// probed says whether the fault is arch_guardtest's, and moves the frame's pc
// behind the instruction that made it.
static bool
probed(struct hwframe *f, uint32_t cfsr, uint32_t exc)
{
	uint16_t op;

	if (probing == 0 || (exc & EXC_PSP) || cfsr != (DACCVIOL | MMARVALID) ||
	    ioread32(MMFAR) != probing)
		return false;
	op = *(const uint16_t *)f->pc;
	f->pc += op >= 0xe800 ? 4 : 2;
	probing = 0;
	return true;
}

// forget_fp takes back the core's promise to store FP registers into the frame
// of a goroutine that will not go on from it.
static void
forget_fp(void)
{
	if (ARMV7M_FPU)
		iowrite32(FPCCR, ioread32(FPCCR) & ~(uint32_t)FPCCR_LSPACT);
}

// arch_fault returns what trap.S shall tell sigpanic0, or NULL if whoever
// faulted goes on.
struct sigregs *
arch_fault(struct g *gp, uintptr_t frame, uint32_t exc, const uint32_t *r4)
{
	struct sigregs *r = &report;
	struct hwframe *f = (struct hwframe *)frame;
	uint32_t cfsr = ioread32(CFSR);
	uint32_t hfsr = ioread32(HFSR);
	bool good = !(cfsr & (MSTKERR | STKERR)) && readable(frame);
	uint32_t ipsr;

	__asm__ volatile("mrs %0, ipsr" : "=r"(ipsr));
	ipsr &= 0x1ff;
	r->has_addr = (cfsr & (MMARVALID | BFARVALID)) != 0;
	r->addr = ioread32(cfsr & MMARVALID ? MMFAR : BFAR);
	iowrite32(CFSR, cfsr);
	iowrite32(HFSR, hfsr);
	if (good && probed(f, cfsr, exc))
		return NULL;
	cause(r, cfsr, hfsr, ipsr);
	fill(r, frame, exc, r4, good);
	if (good &&
	    ((cfsr & (IACCVIOL | IBUSERR | INVSTATE)) || !intext(f->pc)))
		badjump(r, f);
	// A late bus error and an svc are told after their instruction.
	if ((cfsr & IMPRECISERR) || ipsr == EXC_SVC)
		r->at.exact = false;
	reg(r, "cfsr", cfsr);
	reg(r, "hfsr", hfsr);
	reg(r, "ipsr", ipsr);
	r->overflow = overflowed(gp, frame, r);
	if (r->overflow)
		open_guards();
	if (!(exc & EXC_PSP))
		sigpanic0(gp, r);
	forget_fp();
	return r;
}

// probe writes to a and returns true if that faulted.
static bool
probe(uintptr_t a)
{
	probing = a;
	*(volatile uint32_t *)a = 0;
	__asm__ volatile("dsb" : : : "memory");
	if (probing == 0)
		return true;
	probing = 0;
	return false;
}

bool
arch_guardtest(uintptr_t guard)
{
	iowrite32(MPU_RBAR, guard | MPU_RBAR_VALID | REGION_STACK);
	__asm__ volatile("dsb\n\tisb" : : : "memory");
	return probe(guard) && probe(guard + STACK_GUARD_BYTES - 4);
}
#endif
