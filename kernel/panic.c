// panic.c: defer, panic, recover, Goexit.
//
// Deferred calls are a chain of records in the frames that made them; the cleanup
// attribute runs the head when its block is left. A panic runs the chain from where
// it is, on top of the panicking frames, so that a traceback still shows them. No
// frame is unwound one by one: the one jump is from a stopped panic to the
// panic_catch in whose call it happened (arch_catch, arch_throwto), or to the end of
// the goroutine. So no function of the program ever returns twice.
//
// What always holds: gp->deferred heads the calls that are still to be run; a record
// leaves the chain before its function is called, so a panic inside a deferred call
// goes on with the next. gp->panic is the innermost panic; those behind it (link)
// were interrupted by it. A landing at a catch drops every panic that is newer than
// the catch. A Goexit among those is never dropped: it goes on instead.
//
// recover is for the deferred function alone, as in Go: it walks three frames (from
// itself to calldeferred) and compares names, which costs nothing until a panic.
//
// Turned down: setjmp at every defer (code and registers for a case that almost
// never happens), unwinding by tables (C has no landing pads to run).
//
// Contexts: goroutines. Go: panic.go.
#include <string.h>

#include "runtime.h"
#include "traceback.h"

static struct _panic panics[NPANIC];
static struct pool panicpool =
	POOL_INIT("panic", "NPANIC", panics, sizeof(struct _panic), NPANIC);

// ---- Defer --------------------------------------------------------------------

void
go_deferproc_(struct go_defer *d, void (*fn)(void *), void *arg)
{
	struct g *gp = getg();

	if (gp->goid == 0)
		mustgoroutine("defer");
	d->fn = fn;
	d->arg = arg;
	d->link = gp->deferred;
	gp->deferred = d;
}

// popdefer takes the innermost deferred call of gp off the chain.
static struct go_defer *
popdefer(struct g *gp)
{
	struct go_defer *d = gp->deferred;

	gp->deferred = d->link;
	if (d->fn == NULL)
		panic("runtime error: invalid memory address or nil pointer "
		      "dereference (deferred call of a nil function)");
	return d;
}

// rundefer runs the innermost deferred call of gp in the ordinary way: its block
// has ended.
static void
rundefer(struct g *gp)
{
	struct go_defer *d = popdefer(gp);

	d->fn(d->arg);
}

void
go_deferreturn_(struct go_defer *d)
{
	struct g *gp = getg();

	if (gp->goid == 0)
		mustgoroutine("defer");
	if (gp->deferred != d)
		throw("defer: the block that ends is not the innermost");
	rundefer(gp);
}

// ---- Panic ----------------------------------------------------------------------

// panicbegin makes a record for a new panic or Goexit of gp.
static struct _panic *
panicbegin(struct g *gp)
{
	struct _panic *p = poolget(&panicpool);

	if (p == NULL)
		return NULL;
	*p = (struct _panic){ .link = gp->panic };
	gp->panic = p;
	gp->odd = true;
	return p;
}

static void
keeptext(struct g *gp, struct _panic *p)
{
	if (gp->panicrec != NULL)
		poolput(&panicpool, gp->panicrec);
	gp->panicrec = p;
}

// dropto forgets the panics of gp that are newer than `until`; the first of them
// keeps its text for those who were given it.
static void
dropto(struct g *gp, const struct _panic *until)
{
	struct _panic *p = gp->panic;

	for (bool first = true; p != until; first = false) {
		struct _panic *next = p->link;

		if (first)
			keeptext(gp, p);
		else
			poolput(&panicpool, p);
		p = next;
	}
	gp->panic = p;
}

// panicfree gives back what the dead gp still holds. On g0.
void
panicfree(struct g *gp)
{
	dropto(gp, NULL);
	keeptext(gp, NULL);
}

// goexiting returns the Goexit among the panics newer than `until`, or NULL.
static struct _panic *
goexiting(struct g *gp, const struct _panic *until)
{
	for (struct _panic *p = gp->panic; p != until; p = p->link)
		if (p->goexit)
			return p;
	return NULL;
}

// ---- Deferred calls under a panic -------------------------------------------

// calldeferred runs the innermost deferred call for the innermost panic. recover
// works in a function that was called from this frame, and nowhere else.
static __attribute__((noinline)) void
calldeferred(void *arg)
{
	struct g *gp = arg;
	struct _panic *p = gp->panic;
	struct go_defer *d = popdefer(gp);
	volatile uintptr_t here = 0;

	p->fn = d->fn;
	p->frame = (uintptr_t)&here;
	d->fn(d->arg);
	here = 1; // not a tail call: the frame stands
}

// rundeferred runs the innermost deferred call under a boundary: a panic that
// begins in it and is stopped by a call that it deferred itself lands here, as if
// it had returned, and whoever runs it goes on.
static void
rundeferred(struct g *gp)
{
	struct catchframe cf = { .link = gp->catching,
				 .deferred = gp->deferred->link,
				 .panic = gp->panic,
				 .locks = gp->locks,
				 .boundary = true };

	gp->catching = &cf;
	arch_catch(&cf.ctx, calldeferred, gp);
	gp->catching = cf.link;
}

// leavecatches drops the catches whose calls gp has left: all that was deferred
// in them has run. A Goexit passes through catches and is not caught; but until it
// has passed one, a panic in a call that was deferred inside is stopped there, as
// a recover there would stop it, and the Goexit goes on.
static void
leavecatches(struct g *gp)
{
	while (gp->catching != NULL && gp->deferred == gp->catching->deferred)
		gp->catching = gp->catching->link;
	if (gp->panic != NULL)
		gp->panic->catching = gp->catching; // for goexitgoes
}

// endgoroutine runs what is left of the deferred calls and ends gp as if its
// function had returned.
static _Noreturn void
endgoroutine(struct g *gp)
{
	for (;;) {
		leavecatches(gp);
		if (gp->deferred == NULL)
			break;
		rundeferred(gp);
	}
	goexit1();
	throw("goexit1 came back");
}

// goexitgoes continues a Goexit after a panic inside it was stopped.
static _Noreturn void
goexitgoes(struct g *gp, struct _panic *gx)
{
	dropto(gp, gx);
	gp->catching = gx->catching;
	endgoroutine(gp);
}

// land ends the innermost panic of gp. text is NULL if it was recovered, else
// what the catch returns.
static _Noreturn void
land(struct g *gp, const char *text)
{
	struct catchframe *cf = gp->catching;
	const struct _panic *until = cf != NULL ? cf->panic : NULL;
	struct _panic *gx = goexiting(gp, until);

	if (gx != NULL)
		goexitgoes(gp, gx);
	dropto(gp, until);
	if (cf == NULL) {
		while (gp->deferred != NULL)
			rundefer(gp);
		if (gp->goid == 1)
			exit(0); // main has returned
		endgoroutine(gp);
	}
	while (gp->deferred != cf->deferred)
		rundefer(gp);
	gp->locks = cf->locks;
	cf->text = text;
	arch_throwto(cf->ctx);
}

// printpanics prints the chain, the oldest first, as Go does. Not recursive: the
// chain may be as long as the pool.
static void
printpanics(const struct _panic *last)
{
	for (const struct _panic *end = NULL; end != last;) {
		const struct _panic *p = last;

		while (p->link != end)
			p = p->link;
		if (end != NULL)
			kprintf("\t");
		if (p->goexit)
			kprintf("goexit\n");
		else
			kprintf("panic: %s%s\n", p->text,
				p->recovered ? " [recovered]" : "");
		if (p->fault != NULL)
			printfault(getg(), p->fault);
		end = p;
	}
}

// rundefers runs deferred calls as panic p, up to the innermost catch. Comes back
// if none of them stopped it. A boundary on the way means that p began in a call
// that an older panic had deferred to: p goes on in its place.
static void
rundefers(struct g *gp, const struct _panic *p)
{
	for (;;) {
		struct catchframe *cf = gp->catching;
		struct go_defer *end = cf != NULL ? cf->deferred : NULL;

		while (gp->deferred != end) {
			rundeferred(gp);
			if (p->recovered)
				land(gp, NULL);
		}
		if (cf == NULL || !cf->boundary)
			return;
		gp->catching = cf->link;
	}
}

// gopanic is the way of a panic whose text is in p and that began at from.
static _Noreturn void
gopanic(struct g *gp, struct _panic *p, const struct unwind *from)
{
	rundefers(gp, p);
	if (gp->catching != NULL)
		land(gp, p->text);
	startdying();
	printpanics(p);
	kprintf("\n");
	dienow(gp, from);
}

_Noreturn void
panic(const char *fmt, ...)
{
	struct g *gp = getg();
	struct _panic *p;
	struct unwind u;
	va_list ap;

	arch_unwindhere(&u);
	va_start(ap, fmt);
	if (gp == NULL || gp->goid == 0) {
		char text[PANIC_TEXT];

		kvsnprintf(text, sizeof(text), fmt, ap);
		startdying();
		kprintf("panic: %s\n", text);
		throw("panic on the system stack");
	}
	p = panicbegin(gp);
	if (p == NULL)
		fatal("panic: pool \"panic\" is exhausted: all %d are in use; "
		      "raise NPANIC",
		      NPANIC);
	kvsnprintf(p->text, sizeof(p->text), fmt, ap);
	va_end(ap);
	gopanic(gp, p, &u);
}

// ---- Faults -----------------------------------------------------------------

// faultname is how the language calls a fault. Go: signal_unix.go, sigpanic.
static const char *
faultname(unsigned kind)
{
	static const char *const names[] = {
		[FAULT_MEMORY] = "invalid memory address or nil pointer "
				 "dereference",
		[FAULT_ALIGN] = "misaligned memory access",
		[FAULT_ILLEGAL] = "illegal instruction",
		[FAULT_DIVIDE] = "integer divide by zero",
		[FAULT_FLOAT] = "floating point error",
	};

	return names[kind];
}

// sigpanic is where a goroutine that faulted goes on: below the frames in which
// it did. regs is on its stack.
static void
sigpanic(void *regs)
{
	const struct sigregs *r = regs;
	struct g *gp = getg();
	struct _panic *p = panicbegin(gp);

	if (p == NULL)
		fatal("%s at 0x%lx, and pool \"panic\" is exhausted: all %d "
		      "are in use; raise NPANIC",
		      r->name, (unsigned long)r->at.pc, NPANIC);
	p->fault = r;
	if (r->has_addr)
		ksnprintf(p->text, sizeof(p->text),
			  "runtime error: %s (%s, address 0x%lx)",
			  faultname(r->kind), r->name, (unsigned long)r->addr);
	else
		ksnprintf(p->text, sizeof(p->text), "runtime error: %s (%s)",
			  faultname(r->kind), r->name);
	gopanic(gp, p, &r->at);
}

// faultpanic continues gp in sigpanic, with the registers on its own stack. On
// g0, interrupts masked.
_Noreturn void
faultpanic(struct g *gp, const struct sigregs *r)
{
	uintptr_t sp = (r->at.sp - sizeof(*r)) & ~(uintptr_t)15;
	struct sigregs *copy = memcpy((void *)sp, r, sizeof(*r));

	gostartcall(&gp->sched, sp, sigpanic, copy);
	gogo(gp);
}

// named tells whether the function at pc is the one that the source calls who. A
// symbol may have a suffix that the compiler gave it (.part.0). True without
// symbols.
static bool
named(uintptr_t pc, bool exact, const char *who)
{
	struct frame f;
	size_t n = strlen(who);

	return !findframe(pc, exact, &f) ||
	       (strncmp(f.func, who, n) == 0 &&
		(f.func[n] == 0 || f.func[n] == '.'));
}

// calls tells whether u stands in the frame that called p's deferred function.
static bool
calls(const struct g *gp, const struct _panic *p, struct unwind u)
{
	uintptr_t sp = u.sp;

	return p->frame >= sp && unwindstep(&u, gp->stacklo, gp->stackhi) &&
	       p->frame < u.sp;
}

// direct tells whether recover, at u, was called by the deferred function that p
// runs. who, the function in which the call is written, settles what frames do
// not show: a helper that was inlined, or that the function ended in by a jump, has
// another name; a function that ended in recover by a jump has no frame, but its
// name. Without unwind tables every caller is believed.
static bool
direct(const struct g *gp, const struct _panic *p, struct unwind u,
       const char *who)
{
	if (!unwindstep(&u, gp->stacklo, gp->stackhi))
		return true;
	if (who != NULL && !named((uintptr_t)p->fn, true, who))
		return false;
	if (calls(gp, p, u))
		return true;
	return (who == NULL || named(u.pc, false, who)) &&
	       unwindstep(&u, gp->stacklo, gp->stackhi) && calls(gp, p, u);
}

const char *
go_recover_(const char *who)
{
	struct g *gp = getg();
	struct unwind u;
	struct _panic *p;

	mustgoroutine("recover");
	p = gp->panic;
	if (p == NULL || p->goexit || p->recovered)
		return NULL;
	arch_unwindhere(&u);
	if (!direct(gp, p, u, who))
		return NULL;
	p->recovered = true;
	return p->text;
}

const char *
panic_catch(void (*fn)(void *), void *arg)
{
	struct g *gp = getg();
	struct catchframe cf = { .link = gp->catching,
				 .deferred = gp->deferred,
				 .panic = gp->panic,
				 .locks = gp->locks };

	mustgoroutine("panic_catch");
	gp->catching = &cf;
	if (arch_catch(&cf.ctx, fn, arg) == 0)
		cf.text = NULL;
	gp->catching = cf.link;
	return cf.text;
}

_Noreturn void
runtime_goexit(void)
{
	struct g *gp = getg();
	struct _panic *p;

	mustgoroutine("runtime_goexit");
	if (gp->locks != 0)
		fatal("runtime_goexit with preemption disabled");
	p = panicbegin(gp);
	if (p == NULL)
		fatal("runtime_goexit: pool \"panic\" is exhausted: all %d are "
		      "in use; raise NPANIC",
		      NPANIC);
	p->goexit = true;
	endgoroutine(gp);
}
