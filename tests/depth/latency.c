// latency: how long a handler above the kernel's level waits, counted by the timer
// that raises it: with a goroutine that does nothing else, then while the kernel is as
// busy as it can be, at many places. Everything that makes it wait longer is a
// stretch with PRIMASK set. The bounds are in ticks of 40 ns; an instruction is 64
// ns here. On hardware, where DWT counts cycles, it gives cycles too.
// only-arch: armv7m
// args: gz.chaos=128000,512000
// expect-status: 0
// expect: ^idle: [0-9]+ to [0-9]+ ns
// expect: ^busy: [0-9]+ to [0-9]+ ns
// expect: ^kernel: [0-9]+ to [0-9]+ ns
// expect-not: wrong
#include <string.h>

#include "with/board.h"

#define IPR 0xe000e400u
#define ISER 0xe000e100u
#define DEMCR 0xe000edfcu
#define DWT_CTRL 0xe0001000u
#define DWT_CYCCNT 0xe0001004u

enum { SHOTS = 10000, BINS = 256 };
// What masks by PRIMASK may take, in instructions: setting the clock takes 28.
#ifndef MASKED
#define MASKED 32
#endif
enum { INSTRUCTION_NS = 64 };

static volatile uint32_t seen[BINS];
static volatile uint32_t shots, above;
static volatile uint32_t distance_;

void irq8_vector(void);

// The timer counts down from its reload value and is at 0 when it fires; then it
// begins again from there.
void
irq8_vector(void)
{
	uint32_t late = REG(TIMER0 + 8) - REG(TIMER0 + 4);

	REG(TIMER0 + 12) = 1;
	if (late < BINS)
		seen[late]++;
	else
		above++;
	shots++;
	// Another distance each time, prime to everything else.
	distance_ = distance_ * 1664525 + 1013904223;
	REG(TIMER0 + 8) = 300 + (distance_ >> 22);
	REG(TIMER0 + 4) = REG(TIMER0 + 8);
}

static void
begin(void)
{
	REG(TIMER0) = 0;
	memset((void *)(uintptr_t)seen, 0, sizeof seen);
	shots = above = 0;
	REG(TIMER0 + 8) = 5000;
	REG(TIMER0 + 4) = 5000;
	REG(TIMER0) = 9;
}

static unsigned
end(const char *name)
{
	unsigned least = 0, most = BINS - 1;

	REG(TIMER0) = 0;
	REG(TIMER0 + 12) = 1;
	while (least < BINS && seen[least] == 0)
		least++;
	while (most > least && seen[most] == 0)
		most--;
	printf("%s: %u to %u ns", name, least * TICK_NS, most * TICK_NS);
	for (unsigned i = least; i <= most; i++)
		if (seen[i] != 0)
			printf(" %u:%u", i, (unsigned)seen[i]);
	printf("\n");
	if (above != 0)
		printf("wrong: %u above %u ns\n", (unsigned)above,
		       BINS * TICK_NS);
	return most;
}

static void
spin(void)
{
	while (shots < SHOTS)
		atomic_signal_fence(memory_order_seq_cst);
}

static atomic_int stop;

static void
echo(void *arg)
{
	chan *c = arg;
	int v;

	while (chan_recv(c, &v))
		chan_send(c, &v);
}

static void
sleeper(void *wg)
{
	while (!atomic_load(&stop))
		time_sleep(70 * MICROSECOND);
	wait_group_done(wg);
}

static void
nothing(void *arg)
{
	(void)arg;
}

static struct semaphore ticks_;

static void
device(void *arg)
{
	(void)arg;
	REG(TIMER1 + 12) = 1;
	semaphore_release_isr(&ticks_);
}

static void
takes(void *wg)
{
	while (!atomic_load(&stop))
		semaphore_acquire_timeout(&ticks_, MILLISECOND);
	wait_group_done(wg);
}

// kernel: channels, select, births and deaths, timers, device interrupts, all at
// the same time, and random preemptions (gz.chaos).
static void
kernel(void)
{
	struct wait_group wg = { 0 };
	struct timer t = { 0 };
	chan *c = chan_make(int, 0);
	int v = 0;

	wait_group_add(&wg, 3);
	go(echo, c);
	go(sleeper, &wg);
	go(sleeper, &wg);
	go(takes, &wg);
	irq_handle(TIMER1_IRQ, device, NULL);
	REG(TIMER1 + 8) = 2500;
	REG(TIMER1 + 4) = 2500;
	REG(TIMER1) = 9;
	begin();
	while (shots < SHOTS) {
		chan_send(c, &v);
		chan_select(RECV(c, &v), TIMEOUT(SECOND));
		go(nothing, NULL);
		runtime_gosched();
		timer_start(&t, MILLISECOND, nothing, NULL);
		timer_stop(&t);
	}
	REG(TIMER1) = 0;
	irq_handle(TIMER1_IRQ, NULL, NULL);
	atomic_store(&stop, 1);
	wait_group_wait(&wg);
	chan_close(c);
}

// cycles tells whether this core's cycle counter counts: QEMU's does not.
static void
cycles(void)
{
	uint32_t from, to;

	REG(DEMCR) |= 1u << 24;
	REG(DWT_CTRL) |= 1;
	from = REG(DWT_CYCCNT);
	to = REG(DWT_CYCCNT);
	if (from != to)
		printf("DWT: two reads are %u cycles apart\n",
		       (unsigned)(to - from));
	else
		printf("DWT: no cycle counter here\n");
}

int
main(void)
{
	unsigned idle, busy, least;

	cycles();
	REG8(IPR + TIMER0_IRQ) = 0x20;
	REG(ISER) = 1u << TIMER0_IRQ;
	// Nothing of the kernel runs: what the core itself needs. A loop of two
	// instructions, so that all of it is as late as can be.
	preempt_disable();
	__asm__ volatile("msr basepri, %0" : : "r"(0x80) : "memory");
	begin();
	spin();
	__asm__ volatile("msr basepri, %0" : : "r"(0) : "memory");
	preempt_enable();
	idle = end("idle");
	begin();
	spin();
	busy = end("busy");
	kernel();
	least = end("kernel");
	if (busy > idle + MASKED * INSTRUCTION_NS / TICK_NS ||
	    least > idle + MASKED * INSTRUCTION_NS / TICK_NS)
		printf("wrong: later than %u instructions\n", MASKED);
	return 0;
}
