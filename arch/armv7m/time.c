// time.c (armv7m): nanotime and the deadline, both from SysTick, the one timer
// that every Cortex-M has: 24 bits, counting down, with an interrupt when it
// reaches 0.
//
// The counter never stops. `base` is the number of ticks at the moment that the
// counter was last at 0, `period` how many ticks after that it will be at 0
// again, so now = base + period - CVR, and base + period while CVR reads 0
// (the counter has arrived, its event has not been taken into account yet).
// That it arrived is read from COUNTFLAG, which reading clears: whoever sees it
// first, any reader or the interrupt, moves base one period on, in the same
// stretch without interrupts. So no reader depends on the interrupt
// having run, and a late one costs nothing.
//
// Left alone, a period is 2^24 ticks. For an earlier deadline the period that
// is running is cut: the counter is made to start from the deadline's distance,
// and as soon as it has, the reload value is set back to 2^24 - 1, so that the
// period after it is a long one again. So
//  - a cut is made only when the deadline comes before the running period's
//    end: a slice that is armed again and again costs nothing;
//  - interrupts may be masked for almost 2^24 ticks before a wrap is lost (0.67
//    s at 25 MHz), whatever the deadline was;
//  - the clock's error is that of the cut, from the read of the counter to the
//    write that restarts it. How long that takes is measured on the spot: the
//    counter is read twice in a row, and the write follows at the same
//    distance. What stays is at most a tick or two of rounding, either way
//    (seen under QEMU's -icount, 25 MHz: 0 to 8 ns slow a cut, over 3000
//    cuts). A thousand cuts a second with one tick each would be 40 ppm. QEMU
//    by the wall clock makes no timer step shorter than 10 us, so there a cut
//    costs that, and more on a busy machine: the clock runs slow, never back.
//
// nanoseconds come from ticks by a fixed-point factor (32 bits of fraction), a
// function of the tick count alone: monotonic, and off by less than 1e-9.
//
// A deep sleep (SLEEP_NS, arch_cpusleep) stops the counter; the board's clock tells
// how much is missing.
//
// Every interrupt is kept out for 12 instructions by a reader, 29 if a period has
// ended, and 29 by a cut, which is the longest stretch that the kernel has PRIMASK
// set (tests/depth/latency.c holds it to that). All that a cut has to know is the
// counter: it is compared with the distance of the deadline, so no time is computed
// there.
//
// Turned down: the tick count from the interrupt only (a reader in a masked
// stretch or above the kernel's level would see time go back); PENDSTSET as the
// wrap flag (it is gone when the handler starts, before base has moved); a
// short reload left in place until the interrupt (a masked stretch longer than
// that loses wraps); DWT's cycle counter (not in every core, none in QEMU).
//
// clk is written and read under PRIMASK. deadline belongs to the kernel's
// level.
#include <arch.h>
#include <armv7m.h>

#if !SMALL // else tick.c
#define SECOND_NS INT64_C(1000000000)

enum {
	PERIOD_MAX = 1 << 24,
	CUT_MIN = SYSTICK_CUT_MIN // no cut closer than this, in ticks
};

// Ticks to nanoseconds: whole part and 32 bits of fraction; and back, rounded
// up.
#define MULT_INT (UINT32_C(1000000000) / SYSTICK_HZ)
#define MULT_FRAC \
	((((uint64_t)(UINT32_C(1000000000) % SYSTICK_HZ)) << 32) / SYSTICK_HZ)
#define DIV_FRAC ((((uint64_t)SYSTICK_HZ << 32) + 999999999) / 1000000000)

static struct {
	uint64_t base;
	uint32_t period;
} clk;

static int64_t deadline = INT64_MAX;

// running waits until the counter has left 0: a tick at most, but as long as an
// emulator's other threads please. The bound is for a counter that stands.
static uint32_t
running(void)
{
	uint32_t v;
	unsigned n = 20000000;

	do {
		v = ioread32(SYST_CVR);
	} while (v == 0 && --n > 0);
	return v;
}

// turn takes an end of the period into account, and returns when the next one will
// be. PRIMASK is set, and stays so until the counter runs again.
static inline uint64_t
turn(void)
{
	uint64_t end = clk.base + clk.period;

	clk.base = end;
	clk.period = PERIOD_MAX;
	return end + PERIOD_MAX;
}

// wrapped is that, and returns the time.
static __attribute__((noinline)) uint64_t
wrapped(void)
{
	return turn() - running();
}

// ticks returns ticks since boot, and brings clk up to date.
static inline uint64_t
ticks(void)
{
	uint32_t pm = primask_save();
	uint32_t v = ioread32(SYST_CVR);
	uint64_t t;

	if (__builtin_expect(ioread32(SYST_CSR) & SYST_CSR_COUNTFLAG, 0)) {
		t = wrapped();
		primask_restore(pm);
		return t;
	}
	t = clk.base + clk.period;
	primask_restore(pm);
	return t - v;
}

static int64_t
ticks_to_ns(uint64_t t)
{
	uint64_t ns = t * MULT_INT;

	ns += (t >> 32) * MULT_FRAC;
	ns += ((t & UINT32_MAX) * MULT_FRAC) >> 32;
	return (int64_t)ns;
}

int64_t
nanotime(void)
{
	return ticks_to_ns(ticks());
}

// What cut's one stretch ended in.
enum { DONE, WRAPPED, ENDED, LATE };

// restart makes the running period end n ticks from now, and the one after it a long
// one again. PRIMASK is set for as long, 28 instructions: so it is written out, with
// all that can be known before in registers. Two reads and the write that restarts
// the counter stand at equal distances; the clock's books are made up while the
// counter leaves 0. Unless DONE it comes back with PRIMASK set: WRAPPED and LATE have
// read, and so taken away, a COUNTFLAG that is still to be counted.
static uint32_t
restart(uint32_t n, uint32_t *pm)
{
	uint32_t v, v2, t, lo, hi, result;

	__asm__ volatile(
		"mrs	%[pm], primask\n\t"
		"cpsid	i\n\t"
		"ldr	%[v], [%[st], #8]\n\t" // CVR
		"ldr	%[t], [%[st]]\n\t"     // CSR
		"tst	%[t], %[flag]\n\t"
		"bne	2f\n\t"
		"cmp	%[v], %[min]\n\t"
		"bls	3f\n\t"
		"str	%[n1], [%[st], #4]\n\t" // RVR
		"ldr	%[v], [%[st], #8]\n\t"
		"ldr	%[v2], [%[st], #8]\n\t"
		"str	%[v2], [%[st], #8]\n\t"
		"subs	%[v], %[v], %[v2]\n\t" // what a read takes,
		"usat	%[v], #4, %[v]\n\t"    // 15 ticks at most
		"bcc	4f\n\t"
		"ldrd	%[lo], %[hi], [%[clk]]\n\t"
		"ldr	%[t], [%[clk], #8]\n\t"
		"add	%[t], %[t], %[v]\n\t"
		"subs	%[t], %[t], %[v2]\n\t"
		"adds	%[lo], %[lo], %[t]\n\t"
		"adc	%[hi], %[hi], #0\n\t"
		"strd	%[lo], %[hi], [%[clk]]\n\t"
		"str	%[n], [%[clk], #8]\n"
		"1:	ldr	%[t], [%[st], #8]\n\t"
		"cmp	%[t], #0\n\t"
		"beq	1b\n\t"
		"str	%[max], [%[st], #4]\n\t"
		"ldr	%[t], [%[st]]\n\t"
		"tst	%[t], %[flag]\n\t"
		"bne	5f\n\t"
		"msr	primask, %[pm]\n\t"
		"movs	%[r], %[done]\n\t"
		"b	9f\n"
		"2:	movs	%[r], %[wrapped]\n\t"
		"b	9f\n"
		"3:	msr	primask, %[pm]\n\t"
		"movs	%[r], %[done]\n\t"
		"b	9f\n"
		"4:	movs	%[r], %[ended]\n\t"
		"b	9f\n"
		"5:	movs	%[r], %[late]\n"
		"9:"
		: [pm] "=&r"(*pm), [v] "=&r"(v), [v2] "=&r"(v2), [t] "=&r"(t),
		  [lo] "=&r"(lo), [hi] "=&r"(hi), [r] "=&r"(result)
		: [st] "r"(SYST_CSR), [clk] "r"(&clk), [n] "r"(n),
		  [n1] "r"(n - 1), [min] "r"(n + CUT_MIN),
		  [max] "r"(PERIOD_MAX - 1), [flag] "i"(SYST_CSR_COUNTFLAG),
		  [done] "i"(DONE), [wrapped] "i"(WRAPPED), [ended] "i"(ENDED),
		  [late] "i"(LATE)
		: "memory", "cc");
	return result;
}

// settle is for an emulator that lost the processor for a while in restart: the
// old period ended under our hands, or the short one was over before it was to be the
// last of its kind. Then it has come back, and how often cannot be known: what
// COUNTFLAG shows is counted, and clk says which of the two is running now.
static __attribute__((noinline, cold)) void
settle(uint32_t n, uint32_t what)
{
	uint32_t v;

	if (what == ENDED) {
		clk.base += clk.period;
		running();
		iowrite32(SYST_RVR, PERIOD_MAX - 1);
	} else {
		clk.base += n;
	}
	v = running();
	while (ioread32(SYST_CSR) & SYST_CSR_COUNTFLAG) {
		clk.base += n;
		v = running();
	}
	clk.period = v <= n ? n : PERIOD_MAX;
}

// cut makes the running period end `n` ticks from now, unless it ends by itself
// before that. CUT_MIN leaves time to set the long reload before the short
// period is over.
static void
cut(uint32_t n)
{
	uint32_t pm, r;

	if (n < CUT_MIN)
		n = CUT_MIN;
	while ((r = restart(n, &pm)) != DONE) {
		if (r == WRAPPED) {
			turn();
			running();
		} else {
			settle(n, r);
		}
		primask_restore(pm);
		if (r != WRAPPED)
			break;
	}
}

// arm makes an interrupt come at the deadline, or before it, then to be armed
// again. The self-made interrupt of a past deadline is PendSV.
static void
arm(void)
{
	int64_t left;

	if (deadline == INT64_MAX)
		return;
	left = deadline - nanotime();
	if (left <= 0)
		iowrite32(ICSR, ICSR_PENDSVSET);
	else if (left < ticks_to_ns(PERIOD_MAX))
		cut((uint32_t)(((uint64_t)left * DIV_FRAC) >> 32) + 1);
}

void
arch_timerset(int64_t when)
{
	deadline = when;
	arm();
}

// clock_due is every interrupt's timer part: SysTick's for a deadline or the
// end of a long period, PendSV's for a past deadline.
bool
clock_due(struct g *gp)
{
	if (nanotime() < deadline) {
		arm();
		return false;
	}
	deadline = INT64_MAX;
	return timerintr(gp);
}

// SysTick with this board's clock, stopped.
#define STOPPED \
	(SYST_CSR_TICKINT | (SYSTICK_CORE_CLOCK ? SYST_CSR_CLKSOURCE : 0))

// start makes the counter go, a long period ahead of it.
static void
start(void)
{
	clk.period = PERIOD_MAX;
	iowrite32(SYST_RVR, PERIOD_MAX - 1);
	iowrite32(SYST_CVR, 0);
	iowrite32(SYST_CSR, SYST_CSR_ENABLE | STOPPED);
	running();
}

void
clock_init(void)
{
	clk.base = (uint64_t)CLOCK_START * SYSTICK_HZ;
	iowrite32(SYST_CSR, 0);
	start();
}

#if SLEEP_NS != 0
// arch_cpusleep: SysTick stands, so what makes the deadline come is the board's
// clock, and how long it took is told by that. PRIMASK takes over from BASEPRI as
// in arch_cpuidle; what ended the sleep is taken at the end, when the clock is right
// again and the deadline is armed. No clock counts from the write that stops
// SysTick to the board's first look at its own, and from its last look to start:
// so nothing is computed there.
void
arch_cpusleep(int64_t until)
{
	int64_t ns = INT64_MAX;
	uint64_t t;

	__asm__ volatile("cpsid i\n\t"
			 "msr basepri, %0\n\t"
			 "isb"
			 :
			 : "r"(0)
			 : "memory");
	if (until != INT64_MAX)
		ns = until - nanotime();
	iowrite32(SYST_CSR, STOPPED);
	ns = board_sleep(ns > 0 ? ns : 0);
	t = clk.base + clk.period - ioread32(SYST_CVR);
	// fold's running would wait for a counter that is at 0.
	if (ioread32(SYST_CSR) & SYST_CSR_COUNTFLAG)
		t += ioread32(SYST_CVR) == 0 ? 0 : PERIOD_MAX;
	start();
	clk.base = t + ((uint64_t)ns >> 32) * DIV_FRAC +
		   (((uint64_t)ns & UINT32_MAX) * DIV_FRAC >> 32);
	if (ns < 0)
		throw("board_sleep: time goes back");
	arm();
	__asm__ volatile("cpsie i\n\tisb" : : : "memory");
}
#endif
#endif
