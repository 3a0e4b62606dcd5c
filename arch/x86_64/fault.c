// fault.c: from what the hardware says about a fault to sigpanic0.
//
// A fault arrives on its hart's interrupt stack (trap.S), because the stack in
// use may be what is wrong. It goes on where there is room: at the base of the
// g0 stack when a goroutine faulted; below the faulting code when that was g0
// and its stack has room left; else on the interrupt stack itself, which is then
// the emergency stack. Nothing returns from here: sigpanic0 either ends the
// machine or gogoes a fresh context of the goroutine. The hardware keeps no
// state of an exception once its stack has been left, so that is all there is to
// leaving it; what x87 and SSE had to say is dropped when the fresh context
// starts with fninit and its own MXCSR (x86_startresume).
//
// What can go on: what an instruction of a goroutine did wrong, with interrupts
// unmasked. What was interrupted with them masked was in the middle of a switch.
// A breakpoint is nobody's fault: it ends the machine, for whoever planted it.
//
// After a jump to where no code is, the goroutine "is" in the caller: the word on
// top of the stack, if that is an address behind a call instruction.
#include <x86.h>

// Bytes that a report needs of a g0 stack.
#define REPORT_BYTES 3072

// How far below a stack an sp may be and still be called that stack's.
#define NEAR 65536

extern const unsigned char __text_start[], __text_end[];

static const struct {
	const char *name;
	unsigned kind;
} causes[32] = {
	{ "divide error", FAULT_DIVIDE },
	{ "debug exception", FAULT_FATAL },
	{ "non-maskable interrupt", FAULT_FATAL },
	{ "breakpoint", FAULT_FATAL },
	{ "overflow exception", FAULT_FATAL },
	{ "bound exception", FAULT_FATAL },
	{ "invalid opcode", FAULT_ILLEGAL },
	{ "no coprocessor", FAULT_FATAL },
	{ "double fault", FAULT_FATAL },
	{ "coprocessor overrun", FAULT_FATAL },
	{ "invalid TSS", FAULT_FATAL },
	{ "segment not present", FAULT_FATAL },
	{ "stack-segment fault", FAULT_MEMORY },
	{ "general protection fault", FAULT_MEMORY },
	{ "page fault", FAULT_MEMORY },
	{ "reserved exception 15", FAULT_FATAL },
	{ "x87 floating-point exception", FAULT_FLOAT },
	{ "alignment check", FAULT_ALIGN },
	{ "machine check", FAULT_FATAL },
	{ "SIMD floating-point exception", FAULT_FLOAT },
	{ "virtualization exception", FAULT_FATAL },
	{ "control protection exception", FAULT_FATAL },
};

enum { STACK_SEGMENT = 12, PROTECTION = 13, PAGE_FAULT = 14 };

// Error code of a page fault.
#define PF_WRITE 2u
#define PF_RESERVED 8u
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

// stacklow and stackhigh bound the stack of gp, which may be NULL before there
// is one: then it is g0's.
static uintptr_t
stacklow(const struct g *gp)
{
	return gp == NULL || gp == g0of() ? g0low() : gfield(gp, G_STACK_LO);
}

static uintptr_t
stackhigh(const struct g *gp)
{
	if (gp == NULL || gp == g0of())
		return g0low() - G0_GUARD_BYTES + G0_STACK_BYTES;
	return gfield(gp, G_STACK_HI);
}

// overflowed tells whether a fault is one of gp's stack: sp has left it, or the
// access went into the guard below it.
static bool
overflowed(const struct g *gp, const struct sigregs *r)
{
	uintptr_t lo = stacklow(gp);

	if (r->at.sp < lo && lo - r->at.sp <= NEAR)
		return true;
	return r->has_addr && r->addr < lo && lo - r->addr <= 4096;
}

static bool
istext(uintptr_t pc)
{
	return pc >= (uintptr_t)__text_start && pc < (uintptr_t)__text_end;
}

// iscalled tells whether pc is behind a call instruction: e8 and four bytes, or
// ff /2 with one to six bytes of operand.
static bool
iscalled(uintptr_t pc)
{
	const uint8_t *p = (const uint8_t *)pc;

	if (!istext(pc) || !istext(pc - 7))
		return false;
	if (p[-5] == 0xe8)
		return true;
	for (int n = 2; n <= 7; n++)
		if (p[-n] == 0xff && (p[1 - n] & 0x38) == 0x10)
			return true;
	return false;
}

// atcaller moves r->at from where no code is to whoever called or jumped there.
static void
atcaller(const struct g *gp, struct sigregs *r)
{
	uintptr_t sp = r->at.sp, ra;

	if (sp % WORD != 0 || sp < stacklow(gp) || sp > stackhigh(gp) - WORD)
		return;
	ra = *(const uintptr_t *)sp;
	if (!iscalled(ra))
		return;
	r->at.pc = ra;
	r->at.sp = sp + WORD;
	r->at.exact = false;
}

// classify says what kind of fault it was and where it points.
static void
classify(const struct g *gp, const struct frame *f, struct sigregs *r)
{
	r->name = "reserved exception";
	if (f->vec < 32 && causes[f->vec].name != NULL) {
		r->name = causes[f->vec].name;
		r->kind = causes[f->vec].kind;
	}
	if (f->vec == PAGE_FAULT) {
		r->has_addr = true;
		r->addr = readcr2();
		r->name = pagefaultname(f->err);
		if (f->err & PF_RESERVED) // the tables are broken
			r->kind = FAULT_FATAL;
	}
	if (f->vec == STACK_SEGMENT || f->vec == PROTECTION) {
		if (f->err != 0) // a selector: not of a program
			r->kind = FAULT_FATAL;
		else if (!istext(f->rip)) { // no address at all
			r->has_addr = true;
			r->addr = f->rip;
		}
	}
	if (gp != NULL && gp != g0of() && !(f->rflags & X86_IF))
		r->kind = FAULT_FATAL;
}

// x86_fault passes a fault on. The current g becomes g0, as in any handler.
void
x86_fault(const struct frame *f)
{
	struct g *gp = getg();
	struct sigregs r = { .kind = FAULT_FATAL };

	classify(gp, f, &r);
	r.at.pc = f->rip;
	r.at.sp = f->rsp;
	r.at.fp = f->rbp;
	r.at.exact = true;
	r.overflow = overflowed(gp, &r);
	if (!r.overflow && r.has_addr && !istext(f->rip))
		atcaller(gp, &r);
	addregs(&r, f);
	if (gp != NULL)
		setcurrent(g0of());
	sigpanic0(gp, &r);
}

// arch_guardtest also tries the guards of this hart's own stacks.
bool
arch_guardtest(uintptr_t guard)
{
	for (unsigned i = 0; i < 2; i++)
		if (!x86_probe((uintptr_t)x86_faultstacks[arch_cpuid()][i]))
			throw("arch_guardtest: the guard of an interrupt stack "
			      "can be written");
	if (G0_GUARD_BYTES > 0 && !x86_probe(g0low() - 1))
		throw("arch_guardtest: the guard of this hart's g0 stack can "
		      "be written");
	return x86_probe(guard);
}

// x86_overflow reports that a goroutine was interrupted and has no room for
// what must be kept on its stack: sp is in the guard or behind it, or the
// registers of a preemption would be. at: its rbp, then the hardware's frame.
void
x86_overflow(struct g *gp, const uintptr_t *at)
{
	struct sigregs r = { .n = 0 };

	r.name = "no room for an interrupt";
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
