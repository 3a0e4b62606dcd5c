// drill.c: tests for the test bench (tests/hil), which wants tests that fail, hang
// and end the machine. Not among all: the word table=drill takes these alone, and
// run= some of them, as ever.
#include "test.h"

static void
TestNothing(void)
{
	CHECK(true);
}

static void
TestWrong(void)
{
	CHECK_EQ(1 + 1, 3);
}

static void
TestHang(void)
{
	for (volatile int i = 0;; i++)
		;
}

static void
end(void *unused)
{
	(void)unused;
	panic("a drill");
}

// Nobody recovers from a panic of another goroutine: it ends the machine.
static void
TestCrash(void)
{
	go(end, NULL);
	wait_idle(0);
}

const struct test drill_tests[] = {
	{ "PassA", TestNothing },  { "PassB", TestNothing },
	{ "PassC", TestNothing },  { "PassD", TestNothing },
	{ "PassE", TestNothing },  { "PassF", TestNothing },
	{ "FailA", TestNothing },  { "FailB", TestWrong },
	{ "FailC", TestNothing },  { "HangA", TestNothing },
	{ "HangB", TestHang },     { "HangC", TestNothing },
	{ "CrashA", TestNothing }, { "CrashB", TestCrash },
	{ "CrashC", TestNothing }, { 0 },
};
