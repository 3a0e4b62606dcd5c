// fault.c: what a trap that is no interrupt looks like to the kernel. Runs on
// the g0 stack (trap.S) with interrupts masked; frame is the complete one.
#include "riscv64.h"

static const char *const causes[] = {
	"instruction address misaligned",
	"instruction access fault",
	"illegal instruction",
	"breakpoint",
	"load address misaligned",
	"load access fault",
	"store address misaligned",
	"store access fault",
	"environment call from U-mode",
	"environment call from S-mode",
	"reserved trap cause",
	"environment call",
	"instruction page fault",
	"load page fault",
	"reserved trap cause",
	"store page fault",
};

// Causes whose tval is an address.
#define ADDRESS_CAUSES 0xb0f3u

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

// fault reports an exception of gp. Called by trap_entry and trap_early.
void
fault(const uintptr_t *frame, struct g *gp, uintptr_t cause, uintptr_t tval)
{
	struct sigregs r = { .name = "unknown trap cause" };

	if (cause < sizeof causes / sizeof causes[0]) {
		r.name = causes[cause];
		r.has_addr = ADDRESS_CAUSES >> cause & 1;
	}
	r.addr = tval;
	fill(&r, frame);
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
