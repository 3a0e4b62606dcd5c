// sim.c: a machine made of the host: the contract of include/arch.h for x86_64
// Linux. Here is a hart from inside: its contexts, its interrupts, the console.
// turns.c and threads.c say how harts get on, and what time is.
//
// What always holds:
//  - Points. The kernel and the tests are compiled so that each basic block
//    calls __sanitizer_cov_trace_pc and each access of atomic.h calls sim_point
//    (hook.h). Interrupts are taken at points only.
//  - Which stack is in use follows from getg() alone: a goroutine's own, else the
//    hart's g0 stack.
//  - An interrupt is taken at a point with interrupts unmasked: as on the real
//    machines the handler runs on the g0 stack, at its base if a goroutine was
//    interrupted, else below what g0 has there; one cause at a time.
//  - This file is compiled without sanitizers and tells them of each switch. To
//    ThreadSanitizer each stack is a thread. A switch within a hart orders
//    what comes before and after; a switch from hart to hart does not.
//
// What it cannot show: instruction boundaries inside a basic block, trap frames,
// the arch's assembly.
//
// Turned down: ucontext (two system calls a switch, and a switch is what this does
// most); signals as interrupts (not repeatable, and they come inside libc).
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine.h"

#if defined __SANITIZE_ADDRESS__ || defined SIM_ASAN
#define ASAN 1
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define ASAN 0
#endif
#ifdef SIM_TSAN
#include <sanitizer/tsan_interface.h>
#endif

struct hart harts[MAXHARTS];
unsigned nharts;
int sim_fence;
bool sim_quiet;

static char bootargs[BOOTARGS_BYTES];
static bool linepending[NIRQ], lineunmasked[NIRQ];
static char out[4096]; // what the kernel prints, if it is not to be seen
static size_t outlen;
#ifdef SIM_THREADS
#define BACK(h) (&(h)->trash)
#else
#define BACK(h) (&host.sp)
#endif
static struct {
	uintptr_t sp;
	const void *lo;
	size_t size;
	void *fiber;
} host; // the program around the machine, which goes on when that ends

// ---- Words of g and m ------------------------------------------------------------

static uintptr_t *
word(const void *p, unsigned offset)
{
	return (uintptr_t *)((uintptr_t)p + offset);
}

static void *
mof(const struct g *gp)
{
	return (void *)*word(gp, G_M);
}

static struct g *
g0of(const struct g *gp)
{
	return (struct g *)*word(mof(gp), M_G0);
}

// stackof says where the stack is that hart h uses as gp.
static void
stackof(const struct hart *h, const struct g *gp, uintptr_t *lo, uintptr_t *hi)
{
	if (gp != NULL && *word(gp, G_STACK_LO) != 0) {
		*lo = *word(gp, G_STACK_LO);
		*hi = *word(gp, G_STACK_HI);
		return;
	}
	*lo = (uintptr_t)g0stacks + (uintptr_t)(h - harts) * G0_STACK_BYTES;
	*hi = *lo + G0_STACK_BYTES;
	*lo += G0_GUARD_BYTES;
}

// ---- Switching -------------------------------------------------------------------

// switch.S.
void sim_swap(uintptr_t *save, uintptr_t to);
void sim_enter(void);
void sim_start(void);
void sim_arrived(void);

_Static_assert(offsetof(struct unwind, exact) == 32, "arch_unwindhere");

// Words of a saved context, from its sp.
enum { C_FP, C_R15, C_R14, C_R13, C_R12, C_RBX, C_RBP, C_RET, C_WORDS };
#define FP_INIT (UINT64_C(0x037f) << 32 | 0x1f80)

// fresh lays a context on the stack that ends at top, for sim_swap.
static uintptr_t
fresh(uintptr_t top, void (*enter)(void), uintptr_t r12, uintptr_t r13)
{
	uintptr_t *sp = (uintptr_t *)(top & ~(uintptr_t)15) - C_WORDS;

	for (unsigned i = 0; i < C_WORDS; i++)
		sp[i] = 0;
	sp[C_FP] = FP_INIT;
	sp[C_R12] = r12;
	sp[C_R13] = r13;
	sp[C_RET] = (uintptr_t)enter;
	return (uintptr_t)sp;
}

#ifdef SIM_TSAN
// fiberof returns ThreadSanitizer's idea of the stack at lo.
static void *
fiberof(uintptr_t lo)
{
	static struct {
		uintptr_t lo;
		void *fiber;
	} table[4096];
	static bool busy;
	unsigned i = (unsigned)(lo >> 12) % 4096;
	void *fiber;

	while (__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE))
		;
	while (table[i].lo != 0 && table[i].lo != lo)
		i = (i + 1) % 4096;
	if (table[i].lo == 0) {
		table[i].lo = lo;
		table[i].fiber = __tsan_create_fiber(0);
	}
	fiber = table[i].fiber;
	__atomic_store_n(&busy, false, __ATOMIC_RELEASE);
	return fiber;
}
#endif

// errnop is where errno is on this thread; a switch may end on another.
__attribute__((noinline)) static int *
errnop(void)
{
	int *e = &errno;

	__asm__ volatile("" : "+r"(e));
	return e;
}

// left ends what gswitch began: the goroutine that it left is saved.
static void
left(void)
{
	struct hart *h = cur;
	struct g *gp = h != NULL ? h->leaving : NULL;

	if (gp == NULL)
		return;
	h->leaving = NULL;
	__atomic_store_n(word(gp, G_M), 0, __ATOMIC_RELEASE);
}

// swap continues the context at to, which hart h runs as gp (host: the program
// around the machine). ordered: what comes after knows what came before.
static void
swap(uintptr_t *save, uintptr_t to, const struct hart *h, const struct g *gp,
     bool ordered)
{
	uintptr_t lo = 0, hi = 0;
	int e = *errnop(); // each context's own

	(void)ordered;
	if (h != NULL) {
		stackof(h, gp, &lo, &hi);
	} else {
		lo = (uintptr_t)host.lo;
		hi = lo + host.size;
	}
#if ASAN
	void *fake;

	__sanitizer_start_switch_fiber(&fake, (void *)lo, hi - lo);
#endif
#ifdef SIM_TSAN
	__tsan_switch_to_fiber(h != NULL ? fiberof(lo) : host.fiber,
			       ordered ? 0 : 1);
#endif
	sim_swap(save, to);
#if ASAN
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
	left();
	*errnop() = e;
}

// sim_arrived is the other half of swap, for a context that begins.
void
sim_arrived(void)
{
#if ASAN
	const void *lo;
	size_t size;

	__sanitizer_finish_switch_fiber(NULL, &lo, &size);
	if (host.lo == NULL) {
		host.lo = lo;
		host.size = size;
	}
#endif
	left();
}

void
sim_switch(struct hart *from, struct hart *to)
{
	swap(&from->sp, to->sp, to, to->g, false);
}

// lay lays a context on h's g0 stack that calls fn(arg).
static void
lay(struct hart *h, void (*fn)(void *), void *arg)
{
	uintptr_t lo, hi;

	stackof(h, NULL, &lo, &hi);
	h->sp = fresh(hi, sim_enter, (uintptr_t)fn, (uintptr_t)arg);
#ifdef SIM_TSAN
	fiberof(lo); // who creates it has done what he did before it begins
#endif
}

// ---- Interrupts --------------------------------------------------------------------

// firing returns a line that waits to be taken, 0 if none does.
static unsigned
firing(void)
{
	for (unsigned i = NIRQ - 1; i > 0; i--)
		if (sim_load(&linepending[i]) && sim_load(&lineunmasked[i]))
			return i;
	return 0;
}

bool
sim_linefires(void)
{
	return firing() != 0;
}

void
sim_raise(unsigned line)
{
	sim_store(&linepending[line], true);
}

// taken puts an interrupt out before its handler looks at what it is about.
static void
taken(bool *p)
{
	(void)__atomic_exchange_n(p, false, __ATOMIC_SEQ_CST);
}

// handle takes one of the causes that are pending at cur, with gp interrupted.
static bool
handle(struct g *gp)
{
	struct hart *h = cur;
	bool timer = sim_due(h), ipi = sim_load(&h->ipi);
	unsigned line = h == harts ? firing() : 0;

	sim_counted();
	// In any order.
	if (timer && !((ipi || line != 0) && sim_random(2))) {
		h->deadline = INT64_MAX;
		return timerintr(gp);
	}
	if (ipi && !(line != 0 && sim_random(2))) {
		taken(&h->ipi);
		return irqdispatch(IRQ_IPI, gp);
	}
	if (line == 0)
		return false;
	taken(&linepending[line]);
	return irqdispatch(line, gp);
}

// trap is a goroutine's interrupt, on g0.
static void
trap(void *unused)
{
	struct hart *h = cur;
	struct g *gp = h->interrupted, *next;

	(void)unused;
	if (handle(gp)) {
		*word(gp, G_SCHED_SP) = h->trapsp;
		*word(gp, G_SCHED_PC) = (uintptr_t)sim_swap;
		next = intrswitch(gp);
		sim_settle();
		if (next != NULL)
			gogo(next);
		h->masked = false;
		sim_refuel();
		asyncpreempt2(gp);
	}
	sim_setg(gp);
	swap(&h->trash, h->trapsp, h, gp, true);
}

// interrupt takes one interrupt of cur; the mask is open. The caller refuels.
void
sim_interrupt(void)
{
	struct hart *h = cur;
	struct g *gp = getg(), *g0 = g0of(gp);
	uintptr_t top = *word(g0, G_SCHED_SP);

	h->masked = true;
	sim_refuel();
	if (gp == g0) {
		handle(gp);
	} else {
		h->interrupted = gp;
		sim_setg(g0);
		swap(&h->trapsp, fresh(top, sim_enter, (uintptr_t)trap, 0), h,
		     g0, true);
	}
	sim_settle();
	cur->masked = false; // perhaps another hart: gp was preempted
}

void __sanitizer_cov_trace_pc(void);

// libFuzzer has one of its own; sim.mk renames it in what runs under that.
__attribute__((weak)) void
__sanitizer_cov_trace_pc(void)
{
	sim_point();
}

uintptr_t
sim_irqsave(void)
{
	uintptr_t was;

	sim_point();
	was = cur->masked;
	cur->masked = true;
	return was;
}

void
sim_irqrestore(uintptr_t state)
{
	sim_point();
	if (state == 0 && cur->masked)
		sim_unmask();
}

// ---- Context ------------------------------------------------------------------------

void
setg(struct g *gp)
{
	sim_setg(gp);
}

void
gogo(struct g *gp)
{
	struct hart *h = cur;

	h->masked = true;
	sim_setg(gp);
	swap(&h->trash, *word(gp, G_SCHED_SP), h, gp, true);
	__builtin_unreachable();
}

static void
mcalled(void *gp)
{
	struct hart *h = cur;
	void (*fn)(struct g *) = h->fn;

	sim_unmask();
	fn(gp);
	badmcall2();
}

void
mcall(void (*fn)(struct g *))
{
	struct hart *h;
	struct g *gp = getg(), *g0;

	sim_point();
	h = cur;
	h->masked = true;
	g0 = g0of(gp);
	if (gp == g0)
		badmcall();
	h->fn = fn;
	*word(gp, G_SCHED_PC) = (uintptr_t)sim_swap;
	sim_setg(g0);
	swap(word(gp, G_SCHED_SP),
	     fresh(*word(g0, G_SCHED_SP), sim_enter, (uintptr_t)mcalled,
		   (uintptr_t)gp),
	     h, g0, true);
	sim_unmask(); // somebody has gogone back, on any hart
}

// The rest of a gswitch that finds that somebody else is to run.
static void
unwanted(void *ng)
{
	sim_unmask();
	asyncpreempt2(ng);
}

static void
switchto(struct g *gp, struct g *ng, struct m *mp, uintptr_t *save)
{
	struct hart *h = cur;
	uint32_t *preempt = (uint32_t *)(void *)word(gp, 0) + G_PREEMPT / 4;
	uintptr_t to = *word(ng, G_SCHED_SP);

	h->leaving = gp;
	*word(mp, M_CURG) = (uintptr_t)ng;
	*((uint32_t *)(void *)word(gp, 0) + G_LOCKS / 4) = 0;
	if (*preempt != 0) {
		struct g *g0 = g0of(ng);

		*preempt = 0;
		sim_setg(g0);
		to = fresh(*word(g0, G_SCHED_SP), sim_enter,
			   (uintptr_t)unwanted, (uintptr_t)ng);
		swap(save, to, h, g0, true);
	} else {
		sim_setg(ng);
		swap(save, to, h, ng, true);
	}
}

void
gswitch(struct g *gp, struct g *ng, struct m *mp)
{
	sim_point();
	cur->masked = true;
	*word(gp, G_SCHED_PC) = (uintptr_t)sim_swap;
	switchto(gp, ng, mp, word(gp, G_SCHED_SP));
	sim_unmask(); // somebody has gone back, on any hart
}

void
gleave(struct g *gp, struct g *ng, struct m *mp)
{
	sim_point();
	cur->masked = true;
	switchto(gp, ng, mp, &cur->trash);
	__builtin_unreachable();
}

static void
onsystemstack(void *unused)
{
	struct hart *h = cur;
	void (*fn)(void *) = h->sysfn;
	void *arg = h->sysarg;
	struct g *gp = h->sysg;
	uintptr_t sp = h->syssp;

	(void)unused;
	sim_unmask();
	fn(arg);
	sim_point();
	h->masked = true;
	sim_setg(gp);
	swap(&h->trash, sp, h, gp, true);
}

void
arch_systemstack(void (*fn)(void *), void *arg)
{
	struct hart *h;
	struct g *gp = getg(), *g0;

	sim_point();
	h = cur;
	g0 = g0of(gp);
	if (gp == g0) {
		fn(arg);
		return;
	}
	h->masked = true;
	h->sysfn = fn;
	h->sysarg = arg;
	h->sysg = gp;
	sim_setg(g0);
	swap(&h->syssp,
	     fresh(*word(g0, G_SCHED_SP), sim_enter, (uintptr_t)onsystemstack,
		   0),
	     h, g0, true);
	sim_unmask();
}

void sim_started(void);
void sim_newlife(struct g *gp);

// sim_started is a goroutine's first step.
void
sim_started(void)
{
	sim_arrived();
	sim_newlife(getg());
	sim_unmask();
}

// gostartcall: buf is the first field of a g.
void
gostartcall(struct gobuf *buf, uintptr_t sp_top, void (*fn)(void *), void *arg)
{
	uintptr_t *top = (uintptr_t *)(sp_top & ~(uintptr_t)15) - 1;

#if ASAN
	uintptr_t lo = *word(buf, G_STACK_LO);

	__asan_unpoison_memory_region((void *)lo, sp_top - lo);
#endif
	top[0] = (uintptr_t)goexit + 1;
	top -= C_WORDS;
	for (unsigned i = 0; i < C_WORDS; i++)
		top[i] = 0;
	top[C_FP] = FP_INIT;
	top[C_R12] = (uintptr_t)fn;
	top[C_R13] = (uintptr_t)arg;
	top[C_RET] = (uintptr_t)sim_start;
	buf->sp = (uintptr_t)top;
	buf->pc = (uintptr_t)sim_start;
}

void
arch_unwindg(struct unwind *u, const struct g *gp)
{
	const uintptr_t *sp = (const uintptr_t *)*word(gp, G_SCHED_SP);

	*u = (struct unwind){ .pc = sp[C_RET],
			      .sp = (uintptr_t)&sp[C_WORDS],
			      .fp = sp[C_RBP] };
	if (*word(gp, G_SCHED_PC) == (uintptr_t)sim_start) {
		u->pc = sp[C_R12];
		u->exact = true;
	}
}

// ---- Harts ----------------------------------------------------------------------------

unsigned
arch_ncpu(void)
{
	return nharts;
}

unsigned
arch_cpuid(void)
{
	return (unsigned)(cur - harts);
}

static void
hartstart(void *cpu)
{
	mstart((unsigned)(uintptr_t)cpu);
}

static void
hartboot(void *unused)
{
	(void)unused;
	rt0_go();
}

void
arch_cpustart(unsigned cpu)
{
	struct hart *h = &harts[cpu];

	sim_point();
	lay(h, hartstart, (void *)(uintptr_t)cpu);
	h->masked = true;
	sim_store(&h->started, true);
	sim_begins(h);
}

void
arch_minit(void)
{
	cur->deadline = INT64_MAX;
}

// ---- Time, devices, console --------------------------------------------------------------

void
devquiet(void)
{
	sim_point();
	taken(&linepending[LINE_DEVICE]);
}

void
arch_irqmask(unsigned irq, bool masked)
{
	sim_point();
	if (irq < NIRQ)
		sim_store(&lineunmasked[irq], !masked);
}

void
arch_putc(int c)
{
	if (!sim_quiet)
		putchar(c);
	else if (outlen < sizeof out - 1)
		out[outlen++] = (char)c;
}

const char *
sim_output(void)
{
	return out;
}

int
arch_getc(void)
{
	return -1;
}

unsigned
arch_console_irq(void)
{
	return LINE_CONSOLE;
}

const char *
arch_bootargs(void)
{
	return bootargs;
}

void
arch_ram(uintptr_t *lo, uintptr_t *hi)
{
	*lo = *hi = 0;
}

bool
arch_guardtest(uintptr_t guard)
{
	return access((const char *)guard, F_OK) != 0 && errno == EFAULT;
}

// ---- Running it ------------------------------------------------------------------------

static void
protect(uintptr_t lo, size_t bytes)
{
	if (mprotect((void *)lo, bytes, PROT_NONE) != 0) {
		perror("sim: mprotect");
		_exit(4);
	}
}

static void
guards(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	for (unsigned i = 0; i < MAXHARTS; i++)
		protect((uintptr_t)g0stacks + i * G0_STACK_BYTES,
			G0_GUARD_BYTES);
	for (unsigned a = 0; a < NSTACKAREAS; a++)
		for (unsigned i = 0; i < stackareas[a].n; i++)
			protect(stackareas[a].lo + i * stackareas[a].stride,
				STACK_GUARD_BYTES);
}

void
sim_reset(unsigned n, const char *args)
{
	guards();
	memset(harts, 0, sizeof harts);
	memset(linepending, 0, sizeof linepending);
	memset(lineunmasked, 0, sizeof lineunmasked);
	snprintf(bootargs, sizeof bootargs, "%s", args);
	memset(out, 0, outlen);
	outlen = 0;
	nharts = n;
	for (unsigned i = 0; i < n; i++)
		harts[i].deadline = INT64_MAX;
	harts[0].started = true;
	harts[0].masked = true;
	lay(&harts[0], hartboot, NULL);
}

void
sim_boot(void)
{
	struct hart *h = cur;

#ifdef SIM_TSAN
	host.fiber = __tsan_get_current_fiber();
#endif
	sim_setg(NULL);
	swap(BACK(h), h->sp, h, NULL, true);
	sim_setg(NULL);
}

void
sim_back(void)
{
	uintptr_t unused;

	swap(&unused, host.sp, NULL, NULL, true);
	__builtin_unreachable();
}
