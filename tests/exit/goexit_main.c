// goexit_main (Go: GoexitDeadlock): main's goroutine leaves by Goexit; the
// others go on; when the last of them is gone the machine says why.
// expect-status: 2
// expect: ^main's deferred call$
// expect: ^the other one is done$
// expect: ^fatal error: no goroutines \(main called runtime\.Goexit\) - dead
// expect-not: never|all goroutines are asleep
// harts: 1 4
#include <go.h>
#include <stdio.h>

static void
other(void *arg)
{
	(void)arg;
	for (int i = 0; i < 10; i++)
		time_sleep(100 * MICROSECOND);
	printf("the other one is done\n");
}

static void
say(void *arg)
{
	printf("%s\n", (const char *)arg);
}

int
main(void)
{
	defer(say, "main's deferred call");
	go(other, NULL);
	runtime_goexit();
	printf("never\n");
	return 0;
}
