// recover.c: recover stops a panic only when the deferred function itself calls
// it. The cases of Go's test/recover.go that C can say, and those that only C
// has: helpers that the compiler puts into their caller, or jumps to.
#include "test.h"

#include <string.h>

static volatile int depth; // keeps recursion from being a loop
static const char *got;    // what a deferred function's own recover returned
static int helped;         // how many helpers got something

static bool
same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

// ---- Ways to call recover -----------------------------------------------------

static void
itself(void *arg)
{
	(void)arg;
	got = recover();
}

static void
nothing(void *arg)
{
	(void)arg;
	helped += recover() != NULL;
}

// recover is the last thing that it does: a jump, and no frame.
static void
jumps(void *arg)
{
	(void)arg;
	recover();
}

// The same in a function that the deferred one ends in.
static __attribute__((noinline)) void
jumphelper2(void *arg)
{
	(void)arg;
	recover();
}

static void
viajumps(void *arg)
{
	jumphelper2(arg);
}

static __attribute__((noinline)) void
callhelper(void)
{
	helped += recover() != NULL;
	depth = depth + 0; // not a tail call's target only
}

static inline __attribute__((always_inline)) void
inlinehelper(void)
{
	helped += recover() != NULL;
}

static void
viacall(void *arg)
{
	(void)arg;
	callhelper();
	depth = 0;
}

static void
viainline(void *arg)
{
	(void)arg;
	inlinehelper();
}

static __attribute__((noinline)) void
jumphelper(void *arg)
{
	(void)arg;
	helped += recover() != NULL;
}

static void
viajump(void *arg)
{
	jumphelper(arg); // the last thing it does: a jump, at -O2
}

static void
viapointer(void *arg)
{
	static void (*volatile fn)(void *) = jumphelper;

	fn(arg);
	depth = 0;
}

// A deferred call that its block's end runs, not the panic.
static void
viablock(void *arg)
{
	{
		defer(nothing, arg);
	}
	depth = 0;
}

// The innermost call of a recursion is not what was deferred.
static void
recursive(void *arg)
{
	if (depth > 0) {
		depth = depth - 1;
		recursive(arg);
		depth = 0;
		return;
	}
	helped += recover() != NULL;
}

static void
bigframe(void *arg)
{
	volatile char big[300];

	(void)arg;
	memset((char *)(uintptr_t)big, 1, sizeof(big));
	got = recover();
	depth = big[17] - 1;
}

static void
catches(void *arg)
{
	(void)arg;
	panic_catch(nothing, NULL);
	got = recover(); // still direct, after a call that looked around
}

// ---- The test -------------------------------------------------------------------

struct how {
	void (*first)(void *); // runs first: deferred last
};

static void
panics(void *arg)
{
	const struct how *h = arg;

	defer(itself, NULL);
	defer(h->first, NULL);
	panic("once");
}

// outer's deferred call sees nothing if first recovered, else it recovers.
static void
expect(void (*first)(void *), bool direct)
{
	struct how h = { first };

	got = NULL;
	helped = 0;
	depth = 3;
	CHECK(panic_catch(panics, &h) == NULL);
	CHECK_EQ(helped, 0);
	CHECK(direct ? got == NULL : same(got, "once"));
}

static void
RecoverNotDirect(void)
{
	expect(viacall, false);
	expect(viainline, false);
	expect(viajump, false);
	expect(viapointer, false);
	expect(viablock, false);
	expect(recursive, false);
	expect(viajumps, false);
}

static const char *first;

static void
keeps(void *arg)
{
	(void)arg;
	first = recover();
	helped += recover() != NULL; // twice gives nil
}

static void
RecoverDirect(void)
{
	first = NULL;
	expect(keeps, true);
	CHECK(same(first, "once")); // as long as no other panic ends
	expect(jumps, true);
	struct how h = { nothing };

	got = NULL;
	depth = 0;
	helped = 0;
	CHECK(panic_catch(panics, &h) == NULL);
	CHECK_EQ(helped, 1);
	CHECK(got == NULL);
	// Neither a large frame nor a look around changes who is called.
	struct how b = { bigframe }, c = { catches };

	CHECK(panic_catch(panics, &b) == NULL);
	CHECK(panic_catch(panics, &c) == NULL);
	CHECK(recover() == NULL);
}

// A panic in a deferred call, recovered there, leaves the outer one to the
// deferred function: its recover is direct before and after.
static void
inner(void *arg)
{
	(void)arg;
	defer(nothing, NULL);
	panic("inner");
}

static void
nested(void *arg)
{
	(void)arg;
	inner(NULL); // lands here as if it had returned
	got = "unreached";
}

static void
around(void *arg)
{
	(void)arg;
	panic_catch(inner, NULL);
	CHECK_EQ(helped, 1);
	first = recover();
}

static void
RecoverNested(void)
{
	struct how h = { around };

	helped = 0;
	first = got = NULL;
	CHECK(panic_catch(panics, &h) == NULL);
	CHECK(same(first, "once"));
	CHECK(got == NULL);
	// Without a catch between, the inner panic's landing is the end of the
	// deferred call; the outer panic goes on to the next.
	struct how n = { nested };

	helped = 0;
	got = NULL;
	CHECK(panic_catch(panics, &n) == NULL);
	CHECK_EQ(helped, 1);
	CHECK(same(got, "once"));
}

// Every goroutine's panic is its own, also while it is taken off in the middle.
static void
storm(void *arg)
{
	atomic_int *n = arg;
	struct how h = { viacall }, d = { nothing };

	for (int i = 0; i < scaled(50); i++)
		if (panic_catch(panics, i & 1 ? &h : &d) == NULL)
			atomic_fetch_add(n, 1);
}

static void
RecoverStorm(void)
{
	atomic_int n = 0;

	for (int i = 0; i < 8; i++)
		go(storm, &n);
	wait_idle(0);
	CHECK_EQ(n, 8 * scaled(50));
}

const struct test recover_tests[] = {
	T(RecoverNotDirect),
	T(RecoverDirect),
	T(RecoverNested),
	T(RecoverStorm),
	{ 0 },
};
