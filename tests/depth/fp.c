// fp: goroutines that compute and goroutines that never do, preempted at random, next
// to handlers that compute, at the kernel's level and above it, and a timer's function
// that does: s0 to s31 and FPSCR are each goroutine's own, and who never used FP is
// not taken for one who did, nor does it pay: there is no room for FP registers in its
// frame at an interrupt, and a switch is shorter.
// only-arch: armv7m
// board: mps2-an386
// expect-status: 0
// expect: ^registers: bad 0, rounds [0-9]+$
// expect: ^handlers: [1-9][0-9]+ and [1-9][0-9]+, timer [1-9][0-9]+, bad 0$
// expect: ^frames: without [1-9][0-9]*, with [1-9][0-9]*, wrong 0$
// expect: ^stack: [0-9]+ bytes without, [0-9]+ with$
// expect-not: wrong [1-9]
// expect-not: dear
#include <string.h>

#include "with/board.h"

#if defined __ARM_FP

#define STIR 0xe000ef00u
#define IPR 0xe000e400u
#define ISER 0xe000e100u
enum { EXC_NOFP = 0x10, FPCA = 4 };

static atomic_int bad, rounds, handlers, aboves, timers, badhandlers;
static atomic_int without, with, wrong, stop;
static volatile float one = 1, half = 0.5f;

struct fpset {
	uint32_t s[32];
};

// holds puts f into all FP registers and mode into FPSCR, keeps them there while it
// counts n down, and stores what is left of them.
__attribute__((noinline)) static uint32_t
holds(const struct fpset *f, struct fpset *out, uint32_t mode, uint32_t n)
{
	uint32_t seen;

	__asm__ volatile("vmsr fpscr, %[mode]\n\t"
			 "vldmia %[f], {s0-s31}\n"
			 "1:\tsubs %[n], #1\n\t"
			 "bne 1b\n\t"
			 "vstmia %[out], {s0-s31}\n\t"
			 "vmrs %[seen], fpscr\n\t"
			 : [seen] "=&r"(seen), [n] "+r"(n)
			 : [f] "r"(f), [out] "r"(out), [mode] "r"(mode)
			 : "cc", "memory", "s0", "s1", "s2", "s3", "s4", "s5",
			   "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13",
			   "s14", "s15", "s16", "s17", "s18", "s19", "s20",
			   "s21", "s22", "s23", "s24", "s25", "s26", "s27",
			   "s28", "s29", "s30", "s31");
	return seen;
}

// gives_way is holds around a switch of its own, which keeps s16 to s31 and FPSCR.
__attribute__((noinline)) static uint32_t
gives_way(const struct fpset *f, struct fpset *out, uint32_t mode)
{
	register const struct fpset *from __asm__("r4") = f;
	register struct fpset *to __asm__("r5") = out;
	register uint32_t m __asm__("r6") = mode;

	__asm__ volatile("vmsr fpscr, %[m]\n\t"
			 "vldmia %[from], {s16-s31}\n\t"
			 "bl runtime_gosched\n\t"
			 "vstmia %[to], {s16-s31}\n\t"
			 "vmrs %[m], fpscr\n\t"
			 : [m] "+r"(m)
			 : [from] "r"(from), [to] "r"(to)
			 : "cc", "memory", "r0", "r1", "r2", "r3", "ip", "lr",
			   "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8",
			   "s9", "s10", "s11", "s12", "s13", "s14", "s15",
			   "s16", "s17", "s18", "s19", "s20", "s21", "s22",
			   "s23", "s24", "s25", "s26", "s27", "s28", "s29",
			   "s30", "s31");
	return m;
}

// Rounding modes and flags: what FPSCR can hold that no move of registers changes.
static uint32_t
fpscr_of(unsigned id, unsigned round)
{
	return (id % 4) << 22 | (round % 16) << 28 | (id >> 2 & 1) << 24;
}

static void
computes(void *arg)
{
	unsigned id = (unsigned)(uintptr_t)arg;
	struct fpset f, out;

	for (unsigned r = 0; !atomic_load(&stop); r++) {
		uint32_t mode = fpscr_of(id, r), seen;

		for (unsigned i = 0; i < 32; i++)
			f.s[i] = id << 24 | r << 8 | i;
		memset(&out, 0, sizeof out);
		seen = holds(&f, &out, mode, 500 + 37 * id);
		if (memcmp(&f, &out, sizeof f) != 0 || seen != mode)
			atomic_fetch_add(&bad, 1);
		atomic_fetch_add(&rounds, 1);
		if (r % 3 != id % 3)
			continue;
		seen = gives_way(&f, &out, mode);
		if (memcmp(&f, &out, sizeof f / 2) != 0 || seen != mode)
			atomic_fetch_add(&bad, 1);
	}
}

static uint32_t
control(void)
{
	uint32_t v;

	__asm__ volatile("mrs %0, control" : "=r"(v));
	return v;
}

// never uses FP, and asks all the time whether somebody thinks that it has.
static void
never(void *arg)
{
	unsigned n = 0;

	(void)arg;
	while (!atomic_load(&stop)) {
		if (control() & FPCA)
			atomic_fetch_add(&wrong, 1);
		REG(STIR) = 5; // irq5_vector looks at the frame
		if (++n % 16 == 0)
			runtime_gosched();
	}
}

// above computes with all registers; a compiler that knows nothing would not.
static void
churn(atomic_int *errors)
{
	struct fpset f, out;

	for (unsigned i = 0; i < 32; i++)
		f.s[i] = 0xdead0000 + i;
	holds(&f, &out, 0x400000, 3);
	if (memcmp(&f, &out, sizeof f) != 0)
		atomic_fetch_add(errors, 1);
}

void irq5_vector(void);
void frame(uint32_t exc);

// The handler above the kernel's level, in which lr still has EXC_RETURN.
__attribute__((naked)) void
irq5_vector(void)
{
	__asm__ volatile("mov r0, lr\n\t"
			 "push {r4, lr}\n\t"
			 "bl frame\n\t"
			 "pop {r4, pc}");
}

void
frame(uint32_t exc)
{
	if (exc & EXC_NOFP)
		atomic_fetch_add(&without, 1);
	else
		atomic_fetch_add(&with, 1);
	atomic_fetch_add(&aboves, 1);
	if (atomic_load(&aboves) % 3 == 0)
		churn(&badhandlers);
}

static void
device(void *arg)
{
	(void)arg;
	timer0_quiet();
	churn(&badhandlers);
	atomic_fetch_add(&handlers, 1);
	if (!atomic_load(&stop))
		timer0_start(150 * MICROSECOND);
}

static void
fires(void *arg)
{
	churn(&badhandlers);
	atomic_fetch_add(&timers, 1);
	if (!atomic_load(&stop))
		timer_start(arg, 170 * MICROSECOND, fires, arg);
}

static void
registers(void)
{
	static struct timer t;

	for (uintptr_t i = 0; i < 5; i++)
		go(computes, (void *)i);
	for (int i = 0; i < 3; i++)
		go(never, NULL);
	REG8(IPR + 5) = 0x20;
	REG(ISER) = 1u << 5;
	irq_handle(TIMER0_IRQ, device, NULL);
	timer0_start(MILLISECOND);
	timer_start(&t, MILLISECOND, fires, &t);
	for (int64_t end = time_now() + SECOND; time_now() < end;) {
		// One that computes, interrupted from above.
		one = one * half + half;
		REG(STIR) = 5;
		time_sleep(50 * MICROSECOND);
	}
	atomic_store(&stop, 1);
	time_sleep(100 * MILLISECOND);
	irq_handle(TIMER0_IRQ, NULL, NULL);
	printf("registers: bad %d, rounds %d\n", bad, rounds);
	printf("handlers: %d and %d, timer %d, bad %d\n", handlers, aboves,
	       timers, badhandlers);
	printf("frames: without %d, with %d, wrong %d\n", without, with, wrong);
}

// ---- What a switch costs ----------------------------------------------------

// An instruction that a condition leaves out counts under -icount, so the figures of
// instructions are the same; what is kept on the stack is not.
enum { YIELDS = 1000, WORDS = 128, PAINT = 0x5a5a5a5a, FP_BYTES = 17 * 4 };
static struct wait_group wg;
static int64_t took;
static unsigned kept;

// Both have their array in the same place, below the frame of who calls them.
__attribute__((noinline)) static void
paint(void)
{
	volatile uint32_t a[WORDS];

	for (int i = 0; i < WORDS; i++)
		a[i] = PAINT;
	__asm__ volatile("" : : "m"(a));
}

__attribute__((noinline)) static unsigned
painted(void)
{
	volatile uint32_t a[WORDS];
	unsigned n = 0;

	__asm__ volatile("" : "=m"(a));
	while (n < WORDS && a[n] == PAINT)
		n++;
	return (WORDS - n) * 4;
}

static void
yields(void *arg)
{
	int64_t start = reference();
	unsigned n;

	(void)arg;
	for (int i = 0; i < YIELDS; i++)
		runtime_gosched();
	took = reference() - start;
	// The least of many: now and then an interrupt comes in between.
	kept = WORDS * 4;
	for (int i = 0; i < 100; i++) {
		paint();
		runtime_gosched();
		n = painted();
		if (n < kept)
			kept = n;
	}
	wait_group_done(&wg);
}

static void
yields_fp(void *arg)
{
	one = one * half + half;
	yields(arg);
}

// pair lets two goroutines give way to each other, and returns how many instructions
// a switch took. Nobody else runs, and the machine never waits.
static int
pair(void (*fn)(void *))
{
	wait_group_add(&wg, 2);
	go(fn, NULL);
	go(fn, NULL);
	wait_group_wait(&wg);
	return (int)(took / (2 * YIELDS * 64));
}

int
main(void)
{
	unsigned with_fp;
	int plain, fp;

	registers();
	reference_start();
	fp = pair(yields_fp);
	with_fp = kept;
	plain = pair(yields);
	printf("switch: %d instructions without, %d with\n", plain, fp);
	printf("stack: %u bytes without, %u with\n", kept, with_fp);
	if (with_fp - kept != FP_BYTES)
		printf("dear: %d bytes more, not %d\n", (int)(with_fp - kept),
		       FP_BYTES);
	return 0;
}
#else
int
main(void)
{
	printf("no FP here\n");
	return 1;
}
#endif
