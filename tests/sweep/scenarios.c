// scenarios.c: what the interrupt moves through; see main.c. Each is short, since
// it is run once for every instruction that it has, and is the same in every run
// but for the interrupt: nothing here asks for the time or for luck.
//
// A partner is a goroutine that is started outside (prepare) or inside (run) and
// ends before the result is looked at; settle waits for it.
#include "sweep.h"

#include <string.h>

static _Atomic uint32_t done;  // partners that have come to their end
static _Atomic uint32_t value; // what a partner received

static void
count(void *unused)
{
	(void)unused;
	done++;
}

static void
reset(void)
{
	done = value = 0;
}

static bool
one_done(void)
{
	return done == 1;
}

static bool
two_done(void)
{
	return done == 2;
}

static void
yield(void)
{
	runtime_gosched();
}

static void
pause_(void)
{
	for (int i = 0; done == 0 && i < 100; i++)
		runtime_gosched();
}

// ---- Birth, switch, death ------------------------------------------------------------

static void
yielder(void *unused)
{
	(void)unused;
	runtime_gosched();
	done++;
}

static void
gosched_prepare(void)
{
	reset();
	go(yielder, NULL);
}

static void
gosched_run(void)
{
	runtime_gosched();
	runtime_gosched();
}

static void
spawn_run(void)
{
	go(count, NULL);
	runtime_gosched();
}

static void
spawn_meddle(void)
{
	done--;
	go(count, NULL);
}

static void
flush(void *unused)
{
	(void)unused;
	gfflush(getg()->m->p);
}

// All dead Gs are on the global list: the spawn has to fetch some. With one hart
// nobody ever looks there.
static void
refill_prepare(void)
{
	reset();
	if (MAXHARTS > 1)
		systemstack(flush, NULL);
}

static void
small_run(void)
{
	go_with((struct go_attr){ .name = "small", .stack = STACK0_BYTES },
		count, NULL);
	runtime_gosched();
}

struct payload {
	uint32_t a, b;
};

static void
unpack(void *arg)
{
	const struct payload *p = arg;

	value = p->a + p->b;
	done++;
}

static void
copy_run(void)
{
	go_copy(unpack, (struct payload){ 40, 2 });
	runtime_gosched();
}

static bool
copy_check(void)
{
	return done == 1 && value == 42;
}

// The P's list of dead Gs is one short of full, and one more dies.
static struct semaphore dying1;

static void
mortal(void *unused)
{
	(void)unused;
	semaphore_acquire(&dying1);
	done++;
}

static void
fill(void *unused)
{
	struct p *pp = getg()->m->p;
	struct g *gp;

	(void)unused;
	lock(&sched.lock);
	while (pp->gfreen < GFREE_HIGH - 1 && (gp = sched.gfreestack) != NULL) {
		sched.gfreestack = gp->schedlink;
		sched.ngfree--;
		gp->schedlink = pp->gfree;
		pp->gfree = gp;
		pp->gfreen++;
	}
	unlock(&sched.lock);
}

static void
spill_prepare(void)
{
	static bool many;

	reset();
	for (int i = 0; !many && i < GFREE_HIGH + 10; i++)
		go(count, NULL);
	while (!many && done < GFREE_HIGH + 10)
		yield();
	many = true;
	reset();
	go(mortal, NULL);
	runtime_gosched();
	systemstack(fill, NULL);
}

static void
spill_run(void)
{
	semaphore_release(&dying1);
	runtime_gosched();
}

// The ring is full.
enum { FILLERS = RUNQ_SIZE };
static struct semaphore filling;

static void
filler(void *unused)
{
	(void)unused;
	semaphore_acquire(&filling);
	done++;
}

static void
overflow_prepare(void)
{
	reset();
	for (int i = 0; i < FILLERS; i++) {
		go(filler, NULL);
		if (i % 64 == 63)
			runtime_gosched();
	}
	runtime_gosched();
	preempt_disable();
	for (int i = 0; i < FILLERS; i++)
		semaphore_release(&filling);
	preempt_enable();
}

static void
overflow_run(void)
{
	go(count, NULL);
	go(count, NULL);
}

static bool
overflow_check(void)
{
	return done == FILLERS + 2;
}

// ---- Park and ready -------------------------------------------------------------------

static struct note note;
static struct semaphore sema;
CHAN_STATIC(ch0, uint32_t, 0);
CHAN_STATIC(ch0b, uint32_t, 0);
CHAN_STATIC(ch1, uint32_t, 1);
CHAN_STATIC(ch2, uint32_t, 2);

static void
notewaiter(void *unused)
{
	(void)unused;
	note_wait(&note);
	done++;
}

static void
ready_prepare(void)
{
	reset();
	go(notewaiter, NULL);
	runtime_gosched();
}

static void
ready_run(void)
{
	ready_isr(&note);
	runtime_gosched();
}

// What follows waits for the handler itself: the interrupt moves from before the
// wait through the parking and the search for work into the sleep of the hart.
static void
wakenote_run(void)
{
	note_wait(&note);
	done++;
}

static void
wakenote(void)
{
	ready_isr(&note);
}

static void
wakesema_run(void)
{
	semaphore_acquire(&sema);
	done++;
}

static void
wakesema(void)
{
	semaphore_release_isr(&sema);
}

static void
wakechan_run(void)
{
	uint32_t v;

	if (chan_recv(ch1, &v))
		value = v;
	done++;
}

static const uint32_t magic = 0x600d;

static void
wakechan(void)
{
	EXPECT(chan_try_send_isr(ch1, &magic));
}

static bool
wakechan_check(void)
{
	return done == 1 && value == magic;
}

static void
wakeselect_run(void)
{
	uint32_t v = 0, u = 0;

	if (chan_select(RECV(ch0, &u), RECV(ch1, &v)) == 1)
		value = v;
	done++;
}

// The handler and the timeout: whoever comes first, nothing is lost.
static volatile bool timedout;

static void
waketimeout_run(void)
{
	uint32_t v = 0;

	timedout = false;
	if (chan_select(RECV(ch1, &v), TIMEOUT(INSNS(400))) == 1) {
		timedout = true;
		chan_recv(ch1, &v); // it is on its way
	}
	value = v;
	done++;
}

static void
wakesematimeout_run(void)
{
	timedout = !semaphore_acquire_timeout(&sema, INSNS(400));
	if (timedout)
		semaphore_acquire(&sema);
	done++;
}

// A line that no device has.
enum { LINE = 5 };

static void
wakeirq_run(void)
{
	irq_wait(LINE);
	done++;
}

static void
wakeirq(void)
{
	struct m *mp = getg()->m;

	mp->inhandler = false; // as in irqdispatch
	netpollready(LINE);
	mp->inhandler = true;
}

// ---- Channels ---------------------------------------------------------------------------

static void
echo(void *unused)
{
	uint32_t v;

	(void)unused;
	chan_recv(ch0, &v);
	v++;
	chan_send(ch0b, &v);
	done++;
}

static void
echo_prepare(void)
{
	reset();
	go(echo, NULL);
	runtime_gosched();
}

static void
pingpong_run(void)
{
	uint32_t v = 41;

	chan_send(ch0, &v);
	chan_recv(ch0b, &v);
	value = v;
}

// The same, and nobody waits yet.
static void
pingpong2_run(void)
{
	go(echo, NULL);
	pingpong_run();
}

// The buffer's two ends are at its beginning: where they wrap is the same each time.
static void
buffered_prepare(void)
{
	reset();
	ch2->sendx = ch2->recvx = 0;
}

static void
buffered_run(void)
{
	uint32_t v = 1, sum = 0;

	chan_send(ch2, &v);
	v = 2;
	chan_send(ch2, &v);
	EXPECT(chan_len(ch2) >= 1);
	chan_recv(ch2, &v);
	sum += v;
	chan_recv(ch2, &v);
	value = sum + v;
	done++;
}

// Takes one and gives it back: it may have to wait for room.
static void
buffered_meddle(void)
{
	uint32_t v;

	if (chan_try_recv(ch2, &v))
		chan_send(ch2, &v);
}

static bool
buffered_check(void)
{
	return value == 3 && done == 1 && chan_len(ch2) == 0;
}

static void
trysend_run(void)
{
	uint32_t v = 7;
	uint32_t n = 0;

	n += chan_try_recv(ch1, &v);
	n += chan_try_send(ch1, &v);
	n += chan_try_send(ch1, &v);
	n += chan_try_recv(ch1, &v);
	n += chan_try_send(ch0, &v);
	value = n;
}

static bool
trysend_check(void)
{
	return value == 2;
}

// The buffer is full, and the sender waits for room.
static void
drainer(void *unused)
{
	uint32_t v;

	(void)unused;
	for (int i = 0; i < 3; i++) {
		chan_recv(ch1, &v);
		value += v;
	}
	done++;
}

static void
full_run(void)
{
	go(drainer, NULL);
	for (uint32_t v = 1; v <= 3; v++)
		chan_send(ch1, &v);
	pause_();
}

static bool
full_check(void)
{
	return value == 6 && done == 1;
}

static chan *closing;

static void
closewaiter(void *unused)
{
	uint32_t v = 9;

	(void)unused;
	if (!chan_recv(closing, &v) && v == 0)
		done++;
}

static void
sendclosed(void *unused)
{
	uint32_t v = 1;

	(void)unused;
	chan_send(closing, &v);
}

static void
closesender(void *unused)
{
	(void)unused;
	if (panic_catch(sendclosed, NULL) != NULL)
		done++;
}

static void
close_prepare(void)
{
	reset();
	closing = chan_make(uint32_t, 0);
	go(closewaiter, NULL);
	go(closewaiter, NULL);
	runtime_gosched();
}

static void
close_run(void)
{
	chan_close(closing);
	runtime_gosched();
}

static bool
close_check(void)
{
	chan_free(closing);
	return done == 2;
}

static void
closesend_prepare(void)
{
	reset();
	closing = chan_make(uint32_t, 0);
	go(closesender, NULL);
	runtime_gosched();
}

static bool
closesend_check(void)
{
	chan_free(closing);
	return done == 1;
}

static void
make_run(void)
{
	chan *c = chan_make(uint32_t, 3);
	uint32_t v = 5;

	chan_send(c, &v);
	chan_close(c);
	if (chan_recv(c, &v) && v == 5 && !chan_recv(c, &v))
		done++;
	chan_free(c);
}

static void
make_meddle(void)
{
	chan_free(chan_make(uint32_t, 3));
}

// ---- Select ------------------------------------------------------------------------------

static void
selectready_run(void)
{
	uint32_t v = 3, u = 0;
	bool ok;

	if (chan_select(SEND(ch1, &v), RECV(ch0, &u)) == 0 &&
	    chan_select(RECV_OK(ch1, &u, &ok), RECV(ch0, &v), DEFAULT) == 0)
		value = u;
	if (chan_select(RECV(ch0, &u), DEFAULT) == 1)
		done++;
}

static bool
selectready_check(void)
{
	return value == 3 && done == 1;
}

static void
sender0b(void *unused)
{
	uint32_t v = 77;

	(void)unused;
	chan_send(ch0b, &v);
	done++;
}

// It waits on three, and the second one comes: the others are withdrawn.
static void
selectblock_run(void)
{
	uint32_t v = 0, u = 0, w = 5;

	go(sender0b, NULL);
	if (chan_select(RECV(ch0, &u), RECV(ch0b, &v), SEND(ch0, &w)) == 1)
		value = v;
	pause_();
}

static bool
selectblock_check(void)
{
	return value == 77 && done == 1 && ch0->recvq.first == NULL &&
	       ch0->sendq.first == NULL && ch0b->recvq.first == NULL;
}

static void
receiver0(void *unused)
{
	uint32_t v = 0;

	(void)unused;
	chan_recv(ch0, &v);
	value = v;
	done++;
}

static void
selectsend_run(void)
{
	uint32_t v = 11, u = 0;

	go(receiver0, NULL);
	EXPECT(chan_select(RECV(ch0b, &u), SEND(ch0, &v)) == 1);
	pause_();
}

static bool
selectsend_check(void)
{
	return value == 11 && done == 1 && ch0b->recvq.first == NULL;
}

static void
selecttimeout_run(void)
{
	uint32_t u = 0;

	if (chan_select(RECV(ch0, &u), TIMEOUT(INSNS(250))) == 1)
		done++;
}

static bool
selecttimeout_check(void)
{
	return done == 1 && ch0->recvq.first == NULL;
}

static void
selector(void *unused)
{
	uint32_t v = 0, u = 0;

	(void)unused;
	if (chan_select(RECV(ch0, &u), RECV(closing, &v)) == 1)
		done++;
}

static void
selectclose_prepare(void)
{
	reset();
	closing = chan_make(uint32_t, 0);
	go(selector, NULL);
	go(selector, NULL);
	runtime_gosched();
}

// ---- Timers ------------------------------------------------------------------------------

static struct timer timers[5];
static volatile uint32_t fired;

static void
fire(void *unused)
{
	(void)unused;
	fired++;
}

static void
wakefire(void *unused)
{
	(void)unused;
	fired++;
	ready_isr(&note);
}

static void
timers_run(void)
{
	static const uint8_t order[] = { 3, 1, 4, 0, 2 };
	uint32_t n = 0;

	fired = 0;
	for (int i = 0; i < 5; i++)
		timer_start(&timers[i], SECOND + order[i], fire, NULL);
	n += timer_reset(&timers[2], 2 * SECOND);
	n += timer_reset(&timers[4], MILLISECOND * 900);
	for (int i = 0; i < 5; i++)
		n += timer_stop(&timers[order[i]]);
	n += timer_stop(&timers[0]);
	value = n;
}

static void
timers_meddle(void)
{
	struct timer t = { 0 };

	timer_start(&t, SECOND, fire, NULL);
	timer_stop(&t);
}

static bool
timers_check(void)
{
	return value == 7 && fired == 0;
}

static void
fire_run(void)
{
	fired = 0;
	timer_start(&timers[0], INSNS(300), wakefire, NULL);
	timer_start(&timers[1], INSNS(350), fire, NULL);
	note_wait(&note);
	timer_stop(&timers[1]);
	done++;
}

static bool
fire_check(void)
{
	return done == 1 && fired >= 1 && fired <= 2;
}

static void
sleep_run(void)
{
	int64_t t = time_now();

	time_sleep(INSNS(200));
	if (time_now() - t >= INSNS(200))
		done++;
}

static void
ticker_run(void)
{
	static struct ticker tk;
	int64_t t;

	ticker_start(&tk, INSNS(500));
	chan_recv(tk.c, &t);
	ticker_stop(&tk);
	done++;
}

// ---- Waiting for each other ---------------------------------------------------------------

static struct mutex mu;
static volatile uint32_t inside;

static void
critical(void)
{
	EXPECT(inside == 0);
	inside = 1;
	value++;
	EXPECT(inside == 1);
	inside = 0;
}

static void
locker(void *unused)
{
	(void)unused;
	mutex_lock(&mu);
	critical();
	mutex_unlock(&mu);
	done++;
}

static void
mutex_meddle(void)
{
	mutex_lock(&mu);
	critical();
	value--;
	mutex_unlock(&mu);
}

static void
mutex_run(void)
{
	go(locker, NULL);
	mutex_lock(&mu);
	runtime_gosched();
	critical();
	mutex_unlock(&mu);
	pause_();
	if (mutex_try_lock(&mu))
		mutex_unlock(&mu);
}

static bool
mutex_check(void)
{
	return done == 1 && value == 2 && inside == 0 && mu.state == 0;
}

// The partner has waited so long that it wants the mutex handed over.
static void
starving_prepare(void)
{
	reset();
	mutex_lock(&mu);
	go(locker, NULL);
	runtime_gosched();
	time_sleep(2 * MILLISECOND);
}

static void
starving_run(void)
{
	mutex_unlock(&mu);
	mutex_lock(&mu);
	runtime_gosched();
	critical();
	mutex_unlock(&mu);
	mutex_lock(&mu);
	mutex_unlock(&mu);
}

static struct rwmutex rw;

static void
writer(void *unused)
{
	(void)unused;
	rwmutex_lock(&rw);
	critical();
	rwmutex_unlock(&rw);
	done++;
}

static void
rwmutex_run(void)
{
	go(writer, NULL);
	rwmutex_rlock(&rw);
	runtime_gosched();
	EXPECT(inside == 0);
	rwmutex_runlock(&rw);
	rwmutex_rlock(&rw);
	rwmutex_runlock(&rw);
	pause_();
}

static bool
rwmutex_check(void)
{
	return done == 1 && value == 1;
}

static struct wait_group wg;

static void
worker(void *unused)
{
	(void)unused;
	value++;
	wait_group_done(&wg);
}

static void
waitgroup_run(void)
{
	wait_group_add(&wg, 2);
	go(worker, NULL);
	go(worker, NULL);
	wait_group_wait(&wg);
	if (value == 2)
		done++;
}

static struct cond cond;
static volatile bool condition;

static void
condwaiter(void *unused)
{
	(void)unused;
	mutex_lock(&mu);
	while (!condition)
		cond_wait(&cond, &mu);
	mutex_unlock(&mu);
	done++;
}

static void
cond_prepare(void)
{
	reset();
	condition = false;
	go(condwaiter, NULL);
	go(condwaiter, NULL);
	runtime_gosched();
}

static void
cond_run(void)
{
	mutex_lock(&mu);
	condition = true;
	cond_signal(&cond);
	mutex_unlock(&mu);
	cond_broadcast(&cond);
	runtime_gosched();
}

static void
sema_run(void)
{
	go(mortal, NULL);
	runtime_gosched();
	EXPECT(!semaphore_try_acquire(&dying1));
	semaphore_release(&dying1);
	semaphore_release(&sema);
	semaphore_acquire(&sema);
	pause_();
}

static void
sematimeout_run(void)
{
	if (!semaphore_acquire_timeout(&sema, INSNS(250)))
		done++;
}

static void
once_fn(void *unused)
{
	(void)unused;
	done++;
}

static struct once once;

static void
once_prepare(void)
{
	reset();
	once = (struct once){ 0 };
}

static void
once_run(void)
{
	once_do(&once, once_fn, NULL);
	once_do(&once, once_fn, NULL);
}

static void
once_meddle(void)
{
	once_do(&once, once_fn, NULL);
}

static void
ctxwaiter(void *arg)
{
	char c;

	chan_recv(context_done(arg), &c);
	done++;
}

static void
context_run(void)
{
	static struct context a, b;

	context_with_cancel(&a, context_background());
	context_with_timeout(&b, &a, SECOND);
	go(ctxwaiter, &b);
	runtime_gosched();
	context_cancel(&a);
	context_cancel(&b);
	pause_();
}

// ---- Stop-the-world, harts, preemption ------------------------------------------------------

static void
stw_run(void)
{
	static struct goroutine_info info[6];
	unsigned n = runtime_goroutines(info, 6);

	if (n >= 4)
		done++;
}

static void
lockedpartner(void *unused)
{
	(void)unused;
	runtime_lock_os_thread();
	runtime_gosched();
	done++;
}

static void
locked_run(void)
{
	runtime_lock_os_thread();
	runtime_lock_os_thread();
	runtime_gosched();
	runtime_unlock_os_thread();
	runtime_unlock_os_thread();
	done++;
}

static void
lockedexit_run(void)
{
	go(lockedpartner, NULL);
	pause_();
}

static void
disabled_run(void)
{
	preempt_disable();
	preempt_disable();
	value = 1;
	preempt_enable();
	value = 2;
	preempt_enable();
	value = 3;
}

static bool
disabled_check(void)
{
	return value == 3;
}

// libgcc's divisions are not compiled with our flags: they keep values below the stack
// pointer where the ABI lets them.
#if defined __SIZEOF_INT128__
__extension__ typedef unsigned __int128 wide;
#else
typedef uint64_t wide;
#endif

static void
libgcc_run(void)
{
	static volatile wide a = (wide)-17, b = 1000003;
	wide q = a / b, r = a % b;

	if (q * b + r == (wide)-17 && r < b)
		done++;
}

static void
libgcc_meddle(void)
{
	static volatile wide a = 123456789, b = 10007;
	volatile wide r = a % b;

	EXPECT(r == 123456789 % 10007);
}

// ---- Defer, panic, recover ------------------------------------------------------------------

static void
recoverer(void *unused)
{
	const char *text = recover();

	(void)unused;
	if (text != NULL && strcmp(text, "number 5") == 0)
		done++;
}

static void
panicker(void *unused)
{
	(void)unused;
	defer(count, NULL);
	defer(recoverer, NULL);
	panic("number %d", 5);
}

static void
panic_run(void)
{
	EXPECT(panic_catch(panicker, NULL) == NULL);
}

static void
repanicker(void *unused)
{
	(void)unused;
	panic("second");
}

static void
nested(void *unused)
{
	(void)unused;
	defer(repanicker, NULL);
	panic("first");
}

static void
nested_run(void)
{
	const char *text = panic_catch(nested, NULL);

	if (text != NULL && strcmp(text, "second") == 0)
		done++;
}

static void
exiter(void *unused)
{
	(void)unused;
	defer(count, NULL);
	runtime_goexit();
}

static void
goexit_run(void)
{
	go(exiter, NULL);
	runtime_gosched();
}

static void
faulter(void *unused)
{
	static volatile uintptr_t nowhere = 8;

	(void)unused;
	*(volatile uint32_t *)nowhere = 1;
}

static void
fault_run(void)
{
	if (panic_catch(faulter, NULL) != NULL)
		done++;
}

static void
deferred(void)
{
	defer(count, NULL);
	defer(count, NULL);
}

static void
defer_run(void)
{
	deferred();
}

// ---- Load-reserved and store-conditional ----------------------------------------------------
// One pair, whose store must fail if an interrupt came between the two. The word is
// not written by anybody else, so a reservation that survived the handler would let
// the store succeed.

#if defined __riscv
#define PAIR \
	"	lr.w	%0, (%2)\n" \
	"pair_lo:\n" \
	"	addi	%0, %0, 1\n" \
	"pair_hi:\n" \
	"	sc.w	%1, %0, (%2)\n"
#elif defined __arm__
#define PAIR \
	"	ldrex	%0, [%2]\n" \
	"pair_lo:\n" \
	"	add	%0, #1\n" \
	"pair_hi:\n" \
	"	strex	%1, %0, [%2]\n"
#endif

static uint32_t counter, counted, retries;

#ifdef PAIR
extern const char pair_lo[], pair_hi[];

__attribute__((noinline)) static void
increment(void)
{
	uint32_t v, no;

	do {
		__asm__ volatile(PAIR
				 : "=&r"(v), "=&r"(no)
				 : "r"(&counter)
				 : "memory");
		retries += no;
	} while (no != 0);
}

static void
watchpair(void)
{
	watchlo = (uintptr_t)pair_lo;
	watchhi = (uintptr_t)pair_hi + 1;
}
#else
static void
increment(void)
{
	__atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
}

static void
watchpair(void)
{
}
#endif

static void
atomic_prepare(void)
{
	reset();
	watchpair();
	watched = 0;
	retries = 0;
	counted = counter;
}

static void
atomic_run(void)
{
	uint32_t old = 0;
	static uint32_t word;

	increment();
	// Also what the compiler makes of it.
	__atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
	__atomic_compare_exchange_n(&word, &old, 1, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	__atomic_fetch_sub(&word, 1, __ATOMIC_SEQ_CST);
	value = word;
}

static void
atomic_meddle(void)
{
	increment();
	// Several meddle, and a second interrupt comes between them.
	__atomic_fetch_add(&counted, 1, __ATOMIC_SEQ_CST);
}

static bool
atomic_check(void)
{
	return counter == counted + 2 && value == 0 && retries >= watched;
}

// ---- The list -------------------------------------------------------------------------------

#define S(n, p, r, c) .name = n, .prepare = p, .run = r, .check = c

const struct scenario scenarios[] = {
	{ S("gosched", gosched_prepare, gosched_run, one_done) },
	{ S("spawn", reset, spawn_run, one_done), .meddle = spawn_meddle },
	{ S("refill", refill_prepare, spawn_run, one_done) },
	{ S("spill", spill_prepare, spill_run, one_done) },
	{ S("small", reset, small_run, one_done) },
	{ S("copy", reset, copy_run, copy_check) },
	{ S("overflow", overflow_prepare, overflow_run, overflow_check),
	  .slow = true },
	{ S("ready", ready_prepare, ready_run, one_done) },
	{ S("wakenote", reset, wakenote_run, one_done), .wake = wakenote },
	{ S("wakesema", reset, wakesema_run, one_done), .wake = wakesema },
	{ S("wakechan", reset, wakechan_run, wakechan_check),
	  .wake = wakechan },
	{ S("wakeselect", reset, wakeselect_run, wakechan_check),
	  .wake = wakechan },
	{ S("waketimeout", reset, waketimeout_run, wakechan_check),
	  .wake = wakechan },
	{ S("wakesematimeout", reset, wakesematimeout_run, one_done),
	  .wake = wakesema },
	{ S("wakeirq", reset, wakeirq_run, one_done), .wake = wakeirq },
	{ S("pingpong", echo_prepare, pingpong_run, copy_check) },
	{ S("pingpong2", reset, pingpong2_run, copy_check) },
	{ S("buffered", buffered_prepare, buffered_run, buffered_check),
	  .meddle = buffered_meddle },
	{ S("try", reset, trysend_run, trysend_check) },
	{ S("full", reset, full_run, full_check) },
	{ S("close", close_prepare, close_run, close_check) },
	{ S("closesend", closesend_prepare, close_run, closesend_check) },
	{ S("make", reset, make_run, one_done), .meddle = make_meddle },
	{ S("selectready", reset, selectready_run, selectready_check) },
	{ S("selectblock", reset, selectblock_run, selectblock_check) },
	{ S("selectsend", reset, selectsend_run, selectsend_check) },
	{ S("selecttimeout", reset, selecttimeout_run, selecttimeout_check) },
	{ S("selectclose", selectclose_prepare, close_run, close_check) },
	{ S("timers", reset, timers_run, timers_check),
	  .meddle = timers_meddle },
	{ S("fire", reset, fire_run, fire_check) },
	{ S("sleep", reset, sleep_run, one_done) },
	{ S("ticker", reset, ticker_run, one_done) },
	{ S("mutex", reset, mutex_run, mutex_check), .meddle = mutex_meddle },
	{ S("starving", starving_prepare, starving_run, mutex_check) },
	{ S("rwmutex", reset, rwmutex_run, rwmutex_check) },
	{ S("waitgroup", reset, waitgroup_run, one_done) },
	{ S("cond", cond_prepare, cond_run, two_done) },
	{ S("semaphore", reset, sema_run, one_done) },
	{ S("sematimeout", reset, sematimeout_run, one_done) },
	{ S("once", once_prepare, once_run, one_done), .meddle = once_meddle },
	{ S("context", reset, context_run, one_done) },
	{ S("stw", reset, stw_run, one_done) },
	{ S("locked", reset, locked_run, one_done) },
	{ S("lockedexit", reset, lockedexit_run, one_done) },
	{ S("disabled", reset, disabled_run, disabled_check) },
	{ S("libgcc", reset, libgcc_run, one_done), .meddle = libgcc_meddle },
	{ S("panic", reset, panic_run, two_done) },
	{ S("nested", reset, nested_run, one_done) },
	{ S("goexit", reset, goexit_run, one_done) },
	{ S("fault", reset, fault_run, one_done) },
	{ S("defer", reset, defer_run, two_done) },
	{ S("atomic", atomic_prepare, atomic_run, atomic_check),
	  .meddle = atomic_meddle },
	{ 0 },
};
