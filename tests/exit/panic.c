// panic: an unrecovered panic runs the deferred calls of its goroutine, prints
// its text and traceback, and ends the whole machine.
// expect-status: 2
// expect: ^deferred call$
// expect: ^panic: answer 42 is not -1$
// expect: ^goroutine [0-9]+ \[running\] worker:$
// expect: fails.*\n.*panic\.c:[0-9]+
// expect: created by main
// expect-not: main goes on
// harts: 1 4
#include <go.h>
#include <stdio.h>

static void
say(void *arg)
{
	printf("%s\n", (const char *)arg);
}

__attribute__((noinline)) static int
fails(int n)
{
	defer(say, "deferred call");
	if (n == 42)
		panic("answer %d is not %ld", n, -1l);
	return n + 1;
}

static void
worker(void *arg)
{
	*(int *)arg = fails(*(int *)arg);
}

int
main(void)
{
	static int n = 42;

	go_with((struct go_attr){ .name = "worker" }, worker, &n);
	time_sleep(SECOND);
	printf("main goes on\n");
	return 0;
}
