// panic.c: defer, panic, recover and Goexit, with Go's semantics (a deferred
// call belongs to its block here).
#include "test.h"

#include <stdio.h>
#include <string.h>

// ---- A log of what ran -----------------------------------------------------

static struct mutex log_mu;
static char log_text[80];

static void
note(const char *s)
{
	mutex_lock(&log_mu);
	strncat(log_text, s, sizeof log_text - strlen(log_text) - 1);
	mutex_unlock(&log_mu);
}

static void
logs(void *arg)
{
	note(arg);
}

static void
expect_log(int line, const char *want)
{
	if (strcmp(log_text, want) != 0) {
		printf("# panic.c:%d: \"%s\", not \"%s\"\n", line, log_text,
		       want);
		test_fail("panic.c", line, "the order of calls");
	}
	log_text[0] = '\0';
}
#define LOG(want) expect_log(__LINE__, want)

static bool
same(const char *text, const char *want)
{
	return text != NULL && strcmp(text, want) == 0;
}

// ---- Defer (Go: deferprint) ------------------------------------------------

static int
by_return(void)
{
	defer(logs, "1");
	defer(logs, "2");
	note("r");
	return 7;
}

// Last in, first out, at the end of the block, whatever way it is left.
static void
DeferOrder(void)
{
	const char *arg = "a";

	log_text[0] = '\0';
	{
		defer(logs, "1");
		defer(logs, "2");
		defer(logs, "3");
		note(".");
	}
	LOG(".321");
	CHECK_EQ(by_return(), 7);
	LOG("r21");
	for (int i = 0; i < 3; i++) {
		defer(logs, "x");
		if (i == 1)
			continue;
		note("b");
	}
	LOG("bxxbx");
	for (;;) {
		defer(logs, "y");
		break;
	}
	LOG("y");
	{
		defer(logs, "g");
		goto out;
	}
out:
	LOG("g");
	{
		defer(logs, (void *)(uintptr_t)arg);
		arg = "b"; // too late: arguments are taken at the defer
	}
	LOG("a");
}

// ---- Panic and recover -----------------------------------------------------

static volatile bool give_up = true;

static void
deep(int n)
{
	defer(logs, "d");
	if (n == 0 && give_up)
		panic("%s %d", "deep", 42);
	if (n > 0)
		deep(n - 1);
	note("never");
}

static void
panics_deep(void *arg)
{
	(void)arg;
	deep(3);
}

static void
recovers(void *arg)
{
	const char *text = recover();

	if (text == NULL)
		note("nil");
	else
		note(text);
	if (recover() == NULL) // the second time there is none
		note(arg);
}

static void
recovered_inside(void *arg)
{
	(void)arg;
	defer(logs, "o");
	defer(recovers, "!");
	panics_deep(NULL);
	note("never");
}

// A panic runs the deferred calls on its way; panic_catch stops it with its
// text; recover in a deferred call does, and the rest of that function is
// skipped.
static void
PanicRecover(void)
{
	log_text[0] = '\0';
	CHECK(recover() == NULL);
	CHECK(panic_catch(logs, "fine") == NULL);
	LOG("fine");
	CHECK(same(panic_catch(panics_deep, NULL), "deep 42"));
	LOG("dddd");
	CHECK(panic_catch(recovered_inside, NULL) == NULL);
	LOG("dddddeep 42!o");
	{
		defer(recovers, "+"); // no panic: nil, and nil again
	}
	LOG("nil+");
}

// The text is cut, not overrun.
static void
long_text(void *arg)
{
	panic("%s%s%s", (char *)arg, (char *)arg, (char *)arg);
}

static void
PanicLongText(void)
{
	char s[61];
	const char *text;

	memset(s, 'x', 60);
	s[60] = '\0';
	text = panic_catch(long_text, s);
	CHECK(text != NULL && strlen(text) == 127);
}

// ---- Panics in deferred calls (Go: RecursivePanic, AbortedPanic) -----------

static void
panic_with(void *arg)
{
	panic("%s", (const char *)arg);
}

static void
second_replaces_first(void *arg)
{
	(void)arg;
	defer(logs, "a");
	defer(panic_with, "second");
	defer(logs, "b");
	panic("first");
}

static void
recover_inner(void *arg)
{
	(void)arg;
	defer(recovers, "!");
	panic("inner");
}

static void
inner_recovered(void *arg)
{
	(void)arg;
	defer(logs, "c");
	defer(recover_inner, NULL);
	panic("outer");
}

static void
third(void *arg)
{
	(void)arg;
	defer(panic_with, "three");
	defer(panic_with, "two");
	panic("one");
}

static void
catch_inside(void *arg)
{
	(void)arg;
	CHECK(same(panic_catch(panic_with, "inside"), "inside"));
	note("k");
}

static void
catch_in_defer(void *arg)
{
	(void)arg;
	defer(catch_inside, NULL);
	panic("outside");
}

static void
NestedPanics(void)
{
	log_text[0] = '\0';
	CHECK(same(panic_catch(second_replaces_first, NULL), "second"));
	LOG("ba");
	CHECK(same(panic_catch(inner_recovered, NULL), "outer"));
	LOG("inner!c");
	CHECK(same(panic_catch(third, NULL), "three"));
	CHECK(same(panic_catch(catch_in_defer, NULL), "outside"));
	LOG("k");
}

// A panic that is recovered and raised again, over and over (Go:
// RepeatedRepanics).
static void
raise_again(void *arg)
{
	const char *text = recover();

	(void)arg;
	if (text != NULL)
		panic("%s+", text);
}

static void
repanics(void *arg)
{
	(void)arg;
	defer(raise_again, NULL);
	defer(raise_again, NULL);
	defer(raise_again, NULL);
	panic("p");
}

static void
RepeatedRepanics(void)
{
	CHECK(same(panic_catch(repanics, NULL), "p+++"));
}

// ---- Goexit (Go: GoexitDefer, GoexitInPanic, ...) --------------------------

static void
goexit_in(void *arg)
{
	(void)arg;
	defer(logs, "3");
	runtime_goexit();
}

static void
goexit_deep(void *arg)
{
	(void)arg;
	defer(logs, "1");
	defer(recovers, "2");
	CHECK(panic_catch(goexit_in, NULL) != NULL); // never comes back
	note("never");
}

static void
exits(void *arg)
{
	(void)arg;
	runtime_goexit();
}

// The deferred Goexit ends the goroutine in the middle of a panic; the panic is
// forgotten.
static void
goexit_in_panic(void *arg)
{
	(void)arg;
	defer(logs, "1");
	defer(recovers, "2");
	defer(exits, NULL);
	panic("forgotten");
}

// A panic during Goexit that is recovered does not stop the Goexit.
static void
panic_in_goexit(void *arg)
{
	(void)arg;
	defer(logs, "1");
	defer(recover_inner, NULL);
	runtime_goexit();
}

static void
panic_in_goexit2(void *arg)
{
	(void)arg;
	defer(logs, "1");
	defer(recovers, "!");
	defer(panic_with, "p");
	runtime_goexit();
}

static void
recovered_then_goexit(void *arg)
{
	(void)arg;
	defer(logs, "1");
	defer(exits, NULL);
	defer(recovers, "!");
	panic("q");
}

static void
run_alone(void (*fn)(void *))
{
	go(fn, NULL);
	CHECK(wait_idle(0));
}

static void
Goexit(void)
{
	log_text[0] = '\0';
	run_alone(goexit_deep);
	LOG("3nil21");
	run_alone(goexit_in_panic);
	LOG("nil21");
	run_alone(panic_in_goexit);
	LOG("inner!1");
	run_alone(panic_in_goexit2);
	LOG("p!1");
	run_alone(recovered_then_goexit);
	LOG("q!1");
}

// The line after a Goexit is not executed, also when the compiler does not know
// (Demo03).
static void (*volatile leave)(void *) = exits;

static void
after_goexit(void *arg)
{
	defer(wait_group_done, arg);
	leave(NULL);
	note("never");
}

static void
GoexitDefer(void)
{
	struct wait_group wg = { 0 };

	log_text[0] = '\0';
	wait_group_add(&wg, 1);
	go(after_goexit, &wg);
	wait_group_wait(&wg);
	NEED(wait_idle(0));
	LOG("");
}

// ---- A deferred call of nothing (Go: test/defernil) ------------------------

static void (*volatile no_function)(void *);

static void
defers_nil(void *arg)
{
	(void)arg;
	defer(logs, "1");
	defer(no_function, NULL);
	note("later");
}

// Deferring NULL is no fault yet: what follows runs, and the panic comes at the
// end of the block. The others are still called.
static void
DeferNil(void)
{
	const char *text;

	log_text[0] = '\0';
	text = panic_catch(defers_nil, NULL);
	LOG("later1");
	CHECK(text != NULL && strstr(text, "nil function") != NULL);
}

// ---- More of Go's (defer_test.go, callers_test.go) -------------------------

static void
expects(void *arg)
{
	const char *text = recover();

	CHECK(arg == NULL ? text == NULL : same(text, arg));
	note(arg == NULL ? "n" : arg);
}

// The second panic takes the place of the first; where it is recovered nothing
// is left of either (Go: AbortedPanic).
static void
aborted(void *arg)
{
	(void)arg;
	defer(expects, NULL);
	defer(expects, "panic2");
	defer(panic_with, "panic2");
	panic("panic1");
}

static void
AbortedPanic(void)
{
	log_text[0] = '\0';
	CHECK(panic_catch(aborted, NULL) == NULL);
	LOG("panic2n");
}

// Deferred calls that only some rounds make are called in these rounds, also
// when a panic ends them (Go: ConditionalDefers).
static void
conditional(void *arg)
{
	int n = *(int *)arg;

	for (int i = 0; i < 2; i++) {
		defer(logs, "a");
		if (i == n) {
			defer(logs, "b");
			panic("at %d", i);
		}
		if (n == 2) {
			defer(logs, "c");
			note(".");
		}
	}
}

static void
ConditionalDefers(void)
{
	log_text[0] = '\0';
	CHECK(same(panic_catch(conditional, &(int){ 0 }), "at 0"));
	LOG("ba");
	CHECK(same(panic_catch(conditional, &(int){ 1 }), "at 1"));
	LOG("aba");
	CHECK(panic_catch(conditional, &(int){ 2 }) == NULL);
	LOG(".ca.ca");
}

// Each of a long row of deferred calls panics anew; only the last text arrives,
// and the whole chain goes when it is caught.
static void
panics_row(void *arg)
{
	int n = *(int *)arg;

	if (n == 0) {
		if (give_up)
			panic("first of the row");
		return;
	}
	defer(panic_with, "row");
	panics_row(&(int){ n - 1 });
}

static void
PanicRow(void)
{
	unsigned used = pool("NPANIC").used;

	for (int i = 0; i < 20; i++) {
		CHECK(same(panic_catch(panics_row, &(int){ 8 }), "row"));
		CHECK(pool("NPANIC").used <= used + 2);
	}
}

// ---- Goexit and panic in all orders ----------------------------------------

// Go: RecoverBeforePanicAfterGoexit: the panic in a deferred call of Goexit is
// recovered by the next one; the Goexit goes on.
static void
recover_before(void *arg)
{
	(void)arg;
	defer(logs, "1");
	defer(expects, "late");
	defer(panic_with, "late");
	defer(expects, NULL);
	runtime_goexit();
}

// ... also when the recovering call stands in a caller (2).
static void
recover_before_inner(void *arg)
{
	(void)arg;
	defer(panic_with, "late");
	runtime_goexit();
}

static void
recover_before2(void *arg)
{
	defer(logs, "1");
	defer(expects, "late");
	recover_before_inner(arg);
	note("never");
}

// A Goexit, a panic in it, a Goexit in that: the first ends the goroutine once.
static void
goexit_thrice(void *arg)
{
	(void)arg;
	defer(logs, "1");
	defer(expects, NULL);
	defer(exits, NULL);
	defer(panic_with, "between");
	defer(exits, NULL);
	runtime_goexit();
}

// Inside a catch that is inside a deferred call of a panic, Goexit is not caught
// either.
static void
catch_goexit(void *arg)
{
	(void)arg;
	CHECK(panic_catch(exits, NULL) == NULL); // never comes back
	note("never");
}

static void
goexit_in_catch(void *arg)
{
	(void)arg;
	defer(logs, "1");
	defer(catch_goexit, NULL);
	panic("forgotten");
}

static void
GoexitAndPanic(void)
{
	log_text[0] = '\0';
	run_alone(recover_before);
	LOG("nlate1");
	run_alone(recover_before2);
	LOG("late1");
	run_alone(goexit_thrice);
	LOG("n1");
	run_alone(goexit_in_catch);
	LOG("1");
}

// A goroutine whose panic is recovered in its own function just ends.
static void
saves_itself(void *arg)
{
	defer(wait_group_done, arg);
	defer(recovers, "!");
	panic("saved");
}

static void
RecoveredGoroutineEnds(void)
{
	struct wait_group wg = { 0 };

	log_text[0] = '\0';
	wait_group_add(&wg, 1);
	go(saves_itself, &wg);
	wait_group_wait(&wg);
	NEED(wait_idle(0));
	LOG("saved!");
}

// ---- Many ------------------------------------------------------------------

static void
ignore(void *arg)
{
	(void)arg;
	recover();
}

static void
recovered(void *arg)
{
	(void)arg;
	defer(ignore, NULL);
	defer(ignore, NULL);
	panic("again");
}

// Ever so many panics leave nothing behind, on the stack or in a pool (Go:
// 11023, 11021).
static void
ManyPanics(void)
{
	static struct runtime_stats a, b;
	int bad = 0;

	for (int i = 0; i < scaled(10000); i++) {
		bad += panic_catch(recovered, NULL) != NULL;
		bad += !same(panic_catch(panic_with, "x"), "x");
		if (i == 10)
			runtime_read_stats(&a);
	}
	CHECK_EQ(bad, 0);
	runtime_read_stats(&b);
	CHECK_EQ(a.npools, b.npools);
	for (unsigned i = 0; i < b.npools; i++)
		if (strcmp(a.pool[i].setting, "NG") != 0)
			CHECK_EQ(b.pool[i].used, a.pool[i].used);
}

// Goroutines on all harts panic and recover at the same time, each its own
// text.
struct thrower {
	struct wait_group *wg;
	atomic_int *bad;
	int id;
};

static void
throw_own(void *arg)
{
	struct thrower *t = arg;

	panic("mine is %d", t->id);
}

static void
thrower(void *arg)
{
	struct thrower *t = arg;
	const char *text;

	for (int i = 0; i < 100; i++) {
		text = panic_catch(throw_own, t);
		runtime_gosched(); // the text stays
		if (text == NULL || strncmp(text, "mine is ", 8) != 0 ||
		    text[8] != (char)('0' + t->id))
			atomic_fetch_add(t->bad, 1);
	}
	wait_group_done(t->wg);
}

static void
PanicsEverywhere(void)
{
	struct wait_group wg = { 0 };
	atomic_int bad = 0;

	wait_group_add(&wg, 8);
	for (int i = 0; i < 8; i++)
		go_copy(thrower, (struct thrower){ &wg, &bad, i });
	wait_group_wait(&wg);
	CHECK_EQ(bad, 0);
}

// A deferred call may block, yield and be preempted while the goroutine panics
// (Go: GoschedInPanic).
static void
busy_defer(void *arg)
{
	(void)arg;
	runtime_gosched();
	time_sleep(200 * MICROSECOND);
	note("s");
}

static void
sleeps_in_panic(void *arg)
{
	(void)arg;
	defer(busy_defer, NULL);
	panic("slow");
}

static void
GoschedInPanic(void)
{
	log_text[0] = '\0';
	CHECK(same(panic_catch(sleeps_in_panic, NULL), "slow"));
	LOG("s");
}

// Locals of the function that catches keep their values.
static void
LocalsAfterCatch(void)
{
	int a = 1, b = 2, c = 3;
	unsigned long d = 4;

	for (int i = 0; i < 10; i++) {
		a += i;
		b ^= a;
		CHECK(same(panic_catch(panic_with, "l"), "l"));
		c += b;
		d = d * 5 + (unsigned long)c;
	}
	CHECK_EQ(a, 46);
	for (int i = 0, x = 1, y = 2, z = 3; i < 10; i++) {
		x += i;
		y ^= x;
		z += y;
		if (i == 9) {
			CHECK_EQ(b, y);
			CHECK_EQ(c, z);
		}
	}
	CHECK(d > 4);
}

const struct test panic_tests[] = {
	T(DeferOrder),
	T(PanicRecover),
	T(PanicLongText),
	T(NestedPanics),
	T(RepeatedRepanics),
	T(DeferNil),
	T(AbortedPanic),
	T(ConditionalDefers),
	T(PanicRow),
	T(Goexit),
	T(GoexitDefer),
	T(GoexitAndPanic),
	T(RecoveredGoroutineEnds),
	T(ManyPanics),
	T(PanicsEverywhere),
	T(GoschedInPanic),
	T(LocalsAfterCatch),
	{ 0 },
};
