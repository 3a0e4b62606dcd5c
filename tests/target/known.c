// known.c: bugs that other schedulers have had (docs/known-bugs.md), and what else
// tests/mutants breaks, that no other test would notice. Most are moments: a request
// that comes between two instructions is swept over them, step by step.
#include "device.h"
#include "test.h"

#include <string.h>

// ---- What a handler made ready ---------------------------------------------------

// As many as the handler readies; each says how long after it it ran.
static struct {
	struct note n[2];
	int64_t after[2];
	volatile int64_t at; // when the handler came
	int waiters;
} meeting;

static void
readies_waiters(void *arg)
{
	(void)arg;
	devquiet();
	meeting.at = time_now();
	for (int i = 0; i < meeting.waiters; i++)
		ready_isr(&meeting.n[i]);
}

static void
quiets(void *arg)
{
	(void)arg;
	devquiet();
}

static void
waits_and_looks(void *arg)
{
	int i = *(int *)arg;

	note_wait(&meeting.n[i]);
	meeting.after[i] = time_now() - meeting.at;
}

static void
hogs_a_while(void *arg)
{
	int64_t end = time_now() + *(duration *)arg;

	while (time_now() < end)
		;
}

// meet lets a device's handler ready so many waiters, d from now, while so many
// goroutines run that do not give way.
static void
meet(int waiters, int hogs, duration d)
{
	duration hog = 500 * MICROSECOND;
	int id[2] = { 0, 1 };

	memset(&meeting, 0, sizeof meeting);
	meeting.waiters = waiters;
	for (int i = 0; i < waiters; i++) {
		meeting.after[i] = SECOND;
		go(waits_and_looks, &id[i]);
	}
	settle();
	for (int i = 0; i < hogs; i++)
		go(hogs_a_while, &hog);
	devstart(d);
	NEED(wait_idle(0));
}

static bool
meetings_work(void)
{
	if (runtime_num_cpu() > 1 || chaotic() || tortured() ||
	    !virtual_clock()) {
		skip("needs to know who runs when");
		return false;
	}
	irq_handle(DEV_IRQ, quiets, NULL); // what was left before
	time_sleep(100 * MICROSECOND);
	irq_handle(DEV_IRQ, NULL, NULL);
	irq_handle(DEV_IRQ, readies_waiters, NULL);
	return true;
}

enum { SOON = 250 * MICROSECOND };

// The handler comes at every moment of a switch to a goroutine that does not give
// way: the request is not lost on g0.
static void
IrqMeetsSwitch(void)
{
	int64_t most = 0;

	if (!meetings_work())
		return;
	for (duration d = 2000; d < 100 * MICROSECOND; d += 384) {
		meet(1, 1, d);
		if (meeting.after[0] > most)
			most = meeting.after[0];
	}
	irq_handle(DEV_IRQ, NULL, NULL);
	CHECK(most < SOON);
}

// The handler preempts for it: so it runs before those who wait for the hart, and
// before the one that was taken off.
static void
IrqGoesFirst(void)
{
	if (!meetings_work())
		return;
	for (int i = 0; i < 20; i++) {
		duration d = 300 * MICROSECOND + i * 5000;

		meet(1, 3, d);
		CHECK(meeting.after[0] < SOON);
		meet(2, 1, d);
		CHECK(meeting.after[0] < SOON);
		CHECK(meeting.after[1] < SOON);
	}
	irq_handle(DEV_IRQ, NULL, NULL);
}

const struct test known_tests[] = {
	T(IrqMeetsSwitch),
	T(IrqGoesFirst),
	{ 0 },
};
