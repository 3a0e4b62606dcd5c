// fault.c: what a trap that is no interrupt looks like to the kernel. Runs on
// the g0 stack (trap.S) with interrupts masked; frame is the complete one.
#include "riscv64.h"

extern const unsigned char __text_start[], __text_end[];

static const struct {
	const char *name;
	unsigned kind;
	bool addr; // tval is an address
} causes[] = {
	{ "instruction address misaligned", FAULT_ALIGN, true },
	{ "instruction access fault", FAULT_MEMORY, true },
	{ "illegal instruction", FAULT_ILLEGAL, false },
	{ "breakpoint", FAULT_ILLEGAL, false },
	{ "load address misaligned", FAULT_ALIGN, true },
	{ "load access fault", FAULT_MEMORY, true },
	{ "store address misaligned", FAULT_ALIGN, true },
	{ "store access fault", FAULT_MEMORY, true },
	{ "environment call from U-mode", FAULT_FATAL, false },
	{ "environment call from S-mode", FAULT_FATAL, false },
	{ "reserved trap cause", FAULT_FATAL, false },
	{ "environment call", FAULT_ILLEGAL, false },
	{ "instruction page fault", FAULT_MEMORY, true },
	{ "load page fault", FAULT_MEMORY, true },
	{ "reserved trap cause", FAULT_FATAL, false },
	{ "store page fault", FAULT_MEMORY, true },
};

static const char *const names[32] = {
	"pc", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
	"a1", "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
	"s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};

static void
fill(struct sigregs *r, const uintptr_t *frame)
{
	r->at.pc = frame[0];
	r->at.ra = frame[1];
	r->at.sp = frame[2];
	r->at.fp = frame[8];
	r->at.exact = true;
	r->n = 32;
	for (unsigned i = 0; i < 32; i++) {
		r->reg[i].name = names[i];
		r->reg[i].value = frame[i];
	}
}

// overflowed tells whether gp's stack has ended: r happened in the guard below
// it, or with sp below it. Before there is a gp, a guard of any hart counts.
static bool
overflowed(const struct g *gp, const struct sigregs *r)
{
	const unsigned char *p = (const unsigned char *)gp;
	uintptr_t guard = gp == getg() ? G0_GUARD_BYTES : STACK_GUARD_BYTES;
	uintptr_t lo, g0 = r->addr - (uintptr_t)g0stacks;

	if (gp == NULL)
		return r->has_addr && g0 < MAXHARTS * G0_STACK_BYTES &&
		       g0 % G0_STACK_BYTES + 1 <= G0_GUARD_BYTES;
	lo = *(const uintptr_t *)(p + G_STACK_LO);
	return r->at.sp < lo || (r->has_addr && lo - 1 - r->addr < guard);
}

// fault reports an exception of gp. Called by trap_entry and trap_early. Where
// interrupts were masked, the kernel was at work, and nobody can go on. What gp
// had in FP registers was its callers' to save, and no instruction of this machine
// traps for them; the rounding mode stays as gp set it (and with the hart, as in
// every cooperative switch).
void
fault(const uintptr_t *frame, struct g *gp, uintptr_t cause, uintptr_t tval)
{
	struct sigregs r = { .name = "unknown trap cause" };

	if (cause < sizeof causes / sizeof causes[0]) {
		r.name = causes[cause].name;
		r.kind = causes[cause].kind;
		r.has_addr = causes[cause].addr;
	}
	r.addr = tval;
	fill(&r, frame);
	r.overflow = overflowed(gp, &r);
	if ((csr_read(CSR_STATUS) & STATUS_PIE) == 0)
		r.kind = FAULT_FATAL;
	// After a jump to where no code is, the caller is where it happened.
	if (frame[0] - (uintptr_t)__text_start >=
	    (uintptr_t)__text_end - (uintptr_t)__text_start) {
		r.at.pc = r.at.ra;
		r.at.ra = 0;
		r.at.exact = false;
	}
	sigpanic0(gp, &r);
}

// fault_overflow reports that gp's stack had no room: a goroutine's for the
// frame of a preemption, g0's for that of a trap.
void
fault_overflow(const uintptr_t *frame, struct g *gp)
{
	struct sigregs r = { .overflow = true };

	r.name =
		gp == getg() ? "g0 stack overflow" : "goroutine stack overflow";
	r.addr = frame[2];
	r.has_addr = true;
	fill(&r, frame);
	sigpanic0(gp, &r);
}
