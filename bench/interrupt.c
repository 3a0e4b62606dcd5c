// interrupt.c: from a device's interrupt to the goroutine that waits for it, for
// `make bench`. The device is a timer of the board's that is none of the kernel's.
// The plugin counts from the first instruction of the kernel's entry (the core's own
// part is no instruction) to the one behind the call that waited, at a label of
// that goroutine's.
//
// Two ways to wait: a note that a handler of the program's readies, and irq_wait,
// where the kernel masks the line. Each with a hart that runs another goroutine
// meanwhile, which does nothing but look at a word, and with one that sleeps.
#include "../tests/target/device.h"
#include "bench.h"

enum { SHOTS = 1000, DISTANCE = 20 * MICROSECOND };

static struct note event;
static struct semaphore served;
static volatile int shots;
static volatile bool irqwait, armed, last;

static void
quiets(void *arg)
{
	(void)arg;
	devquiet();
	ready_isr(&event);
}

// Each wait is a function of its own, so that its label is there once.
#define WOKEN(n) \
	__asm__ volatile(".globl bench_woken" #n "\nbench_woken" #n ":" \
			 : \
			 : \
			 : "memory")

__attribute__((noinline)) static void
waitnote(void)
{
	note_wait(&event);
	WOKEN(1);
}

__attribute__((noinline)) static void
waitline(void)
{
	irq_wait(DEV_IRQ);
	WOKEN(2);
	devquiet();
	devforget(); // or every other wait is over before it has begun
}

// What comes when nothing was set is what a line's controller remembered.
static void
waits(void *arg)
{
	bool more;

	(void)arg;
	do {
		if (irqwait)
			waitline();
		else
			waitnote();
		if (!armed) {
			more = true;
			continue;
		}
		armed = false;
		more = !last;
		shots++;
		semaphore_release(&served);
	} while (more);
}

static void
shoot(bool final)
{
	last = final;
	armed = true;
	devstart(DISTANCE);
}

static void
busy(void)
{
	for (int i = 0; i < SHOTS; i++) {
		int before = shots;

		shoot(i == SHOTS - 1);
		while (shots == before)
			;
		semaphore_acquire(&served);
	}
}

static void
idle(void)
{
	for (int i = 0; i < SHOTS; i++) {
		shoot(i == SHOTS - 1);
		semaphore_acquire(&served);
	}
}

// One shot for nothing: whatever was there before comes with it.
static void
start(void)
{
	go(waits, NULL);
	runtime_gosched();
	shoot(false);
	semaphore_acquire(&served);
}

static void
note(void)
{
	irqwait = false;
	irq_handle(DEV_IRQ, quiets, NULL);
	start();
}

static void
noteend(void)
{
	irq_handle(DEV_IRQ, NULL, NULL);
}

static void
line(void)
{
	irqwait = true;
	start();
}

static const struct row rows[] = {
	{ "interrupt_busy", busy, note, noteend, SHOTS, "latency", 0 },
	{ "interrupt_idle", idle, note, noteend, SHOTS, "latency", 0 },
	{ "irqwait_busy", busy, line, NULL, SHOTS, "latency", 0 },
	{ "irqwait_idle", idle, line, NULL, SHOTS, "latency", 0 },
	{ 0 },
};

int
main(void)
{
	bench_rows(bench_bases);
	bench_rows(rows);
	return 0;
}
