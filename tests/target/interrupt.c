// interrupt.c: masking, interrupts in handlers, interrupts that nobody wants, how
// long one takes to be heard, and what it finds of a program's own functions. These
// use the contract between kernel and machine (arch.h) and not only go.h.
#include "device.h"
#include "test.h"

#include <string.h>

#include "../../kernel/runtime.h"
#include "../../kernel/traceback.h"

// A while that is longer than an interrupt needs to come, by the clock that does
// not stop when interrupts are masked.
static void
awhile(void)
{
	int64_t end = nanotime() + 200 * MICROSECOND;

	while (nanotime() < end)
		procyield();
}

// ---- Masking nests ---------------------------------------------------------------

static uint64_t
taken(void)
{
	return (uint64_t)load64((int64_t *)(void *)&getg()->m->interrupts);
}

static void
masked_three_deep(void *arg)
{
	uintptr_t outer, inner, third;
	uint64_t before;

	(void)arg;
	preempt_disable(); // stays on this hart
	outer = arch_irqsave();
	before = taken();
	arch_cpuwake(arch_cpuid());
	inner = arch_irqsave();
	third = arch_irqsave();
	awhile();
	arch_irqrestore(third);
	awhile();
	arch_irqrestore(inner);
	awhile();
	CHECK_EQ(taken(), before); // the outermost holds
	arch_irqrestore(outer);
	for (int i = 0; i < 100 && taken() == before; i++)
		awhile();
	CHECK(taken() > before); // and what waited comes
	preempt_enable();
}

// Interrupts stay masked until the outermost of nested stretches ends, on every
// hart that takes one of these goroutines.
static void
MaskNests(void)
{
	for (int i = 0; i < 4 * runtime_num_cpu(); i++)
		go(masked_three_deep, NULL);
	CHECK(wait_idle(0));
}

// ---- In a handler -------------------------------------------------------------

static atomic_int entered;
static atomic_uint_fast32_t during;

static void
quiets(void *arg)
{
	(void)arg;
	devquiet();
}

// Takes long, and asks for another interrupt of this hart meanwhile.
static void
lingers(void *arg)
{
	uint64_t before = taken();

	(void)arg;
	devquiet();
	arch_cpuwake(arch_cpuid());
	for (int64_t end = nanotime() + 200 * MICROSECOND; nanotime() < end;)
		;
	atomic_fetch_add(&during, (uint32_t)(taken() - before));
	atomic_fetch_add(&entered, 1);
}

static void
forget(void)
{
	irq_handle(DEV_IRQ, quiets, NULL);
	time_sleep(MILLISECOND);
	irq_handle(DEV_IRQ, NULL, NULL);
}

// A handler of the kernel's is not interrupted by another one, though one is due;
// that one comes when it is over.
static void
HandlersDoNotNest(void)
{
	uint64_t before;

	forget();
	atomic_store(&entered, 0);
	atomic_store(&during, 0);
	before = total().interrupts;
	irq_handle(DEV_IRQ, lingers, NULL);
	for (int i = 0; i < 10; i++) {
		devstart(10 * MICROSECOND);
		for (int k = 0; k < 1000 && atomic_load(&entered) <= i; k++)
			time_sleep(MILLISECOND);
	}
	irq_handle(DEV_IRQ, NULL, NULL);
	CHECK_EQ(atomic_load(&entered), 10);
	CHECK_EQ(atomic_load(&during), 0);
	CHECK(total().interrupts - before >= 20);
	forget();
}

// ---- Interrupts that nobody wants ----------------------------------------------

// sleeps returns how many interrupts there are in five sleeps, in each of which the
// device fires, or does not.
static uint64_t
sleeps(bool fires)
{
	uint64_t before = total().interrupts;

	for (int i = 0; i < 5; i++) {
		devquiet();
		if (fires)
			devstart(50 * MICROSECOND);
		time_sleep(MILLISECOND);
	}
	return total().interrupts - before;
}

// A line that fires and is nobody's is masked: it does not come again and again,
// and the next who waits for it learns of it.
static void
LineOfNobody(void)
{
	uint64_t without, with;
	int64_t start;

	forget();
	without = sleeps(false);
	devstart(50 * MICROSECOND);
	start = time_now();
	arch_irqmask(DEV_IRQ, false);
	time_sleep(MILLISECOND);
	with = sleeps(true);
	if (virtual_clock() && !chaotic() && runtime_num_cpu() == 1)
		// A sleep more or less meets its own timer: see RETRY_NS.
		CHECK(with <= without + 4 + 5 * DEV_EDGE);
	devquiet();
	irq_wait(DEV_IRQ);
	CHECK(time_now() - start < late(100 * MILLISECOND));
	forget();
}

// An IPI that nobody has a reason for does nothing, also when it is sent from
// everywhere at once.
static void
rings(void *arg)
{
	(void)arg;
	for (int i = 0; i < 50; i++) {
		arch_cpuwake((unsigned)(i % runtime_num_cpu()));
		runtime_gosched();
	}
}

static void
IpisOfNobody(void)
{
	for (int i = 0; i < 8; i++)
		go(rings, NULL);
	CHECK(wait_idle(0));
}

// ---- How long one takes ----------------------------------------------------------

static struct {
	atomic_bool stop;
	int64_t due, worst, sum;
	chan *c;
} latency;

static void
hears(void *arg)
{
	int64_t l = nanotime() - latency.due;

	(void)arg;
	devquiet();
	latency.sum += l;
	if (l > latency.worst)
		latency.worst = l;
	atomic_fetch_add(&entered, 1);
}

static void
talks(void *arg)
{
	int v = 0;

	(void)arg;
	while (!atomic_load(&latency.stop)) {
		chan_send(latency.c, &v);
		chan_recv(latency.c, &v);
	}
}

// While goroutines do nothing but send and receive, sleep and select, an interrupt
// is heard within the longest stretch of the kernel's that masks, and its own way
// in. Exact where time is instructions, and one hart takes no turns with others.
static void
IrqLatency(void)
{
	uint32_t r = seed();

	if (!virtual_clock() || chaotic() || tortured() || DEV_LATE == 0 ||
	    runtime_num_cpu() > 1) {
		skip("a latency is exact on one hart that is left alone");
		return;
	}
	forget();
	memset(&latency, 0, sizeof latency);
	atomic_store(&entered, 0);
	latency.c = chan_make(int, 2);
	for (int i = 0; i < 3; i++)
		go(talks, NULL);
	irq_handle(DEV_IRQ, hears, NULL);
	for (int i = 0; i < scaled(200); i++) {
		int64_t d = 100 * MICROSECOND + rnd(&r) % 400000;
		int v;

		preempt_disable();
		latency.due = nanotime() + d;
		devstart(d);
		preempt_enable();
		chan_select(TIMEOUT(d + 50 * MICROSECOND + rnd(&r) % 50000),
			    RECV(NULL, &v));
		while (atomic_load(&entered) <= i)
			runtime_gosched();
	}
	atomic_store(&latency.stop, true);
	for (int v; !wait_idle(0);)
		chan_try_recv(latency.c, &v);
	irq_handle(DEV_IRQ, NULL, NULL);
	CHECK_EQ(atomic_load(&entered), scaled(200));
	if (latency.worst > DEV_LATE)
		CHECK_EQ(latency.worst, DEV_LATE);
	chan_free(latency.c);
	forget();
}

// ---- Functions of programs, at whatever instruction ------------------------------

// The functions differ in how their frames come and go: none, registers, more than
// an instruction can add to sp at once, of variable size, with arguments that do
// not fit in registers, left by a jump.
static struct {
	struct g *victim;
	struct timer timer;
	uint32_t rnd, looks, spread;
	uintptr_t pcs[64];
	unsigned npcs, prologues;
	const char *bad;
	atomic_bool stop;
} at;

__attribute__((noinline)) static unsigned
f_leaf(unsigned x)
{
	return x * 2654435761u ^ x >> 3;
}

__attribute__((noinline)) static unsigned
f_saves(unsigned x)
{
	unsigned a = f_leaf(x), b = f_leaf(a), c = f_leaf(b), d = f_leaf(c);
	unsigned e = f_leaf(a ^ d), f = f_leaf(b ^ e), g = f_leaf(c ^ f);

	return a + 3 * b + 5 * c + 7 * d + 11 * e + 13 * f + 17 * g;
}

enum { LARGE = 2200 }; // more than 2047: two additions on riscv64

__attribute__((noinline)) static unsigned
f_large(unsigned x)
{
	volatile unsigned char w[LARGE];

	w[0] = (unsigned char)x;
	w[LARGE - 1] = (unsigned char)(x >> 8);
	x = f_leaf(x);
	return x + w[0] + w[LARGE - 1];
}

__attribute__((noinline)) static unsigned
f_variable(unsigned x)
{
	volatile unsigned w[1 + x % 7];

	w[x % 7] = x;
	x = f_leaf(x);
	return x ^ w[sizeof w / sizeof w[0] - 1];
}

__attribute__((noinline)) static unsigned
f_many(unsigned a, unsigned b, unsigned c, unsigned d, unsigned e, unsigned f,
       unsigned g, unsigned h, unsigned i, unsigned j)
{
	return f_leaf(a + b + c + d) ^ f_leaf(e + f + g + h + i + j);
}

__attribute__((noinline)) static unsigned
f_jumps(unsigned x)
{
	return x & 1 ? f_saves(x) : f_leaf(x);
}

__attribute__((noinline)) static unsigned
f_deep(unsigned x, unsigned n)
{
	volatile unsigned keep = x;

	if (n > 0)
		x = f_deep(f_leaf(x), n - 1);
	return x + keep;
}

__attribute__((noinline)) static unsigned
f_all(unsigned x)
{
	x ^= f_saves(x);
	x ^= f_large(x);
	x ^= f_variable(x);
	x ^= f_many(x, 1, 2, 3, 4, 5, 6, 7, 8, x);
	x ^= f_jumps(x);
	return x + f_deep(x, 2);
}

static void
runs_them(void *arg)
{
	unsigned *bad = arg, want = f_all(12345);

	at.victim = getg();
	while (!atomic_load(&at.stop))
		*bad += f_all(12345) != want;
}

// note_pc counts different pcs, and those among the first bytes of a function.
static void
note_pc(uintptr_t pc, const struct frame *f)
{
	at.prologues += pc - f->entry < 8;
	for (unsigned i = 0; i < at.npcs; i++)
		if (at.pcs[i] == pc)
			return;
	if (at.npcs < sizeof at.pcs / sizeof at.pcs[0])
		at.pcs[at.npcs++] = pc;
}

// look walks the stack of the goroutine that the timer took off: it must lead
// through functions of this file to where the goroutine began.
static void
look(void)
{
	const struct g *gp = at.victim;
	bool began = false;
	struct unwind u;
	struct frame f;

	arch_unwindg(&u, gp);
	if (!u.exact)
		return; // it was not an interrupt that took it off
	for (int n = 0;; n++) {
		if (!findframe(u.pc, u.exact, &f)) {
			at.bad = "a pc that is nobody's";
			return;
		}
		if (n == 0 && strncmp(f.func, "f_", 2) == 0)
			note_pc(u.pc, &f);
		if (strcmp(f.func, "goexit") == 0)
			break;
		if (began || n == 10) {
			at.bad = "more than the whole stack";
			return;
		}
		began = strcmp(f.func, "runs_them") == 0;
		if (!began && strncmp(f.func, "f_", 2) != 0) {
			at.bad = f.func; // none of ours
			return;
		}
		if (!unwindstep(&u, gp->stacklo, gp->stackhi)) {
			at.bad = "the walk ends early";
			return;
		}
	}
	if (!began)
		at.bad = "the entry function is missing";
	at.looks++;
}

// A timer's function runs on g0. With one P, who was taken off for it waits.
static void
strikes(void *arg)
{
	const struct g *gp = at.victim;

	(void)arg;
	if (atomic_load(&at.stop))
		return; // the victim may be on its way out
	if (gp != NULL && at.bad == NULL && load(&gp->status) == Grunnable &&
	    gp->locks == 0)
		look();
	timer_start(&at.timer,
		    30 * MICROSECOND + (duration)(rnd(&at.rnd) % at.spread),
		    strikes, NULL);
}

// Functions of a program's own, taken off at random instructions, prologues and
// epilogues included: their values are right, and at each of those instructions
// the stack can be walked to its end.
static void
StackAtAnyInstruction(void)
{
	uint32_t want = (uint32_t)scaled(600);
	unsigned bad = 0;

	runtime_gomaxprocs(1);
	memset(&at, 0, sizeof at);
	at.rnd = seed();
	at.spread = 100000;
	NEED(go_with((struct go_attr){ .stack = 4096, .name = "victim" },
		     runs_them, &bad));
	timer_start(&at.timer, MILLISECOND, strikes, NULL);
	for (int i = 0; i < 2000 && at.looks < want && at.bad == NULL; i++)
		time_sleep(MILLISECOND);
	atomic_store(&at.stop, true);
	NEED(wait_idle(0));
	timer_stop(&at.timer);
	runtime_gomaxprocs(runtime_num_cpu());
	if (at.bad != NULL)
		test_fail(__FILE__, __LINE__, at.bad);
	CHECK_EQ(bad, 0);
	CHECK(at.looks >= want);
	// Without counted instructions QEMU interrupts between blocks only.
	if (virtual_clock()) {
		CHECK(at.npcs >= 40);
		CHECK(at.prologues > 0);
	}
}

const struct test interrupt_tests[] = {
	T(MaskNests),    T(HandlersDoNotNest), T(LineOfNobody),
	T(IpisOfNobody), T(IrqLatency),        T(StackAtAnyInstruction),
	{ 0 },
};
