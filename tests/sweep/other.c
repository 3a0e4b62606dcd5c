// other.c: the other of two harts, held still while the interrupt moves through
// what this one does with it: stealing from its queue and its timers, waking it,
// sleeping beside it, stopping the world around it.
//
// Harts of an emulator that counts instructions take turns, and a turn ends where a
// timer says. So that a run is the same each time the other hart does nothing at
// all: it waits for its timer alone, which nobody sets, all other interrupts left
// pending. It is held in one of two places.
//   busy   in a goroutine that holds its P, with something in that P's queue
//   idle   where it sleeps, before it sees what has woken it
// Before a placement this hart naps until the other one is where it should be, and
// behind it until it sleeps as ever (letgo).
//
// Only on riscv64. armv7m has one hart; what holds still on x86_64 holds a timer back
// as well, and its only interrupt that cannot be held back ends the machine.
#include "sweep.h"

#if defined __riscv
#include <csr.h>

#define CLINT_MTIME (CLINT_BASE + 0xbff8)
#define MTIMECMP(hart) (CLINT_BASE + 0x4000 + 8 * (uintptr_t)(hart))
#define REG64(a) (*(volatile uint64_t *)(uintptr_t)(a))
enum { IE_TIMER = 1 << 7, NAP = 1000 }; // ticks of 100 ns

void __real_arch_timerset(int64_t when);

static _Atomic bool holding, held; // it is to be still; it is
static _Atomic bool inidle;        // where it sleeps
static uint32_t which;             // that hart
static bool looked;                // somebody is said to look for work

static void
waitfortimer(uint64_t tick)
{
	REG64(MTIMECMP(getg()->m->id)) = tick;
	__asm__ volatile("wfi" : : : "memory");
}

// hold keeps the calling hart still until letgo.
static void
hold(void)
{
	uintptr_t s = arch_irqsave(), ie = csr_read(CSR_IE);

	csr_write(CSR_IE, IE_TIMER);
	held = true;
	while (holding)
		waitfortimer(UINT64_MAX);
	held = false;
	csr_write(CSR_IE, ie);
	__real_arch_timerset(getg()->m->armed);
	arch_irqrestore(s);
}

bool
holdidle(void)
{
	if (!inidle || getg()->m->id != which || held)
		return false;
	hold();
	csr_set(CSR_STATUS, STATUS_IE);
	return true;
}

// nap gives the other hart 100 us, unless it waits before. Here nothing happens
// meanwhile.
static void
nap(void)
{
	uintptr_t s = arch_irqsave(), ie = csr_read(CSR_IE);

	csr_write(CSR_IE, IE_TIMER);
	waitfortimer(REG64(CLINT_MTIME) + NAP);
	csr_write(CSR_IE, ie);
	arch_timerset(getg()->m->armed);
	arch_irqrestore(s);
}

static struct m *
other(void)
{
	return &allm[1 - getg()->m->id];
}

static bool
asleep(const struct m *mp)
{
	return load(&mp->sleeping) && mp->p == NULL &&
	       load(&mp->nextp) == NULL && mp->watch != NULL &&
	       (load_rlx(&sched.idle) >> mp->watch->id & 1) != 0;
}

static void
napuntil(bool (*cond)(void), const char *what)
{
	for (int i = 0; i < 1000; i++) {
		if (cond())
			return;
		nap();
	}
	failed(__FILE__, __LINE__, what);
}

static bool
isheld(void)
{
	return held;
}

static bool
sleeps(void)
{
	return !held && asleep(other());
}

bool
alone(void)
{
	return ncpu == 1 || held;
}

void
letgo(void)
{
	if (!holding)
		return;
	if (looked) {
		looked = false;
		xadd(&sched.nmspinning, -1u);
	}
	holding = inidle = false;
	REG64(MTIMECMP(other()->id)) = 0;
	napuntil(sleeps, "the other hart sleeps");
}

// ---- Busy ------------------------------------------------------------------------------

enum { CROWD = 5 };
static struct semaphore hands[CROWD]; // each wakes one of the crowd
static struct semaphore holders, all;
static void (*load_)(void);
static _Atomic uint32_t ran;
static uint32_t wanted_;

static void
crowd(void *arg)
{
	struct semaphore *s = arg;

	for (;;) {
		semaphore_acquire(s);
		if (++ran == wanted_)
			semaphore_release(&all);
	}
}

static void
holder(void *unused)
{
	(void)unused;
	for (;;) {
		semaphore_acquire(&holders);
		preempt_disable();
		load_();
		hold();
		preempt_enable();
	}
}

void
otherinit(void)
{
	if (runtime_num_cpu() < 2)
		return;
	for (int i = 0; i < CROWD; i++)
		go(crowd, &hands[i]);
	go(holder, NULL);
	time_sleep(MILLISECOND);
}

// busy has the other hart take the holder, which makes the crowd ready there.
static void
busy(void (*fn)(void))
{
	napuntil(sleeps, "the other hart sleeps before it is held");
	ran = 0;
	load_ = fn;
	holding = true;
	semaphore_release(&holders);
	napuntil(isheld, "the other hart is held");
}

static void
load_crowd(void)
{
	wanted_ = CROWD;
	for (int i = 0; i < CROWD; i++)
		semaphore_release(&hands[i]);
}

static void
load_one(void)
{
	wanted_ = 1;
	semaphore_release(&hands[0]);
}

static struct timer due;

static void
ring(void *unused)
{
	(void)unused;
	ran++;
	semaphore_release_isr(&all);
}

static void
load_timer(void)
{
	wanted_ = 1;
	timer_start(&due, 1, ring, NULL);
}

static void
steal_prepare(void)
{
	busy(load_crowd);
}

static void
stealnext_prepare(void)
{
	busy(load_one);
}

static void
stealtimer_prepare(void)
{
	busy(load_timer);
}

static void
all_run(void)
{
	semaphore_acquire(&all);
}

static bool
all_check(void)
{
	return ran == wanted_;
}

// ---- Idle ------------------------------------------------------------------------------

static void
idle_prepare(void)
{
	napuntil(sleeps, "the other hart sleeps before it is held");
	ran = 0;
	wanted_ = 1;
	which = other()->id;
	holding = inidle = true;
	arch_cpuwake(other()->id);
	napuntil(isheld, "the other hart is held");
}

// alone_prepare: nor does the other hart get a P, since somebody looks for work as it
// is. A stop of the world would wait for that P.
static void
alone_prepare(void)
{
	idle_prepare();
	looked = true;
	xadd(&sched.nmspinning, 1);
}

static void
runs(void *unused)
{
	(void)unused;
	ran++;
}

// What is new wakes the other hart, which does not come; so this one does it.
static void
wakeother_run(void)
{
	go(runs, NULL);
	for (int i = 0; ran == 0 && i < 100; i++)
		runtime_gosched();
}

static void
hands_run(void)
{
	semaphore_release(&hands[0]);
	semaphore_acquire(&all);
}

static void
procs_run(void)
{
	if (runtime_gomaxprocs(1) == 2 && runtime_gomaxprocs(2) == 1)
		ran++;
}

static void
stop_run(void)
{
	static struct goroutine_info info[12];

	if (runtime_goroutines(info, 12) >= 4 + CROWD)
		ran++;
}

static void
wait_run(void)
{
	semaphore_acquire(&all);
	ran++;
}

static void
wait_wake(void)
{
	semaphore_release_isr(&all);
}

#define S(n, p, r) \
	.name = n, .prepare = p##_prepare, .run = r##_run, .check = all_check

const struct scenario pairs[] = {
	{ S("steal", steal, all) },
	{ S("stealnext", stealnext, all) },
	{ S("stealtimer", stealtimer, all) },
	{ S("wakeother", idle, wakeother) },
	{ S("handsother", idle, hands) },
	{ S("waitother", idle, wait), .wake = wait_wake },
	{ S("stopother", alone, stop) },
	{ S("procsother", alone, procs) },
	{ 0 },
};

#else

const struct scenario pairs[] = { { 0 } };

void
otherinit(void)
{
}

bool
holdidle(void)
{
	return false;
}

bool
alone(void)
{
	return ncpu == 1;
}

void
letgo(void)
{
}
#endif
