// fault.c: from what the hardware says about a fault to sigpanic0.
//
// A fault arrives on its hart's interrupt stack (trap.S), because the stack in
// use may be what is wrong. The report is made where there is room: at the base
// of the g0 stack when a goroutine faulted; below the faulting code when that
// was g0 and its stack has room left; else on the interrupt stack itself, which
// is then the emergency stack. Nothing returns from here, so that stack may be
// entered afresh by a fault in the report.
#include <x86.h>

// Bytes that a report needs of a g0 stack.
#define REPORT_BYTES 3072

static const char *const names[32] = {
	"divide error",
	"debug exception",
	"non-maskable interrupt",
	"breakpoint",
	"overflow exception",
	"bound exception",
	"illegal instruction",
	"no coprocessor",
	"double fault",
	"coprocessor overrun",
	"invalid TSS",
	"segment not present",
	"stack-segment fault",
	"general protection fault",
	"page fault",
	"reserved exception 15",
	"x87 floating-point exception",
	"alignment fault",
	"machine check",
	"SIMD floating-point exception",
	"virtualization exception",
	"control protection exception",
};

// Error code of a page fault.
#define PF_WRITE 2u
#define PF_FETCH 16u

static uintptr_t
gfield(const struct g *gp, unsigned offset)
{
	return *(const uintptr_t *)((const char *)gp + offset);
}

static uintptr_t
readcr2(void)
{
	uintptr_t address;

	__asm__ volatile("movq %%cr2, %0" : "=r"(address));
	return address;
}

// g0of is this hart's g0, NULL before setg.
static struct g *
g0of(void)
{
	struct g *g0;

	__asm__ volatile("movq %%gs:%c1, %0" : "=r"(g0) : "i"(M_G0));
	return g0;
}

static void
setcurrent(struct g *gp)
{
	__asm__ volatile("movq %0, %%gs:%c1"
			 :
			 : "r"(gp), "i"(X86_G)
			 : "memory");
}

// g0low is the lowest mapped byte of this hart's g0 stack.
static uintptr_t
g0low(void)
{
	return (uintptr_t)g0stacks + arch_cpuid() * (uintptr_t)G0_STACK_BYTES +
	       G0_GUARD_BYTES;
}

// x86_faultstack says where the report of a fault is made. Runs on the
// interrupt stack.
uintptr_t
x86_faultstack(const struct frame *f)
{
	struct g *gp = getg(), *g0 = g0of();
	uintptr_t sp = f->rsp & ~(uintptr_t)15;

	if (gp != NULL && gp != g0)
		return gfield(g0, G_SCHED_SP);
	if (sp >= g0low() + REPORT_BYTES &&
	    sp <= g0low() - G0_GUARD_BYTES + G0_STACK_BYTES)
		return sp;
	return (uintptr_t)f & ~(uintptr_t)15;
}

static void
addreg(struct sigregs *r, const char *name, uintptr_t value)
{
	r->reg[r->n].name = name;
	r->reg[r->n].value = value;
	r->n++;
}

static void
addregs(struct sigregs *r, const struct frame *f)
{
	addreg(r, "rax", f->rax);
	addreg(r, "rbx", f->rbx);
	addreg(r, "rcx", f->rcx);
	addreg(r, "rdx", f->rdx);
	addreg(r, "rsi", f->rsi);
	addreg(r, "rdi", f->rdi);
	addreg(r, "rbp", f->rbp);
	addreg(r, "rsp", f->rsp);
	addreg(r, "r8", f->r8);
	addreg(r, "r9", f->r9);
	addreg(r, "r10", f->r10);
	addreg(r, "r11", f->r11);
	addreg(r, "r12", f->r12);
	addreg(r, "r13", f->r13);
	addreg(r, "r14", f->r14);
	addreg(r, "r15", f->r15);
	addreg(r, "rip", f->rip);
	addreg(r, "rflags", f->rflags);
	addreg(r, "vector", f->vec);
	addreg(r, "error", f->err);
}

static const char *
pagefaultname(uintptr_t error)
{
	if (error & PF_FETCH)
		return "instruction page fault";
	return error & PF_WRITE ? "store page fault" : "load page fault";
}

// overflowed tells whether a fault is one of gp's stack: sp has left it, or the
// access went into the page below it.
static bool
overflowed(const struct g *gp, const struct sigregs *r)
{
	uintptr_t lo;

	if (gp == NULL || gp == g0of())
		lo = g0low();
	else
		lo = gfield(gp, G_STACK_LO);
	if (r->at.sp < lo && lo - r->at.sp <= 65536)
		return true;
	return r->has_addr && r->addr < lo && lo - r->addr <= 4096;
}

// x86_fault reports a fault. The current g becomes g0, as in any handler.
void
x86_fault(const struct frame *f)
{
	struct g *gp = getg();
	struct sigregs r = { .n = 0 };

	r.name = f->vec < 32 ? names[f->vec] : NULL;
	if (r.name == NULL)
		r.name = "reserved exception";
	r.has_addr = f->vec == 14;
	if (r.has_addr) {
		r.addr = readcr2();
		r.name = pagefaultname(f->err);
	}
	r.at.pc = f->rip;
	r.at.sp = f->rsp;
	r.at.fp = f->rbp;
	r.at.ra = 0;
	r.at.exact = true;
	r.overflow = overflowed(gp, &r);
	addregs(&r, f);
	if (gp != NULL)
		setcurrent(g0of());
	sigpanic0(gp, &r);
}

// x86_overflow reports that a goroutine was interrupted and has no room for
// what must be kept on its stack. at: its rbp, then the hardware's frame.
void
x86_overflow(struct g *gp, const uintptr_t *at)
{
	struct sigregs r = { .n = 0 };

	r.name = "goroutine stack overflow";
	r.addr = (uintptr_t)at;
	r.has_addr = true;
	r.overflow = true;
	r.at.pc = at[1];
	r.at.sp = at[4];
	r.at.fp = at[0];
	r.at.ra = 0;
	r.at.exact = true;
	addreg(&r, "rip", at[1]);
	addreg(&r, "rsp", at[4]);
	addreg(&r, "rbp", at[0]);
	addreg(&r, "rflags", at[3]);
	addreg(&r, "stack.lo", gfield(gp, G_STACK_LO));
	addreg(&r, "stack.hi", gfield(gp, G_STACK_HI));
	sigpanic0(gp, &r);
}
