// panic_main_recovered: a main whose own deferred call recovers has returned: the
// other goroutines do not go on, atexit functions run, the status is 0.
// expect-status: 0
// expect: ^recovered: at home\nfirst\nat exit$
// expect-not: wrong
#include <go.h>
#include <stdio.h>
#include <stdlib.h>

static void
at_exit(void)
{
	printf("at exit\n");
}

static void
lives_on(void *arg)
{
	(void)arg;
	time_sleep(SECOND);
	printf("wrong: a goroutine outlived main\n");
}

static void
first(void *arg)
{
	(void)arg;
	printf("first\n");
}

static void
saves(void *arg)
{
	(void)arg;
	printf("recovered: %s\n", recover());
}

int
main(void)
{
	atexit(at_exit);
	go(lives_on, NULL);
	defer(first, NULL);
	defer(saves, NULL);
	panic("at home");
}
