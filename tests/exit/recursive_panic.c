// recursive_panic (Go: RecursivePanic, 2 to 5): panics in deferred calls, and
// which of them the report shows. Which one is the first boot argument.
// args: 1
// expect-status: 2
// expect: ^wrap: bad\npanic: again\n\ngoroutine 1 \[running\]
#include <go.h>
#include <stdio.h>
#include <stdlib.h>

static void
say(void *arg)
{
	const char *text = recover();

	(void)arg;
	printf("%s\n", text != NULL ? text : "<nil>");
}

static void
throws(void *arg)
{
	panic("%s", (const char *)arg);
}

static void
wrap(void *arg)
{
	const char *text = recover();

	(void)arg;
	if (text != NULL)
		panic("wrap: %s", text);
}

static void
ignore(void *arg)
{
	(void)arg;
	recover();
}

// 1: a panic is recovered and wrapped, the wrapped one recovered in its turn;
// neither is left in the report of the third.
static void
wraps(void *arg)
{
	volatile char large[512];

	large[0] = 0;
	defer(wrap, NULL);
	throws(arg);
	large[1] = large[0];
}

static void
says_wrapped(void *arg)
{
	(void)arg;
	defer(say, NULL);
	wraps("bad");
}

// 2: recover and the second panic in two deferred calls.
static void
two_calls(void)
{
	defer(throws, "second panic");
	defer(say, NULL);
	throws("first panic");
}

static void
says_second(void *arg)
{
	(void)arg;
	defer(say, NULL);
	two_calls();
}

// 3: the second panic is recovered, the first goes on.
static void
second_recovered(void *arg)
{
	(void)arg;
	defer(ignore, NULL);
	panic("second panic");
}

// 4: the first is recovered by the call that begins the second.
static void
recovers_and_throws(void *arg)
{
	(void)arg;
	recover();
	panic("second panic");
}

// 5: as 2, the recovering call being two functions up, with another deferred
// call between.
static void
nothing(void *arg)
{
	(void)arg;
}

static void
three(void)
{
	defer(nothing, NULL);
	two_calls();
}

static void
one(void *arg)
{
	(void)arg;
	defer(say, NULL);
	three();
}

int
main(int argc, char **argv)
{
	switch (argc > 1 ? atoi(argv[1]) : 0) {
	case 1:
		panic_catch(says_wrapped, NULL);
		panic("again");
	case 2:
		panic_catch(says_second, NULL);
		panic("third panic");
	case 3: {
		defer(second_recovered, NULL);
		panic("first panic");
	}
	case 4: {
		defer(recovers_and_throws, NULL);
		panic("first panic");
	}
	case 5:
		panic_catch(one, NULL);
		panic("third panic");
	}
	printf("which?\n");
	return 1;
}
