// main.c runs the core tests: what tests/target tests, as far as 8 KB of RAM have
// room for it. The image speaks TAP without stdio. Words of the boot arguments:
//
//   run=all|prefix  which tests, by the beginning of their names (all)
//   seed=n          start of all pseudo-random numbers; printed
//   clock=virtual   the clock is virtual (-icount): bounds are taken strictly
//   chaos=1         interrupts come at random
//   list=1          print the names only
//   hil=TOKEN       lines that show their own damage: tests/target/tap.h
//
// A test fails when a check fails, when it panics, or when the books do not balance
// at its end: as many goroutines as before, every channel back, and the kernel's own
// laws (kernel/ledger.c).
#include "core.h"
#include "../target/tap.h"

#include <config.h>
#include <stdarg.h>
#include <string.h>

static const struct test *const tables[] = { sched_tests, chan_tests,
					     time_tests, sync_tests };
enum { NTABLES = sizeof tables / sizeof tables[0] };

static struct {
	const char *run, *hil;
	uint32_t seed;
	bool virtual, chaos, list;
} opt = { "all", NULL, 1, false, false, false };

struct wait_group wg;
int scratch[FEW];

// The first failure is kept.
static struct {
	atomic_int failed;
	const char *file, *what;
	int line;
	bool numbers;
	long long got, want;
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

int64_t
late(duration d)
{
	return opt.virtual ? d * (opt.chaos ? 20 : 1) : 200 * d;
}

bool
chaotic(void)
{
	return opt.chaos;
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

void
settle(void)
{
	for (int i = 0; i < 3; i++)
		runtime_gosched();
	time_sleep(200 * MICROSECOND);
}

// ---- The books ---------------------------------------------------------------

// chans is how many channels can be made now, MOST of them at most.
enum { MOST = NCHAN < 8 ? NCHAN : 8 };

static int
chans(void)
{
	chan *c[MOST];
	int n = 0;

	while (n < MOST && (c[n] = chan_try_make(char, 0)) != NULL)
		n++;
	for (int i = 0; i < n; i++)
		chan_free(c[i]);
	return n;
}

static bool
alone(void *unused)
{
	(void)unused;
	return runtime_num_goroutine() == 1;
}

static bool
quiet(void *unused)
{
	(void)unused;
	return ledger_check();
}

static void
balance(void)
{
	if (!eventually(alone, NULL))
		test_eq("books", 0, "goroutines", runtime_num_goroutine(), 1);
	test_eq("books", 0, "free channels", chans(), MOST);
	if (!eventually(quiet, NULL))
		test_fail("books", 0, "somebody is always up");
}

// ---- What is said -----------------------------------------------------------------

struct tap_progress volatile tap_progress;

// digits writes v to the end of buf and returns where it begins.
static char *
digits(char buf[24], long long v)
{
	unsigned long long u =
		v < 0 ? 0 - (unsigned long long)v : (unsigned long long)v;
	char *p = buf + 23;

	*p = '\0';
	do {
		*--p = (char)('0' + u % 10);
		u /= 10;
	} while (u != 0);
	if (v < 0)
		*--p = '-';
	return p;
}

// say prints a line of the harness; tap.h says what more with hil=. It knows %s, %d
// and %lld (as %D).
static void
say(const char *format, ...)
{
	uint32_t crc = 0;
	char buf[24];
	va_list ap;

	va_start(ap, format);
	for (const char *f = format; *f != '\0'; f++) {
		char one[2] = { *f, '\0' };
		const char *text = one;

		if (*f == '%' && *++f == 's')
			text = va_arg(ap, const char *);
		else if (f[-1] == '%' && *f == 'd')
			text = digits(buf, va_arg(ap, int));
		else if (f[-1] == '%' && *f == 'D')
			text = digits(buf, va_arg(ap, long long));
		crc = tap_crc_more(crc, text, strlen(text));
		runtime_print("%s", text);
	}
	va_end(ap);
	if (opt.hil != NULL)
		runtime_print(" *%08x", (unsigned)crc);
	runtime_print("\n");
}

// ---- Running -------------------------------------------------------------------

static void
call(void *arg)
{
	const struct test *t = arg;

	t->fn();
}

static bool
run_one(int n, const struct test *t)
{
	const char *text;

	tap_progress.name = t->name;
	tap_progress.running = (uint16_t)n;
	memset(&now, 0, sizeof now);
	text = panic_catch(call, (void *)(uintptr_t)t);
	if (text == NULL)
		balance();
	if (text != NULL)
		say("not ok %d - %s: panic: %s", n, t->name, text);
	else if (atomic_load(&now.failed) == 0)
		say("ok %d - %s", n, t->name);
	else if (now.numbers)
		say("not ok %d - %s: %s:%d: %s is %D, not %D", n, t->name,
		    now.file, now.line, now.what, now.got, now.want);
	else
		say("not ok %d - %s: %s:%d: not true: %s", n, t->name, now.file,
		    now.line, now.what);
	tap_progress.said = (uint16_t)n;
	return text == NULL && atomic_load(&now.failed) == 0;
}

static bool
wanted(const struct test *t)
{
	return strcmp(opt.run, "all") == 0 ||
	       strncmp(t->name, opt.run, strlen(opt.run)) == 0;
}

static uint32_t
number(const char *s)
{
	uint32_t n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + (uint32_t)(*s++ - '0');
	return n;
}

static void
parse(const char *word)
{
	if (strncmp(word, "run=", 4) == 0)
		opt.run = word + 4;
	else if (strncmp(word, "seed=", 5) == 0)
		opt.seed = number(word + 5);
	else if (strcmp(word, "clock=virtual") == 0)
		opt.virtual = true;
	else if (strncmp(word, "chaos=", 6) == 0)
		opt.chaos = word[6] != '0';
	else if (strncmp(word, "list=", 5) == 0)
		opt.list = word[5] != '0';
	else if (strncmp(word, "hil=", 4) == 0)
		opt.hil = word + 4;
	else
		runtime_print("# what is \"%s\"?\n", word);
}

// each calls f(i, t) for all wanted tests, i = 1, 2, ..., and returns how many
// there are and, in *bad, how many calls returned false.
static int
each(bool (*f)(int, const struct test *), int *bad)
{
	int n = 0;

	for (int i = 0; i < NTABLES; i++)
		for (const struct test *t = tables[i]; t->name != NULL; t++)
			if (wanted(t) && !f(++n, t))
				++*bad;
	return n;
}

static bool
count(int n, const struct test *t)
{
	(void)n;
	if (opt.list)
		runtime_print("# %s\n", t->name);
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
		runtime_print("\n"); // what was on the line before is not ours
		say("# hil=%s", opt.hil);
	}
	n = each(count, &bad);
	say("# harts=%d seed=%D scale=1", runtime_num_cpu(),
	    (long long)opt.seed);
	if (opt.list)
		return 0;
	say("1..%d", n);
	if (n == 0)
		say("# no test begins with \"%s\"", opt.run);
	each(run_one, &bad);
	say("# %d of %d passed", n - bad, n);
	bad = bad == 0 && n > 0 ? 0 : 1;
	tap_progress.over = (uint16_t)(1 + bad);
	return bad;
}
