// gaps.c: what no test had run when the instructions of the kernel that run were
// counted first (make target-coverage): elements of a word's size and of none,
// the handlers' calls in goroutines that meet waiters, formats, heaps that sift
// up, moments that are over, errors of system calls, big numbers' memory.
#include "device.h"
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- Elements --------------------------------------------------------------

struct pipe {
	chan *c;
	size_t size;
	int n, bad;
};

// value fills in the i-th element; none is 0.
static void
value(unsigned char *v, size_t size, int i)
{
	memset(v, 0, 24);
	for (size_t k = 0; k < size; k++)
		v[k] = (unsigned char)(i * 7 + (int)k + 1);
}

static void
receives(void *arg)
{
	struct pipe *p = arg;

	for (int i = 0; i < p->n; i++) {
		unsigned char v[24] = { 0 }, want[24];

		value(want, p->size, i);
		if (!chan_recv_(p->c, v, p->size) || memcmp(v, want, 24) != 0)
			p->bad++;
	}
	p->n = 0;
}

static void
sends(void *arg)
{
	struct pipe *p = arg;

	for (int i = 0; i < p->n; i++) {
		unsigned char v[24];

		value(v, p->size, i);
		chan_send_(p->c, v, p->size);
	}
}

// Elements of no size, of a byte, of a word, of more: from hand to hand, whoever
// waits, and through a buffer that is full; nothing beside them is written.
static void
ElementSizes(void)
{
	static const size_t sizes[] = { 0, 1, 4, 8, 3, 24 };

	for (unsigned k = 0; k < sizeof sizes / sizeof sizes[0]; k++)
		for (int cap = 0; cap < 3; cap++)
			for (int first = 0; first < 2; first++) {
				struct pipe p = { chan_make_(sizes[k], cap),
						  sizes[k], 6, 0 };
				struct pipe q = p;

				go(first ? receives : sends, first ? &p : &q);
				time_sleep(100 * MICROSECOND); // it waits now
				go(first ? sends : receives, first ? &q : &p);
				CHECK(wait_idle(0));
				CHECK_EQ(p.bad, 0);
				CHECK_EQ(p.n, 0);
				chan_free(p.c);
			}
}

static void
takes(void *arg)
{
	struct pipe *p = arg;

	chan_recv(p->c, &p->n);
}

// chan_try_send_isr in a goroutine, for a receiver that waits and for none.
static void
IsrSendInGoroutine(void)
{
	struct pipe p = { .c = chan_make(int, 1) };

	go(takes, &p);
	time_sleep(100 * MICROSECOND);
	CHECK(chan_try_send_isr(p.c, &(int){ 42 }));
	CHECK(wait_idle(0));
	CHECK_EQ(p.n, 42);
	CHECK(chan_try_send_isr(p.c, &(int){ 43 }));
	CHECK(!chan_try_send_isr(p.c, &(int){ 44 }));
	CHECK(chan_recv(p.c, &p.n));
	CHECK_EQ(p.n, 43);
	chan_free(p.c);
}

// ---- An interrupt on a hart without a P --------------------------------------

static atomic_int chosen, finished;
static struct wait_group lookers;

static int
hart(void)
{
	int cpu;

	preempt_disable();
	cpu = runtime_cpu();
	preempt_enable();
	return cpu;
}

static void
quiets(void *arg)
{
	(void)arg;
	devquiet();
}

// Device interrupts come to hart 0, whose P has retired: what they make ready is
// for the hart that has the only P, and that sleeps.
static void
waits_elsewhere(void)
{
	irq_handle(DEV_IRQ, quiets, NULL);
	time_sleep(MILLISECOND);
	irq_handle(DEV_IRQ, NULL, NULL);
	for (int i = 0; i < 20; i++) {
		int64_t t = time_now();
		duration d = (20 + 37 * i) * MICROSECOND;

		devstart(d);
		irq_wait(DEV_IRQ);
		if (time_now() - t < d - 2000) // a level that was up before
			irq_wait(DEV_IRQ);
		CHECK(time_now() - t < d + late(20 * MILLISECOND));
		devquiet();
		CHECK(hart() != 0);
	}
}

static void
looks_for_hart(void *arg)
{
	(void)arg;
	while (!atomic_load(&finished)) {
		int none = 0;

		if (hart() == 0 ||
		    !atomic_compare_exchange_strong(&chosen, &none, 1)) {
			runtime_gosched();
			continue;
		}
		runtime_gomaxprocs(1);
		if (hart() != 0) {
			atomic_store(&finished, 1); // nobody else spins
			waits_elsewhere();
		}
		runtime_gomaxprocs(runtime_num_cpu());
		atomic_store(&chosen, 0);
	}
	wait_group_done(&lookers);
}

static void
IrqWithoutP(void)
{
	if (!atonce()) {
		skip("one hart has the one P");
		return;
	}
	atomic_store(&chosen, 0);
	atomic_store(&finished, 0);
	wait_group_add(&lookers, 2 * runtime_num_cpu());
	for (int i = 0; i < 2 * runtime_num_cpu(); i++)
		go(looks_for_hart, NULL);
	wait_group_wait(&lookers); // no timer that would wake the hart too
	CHECK_EQ(finished, 1);
}

// ---- An interrupt on the way to sleep -----------------------------------------

static struct note doze;

static void
wakes(void *arg)
{
	(void)arg;
	devquiet();
	ready_isr(&doze);
}

static void
wakes_late(void *arg)
{
	(void)arg;
	ready_isr(&doze);
}

// An interrupt at each instruction, on one hart with a virtual clock, from the
// call that waits until long after the hart sleeps: it always ends the wait, at
// once. A timer ends it if nothing else does.
static void
IdleSweep(void)
{
	struct timer backup = { 0 };
	duration step = 100;
	int lost = 0;

	irq_handle(DEV_IRQ, quiets, NULL);
	time_sleep(MILLISECOND);
	irq_handle(DEV_IRQ, NULL, NULL);
	irq_handle(DEV_IRQ, wakes, NULL);
	for (int i = 0; i < 2000; i++) {
		duration d = 20 * MICROSECOND + i * step;
		int64_t t = time_now();

		timer_start(&backup, 100 * MILLISECOND, wakes_late, NULL);
		devstart(d);
		note_wait(&doze);
		if (time_now() - t >= 100 * MILLISECOND)
			lost++;
		timer_stop(&backup);
		if ((!virtual_clock() || atonce()) && i > 50)
			break;
	}
	irq_handle(DEV_IRQ, NULL, NULL);
	if (virtual_clock() && !atonce())
		CHECK_EQ(lost, 0);
}

static _Atomic bool struck;
static struct wait_group sleeper;

static void
strikes(void *arg)
{
	const int64_t *at = arg;

	time_sleep(*at - time_now());
	atomic_store(&struck, true);
	wait_group_done(&sleeper);
}

// An interrupt and a sleeper's timer end the same wait, in all orders: whoever the
// interrupt is for never gives way, and the sleeper gets on all the same, when the
// slice is over at the latest.
static void
IdleBesideTimer(void)
{
	int64_t at, t;
	int lost = 0;

	irq_handle(DEV_IRQ, wakes, NULL);
	for (int i = 0; i < 300; i++) {
		atomic_store(&struck, false);
		at = time_now() + 100 * MICROSECOND;
		wait_group_add(&sleeper, 1);
		go(strikes, &at);
		runtime_gosched();
		t = at - time_now() + (i - 100) * (duration)100;
		devstart(t > 0 ? t : 1);
		note_wait(&doze);
		for (t = time_now(); !atomic_load(&struck) &&
				     time_now() - t < 30 * MILLISECOND;)
			;
		lost += !atomic_load(&struck);
		wait_group_wait(&sleeper);
		if ((!virtual_clock() || atonce()) && i > 50)
			break;
	}
	irq_handle(DEV_IRQ, NULL, NULL);
	if (virtual_clock() && !atonce())
		CHECK_EQ(lost, 0);
}

// ---- Formats ----------------------------------------------------------------

static int form;
static const char *volatile none; // NULL, and the compiler must not know

static void
forms(void *arg)
{
	(void)arg;
	switch (form) {
	case 0:
		panic("%d|%5d|%-5d|%05d|%i|%u", -12, 42, 42, -42, 0,
		      4000000000u);
	case 1:
		panic("%x|%8x|%08x|%-8x|%lx|%llx", 255u, 0xabcu, 0xabcu, 0xabcu,
		      0xfedcba98ul, 0xfedcba9876543210ull);
	case 2:
		panic("%c|%3c|%s|%5s|%-5s|%%|%s", 'a', 'b', "cd", "ef", "gh",
		      none);
	case 3:
		panic("%lld|%llu|%zu|%ld|%lu", -9000000000ll,
		      18000000000000000000ull, (size_t)77, -5l, 6ul);
	default:
		panic("%p|%*d", (void *)0x1000, 4, 7);
	}
}

// The formats that panic's comment promises, all of them.
static void
PanicFormats(void)
{
	static const char *const want[] = {
		"-12|   42|42   |-0042|0|4000000000",
		"ff|     abc|00000abc|abc     |fedcba98|fedcba9876543210",
		"a|  b|cd|   ef|gh   |%|(null)",
		"-9000000000|18000000000000000000|77|-5|6",
		"0x1000|   7",
	};

	for (form = 0; form < (int)(sizeof want / sizeof want[0]); form++) {
		const char *text = panic_catch(forms, NULL);

		if (text == NULL || strcmp(text, want[form]) != 0) {
			printf("# %s\n# %s, not\n", text, want[form]);
			CHECK_EQ(form, -1);
		}
	}
}

// ---- Timers -----------------------------------------------------------------

static struct timer timers[7];
static atomic_int order[7], nfired;

static void
fires(void *arg)
{
	atomic_store(&order[atomic_fetch_add(&nfired, 1)],
		     (int)((struct timer *)arg - timers));
}

// A timer is taken from the heap whose last one is due before the parent of the
// hole: it must go up. All others fire in their order.
static void
TimerStopSiftsUp(void)
{
	static const int after[7] = { 1, 10, 2, 11, 12, 3, 4 };
	static const int want[6] = { 0, 2, 5, 6, 1, 4 };
	duration unit = virtual_clock() ? MILLISECOND : 20 * MILLISECOND;

	memset(timers, 0, sizeof timers);
	atomic_store(&nfired, 0);
	preempt_disable(); // all on one hart's heap
	for (int i = 0; i < 7; i++)
		timer_start(&timers[i], 20 * unit + after[i] * unit, fires,
			    &timers[i]);
	CHECK(timer_stop(&timers[3]));
	preempt_enable();
	time_sleep(40 * unit);
	CHECK_EQ(nfired, 6);
	for (int i = 0; i < 6; i++)
		if (!tortured())
			CHECK_EQ(order[i], want[i]);
}

// What is over is now; what is too far is the end of time, and can be stopped.
static void
TimersPastAndFar(void)
{
	struct context ctx;
	char c;

	memset(timers, 0, sizeof timers);
	atomic_store(&nfired, 0);
	timer_start(&timers[0], -5, fires, &timers[0]);
	timer_start(&timers[1], INT64_MIN, fires, &timers[1]);
	timer_start(&timers[2], INT64_MAX, fires, &timers[2]);
	timer_start(&timers[3], INT64_MAX - 1, fires, &timers[3]);
	time_sleep(MILLISECOND * 10);
	CHECK_EQ(nfired, 2);
	CHECK(timer_stop(&timers[2]));
	CHECK(timer_reset(&timers[3], -1));
	time_sleep(MILLISECOND * 10);
	CHECK_EQ(nfired, 3);
	time_sleep(-1);
	time_sleep(INT64_MIN);
	context_with_timeout(&ctx, context_background(), -1);
	CHECK(!chan_recv(context_done(&ctx), &c));
	context_cancel(&ctx);
}

// The header has it only for those who ask for more than C11.
void *sbrk(ptrdiff_t incr);

// ---- libc -------------------------------------------------------------------

// What there is no file for says so, and why.
static void
SyscallErrors(void)
{
	struct stat st;
	char c = 'x';

#define FAILS(call, error) \
	do { \
		errno = 0; \
		CHECK_EQ(call, -1); \
		CHECK_EQ(errno, error); \
	} while (0)
	FAILS(write(3, &c, 1), EBADF);
	FAILS(write(0, &c, 1), EBADF);
	FAILS(write(-1, &c, 1), EBADF);
	FAILS(read(1, &c, 1), EBADF);
	FAILS(close(3), EBADF);
	FAILS(fstat(3, &st), EBADF);
	FAILS(lseek(1, 0, SEEK_SET), ESPIPE);
	FAILS(lseek(7, 0, SEEK_SET), EBADF);
	FAILS((intptr_t)sbrk(PTRDIFF_MAX), ENOMEM);
	FAILS((intptr_t)sbrk(PTRDIFF_MIN), ENOMEM);
#undef FAILS
	errno = 0;
	CHECK_EQ(isatty(5), 0);
	CHECK_EQ(errno, ENOTTY);
	CHECK_EQ(isatty(0), 1);
	CHECK_EQ(read(0, &c, 0), 0);
	CHECK_EQ(fstat(1, &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(close(2), 0);
}

static void
prints_big(void *arg)
{
	char text[32];

	snprintf(text, sizeof text, "%.17g", 1.5e300);
	if (strcmp(text, "1.5000000000000001e+300") != 0)
		*(int *)arg += 1;
}

// A goroutine that has printed a double with a large exponent leaves nothing of
// the powers that newlib keeps for it: the heap does not grow.
static void
BigDoublesReturned(void)
{
	int bad = 0;
	char *end = NULL;

	for (int i = 0; i < 60; i++) {
		if (i == 20)
			end = sbrk(0);
		if (!go_with((struct go_attr){ .stack = 8192 }, prints_big,
			     &bad))
			continue;
		CHECK(wait_idle(0));
	}
	CHECK_EQ(bad, 0);
	CHECK_EQ((char *)sbrk(0) - end, 0);
}

// ---- Stacks -----------------------------------------------------------------

// It measures only in images that paint stacks, and never writes more than it
// was given room for.
static void
ReadStacks(void)
{
	struct runtime_stack_use u[3] = { { .n = 77 },
					  { .n = 77 },
					  { .n = 77 } };

	CHECK_EQ(runtime_read_stacks(NULL, 0), 0);
	CHECK(runtime_read_stacks(u, 2) <= 2);
	CHECK_EQ(u[2].n, 77);
}

// ---- Everybody waits ----------------------------------------------------------

static struct {
	chan *full, *empty, *third;
	struct mutex m;
	struct semaphore s;
	atomic_int ways[4];
} crowd;

static void
crowd_sends(void *arg)
{
	int v = 1;

	(void)arg;
	chan_send(crowd.full, &v);
}

static void
crowd_receives(void *arg)
{
	int v;

	(void)arg;
	chan_recv(crowd.empty, &v);
}

// In three queues at the same time, behind others in two of them.
static void
crowd_selects(void *arg)
{
	int v = 1, w;
	int n = chan_select(SEND(crowd.full, &v), RECV(crowd.third, &w),
			    RECV(crowd.empty, &w));

	(void)arg;
	atomic_fetch_add(&crowd.ways[n], 1);
}

static void
crowd_selects_until(void *arg)
{
	int v = 1, w;
	int n = chan_select(SEND(crowd.full, &v), RECV(crowd.third, &w),
			    RECV(crowd.empty, &w), TIMEOUT(*(duration *)arg));

	atomic_fetch_add(&crowd.ways[n], 1);
}

static void
crowd_locks(void *arg)
{
	(void)arg;
	mutex_lock(&crowd.m);
	mutex_unlock(&crowd.m);
}

static void
crowd_acquires(void *arg)
{
	(void)arg;
	semaphore_acquire(&crowd.s);
}

static void
crowd_sleeps(void *arg)
{
	time_sleep(*(duration *)arg);
}

static bool
crowd_quiet(void *unused)
{
	(void)unused;
	return ledger_check();
}

// The laws hold while goroutines wait in every way there is, in two rounds: who is
// lost from a queue, or in one too many, would be found by ledger_check.
static void
LedgerOfWaiters(void)
{
	static void (*const how[])(void *) = {
		crowd_sends, crowd_receives, crowd_selects, crowd_selects_until,
		crowd_locks, crowd_acquires, crowd_sleeps,
	};
	static duration soon;
	int v = 0, n = 0, alive = runtime_num_goroutine();

	soon = SECOND;
	memset(&crowd, 0, sizeof crowd);
	crowd.full = chan_make(int, 1);
	crowd.empty = chan_make(int, 2);
	crowd.third = chan_make(int, 0);
	chan_send(crowd.full, &v);
	mutex_lock(&crowd.m);
	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < sizeof how / sizeof *how; k++, n++)
			NEED(go_with((struct go_attr){ .name = "waits" },
				     how[k], &soon));
	settle();
	CHECK_EQ(runtime_num_goroutine() - alive, n);
	CHECK(eventually(crowd_quiet, NULL));
	// One select hears of a value, the others with a timeout of their time.
	chan_send(crowd.third, &v);
	CHECK(eventually(crowd_quiet, NULL));
	time_sleep(2 * soon);
	CHECK(eventually(crowd_quiet, NULL));
	CHECK_EQ(atomic_load(&crowd.ways[1]), 1);
	CHECK(atomic_load(&crowd.ways[3]) >= 1);
	mutex_unlock(&crowd.m);
	for (int i = 0; i < 2; i++)
		semaphore_release(&crowd.s);
	chan_close(crowd.empty);
	settle();
	for (int i = 0; i < 3; i++)
		chan_recv(crowd.full, &v);
	CHECK(wait_idle(0));
	for (int i = 0; i < 4; i++)
		n += i != 0 ? atomic_load(&crowd.ways[i]) : 0;
	CHECK_EQ(n, 14 + 4);
	chan_free(crowd.full);
	chan_free(crowd.empty);
	chan_free(crowd.third);
}

const struct test gaps_tests[] = { T(ElementSizes),     T(IsrSendInGoroutine),
				   T(IrqWithoutP),      T(IdleSweep),
				   T(IdleBesideTimer),  T(PanicFormats),
				   T(TimerStopSiftsUp), T(TimersPastAndFar),
				   T(SyscallErrors),    T(BigDoublesReturned),
				   T(ReadStacks),       T(LedgerOfWaiters),
				   { NULL, NULL } };
