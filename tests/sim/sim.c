// sim.c: a machine made of one thread of the host: the contract of include/arch.h
// for x86_64 Linux. N harts are coroutines; time is virtual; a seed decides
// which hart goes on, how far, and when interrupts come.
//
// What always holds:
//  - Points. The kernel and the tests are compiled so that each basic block
//    calls __sanitizer_cov_trace_pc and each access of atomic.h calls sim_point
//    (hook.h). A point costs PT_NS of virtual time; what decides anything
//    happens at points only, so a run is a function of its seed.
//  - sim_g is what the running hart runs, cur the running hart. A hart that does
//    not run has its stack pointer in hart.sp. Which stack is in use follows from
//    sim_g alone: a goroutine's own, else the hart's g0 stack.
//  - An interrupt is taken at a point with interrupts unmasked: as on the real
//    machines the handler runs on the g0 stack, at its base if a goroutine was
//    interrupted, else below what g0 has there; one cause at a time.
//  - The clock jumps to the next deadline when all harts wait. When there is
//    none either the kernel has lost somebody (it finds its own deadlocks before
//    that): the run ends with SIM_STUCK.
//  - This file is compiled without sanitizers and tells them of each switch. To
//    ThreadSanitizer each stack is a thread. A switch within a hart orders
//    what comes before and after; a switch from hart to hart does not.
//
// What it cannot show: weak memory orders (harts take turns), instruction
// boundaries inside a basic block, trap frames, the arch's assembly.
//
// Turned down: ucontext (two system calls a switch, and a switch is what this does
// most); signals as interrupts (not repeatable); a thread for each hart (neither,
// and slower: races are found by happens-before all the same).
#include <arch.h>
#include <config.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim.h"

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

#define PT_NS 250   // a point
#define SPIN_NS 300 // a turn of a spin loop

enum { LINE_CONSOLE = 1, LINE_DEVICE = 2 };

struct hart {
	uintptr_t sp; // while another runs
	struct g *g;
	bool started, idle, masked, ipi;
	int64_t deadline; // INT64_MAX: none
	struct g *interrupted;
	uintptr_t trapsp;
	uint64_t stalled;       // until that many turns have been given
	void (*fn)(struct g *); // mcall's
	void (*sysfn)(void *);  // arch_systemstack's
	void *sysarg;
	uintptr_t syssp;
	struct g *sysg;
	int64_t armed; // when the deadline was set, for statistics
};

struct g *sim_g;
int sim_fence;
struct sim_stats sim_stats;

static struct hart harts[MAXHARTS];
static unsigned nharts;
static struct hart *cur;
static uint64_t rngstate, turns;
static int64_t fuel = INT64_MAX, fuelset = INT64_MAX; // points
static int64_t quantum;                               // of cur, in points
static int64_t clock_;
static bool running, wild;
static char bootargs[BOOTARGS_BYTES];
static int64_t devwhen = INT64_MAX; // when the device will fire
static bool linepending[NIRQ], lineunmasked[NIRQ];
static uintptr_t hostsp;
static const void *hostlo;
static size_t hostsize;
static int status;
static char out[4096]; // what the kernel prints, if it is not to be seen
static size_t outlen;
bool sim_quiet;

// ---- Chance -------------------------------------------------------------------

static uint64_t
rng(void)
{
	uint64_t x = rngstate;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	rngstate = x;
	return x * UINT64_C(2685821657736338717);
}

uint32_t
sim_random(uint32_t n)
{
	return (uint32_t)((rng() >> 32) * n >> 32);
}

static void
mix(uint64_t v)
{
	sim_stats.hash = (sim_stats.hash ^ v) * UINT64_C(1099511628211);
}

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
	unsigned i = (unsigned)(lo >> 12) % 4096;

	while (table[i].lo != 0 && table[i].lo != lo)
		i = (i + 1) % 4096;
	if (table[i].lo == 0) {
		table[i].lo = lo;
		table[i].fiber = __tsan_create_fiber(0);
	}
	return table[i].fiber;
}
static void *hostfiber;
#endif

// swap continues the context at to, which hart h runs as gp (host: the program
// around the machine). ordered: what comes after knows what came before.
static void
swap(uintptr_t *save, uintptr_t to, const struct hart *h, const struct g *gp,
     bool ordered)
{
	uintptr_t lo = 0, hi = 0;
	int e = errno; // each context's own

	(void)ordered;
	if (h != NULL) {
		stackof(h, gp, &lo, &hi);
	} else {
		lo = (uintptr_t)hostlo;
		hi = lo + hostsize;
	}
#if ASAN
	void *fake;

	__sanitizer_start_switch_fiber(&fake, (void *)lo, hi - lo);
#endif
#ifdef SIM_TSAN
	__tsan_switch_to_fiber(h != NULL ? fiberof(lo) : hostfiber,
			       ordered ? 0 : 1);
#endif
	sim_swap(save, to);
#if ASAN
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
	errno = e;
}

// sim_arrived is the other half of swap, for a context that begins.
void
sim_arrived(void)
{
#if ASAN
	const void *lo;
	size_t size;

	__sanitizer_finish_switch_fiber(NULL, &lo, &size);
	if (hostlo == NULL) {
		hostlo = lo;
		hostsize = size;
	}
#endif
}

// ---- Time and turns ----------------------------------------------------------------

static int64_t
now(void)
{
	return clock_ + (fuelset - fuel) * PT_NS;
}

// settle brings the clock up to date; refuel must follow.
static void
settle(void)
{
	int64_t spent = fuelset - fuel;

	clock_ += spent * PT_NS;
	sim_stats.points += (uint64_t)spent;
	quantum -= spent;
	fuelset = fuel = 0;
}

static bool
linefires(unsigned i)
{
	return linepending[i] && lineunmasked[i];
}

static void
device(void)
{
	if (devwhen <= clock_) {
		devwhen = INT64_MAX;
		linepending[LINE_DEVICE] = true;
	}
}

// pending tells whether hart h has an interrupt to take. The clock is settled.
static bool
pending(const struct hart *h)
{
	if (h->ipi || h->deadline <= clock_)
		return true;
	if (h != harts)
		return false;
	device();
	for (unsigned i = 0; i < NIRQ; i++)
		if (linefires(i))
			return true;
	return false;
}

// refuel says when cur comes to sim_slow next: at the end of its quantum, when
// the next interrupt is due, or at once.
static void
refuel(void)
{
	int64_t n = quantum > 0 ? quantum : 1, when;

	if (!cur->masked) {
		when = cur->deadline;
		if (cur == harts && devwhen < when)
			when = devwhen;
		if (when <= clock_)
			n = 1;
		else if ((when - clock_) / PT_NS + 1 < n)
			n = (when - clock_) / PT_NS + 1;
	}
	fuel = fuelset = n;
}

// newquantum draws how far a hart goes: mostly a few blocks, sometimes far.
static void
newquantum(void)
{
	static const uint32_t most[] = { 4, 16, 64, 512, 4096, 32768 };

	quantum = 1 + sim_random(most[sim_random(wild ? 6 : 3)]);
	if (nharts == 1)
		quantum = 1 << 20;
}

static bool
canrun(struct hart *h)
{
	return h->started && (!h->idle || pending(h));
}

// pick returns the hart whose turn it is, NULL if all wait. not: rather another
// one.
static struct hart *
pick(const struct hart * not )
{
	struct hart *can[MAXHARTS];
	unsigned n = 0, awake = 0;

	turns++;
	for (unsigned i = 0; i < nharts; i++)
		if (&harts[i] != not &&canrun(&harts[i]))
			can[n++] = &harts[i];
	if (n == 0)
		return not != NULL && canrun((struct hart *)not ) ?
			       (struct hart *)not :
			       NULL;
	for (unsigned i = 0; i < n;
	     i++) // those that nobody holds up come first
		if (can[i]->stalled <= turns) {
			struct hart *h = can[i];

			can[i] = can[awake];
			can[awake++] = h;
		}
	if (awake > 0)
		n = awake;
	if (wild && n > 1 && sim_random(64) == 0)
		can[sim_random(n)]->stalled = turns + 1 + sim_random(200);
	return can[sim_random(n)];
}

// switchto lets hart h go on and comes back when cur's turn has come again.
static void
switchto(struct hart *h)
{
	struct hart *me = cur;

	newquantum();
	if (h == me)
		return;
	sim_stats.switches++;
	mix((uint64_t)(h - harts) << 56 ^ (uint64_t)clock_);
	me->g = sim_g;
	cur = h;
	sim_g = h->g;
	swap(&me->sp, h->sp, h, h->g, false);
}

// ---- The end ---------------------------------------------------------------------

static _Noreturn void
leave(int code)
{
	uintptr_t unused;

	status = code;
	running = false;
	fuel = fuelset = INT64_MAX;
	fflush(stdout);
	swap(&unused, hostsp, NULL, NULL, true);
	__builtin_unreachable();
}

static _Noreturn void
stuck(void)
{
	fprintf(stderr, "sim: every hart waits, and nothing will ever come\n");
	for (unsigned i = 0; i < nharts; i++)
		fprintf(stderr, "sim: hart %u: started %d idle %d masked %d\n",
			i, harts[i].started, harts[i].idle, harts[i].masked);
	leave(SIM_STUCK);
}

void
arch_halt(int code)
{
	settle();
	sim_stats.now = clock_;
	leave(code & 255);
}

// ---- Interrupts --------------------------------------------------------------------

// handle takes one of the causes that are pending at cur, with gp interrupted.
static bool
handle(struct g *gp)
{
	struct hart *h = cur;
	bool timer = h->deadline <= clock_, line = false;
	unsigned irq = 0;

	for (unsigned i = 0; h == harts && i < NIRQ; i++)
		if (linefires(i)) {
			line = true;
			irq = i;
		}
	sim_stats.interrupts++;
	mix((uint64_t)clock_);
	// In any order.
	if (timer && !((h->ipi || line) && sim_random(2))) {
		h->deadline = INT64_MAX;
		return timerintr(gp);
	}
	if (h->ipi && !(line && sim_random(2))) {
		h->ipi = false;
		return irqdispatch(IRQ_IPI, gp);
	}
	if (!line)
		return false;
	linepending[irq] = false;
	return irqdispatch(irq, gp);
}

static uintptr_t trash; // a context that nobody continues

// trap is a goroutine's interrupt, on g0.
static void
trap(void *unused)
{
	struct hart *h = cur;
	struct g *gp = h->interrupted;

	(void)unused;
	if (handle(gp)) {
		*word(gp, G_SCHED_SP) = h->trapsp;
		*word(gp, G_SCHED_PC) = (uintptr_t)sim_swap;
		settle();
		h->masked = false;
		refuel();
		asyncpreempt2(gp);
	}
	sim_g = gp;
	swap(&trash, h->trapsp, h, gp, true);
}

// interrupt takes one interrupt of cur; the mask is open. The caller refuels.
static void
interrupt(void)
{
	struct hart *h = cur;
	struct g *gp = sim_g, *g0 = g0of(gp);
	uintptr_t top = *word(g0, G_SCHED_SP);

	h->masked = true;
	refuel();
	if (gp == g0) {
		handle(gp);
	} else {
		h->interrupted = gp;
		sim_g = g0;
		swap(&h->trapsp, fresh(top, sim_enter, (uintptr_t)trap, 0), h,
		     g0, true);
	}
	settle();
	cur->masked = false; // perhaps another hart: gp was preempted
}

// slow is where a hart's fuel has run out.
static void
slow(void)
{
	settle();
	for (;;) {
		if (!cur->masked && sim_g != NULL && pending(cur)) {
			interrupt();
			continue;
		}
		if (quantum > 0)
			break;
		switchto(pick(NULL));
		if (!cur->masked && pending(cur) && sim_random(4) == 0) {
			// Later: between here and a few blocks on.
			quantum = 1 + sim_random(64);
			fuel = fuelset = quantum;
			return;
		}
	}
	refuel();
}

void
sim_point(void)
{
	if (--fuel > 0)
		return;
	if (running)
		slow();
	else
		fuel = fuelset = INT64_MAX;
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

// unmask opens the mask; what waits comes now, or at one of the next points.
static void
unmask(void)
{
	settle();
	cur->masked = false;
	if (pending(cur) && sim_random(4) != 0)
		interrupt();
	refuel();
	if (pending(cur))
		fuel = fuelset = 1 + sim_random(8);
}

void
sim_irqrestore(uintptr_t state)
{
	sim_point();
	if (state == 0 && cur->masked)
		unmask();
}

// ---- Context ------------------------------------------------------------------------

void
setg(struct g *gp)
{
	sim_g = gp;
}

void
gogo(struct g *gp)
{
	struct hart *h = cur;

	h->masked = true;
	sim_g = gp;
	swap(&trash, *word(gp, G_SCHED_SP), h, gp, true);
	__builtin_unreachable();
}

static void
mcalled(void *gp)
{
	struct hart *h = cur;
	void (*fn)(struct g *) = h->fn;

	unmask();
	fn(gp);
	badmcall2();
}

void
mcall(void (*fn)(struct g *))
{
	struct hart *h;
	struct g *gp = sim_g, *g0;

	sim_point();
	h = cur;
	h->masked = true;
	g0 = g0of(gp);
	if (gp == g0)
		badmcall();
	h->fn = fn;
	*word(gp, G_SCHED_PC) = (uintptr_t)sim_swap;
	sim_g = g0;
	swap(word(gp, G_SCHED_SP),
	     fresh(*word(g0, G_SCHED_SP), sim_enter, (uintptr_t)mcalled,
		   (uintptr_t)gp),
	     h, g0, true);
	unmask(); // somebody has gogone back, on any hart
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
	unmask();
	fn(arg);
	sim_point();
	h->masked = true;
	sim_g = gp;
	swap(&trash, sp, h, gp, true);
}

void
arch_systemstack(void (*fn)(void *), void *arg)
{
	struct hart *h;
	struct g *gp = sim_g, *g0;

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
	sim_g = g0;
	swap(&h->syssp,
	     fresh(*word(g0, G_SCHED_SP), sim_enter, (uintptr_t)onsystemstack,
		   0),
	     h, g0, true);
	unmask();
}

void sim_started(void);
void sim_newlife(struct g *gp);

// sim_started is a goroutine's first step.
void
sim_started(void)
{
	sim_arrived();
	sim_newlife(sim_g);
	unmask();
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
	uintptr_t lo, hi;

	sim_point();
	stackof(h, NULL, &lo, &hi);
	h->sp = fresh(hi, sim_enter, (uintptr_t)hartstart, cpu);
	h->masked = true;
	h->started = true;
}

void
arch_minit(void)
{
	cur->deadline = INT64_MAX;
}

// nextevent is the earliest deadline of any hart or the device.
static int64_t
nextevent(void)
{
	int64_t when = devwhen;

	for (unsigned i = 0; i < nharts; i++)
		if (harts[i].started && harts[i].deadline < when)
			when = harts[i].deadline;
	return when;
}

void
arch_cpuidle(void)
{
	struct hart *h = cur, *next;

	settle();
	sim_stats.idles++;
	h->idle = true;
	while (!pending(h)) {
		next = pick(NULL);
		if (next != NULL) {
			switchto(next);
			settle();
			if (h->idle && sim_random(256) == 0)
				break; // early, as it may
		} else if (nextevent() == INT64_MAX) {
			stuck();
		} else {
			clock_ = nextevent();
		}
	}
	h->idle = false;
	h->masked = false;
	if (pending(h))
		interrupt();
	refuel();
}

void
arch_cpuwake(unsigned cpu)
{
	sim_point();
	harts[cpu].ipi = true;
	if (&harts[cpu] == cur && !cur->masked) {
		settle();
		quantum = 1 + sim_random(8);
		fuel = fuelset = quantum;
	}
}

void
procyield(void)
{
	struct hart *next;

	settle();
	clock_ += SPIN_NS;
	next = pick(cur);
	if (next == cur) // the others wait for a time that must come
		clock_ += 20 * SPIN_NS;
	switchto(next);
	settle();
	if (!cur->masked && sim_g != NULL && pending(cur))
		interrupt();
	refuel();
}

// ---- Time, devices, console --------------------------------------------------------------

int64_t
nanotime(void)
{
	sim_point();
	return now() + 1;
}

void
arch_timerset(int64_t when)
{
	settle();
	cur->deadline = when == INT64_MAX ? when : when - 1 < 0 ? 0 : when - 1;
	refuel();
}

void devstart(long ns);
void devquiet(void);

void
devstart(long ns)
{
	sim_point();
	settle();
	devwhen = clock_ + ns;
	refuel();
}

void
devquiet(void)
{
	sim_point();
	linepending[LINE_DEVICE] = false;
}

void
arch_irqmask(unsigned irq, bool masked)
{
	sim_point();
	if (irq < NIRQ)
		lineunmasked[irq] = !masked;
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

int
sim_run(unsigned n, uint64_t seed, bool iswild, const char *args)
{
	uintptr_t lo, hi;

	guards();
#ifdef SIM_TSAN
	hostfiber = __tsan_get_current_fiber();
#endif
	memset(harts, 0, sizeof harts);
	memset(&sim_stats, 0, sizeof sim_stats);
	memset(linepending, 0, sizeof linepending);
	memset(lineunmasked, 0, sizeof lineunmasked);
	snprintf(bootargs, sizeof bootargs, "%s", args);
	memset(out, 0, outlen);
	outlen = 0;
	nharts = n;
	wild = iswild;
	rngstate = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
	for (int i = 0; i < 8; i++)
		rng();
	turns = 0;
	clock_ = 1000;
	devwhen = INT64_MAX;
	for (unsigned i = 0; i < n; i++)
		harts[i].deadline = INT64_MAX;
	cur = &harts[0];
	cur->started = true;
	cur->masked = true;
	sim_g = NULL;
	fuel = fuelset = 0;
	newquantum();
	refuel();
	running = true;
	stackof(cur, NULL, &lo, &hi);
	swap(&hostsp, fresh(hi, sim_enter, (uintptr_t)hartboot, 0), cur, NULL,
	     true);
	sim_g = NULL;
	return status;
}
