// sleep_deep: where all is idle for SLEEP_NS, here 100 us, and more the clock of the core
// stands, and is right again afterwards: against a timer that nobody stops. Timers
// are on time, and a device's interrupt ends the sleep at once.
// only-arch: armv7m
// expect-status: 0
// expect: ^deep: [0-9]+ of 300 sleeps, clock off by -?[0-9]+ us of [0-9]+ ms
// expect: ^short: 0 deep of 100$
// expect: ^device: after [0-9]+ ms, late by [0-9]+ ns$
// expect: ^kept: late by [0-9]+ us$
// expect: ^long: 100 s$
// expect: ^ends$
// expect-not: wrong
#include "with/board.h"

static struct note note_;
static int64_t fired;

static void
device(void *arg)
{
	(void)arg;
	fired = reference();
	timer0_quiet();
	ready_isr(&note_);
}

static uint32_t
rnd(void)
{
	static uint32_t x = 12345;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

// What a sleep's length may be off by, either way: a tick of the slow clock and what
// no clock counts, some 20 instructions.
#define SLOW (2 * MICROSECOND)

// Under -icount QEMU goes on through a second end of SysTick's period before it wakes
// the core from an ordinary wait (docs/caveats.md): 2^24 ticks that only the reference
// sees. Such a wait is what a look of the watchdog leaves of a sleep now and then.
#define LOST (671 * MILLISECOND)

static void
deep(void)
{
	int64_t late = 0, off = 0, most = 0, all = 0;
	int lost = 0;

	for (int i = 0; i < 300; i++) {
		duration d = 2 * MILLISECOND + rnd() % (20 * MILLISECOND);
		int64_t start, ref, now;

		reference_start();
		start = time_now();
		time_sleep(d);
		ref = reference();
		now = time_now() - start;
		if (now < d)
			printf("wrong: %d ns early\n", (int)(d - now));
		if (now - d > late)
			late = now - d;
		all += now;
		now -= ref;
		if (now < -LOST) {
			lost++;
			now = 0;
		}
		off += now;
		if (now > most || -now > most)
			most = now < 0 ? -now : now;
	}
	printf("deep: %u of 300 sleeps, clock off by %d us of %d ms, by %d ns "
	       "at most, late by %d us at most, %d lost\n",
	       (unsigned)deepsleeps, (int)(off / MICROSECOND),
	       (int)(all / MILLISECOND), (int)most, (int)(late / MICROSECOND),
	       lost);
	if (deepsleeps < 300)
		printf("wrong: it did not sleep\n");
	if (most > 3 * SLOW || off > 100 * SLOW || off < -100 * SLOW)
		printf("wrong: the clock\n");
	if (late > 150 * MICROSECOND)
		printf("wrong: late\n");
	if (lost > 5)
		printf("wrong: too many lost\n");
}

// Below SLEEP_NS the core's own clock goes on.
static void
shallow(void)
{
	unsigned had = deepsleeps;

	for (int i = 0; i < 100; i++)
		time_sleep(20 * MICROSECOND + rnd() % (60 * MICROSECOND));
	printf("short: %u deep of 100\n", (unsigned)deepsleeps - had);
}

static void
hour(void *arg)
{
	(void)arg;
	time_sleep(HOUR);
}

static void
woken(void)
{
	int64_t start, now, ref;

	irq_handle(TIMER0_IRQ, device, NULL);
	go(hour, NULL);
	time_sleep(MILLISECOND);
	reference_start();
	start = time_now();
	timer0_start(400 * MILLISECOND);
	note_wait(&note_);
	ref = reference();
	now = time_now() - start;
	printf("device: after %d ms, late by %d ns\n", (int)(now / MILLISECOND),
	       (int)(ref - fired));
	if (now < 400 * MILLISECOND - 10 * SLOW ||
	    now > 400 * MILLISECOND + 50 * SLOW)
		printf("wrong: %d us\n", (int)(now / MICROSECOND));
	if (fired > 400 * MILLISECOND + 25 * MICROSECOND)
		printf("wrong: the handler\n");
	if (ref - fired > 50 * MICROSECOND)
		printf("wrong: the goroutine\n");
	irq_handle(TIMER0_IRQ, NULL, NULL);
}

// A deadline that was armed before the sleep still comes when a device has ended it
// and somebody computes.
static int64_t came;

static void
early(void *when)
{
	time_sleep(*(int64_t *)when - time_now());
	came = time_now();
}

static void
kept(void)
{
	int64_t when = time_now() + 10 * MILLISECOND;

	irq_handle(TIMER0_IRQ, device, NULL);
	go(early, &when);
	timer0_start(5 * MILLISECOND);
	note_wait(&note_);
	while (time_now() < when + 20 * MILLISECOND)
		;
	irq_handle(TIMER0_IRQ, NULL, NULL);
	printf("kept: late by %d us\n", (int)((came - when) / MICROSECOND));
	if (came == 0 || came - when > 150 * MICROSECOND)
		printf("wrong: the deadline\n");
}

int
main(void)
{
	int64_t off;

	deep();
	shallow();
	woken();
	kept();
	reference_start();
	off = time_now();
	time_sleep(100 * SECOND);
	off = time_now() - off - reference();
	printf("long: %d s\n", (int)((reference() + SECOND / 2) / SECOND));
	if (off < -LOST)
		off += (off / -LOST) * LOST;
	if (off > 500 * SLOW || off < -500 * SLOW)
		printf("wrong: %d us\n", (int)(off / MICROSECOND));
	printf("ends\n");
	return 0;
}
