// watchdog: every way to hang ends in a reset by the board's watchdog, within its
// time; a machine that is busy, or sleeps, is left alone.
// only-arch: armv7m
// expect-status: 0
// expect: ^boot 1: others wait for who cannot be preempted$
// expect: ^boot 2: a timer's function$
// expect: ^boot 3: a handler$
// expect: ^boot 4: interrupts masked$
// expect: ^boot 5: a timer waits for who cannot be preempted$
// expect: ^healthy: alone, unpreempted, shared, asleep, switching$
// expect-not: boot 6:
// expect-not: goes on
#include "with/board.h"

#define WDOG 0x40008000u
enum { LOAD = 0, CTRL = 8, INTCLR = 12, LOCK = 0xc00 };
#define UNLOCK 0x1acce551u

void nmi_vector(void);

static atomic_uint fed, barks;

// The first time that it runs out the watchdog makes an NMI, the second time a
// reset: 2 * 150 ms. The kernel looks every 100 ms (WATCHDOG_NS).
void
nmi_vector(void)
{
	atomic_fetch_add(&barks, 1);
}

void
early_init(void)
{
	REG(WDOG + LOCK) = UNLOCK;
	REG(WDOG + LOAD) = 150 * 1000 * 25;
	REG(WDOG + CTRL) = 3;
}

void
board_watchdog(void)
{
	REG(WDOG + INTCLR) = 1;
	atomic_fetch_add(&fed, 1);
}

static void
forever(void *arg)
{
	(void)arg;
	for (;;)
		atomic_signal_fence(memory_order_seq_cst);
}

// busy computes until n ns have passed.
static void
busy(int64_t n)
{
	int64_t end = time_now() + n;

	while (time_now() < end)
		;
}

static void
busily(void *wg)
{
	busy(700 * MILLISECOND);
	wait_group_done(wg);
}

static void
echo(void *c)
{
	int v;

	while (chan_recv((chan *)c, &v))
		chan_send((chan *)c, &v);
}

static void
healthy(void)
{
	struct wait_group wg = { 0 };
	chan *c = chan_make(int, 0);
	unsigned had = fed;

	printf("healthy:");
	busy(700 * MILLISECOND);
	printf(" alone,");
	preempt_disable();
	busy(700 * MILLISECOND);
	preempt_enable();
	printf(" unpreempted,");
	wait_group_add(&wg, 3);
	for (int i = 0; i < 3; i++)
		go(busily, &wg);
	wait_group_wait(&wg);
	printf(" shared,");
	time_sleep(700 * MILLISECOND);
	printf(" asleep,");
	go(echo, c);
	for (int64_t end = time_now() + 700 * MILLISECOND; time_now() < end;) {
		int v = 1;

		chan_send(c, &v);
		chan_recv(c, &v);
	}
	chan_close(c);
	printf(" switching\n");
	// Some 5 s, a look each 100 ms.
	if (fed - had < 35 || barks != 0)
		printf("fed %u times, %u barks\n", fed - had, (unsigned)barks);
}

int
main(void)
{
	static struct timer t;
	static const char *const hangs[] = {
		"",
		"others wait for who cannot be preempted",
		"a timer's function",
		"a handler",
		"interrupts masked",
		"a timer waits for who cannot be preempted",
	};
	unsigned boot = ++KEPT(0);

	reference_start();
	if (boot > 5) {
		healthy();
		return 0;
	}
	printf("boot %u: %s\n", boot, hangs[boot]);
	switch (boot) {
	case 1:
		preempt_disable();
		go(forever, NULL);
		break;
	case 2:
		timer_start(&t, MILLISECOND, forever, NULL);
		break;
	case 3:
		irq_handle(TIMER0_IRQ, forever, NULL);
		timer0_start(MILLISECOND);
		break;
	case 4:
		__asm__ volatile("msr basepri, %0" : : "r"(0x80) : "memory");
		break;
	case 5:
		preempt_disable();
		timer_start(&t, MILLISECOND, forever, NULL);
		break;
	}
	// Nobody is as patient as that.
	while (reference() < 2 * SECOND)
		KEPT(1) = barks;
	printf("goes on\n");
	return 1;
}
