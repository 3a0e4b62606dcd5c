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

static volatile struct {
	int64_t when; // about; INT64_MAX: none placed
	uint64_t at;  // exactly, by clock
	uint32_t hart;
	enum mode mode;
	unsigned left, taken;
	unsigned delay, gap; // of the first on a remote hart; of the second
	bool remote;
	bool idle; // the first one met a hart that sleeps without a deadline
	uintptr_t pc;
} shot = { .when = INT64_MAX };

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
// trap.S has rbp at the frame: the old rbp, then what the hardware pushed.
bool __real_x86_timer(struct g *gp);
void notepc(uintptr_t pc);
void
notepc(uintptr_t pc)
{
	pcs[getg()->m->id] = pc;
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
// words that the entry pushed: sp as it was when arch_dispatch was called.
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
	".size __wrap_arch_dispatch, . - __wrap_arch_dispatch\n");
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
// With one hart, nothing placed and no deadline of the kernel's, nothing will ever
// end a sleep: somebody was lost. So whoever sleeps like that, or goes on sleeping
// after the interrupt that was to wake it, gets a deadline from us, and if it is that
// what ends the sleep the machine says so.

enum { FOREVER = 1000000 }; // ns

// backstop sets that deadline. Interrupts are masked.
static void
backstop(void)
{
	if (ncpu == 1 && running() && getg()->m->armed == INT64_MAX &&
	    shot.when == INT64_MAX)
		__real_arch_timerset(nanotime() + FOREVER);
}

void __wrap_arch_cpuidle(void);
void
__wrap_arch_cpuidle(void)
{
	struct m *mp = getg()->m;
	bool mine = ncpu == 1 && running() && mp->armed == INT64_MAX;
	uintptr_t s;

	idlefrom = nanotime();
	backstop();
	__real_arch_cpuidle();
	if (!mine)
		return;
	if (nanotime() - idlefrom >= FOREVER && shot.when == INT64_MAX &&
	    mp->armed == INT64_MAX) {
		kprintf("sweep: the hart sleeps, and nothing will wake it\n");
		arch_halt(1);
	}
	s = arch_irqsave();
	if (mp->armed == INT64_MAX && shot.when == INT64_MAX)
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

// The timer counts 40 ns, from the moment when it is set: of two instructions there
// is always a tick between.
static void
place(unsigned n)
{
	shot.when = 0;
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
	shot.when = INT64_MAX;
}

static void
ticked(void *arg)
{
	(void)arg;
	if (shot.when == INT64_MAX)
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
// set is true while the hardware's deadline is the one that program gave it: to the
// instruction, which the kernel's way of setting it is not.
static volatile bool set;

#if defined __riscv
// The emulator makes an interrupt due at the time of the store plus 100 ns for each
// tick that mtimecmp is ahead of mtime. An instruction is 128 ns, so there is a number
// of ticks for each, if the tick of the store itself is known: under -icount the
// cycle counter counts ns, and the store comes seven instructions behind its read.
static uint64_t
clock(void)
{
	return csr_read(mcycle);
}

static void
program(void)
{
	extern uint64_t mtime0;
	uint64_t cmp, hundred, left;

	__asm__ volatile("csrr	%0, mcycle\n\t"
			 "add	%0, %0, %3\n\t"
			 "li	%1, 100\n\t"
			 "sub	%2, %4, %0\n\t"
			 "div	%2, %2, %1\n\t"
			 "divu	%0, %0, %1\n\t"
			 "add	%0, %0, %2\n\t"
			 "sd	%0, 0(%5)"
			 : "=&r"(cmp), "=&r"(hundred), "=&r"(left)
			 : "r"((uint64_t)7 * INSN_NS), "r"(shot.at),
			   "r"(CLINT_BASE + 0x4000 + 8 * getg()->m->id)
			 : "memory");
	shot.when = (int64_t)(cmp - mtime0) * 100;
}
#else
// An instruction, a tick of the timer and a nanosecond are the same. The kernel is to
// take the interrupt for a deadline of its own, so that is set as well, a little
// earlier.
#define LAPIC_TMICT (*(volatile uint32_t *)(uintptr_t)0xfee00380)

static uint64_t
clock(void)
{
	return __builtin_ia32_rdtsc();
}

static void
program(void)
{
	int64_t n = (int64_t)(shot.at - clock()) - 10;

	n = n > 0 ? n : 1;
	shot.when = nanotime() + n - n / 64 - 100;
	__real_arch_timerset(shot.when);
	n = (int64_t)(shot.at - clock()) - 10;
	LAPIC_TMICT = (uint32_t)(n > 0 ? n : 1);
}
#endif

// replace gives the hardware the deadline, after something of the kernel's has.
static void
replace(void)
{
	program();
	set = shot.when < getg()->m->armed;
	if (!set)
		__real_arch_timerset(getg()->m->armed);
}

// place is called on the hart that is meant, interrupts masked. LEAD instructions
// are for what is left of it.
enum { LEAD = 20 };

static void
place(unsigned n)
{
	shot.at = clock() + (uint64_t)(n + LEAD) * INSN_NS;
	replace();
}

static void
unplace(void)
{
	shot.when = INT64_MAX;
	set = false;
	if (getg()->m->id == shot.hart)
		__real_arch_timerset(getg()->m->armed);
}

void __wrap_arch_timerset(int64_t when);
void
__wrap_arch_timerset(int64_t when)
{
	if (getg()->m->id != shot.hart || when <= shot.when) {
		__real_arch_timerset(when);
		set = false;
	} else if (!set) {
		program();
		set = true;
	}
}

bool __wrap_timerintr(struct g *gp);
bool
__wrap_timerintr(struct g *gp)
{
	bool mine = getg()->m->id == shot.hart, preempt;

	if (mine) {
		set = false;
		if (nanotime() >= shot.when) {
			shot.when = INT64_MAX;
			taken();
		}
	}
	preempt = __real_timerintr(gp);
	if (mine && shot.when != INT64_MAX && !set)
		replace();
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
	// To set a deadline is to start the counter anew; this one does not come.
	if (getg()->m->armed == INT64_MAX)
		__real_arch_timerset(nanotime() + 300000000);
#endif
}

// calm waits for an interrupt that is on its way without any use: armv7m's counter
// goes on to the end of a deadline that was taken back.
static void
calm(void)
{
#if defined __arm__
	while (REG(0xe000e018) < 6000) // SYST_CVR
		;
#endif
}

void
arm(enum mode mode, unsigned n, unsigned gap, uint32_t hart, bool remote)
{
	uintptr_t s;

	calm();
	s = arch_irqsave();
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
#if defined __x86_64__
	// The emulator's timer is exact only some way behind its setting: an
	// interrupt that was due in the first 90 instructions comes after them.
	__asm__ volatile(".rept 160\n\tnop\n\t.endr");
#endif
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
