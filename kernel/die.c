// die.c: how the machine ends: os_exit, fatal errors, throws, faults, deadlock. A
// dead system says why, once, in one piece, and stops with a status.
//
// What always holds: the first hart that dies owns the console; it runs with
// interrupts masked from there on and takes no lock, so a lock that somebody holds
// cannot hang the report (Go issue 59758). The other harts are sent an IPI and stay
// in their handler (frozen). A second death of the same hart, from inside the
// report, ends the machine at once.
//
// Go: panic.go (fatalpanic, throw), proc.go (checkdead), traceback.go.
#include <string.h>

#include "runtime.h"
#include "traceback.h"

#define DEAD_STATUS 2
#define MANY 50 // goroutines whose tracebacks are printed
// Stack that a panic after a fault needs besides its registers, in bytes: 290 were
// seen on armv7m, and on x86_64 272 where it formats its text, which is not yet
// the deepest; and wherever it is a preemption may come.
#define FAULT_ROOM (80 * sizeof(uintptr_t) + PREEMPT_STACK_BYTES)

uint32_t dying; // 1 + the id of the hart that dies; 0: none
static uint32_t nfrozen;

// frozen holds a hart, in its handler, until the machine ends.
_Noreturn void
frozen(void)
{
	xadd(&nfrozen, 1);
	for (;;)
		procyield();
}

// startdying makes this hart the one that reports, and stops the others. A hart
// that comes second stays here; one that comes again ends the machine.
void
startdying(void)
{
	static bool twice;
	uint32_t self = 1 + arch_cpuid(), others = 0;
	int64_t end;

	arch_irqsave();
	if (!cas(&dying, 0, self)) {
		if (load(&dying) != self)
			frozen();
		if (twice) {
			died();
		}
		twice = true;
		kprintf("\n"); // in the middle of a line
		return;
	}
	if (LASTRUN_BYTES != 0)
		lastrunbegin();
	for (uint32_t i = 0; i < ncpu; i++)
		if (i + 1 != self && allm[i].g0 != NULL) {
			arch_cpuwake(i);
			others++;
		}
	end = nanotime() + 10 * MILLISECOND;
	while (load(&nfrozen) < others && nanotime() < end)
		procyield();
}

// died ends a machine whose report is printed: it stops, with a status, or begins
// again if the board wants that.
_Noreturn void
died(void)
{
	if (LASTRUN_BYTES != 0)
		lastrunend(true);
	if (PANIC_RESET)
		arch_reset();
	arch_halt(DEAD_STATUS);
}

void
os_exit(int code)
{
	arch_irqsave();
	if (load(&dying) != 0 && load(&dying) != 1 + arch_cpuid())
		frozen(); // let the report finish
	if ((STACK_PAINT || DEBUG) && load(&dying) == 0 &&
	    strstr(arch_bootargs(), "gz.stacks") != NULL) {
		startdying();
		stackreport();
	}
	if (RACE && load(&dying) == 0)
		startdying();
	if (RACE)
		racereport();
	if (LASTRUN_BYTES != 0)
		lastrunend(false); // not a report, whatever was printed
	arch_halt(code & 255);
}

// ---- Tracebacks of goroutines ------------------------------------------------

static const char *
statusname(const struct g *gp)
{
	switch (load_rlx(&gp->status)) {
	case Grunnable:
		return "runnable";
	case Grunning:
		return "running";
	case Gpreempted:
		return "preempted";
	case Gwaiting:
		return gp->waitreason != NULL ? gp->waitreason : "waiting";
	default:
		return "dead";
	}
}

static void
header(const struct g *gp)
{
	kprintf("goroutine %llu [%s%s]", (unsigned long long)gp->goid,
		statusname(gp),
		gp->lockedcount != 0 ? ", locked to its hart" : "");
	if (gp->name != NULL)
		kprintf(" %s", gp->name);
	kprintf(":\n");
}

// createdby prints the go statement that made gp.
static void
createdby(const struct g *gp)
{
	struct frame f;

	if (gp->goid <= 1 || !findframe(gp->gopc, false, &f))
		return;
	kprintf("created by %s in goroutine %llu\n", f.func,
		(unsigned long long)gp->parentgoid);
	if (f.file != NULL)
		kprintf("\t%s:%d +0x%lx\n", f.file, f.line,
			(unsigned long)(f.pc - f.entry));
}

// tracebackg prints gp's stack: from u on if that is given, which is so for the
// running goroutine, else from where it was suspended.
static void
tracebackg(const struct g *gp, const struct unwind *from)
{
	struct unwind u;

	header(gp);
	if (from != NULL) {
		traceback(*from, gp->stacklo, gp->stackhi);
	} else if (load_rlx(&gp->status) == Grunning) {
		kprintf("\tgoroutine running on another hart; stack "
			"unavailable\n");
	} else {
		arch_unwindg(&u, gp);
		traceback(u, gp->stacklo, gp->stackhi);
	}
	createdby(gp);
}

static bool
alive(const struct g *gp)
{
	uint32_t s = load_rlx(&gp->status);

	return s != Gidle && s != Gdead;
}

// tracebackothers prints every living goroutine but me.
static void
tracebackothers(const struct g *me)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < gpool.fresh; i++) {
		if (&allg[i] == me || !alive(&allg[i]))
			continue;
		if (n++ >= MANY)
			continue;
		kprintf("\n");
		tracebackg(&allg[i], NULL);
	}
	if (n > MANY)
		kprintf("\n... and %u more goroutines\n", n - MANY);
}

void
runtime_stack(bool all)
{
	struct g *gp = getg();
	struct unwind u;

	mustgoroutine("runtime_stack");
	if (all && gp->locks != 0)
		fatal("runtime_stack of all with preemption disabled");
	arch_unwindhere(&u);
	if (all)
		stoptheworld();
	tracebackg(gp, &u);
	if (!all)
		return;
	tracebackothers(gp);
	starttheworld();
}

// dienow ends the report of a goroutine's death with its traceback.
_Noreturn void
dienow(const struct g *gp, const struct unwind *from)
{
	tracebackg(gp, from);
	died();
}

// ---- Fatal errors and throws ---------------------------------------------------

_Noreturn void
fatal(const char *fmt, ...)
{
	char text[256];
	struct g *gp = getg();
	struct unwind u;
	va_list ap;

	arch_unwindhere(&u);
	va_start(ap, fmt);
	kvsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	startdying();
	kprintf("fatal error: %s\n\n", text);
	if (gp != NULL && gp->goid != 0)
		dienow(gp, &u);
	throw("fatal error on the system stack");
}

// traceg0 prints the system stack and the goroutine for which it works.
static void
traceg0(const struct g *g0, const struct unwind *u, bool overflow)
{
	const struct g *gp = g0->m->curg;

	kprintf("runtime stack of hart %u:\n", (unsigned)g0->m->id);
	traceback(*u, g0->stacklo, g0->stackhi);
	if (overflow)
		tracebacklost(*u, g0->stacklo, g0->stackhi, true);
	if (gp == NULL)
		return;
	kprintf("\n");
	header(gp);
	createdby(gp);
}

// throw ends the machine: an invariant of the kernel is broken. Any context.
_Noreturn void throw(const char *why)
{
	struct g *gp = getg();
	struct unwind u;

	arch_unwindhere(&u);
	startdying();
	kprintf("fatal error: %s\n\n", why);
	if (gp == NULL)
		died();
	if (gp->goid != 0)
		dienow(gp, &u);
	traceg0(gp, &u, false);
	died();
}

// ---- Faults ---------------------------------------------------------------------

static void
printregs(const struct sigregs *r)
{
	for (unsigned i = 0; i < r->n; i++)
		kprintf("%-8s 0x%0*lx%s", r->reg[i].name,
			(int)(2 * sizeof(uintptr_t)),
			(unsigned long)r->reg[i].value,
			i % 3 == 2 || i + 1 == r->n ? "\n" : "  ");
}

static void
printwhere(const struct sigregs *r)
{
	struct frame f;

	kprintf(", pc 0x%lx", (unsigned long)r->at.pc);
	if (findframe(r->at.pc, r->at.exact, &f)) {
		kprintf(" (%s+0x%lx", f.func,
			(unsigned long)(r->at.pc - f.entry));
		if (f.file != NULL)
			kprintf(" %s:%d", f.file, f.line);
		kprintf(")");
	}
	if (r->has_addr)
		kprintf(", address 0x%lx", (unsigned long)r->addr);
	kprintf("]\n");
}

// stackoverflow names whose stack has ended.
void
stackoverflow(const struct g *gp, uintptr_t sp)
{
	struct frame f;

	if (gp->goid == 0)
		kprintf("the system stack of hart %u", (unsigned)gp->m->id);
	else
		kprintf("goroutine %llu (%s)", (unsigned long long)gp->goid,
			gp->name != NULL ? gp->name :
			findframe((uintptr_t)gp->startfn, true, &f) ?
					   f.func :
					   "unnamed");
	kprintf(" overflowed its stack of %zu bytes, 0x%lx to 0x%lx, sp "
		"0x%lx\n",
		(size_t)(gp->stackhi - gp->stacklo), (unsigned long)gp->stacklo,
		(unsigned long)gp->stackhi, (unsigned long)sp);
}

// printfault says what the hardware said: cause, hart, goroutine, place,
// address, registers.
void
printfault(const struct g *gp, const struct sigregs *r)
{
	kprintf("[%s: hart %u", r->name, arch_cpuid());
	if (gp == NULL)
		kprintf(", before the scheduler");
	else if (gp->goid == 0)
		kprintf(", system stack");
	else
		kprintf(", goroutine %llu", (unsigned long long)gp->goid);
	printwhere(r);
	if (gp != NULL)
		kprintf("stack 0x%lx to 0x%lx, sp 0x%lx\n",
			(unsigned long)gp->stacklo, (unsigned long)gp->stackhi,
			(unsigned long)r->at.sp);
	printregs(r);
}

// hasroom tells whether the stack of gp has room for a panic after the fault.
static bool
hasroom(const struct g *gp, const struct sigregs *r)
{
	return r->at.sp <= gp->stackhi && r->at.sp >= gp->stacklo &&
	       r->at.sp - gp->stacklo >= sizeof(*r) + FAULT_ROOM;
}

// canpanic tells whether the goroutine that faulted can go on with a panic: it
// holds nothing of the kernel's and has room for the panic on its stack.
static bool
canpanic(const struct g *gp, const struct sigregs *r)
{
	return gp != NULL && gp->goid != 0 && gp->locks == 0 && !r->overflow &&
	       r->kind != FAULT_FATAL && load_rlx(&dying) == 0 &&
	       hasroom(gp, r);
}

// why tells, for the report's first line, what made a fault of a goroutine fatal
// that would else have been a panic.
static const char *
why(const struct g *gp, const struct sigregs *r)
{
	if (gp == NULL || gp->goid == 0)
		return "";
	if (gp->locks != 0)
		return " with preemption disabled or a lock of the kernel held";
	if (r->kind != FAULT_FATAL && !r->overflow && !hasroom(gp, r))
		return " with too little stack left for a panic";
	return "";
}

// sigpanic0 makes a hardware fault a panic of the goroutine, or ends the machine
// with a report. On g0.
_Noreturn void
sigpanic0(struct g *gp, const struct sigregs *r)
{
	if (canpanic(gp, r))
		faultpanic(gp, r);
	startdying();
	if (r->overflow && gp != NULL)
		stackoverflow(gp, r->at.sp);
	kprintf("fatal error: %s%s\n", r->overflow ? "stack overflow" : r->name,
		why(gp, r));
	printfault(gp, r);
	if (gp == NULL)
		died();
	kprintf("\n");
	if (gp->goid == 0) {
		traceg0(gp, &r->at, r->overflow);
	} else {
		header(gp);
		traceback(r->at, gp->stacklo, gp->stackhi);
		if (r->overflow)
			tracebacklost(r->at, gp->stacklo, gp->stackhi, false);
		createdby(gp);
	}
	died();
}

// ---- Deadlock ------------------------------------------------------------------

// canrun tells whether anything can still happen without a hart that runs.
static bool
canrun(void)
{
	if (load(&sched.runqsize) != 0 || load(&sched.nwaiters) != 0 ||
	    irqwaits() || sched.lockedwait != 0)
		return true;
	for (uint32_t i = 0; i < ncpu; i++)
		if (!runqempty(&allp[i]) || load64(&allp[i].timer0when) != 0 ||
		    pending(&allm[i]))
			return true;
	return false;
}

// checkdead ends the machine if no goroutine can ever run again. Every M is
// parked and has looked at everything; sched.lock is held; on g0.
void
checkdead(void)
{
	if (canrun() || load(&sched.gcwaiting))
		return;
	startdying();
	if (gcount() == 0)
		kprintf("fatal error: no goroutines (main called "
			"runtime.Goexit) - deadlock!\n");
	else
		kprintf("fatal error: all goroutines are asleep - "
			"deadlock!\n");
	tracebackothers(NULL);
	died();
}
