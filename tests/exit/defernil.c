// defernil (Go: test/defernil): a deferred NULL is a panic when the block ends, not
// where it is deferred; nobody recovers it here.
// expect-status: 2
// expect: ^did run\nthe other one runs\npanic: runtime error: .*nil
// expect: ^goroutine 1 \[running\]
#include <go.h>
#include <stdio.h>

static void (*volatile no_function)(void *);

static void
say(void *arg)
{
	printf("%s\n", (const char *)arg);
}

int
main(void)
{
	defer(say, "the other one runs");
	defer(no_function, NULL);
	say("did run");
	return 0;
}
