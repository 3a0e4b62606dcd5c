// shot.c: interrupts that come when the sweep wants them, and where they came.
//
// On machines whose one timer per hart is the kernel's, the sweep shares it: the
// linker puts our arch_timerset and timerintr between the kernel and the machine
// (link.opt), ours sets whichever deadline is earlier, and what fires too early
// for the kernel is what the kernel calls harmless. So the image under test is
// built of the objects of any other image. armv7m has another timer, and its line
// is the interrupt.
//
// The pc is the hardware's: the trap's epc, or the word of the frame that the
// entry left. The marks (mark_0 ... mark_off) do nothing; the plugin of the
// emulator (host/steps.c) knows their addresses and records from one to the other.
#include "sweep.h"

// A byte for every UNIT of text.
enum { TEXT_MAX = 400000 };
static uint8_t hits[TEXT_MAX / UNIT];

#define NEVER ((uint64_t)INT64_MAX / 4)

static volatile struct {
	uint64_t at; // by clock; NEVER: none placed
	uint32_t hart;
	enum mode mode;
	unsigned left, taken;
	unsigned delay, gap; // of the first on a remote hart; of the second
	bool remote;
	bool idle; // the first one met a hart that sleeps without a deadline
	uintptr_t pc;
} shot = { .at = NEVER };

static volatile int64_t idlefrom; // when a hart went to sleep last

volatile uintptr_t watchlo, watchhi;
volatile unsigned watched;

#define MARK(n) \
	__attribute__((noinline)) static void mark_##n(void) \
	{ \
		__asm__ volatile("# mark " #n : : : "memory"); \
	}
MARK(0)
MARK(1)
MARK(2)
MARK(3)
MARK(off)

static void
mark(enum mode mode)
{
	switch (mode) {
	case PREEMPT:
		mark_0();
		break;
	case READY:
		mark_1();
		break;
	case BOTH:
		mark_2();
		break;
	default:
		mark_3();
	}
}

// ---- Where it came -----------------------------------------------------------------

void __real_arch_timerset(int64_t when);
void __real_arch_cpuidle(void);
bool __real_timerintr(struct g *gp);
bool __real_irqdispatch(unsigned irq, struct g *gp);

#if defined __riscv
#include <csr.h>
static uintptr_t
interrupted(void)
{
	return csr_read(CSR_EPC);
}
#else
static uintptr_t pcs[MAXHARTS];
static uintptr_t
interrupted(void)
{
	return pcs[getg()->m->id];
}
#endif

#if defined __x86_64__
#define frame x86_frame // go.h has another one
#include <x86.h>
#undef frame

static bool due(void);

// trap.S has rbp at the frame: the old rbp, then what the hardware pushed. What is
// ours is to come to the kernel as a deadline of its own.
bool __real_x86_timer(struct g *gp);
void notepc(uintptr_t pc);
void
notepc(uintptr_t pc)
{
	pcs[getg()->m->id] = pc;
	if (getg()->m->id == shot.hart && due())
		x86_self()->deadline = 0;
}
__asm__(".text\n"
	".globl __wrap_x86_timer\n"
	".type __wrap_x86_timer, @function\n"
	"__wrap_x86_timer:\n"
	"	pushq %rdi\n"
	"	movq 8(%rbp), %rdi\n"
	"	call notepc\n"
	"	popq %rdi\n"
	"	jmp __real_x86_timer\n"
	".size __wrap_x86_timer, . - __wrap_x86_timer\n");
#elif defined __arm__
// The hardware's frame is at the goroutine's psp, or on the msp behind the two
// words that the entry pushed: sp as it was when arch_dispatch was called. Only a
// goroutine comes to irqswitch.
bool __real_arch_dispatch(struct g *gp, uintptr_t psp, uint32_t exc);
void notepc(const uintptr_t *frame);
void
notepc(const uintptr_t *frame)
{
	pcs[0] = frame[6];
}
__asm__(".text\n"
	".syntax unified\n"
	".balign 4\n"
	".globl __wrap_arch_dispatch\n"
	".type __wrap_arch_dispatch, %function\n"
	".thumb_func\n"
	"__wrap_arch_dispatch:\n"
	"	mov	r3, sp\n"
	"	push	{r0-r2, lr}\n"
	"	mov	r0, r1\n"
	"	cbnz	r0, 1f\n"
	"	add	r0, r3, #8\n"
	"1:	bl	notepc\n"
	"	pop	{r0-r2, lr}\n"
	"	b	__real_arch_dispatch\n"
	".size __wrap_arch_dispatch, . - __wrap_arch_dispatch\n"
	".globl __wrap_irqswitch\n"
	".type __wrap_irqswitch, %function\n"
	".thumb_func\n"
	"__wrap_irqswitch:\n"
	"	push	{r0, r1, r3, lr}\n"
	"	mrs	r0, psp\n"
	"	bl	notepc\n"
	"	pop	{r0, r1, r3, lr}\n"
	"	b	__real_irqswitch\n"
	".size __wrap_irqswitch, . - __wrap_irqswitch\n");
#endif

#if !defined __arm__
struct g *__real_irqswitch(uintptr_t irq, struct g *gp);
struct g *__wrap_irqswitch(uintptr_t irq, struct g *gp);
struct g *
__wrap_irqswitch(uintptr_t irq, struct g *gp)
{
	return __real_irqswitch(irq, gp);
}
#endif

uintptr_t
textlo(void)
{
	extern const char __text_start[];

	return (uintptr_t)__text_start;
}

uintptr_t
texthi(void)
{
	return textlo() + TEXT_MAX;
}

static uint8_t *
hitbyte(uintptr_t pc)
{
	return pc >= textlo() && pc < texthi() ? &hits[(pc - textlo()) / UNIT] :
						 NULL;
}

unsigned
hit(uintptr_t pc)
{
	const uint8_t *b = hitbyte(pc);

	return b != NULL ? *b : 0;
}

uintptr_t
lastpc(void)
{
	return shot.pc;
}

bool
hitidle(void)
{
	return shot.idle;
}

// ---- A hart that sleeps for ever -------------------------------------------------------
// With one hart, or the other one held, nothing placed and no deadline of the kernel's, nothing will ever
// end a sleep: somebody was lost. So whoever sleeps like that, or goes on sleeping
// after the interrupt that was to wake it, gets a deadline from us, and if it is that
// what ends the sleep the machine says so.

enum { FOREVER = 1000000 }; // ns

// backstop sets that deadline. Interrupts are masked.
static void
backstop(void)
{
	if (alone() && running() && getg()->m->armed == INT64_MAX &&
	    shot.at == NEVER)
		__real_arch_timerset(nanotime() + FOREVER);
}

void __wrap_arch_cpuidle(void);
void
__wrap_arch_cpuidle(void)
{
	struct m *mp = getg()->m;
	bool mine = alone() && running() && mp->armed == INT64_MAX;
	uintptr_t s;

	if (holdidle())
		return;
	idlefrom = nanotime();
	backstop();
	__real_arch_cpuidle();
	if (!mine)
		return;
	if (nanotime() - idlefrom >= FOREVER && shot.at == NEVER &&
	    mp->armed == INT64_MAX) {
		kprintf("sweep: the hart sleeps, and nothing will wake it\n");
		arch_halt(1);
	}
	s = arch_irqsave();
	if (mp->armed == INT64_MAX && shot.at == NEVER)
		__real_arch_timerset(INT64_MAX);
	arch_irqrestore(s);
}

// ---- The timer -----------------------------------------------------------------------

static void place(unsigned n); // the next one, n instructions from here

// taken: a placed interrupt is here. In a handler.
static void
taken(void)
{
	uint8_t *b = hitbyte(shot.pc = interrupted());
	unsigned nth = shot.taken++;
	bool idle;

	if (b != NULL)
		*b |= (uint8_t)(1u << shot.mode);
	idle = shot.pc - ((uintptr_t)__real_arch_cpuidle & ~(uintptr_t)1) <
		       32 &&
	       getg()->m->armed == INT64_MAX &&
	       nanotime() - idlefrom > INSNS(400);
	if (nth == 0)
		shot.idle = idle;
	if (shot.pc >= watchlo && shot.pc < watchhi)
		watched++;
	if (--shot.left == 0)
		mark_off();
	getg()->m->inhandler = true;
	act(shot.mode, nth);
	getg()->m->inhandler = false;
	if (shot.left != 0)
		place(shot.gap);
}

#if defined __arm__
#define REG(a) (*(volatile uint32_t *)(uintptr_t)(a))
enum { DEV_IRQ = 8, TIMER = 0x40000000 };
#define SYST_CVR 0xe000e018u

// The timer counts 40 ns, from the moment when it is set: of two instructions there
// is always a tick between.
static void
place(unsigned n)
{
	shot.at = 0;
	REG(TIMER) = 0;
	REG(TIMER + 8) = 0;
	REG(TIMER + 4) = n * INSN_NS / 40 + 1;
	REG(TIMER) = 9; // on, with interrupt
}

static void
unplace(void)
{
	REG(TIMER) = 0;
	REG(TIMER + 12) = 1;
	shot.at = NEVER;
}

static void
ticked(void *arg)
{
	(void)arg;
	if (shot.at == NEVER)
		return; // disarmed at the last moment
	unplace();
	taken();
	backstop();
}

void
shotinit(void)
{
	irq_handle(DEV_IRQ, ticked, NULL);
}

bool __wrap_timerintr(struct g *gp);
bool
__wrap_timerintr(struct g *gp)
{
	return __real_timerintr(gp);
}

void __wrap_arch_timerset(int64_t when);
void
__wrap_arch_timerset(int64_t when)
{
	__real_arch_timerset(when);
}
#else
// hardware sets the timer to the placed interrupt's time or to the kernel's deadline,
// whichever is earlier, and takes the same instructions for both: what the kernel does
// until the interrupt must not depend on where that is.
#if defined __riscv
// The emulator makes an interrupt due at the time of the store plus 100 ns for each
// tick that mtimecmp is ahead of mtime. An instruction is 128 ns, so there is a number
// of ticks for each, if the tick of the store itself is known: under -icount the
// cycle counter counts ns, and the store comes twelve instructions behind its read.
static uint64_t
clock(void)
{
	return csr_read(mcycle);
}

static void
hardware(int64_t when)
{
	extern uint64_t mtime0;
	uint64_t cmp, hundred, left, kernels = UINT64_MAX;

	if (when <= 0)
		kernels = 0;
	else if (when != INT64_MAX)
		kernels = mtime0 + ((uint64_t)when + 99) / 100;
	__asm__ volatile("csrr	%0, mcycle\n\t"
			 "add	%0, %0, %3\n\t"
			 "li	%1, 100\n\t"
			 "sub	%2, %4, %0\n\t"
			 "div	%2, %2, %1\n\t"
			 "divu	%0, %0, %1\n\t"
			 "add	%0, %0, %2\n\t"
			 "sltu	%1, %5, %0\n\t"
			 "neg	%1, %1\n\t"
			 "xor	%2, %5, %0\n\t"
			 "and	%2, %2, %1\n\t"
			 "xor	%0, %0, %2\n\t"
			 "sd	%0, 0(%6)"
			 : "=&r"(cmp), "=&r"(hundred), "=&r"(left)
			 : "r"((uint64_t)12 * INSN_NS), "r"(shot.at),
			   "r"(kernels),
			   "r"(CLINT_BASE + 0x4000 + 8 * getg()->m->id)
			 : "memory");
}
#else
// An instruction, a tick of the timer and a nanosecond are the same (shotinit). The
// interrupt is due a tick behind what the timer is set to.
static uint64_t
clock(void)
{
	return x86_rdtsc();
}

static void
hardware(int64_t when)
{
	uint64_t kernels = x86_clock.tsc0 + (uint64_t)when, ticks, most;

	x86_self()->deadline = when;
	__asm__ volatile("cmpq	%3, %2\n\t"
			 "cmovaq	%3, %2\n\t"
			 "rdtsc\n\t"
			 "shlq	$32, %%rdx\n\t"
			 "orq	%%rax, %%rdx\n\t"
			 "leaq	-9(%2), %%rax\n\t"
			 "subq	%%rdx, %%rax\n\t"
			 "movl	$1, %%edx\n\t"
			 "cmpq	%%rdx, %%rax\n\t"
			 "cmovlq	%%rdx, %%rax\n\t"
			 "movl	$-1, %%edx\n\t"
			 "cmpq	%%rdx, %%rax\n\t"
			 "cmovgq	%%rdx, %%rax\n\t"
			 "movl	%%eax, (%4)"
			 : "=&a"(ticks), "=&d"(most), "+&r"(kernels)
			 : "r"(shot.at), "r"((uint64_t)LAPIC + LAPIC_TMICT)
			 : "memory", "cc");
}
#endif

// due tells whether the placed interrupt's time has come.
static bool
due(void)
{
	return clock() >= shot.at;
}

// place is called on the hart that is meant, interrupts masked. LEAD instructions
// are for what is left of it.
enum { LEAD = 20 };

static void
place(unsigned n)
{
	shot.at = clock() + (uint64_t)(n + LEAD) * INSN_NS;
	hardware(getg()->m->armed);
}

static void
unplace(void)
{
	shot.at = NEVER;
	if (getg()->m->id == shot.hart)
		hardware(getg()->m->armed);
}

void __wrap_arch_timerset(int64_t when);
void
__wrap_arch_timerset(int64_t when)
{
	uintptr_t s;

	if (getg()->m->id != shot.hart) {
		__real_arch_timerset(when);
		return;
	}
	// armopen calls with interrupts on; between the clock and the timer there
	// must be none.
	s = arch_irqsave();
	hardware(when);
	arch_irqrestore(s);
}

bool __wrap_timerintr(struct g *gp);
bool
__wrap_timerintr(struct g *gp)
{
	bool mine = getg()->m->id == shot.hart, preempt;

	if (mine && due()) {
		shot.at = NEVER;
		taken();
	}
	preempt = __real_timerintr(gp);
	if (mine)
		hardware(getg()->m->armed);
	backstop();
	return preempt;
}

// A machine with a handler is never taken for dead, and here the handler is ours.
static void
nothing(void *unused)
{
	(void)unused;
}

void
shotinit(void)
{
	irq_handle(6, nothing, NULL);
#if defined __x86_64__
	// What boot measured is a little off, and then the kernel's deadlines
	// come an instruction earlier in one run than in another.
	x86_clock.tsc0 = x86_rdtsc() - (uint64_t)nanotime();
	x86_clock.nsmul = x86_clock.tickmul = (uint64_t)1 << 32;
#endif
}
#endif

bool __wrap_irqdispatch(unsigned irq, struct g *gp);
bool
__wrap_irqdispatch(unsigned irq, struct g *gp)
{
	if (shot.remote && irq == IRQ_IPI && getg()->m->id == shot.hart) {
		shot.remote = false;
		place(shot.delay);
		mark(shot.mode);
	}
	return __real_irqdispatch(irq, gp);
}

// inphase makes the ticks of the machine's clock stand at the same places between the
// instructions to come, each time: then the kernel's own deadlines, too, come at the
// same instruction in every run of a scenario. Interrupts are masked.
static void
inphase(void)
{
#if defined __riscv
	// A tick is 100 ns, an instruction 128: 25 of these are 32 of those.
	uintptr_t n = 25 - csr_read(mcycle) / INSN_NS % 25, to;

	__asm__ volatile(".option push\n\t"
			 ".option norvc\n\t"
			 "lla	%0, 1f\n\t"
			 "slli	%1, %1, 2\n\t"
			 "sub	%0, %0, %1\n\t"
			 "jr	%0\n\t"
			 ".rept 25\n\t"
			 "nop\n\t"
			 ".endr\n"
			 "1:\n\t"
			 ".option pop"
			 : "=&r"(to), "+r"(n));
#elif defined __arm__
	// To set a deadline is to start the counter anew, if that comes before what
	// it runs to, and which is so makes many instructions' difference. So it is
	// always behind the deadlines of scenarios and before the end of a slice;
	// each time a little earlier than before, until calm has let it end.
	int64_t left = (int64_t)REG(SYST_CVR) * 40 - 200 * MICROSECOND;

	if (left > 9 * MILLISECOND)
		left = 9 * MILLISECOND;
	if (getg()->m->armed == INT64_MAX)
		__real_arch_timerset(nanotime() + left);
#endif
}

// calm lets the counter's period end if that could come while the scenario runs. It
// comes before the state is made alike: an interrupt changes that.
void
calm(void)
{
#if defined __arm__
	uint32_t left = REG(SYST_CVR);

	if (left < 60000)
		__asm__ volatile("1:	subs	%0, %0, #1\n\t"
				 "bne	1b"
				 : "=r"(left)
				 : "0"(left + 100)
				 : "cc");
#endif
}

void
arm(enum mode mode, unsigned n, unsigned gap, uint32_t hart, bool remote)
{
	uintptr_t s = arch_irqsave();

	inphase();
	shot.mode = mode;
	shot.left = mode == TWO ? 2 : 1;
	shot.taken = 0;
	shot.hart = hart;
	shot.delay = n;
	shot.gap = gap;
	shot.remote = remote;
	shot.pc = 0;
	shot.idle = false;
	if (!remote) {
		place(shot.delay);
		mark(mode);
	}
	arch_irqrestore(s);
}

unsigned
disarm(void)
{
	uintptr_t s = arch_irqsave();

	mark_off();
	shot.remote = false;
	unplace();
	arch_irqrestore(s);
	return shot.taken;
}
