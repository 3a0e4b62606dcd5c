// main.c runs the target tests; see test.h. The words of the boot arguments:
//
//   run=all|prefix  which tests, by the beginning of their names (all)
//   seed=n          start of all pseudo-random numbers; printed
//   scale=n         that many times the rounds of the storms (1)
//   clock=virtual   the clock is virtual (-icount): bounds are taken strictly
//   chaos=1         a torture preempts at random: skip what counts preemptions
//   list=1          print the names only
//   hil=TOKEN       lines that show their own damage: tap.h
//   table=drill     the tests of drill.c instead
//
// The ledger, checked when a test has ended and the machine is quiet again:
// goroutines spawned = ended + alive, as many alive as before, and no channel
// or buffer more in use than before; and the kernel's own laws (kernel/ledger.c),
// which end the machine by name if one is broken.
#include "tap.h"
#include "test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct test *const tables[] = {
#define TABLE(name) name##_tests,
#include "tables.h"
#undef TABLE
};
enum { NTABLES = sizeof tables / sizeof tables[0] };

static struct {
	const char *run, *hil;
	uint32_t seed;
	int scale;
	bool virtual, chaos, list, drill;
} opt = { "all", NULL, 1, 1, false, false, false, false };

// ---- The result of the test that runs --------------------------------------

// The first failure is kept. failed goes from 0 to 1 (somebody writes) to 2.
static struct {
	atomic_int failed;
	const char *file, *what, *skip;
	int line;
	bool numbers;
	long long got, want;
	int stuck, stuckchans;
} now;

static void
record(const char *file, int line, const char *what, bool numbers,
       long long got, long long want)
{
	int none = 0;

	if (!atomic_compare_exchange_strong(&now.failed, &none, 1))
		return;
	now.file = file;
	now.line = line;
	now.what = what;
	now.numbers = numbers;
	now.got = got;
	now.want = want;
	atomic_store(&now.failed, 2);
}

void
test_fail(const char *file, int line, const char *what)
{
	record(file, line, what, false, 0, 0);
}

void
test_eq(const char *file, int line, const char *what, long long got,
	long long want)
{
	if (got != want)
		record(file, line, what, true, got, want);
}

bool
test_failed(void)
{
	return atomic_load(&now.failed) != 0;
}

void
skip(const char *why)
{
	now.skip = why;
}

void
stuck(int n, int nchan)
{
	now.stuck += n;
	now.stuckchans += nchan;
}

// ---- Surroundings ----------------------------------------------------------

bool
atonce(void)
{
	return runtime_gomaxprocs(0) > 1;
}

int
scaled(int n)
{
	return n * opt.scale;
}

int64_t
late(duration d)
{
	// On a virtual clock the harts run in turns, on one clock.
	return opt.virtual ? d * runtime_num_cpu() *
				     (opt.chaos || tortured() ? 20 : 1) :
			     200 * d;
}

bool
virtual_clock(void)
{
	return opt.virtual;
}

bool
chaotic(void)
{
	return opt.chaos;
}

bool
tortured(void)
{
	return runtime_fail_alloc(0, 0) >= 0;
}

// busy tells whether somebody else has something to do.
static bool
busy(void)
{
	static struct goroutine_info g[64];
	unsigned n = runtime_goroutines(g, 64);

	for (unsigned i = 0; i < n && i < 64; i++)
		if (strcmp(g[i].state, "runnable") == 0)
			return true;
	return false;
}

void
settle(void)
{
	for (int i = 0; i < 3; i++)
		runtime_gosched();
	time_sleep(200 * MICROSECOND);
	// Those that give way at random may need longer.
	for (int i = 0; i < 50 && tortured() && busy(); i++)
		time_sleep(200 * MICROSECOND);
}

uint32_t
rnd(uint32_t *state)
{
	uint32_t x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *state = x;
}

uint32_t
seed(void)
{
	static atomic_uint n;
	uint32_t s = opt.seed * 2654435761u + atomic_fetch_add(&n, 1) * 40503u;

	return s != 0 ? s : 1;
}

bool
eventually(bool (*cond)(void *), void *arg)
{
	for (int i = 0; i < 20000; i++) {
		if (cond(arg))
			return true;
		if (i < 100)
			runtime_gosched();
		else
			time_sleep(200 * MICROSECOND);
	}
	return false;
}

static struct runtime_stats stats; // too large for a stack

struct runtime_pool
pool(const char *setting)
{
	runtime_read_stats(&stats);
	for (unsigned i = 0; i < stats.npools; i++)
		if (strcmp(stats.pool[i].setting, setting) == 0)
			return stats.pool[i];
	return (struct runtime_pool){ setting, setting, 0, 0, 0 };
}

// room counts dead goroutines as free: they are, for the next spawn.
int
room(int most)
{
	int free = (int)pool("NG").size - runtime_num_goroutine() - 2;

	return free < most ? free : most;
}

struct runtime_hart
total(void)
{
	struct runtime_hart t = { 0 };

	runtime_read_stats(&stats);
	for (unsigned i = 0; i < stats.nharts; i++) {
		t.switches += stats.hart[i].switches;
		t.spawned += stats.hart[i].spawned;
		t.lives += stats.hart[i].lives;
		t.reused += stats.hart[i].reused;
		t.steals += stats.hart[i].steals;
		t.preemptions += stats.hart[i].preemptions;
		t.wakeups += stats.hart[i].wakeups;
		t.interrupts += stats.hart[i].interrupts;
		t.idle_ns += stats.hart[i].idle_ns;
	}
	return t;
}

// ---- The ledger ------------------------------------------------------------

struct ledger {
	int alive;
	unsigned chans, bufs;
	uint64_t born; // spawned - ended
};

static struct ledger before;

static struct ledger
take_stock(void)
{
	struct runtime_hart t = total();

	return (struct ledger){ runtime_num_goroutine(), pool("NCHAN").used,
				pool("CHANBUF_BYTES").used,
				t.spawned - t.lives };
}

static bool
balanced(void *arg)
{
	struct ledger *l = arg;

	*l = take_stock();
	return l->alive == before.alive + now.stuck &&
	       l->born - before.born == (uint64_t)(int64_t)now.stuck &&
	       l->chans == before.chans + (unsigned)now.stuckchans &&
	       (l->bufs == before.bufs || now.stuckchans != 0);
}

static bool
alone(void *arg)
{
	int *n = arg;

	return runtime_num_goroutine() == before.alive + *n;
}

bool
wait_idle(int n)
{
	return eventually(alone, &n);
}

// quiet holds the kernel to its laws, and tells whether nobody else was up.
static bool
quiet(void *unused)
{
	(void)unused;
	return ledger_check();
}

// asleep gives a hart that this goroutine's own waking has woken the time to see
// that there is nothing for it: where harts take turns (-icount) it may have none
// before this one sleeps, and a turn can last until QEMU ends it after 100 ms.
static bool
asleep(void *unused)
{
	int64_t until = time_now() + 150 * MILLISECOND;

	(void)unused;
	while (!ledger_idle())
		if (time_now() > until)
			return false;
	return true;
}

// check_ledger fails the test, naming the account that does not balance.
static void
check_ledger(void)
{
	struct ledger l;

	if (eventually(balanced, &l)) {
		if (!eventually(quiet, NULL))
			test_fail("ledger", 0, "somebody is always up");
		else if (!eventually(asleep, NULL))
			test_fail("ledger", 0, "a hart never sleeps");
		return;
	}
	test_eq("ledger", 0, "goroutines alive", l.alive,
		before.alive + now.stuck);
	test_eq("ledger", 0, "spawned - ended",
		(long long)(l.born - before.born), now.stuck);
	test_eq("ledger", 0, "channels", l.chans,
		before.chans + (unsigned)now.stuckchans);
	test_eq("ledger", 0, "channel buffers", l.bufs, before.bufs);
}

// ---- What is said ----------------------------------------------------------

struct tap_progress volatile tap_progress;

// say prints a line of the harness: see tap.h.
static void
say(const char *format, ...)
{
	static char line[256];
	va_list ap;
	size_t n;

	va_start(ap, format);
	if (opt.hil == NULL) {
		vprintf(format, ap);
	} else {
		vsnprintf(line, sizeof line, format, ap);
		n = strcspn(line, "\n");
		printf("%.*s *%08lx\n", (int)n, line,
		       (unsigned long)tap_crc(line, n));
	}
	va_end(ap);
}

// ---- Running ---------------------------------------------------------------

static void
call(void *arg)
{
	const struct test *t = arg;

	t->fn();
}

// run_one prints the result line of test n and returns whether it passed.
static bool
run_one(int n, const struct test *t)
{
	int procs = runtime_gomaxprocs(0);
	const char *text;

	tap_progress.name = t->name;
	tap_progress.running = (uint16_t)n;
	memset(&now, 0, sizeof now);
	before = take_stock();
	text = panic_catch(call, (void *)(uintptr_t)t);
	if (text == NULL)
		check_ledger();
	runtime_gomaxprocs(procs);
	if (text != NULL)
		say("not ok %d - %s: panic: %s\n", n, t->name, text);
	else if (!test_failed() && now.skip != NULL)
		say("ok %d - %s # SKIP %s\n", n, t->name, now.skip);
	else if (!test_failed())
		say("ok %d - %s\n", n, t->name);
	else if (now.numbers)
		say("not ok %d - %s: %s:%d: %s is %lld, not %lld\n", n, t->name,
		    now.file, now.line, now.what, now.got, now.want);
	else
		say("not ok %d - %s: %s:%d: not true: %s\n", n, t->name,
		    now.file, now.line, now.what);
	tap_progress.said = (uint16_t)n;
	return text == NULL && !test_failed();
}

static bool
wanted(const struct test *t)
{
	return strcmp(opt.run, "all") == 0 ||
	       strncmp(t->name, opt.run, strlen(opt.run)) == 0;
}

static void
parse(const char *word)
{
	const char *v = strchr(word, '=');
	size_t n = v != NULL ? (size_t)(v++ - word) : 0;

	if (n == 3 && strncmp(word, "run", n) == 0)
		opt.run = v;
	else if (n == 4 && strncmp(word, "seed", n) == 0)
		opt.seed = (uint32_t)strtoul(v, NULL, 0);
	else if (n == 5 && strncmp(word, "scale", n) == 0)
		opt.scale = atoi(v);
	else if (n == 5 && strncmp(word, "clock", n) == 0)
		opt.virtual = strcmp(v, "virtual") == 0;
	else if (n == 5 && strncmp(word, "chaos", n) == 0)
		opt.chaos = atoi(v) != 0;
	else if (n == 4 && strncmp(word, "list", n) == 0)
		opt.list = atoi(v) != 0;
	else if (n == 3 && strncmp(word, "hil", n) == 0)
		opt.hil = v;
	else if (n == 5 && strncmp(word, "table", n) == 0)
		opt.drill = strcmp(v, "drill") == 0;
	else
		printf("# what is \"%s\"?\n", word);
}

// each calls f(i, t) for all wanted tests, i = 1, 2, ..., and returns how many
// there are and, in *bad, how many calls returned false.
static int
each(bool (*f)(int, const struct test *), int *bad)
{
	const struct test *t;
	int n = 0;

	for (int i = 0; i < (opt.drill ? 1 : NTABLES); i++)
		for (t = opt.drill ? drill_tests : tables[i]; t->name != NULL;
		     t++)
			if (wanted(t) && !f(++n, t))
				++*bad;
	return n;
}

static bool
count(int n, const struct test *t)
{
	(void)n;
	if (opt.list)
		printf("# %s\n", t->name);
	return true;
}

int
main(int argc, char **argv)
{
	int n, bad = 0;

	for (int i = 1; i < argc; i++)
		parse(argv[i]);
	tap_progress.magic = TAP_MAGIC;
	if (opt.hil != NULL) {
		printf("\n"); // what was on the line before is not ours
		say("# hil=%s\n", opt.hil);
	}
	n = each(count, &bad);
	say("# harts=%d seed=%lu scale=%d\n", runtime_num_cpu(),
	    (unsigned long)opt.seed, opt.scale);
	if (opt.list)
		return 0;
	say("1..%d\n", n);
	if (n == 0)
		say("# no test begins with \"%s\"\n", opt.run);
	each(run_one, &bad);
	say("# %d of %d passed\n", n - bad, n);
	bad = bad == 0 && n > 0 ? 0 : 1;
	tap_progress.over = (uint16_t)(1 + bad);
	return bad;
}
