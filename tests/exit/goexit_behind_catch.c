// goexit_behind_catch: a panic in a call that was deferred outside of a panic_catch
// which a Goexit has passed is not caught by it.
// expect-status: 2
// expect: ^goexit\n\tpanic: behind$
// expect: ^goroutine [0-9]+ \[running\] leaver:
// expect-not: goes on
#include <go.h>
#include <stdio.h>

static void
leaves(void *arg)
{
	(void)arg;
	runtime_goexit();
}

static void
panics(void *arg)
{
	(void)arg;
	panic("behind");
}

static void
leaver(void *arg)
{
	defer(panics, arg);
	panic_catch(leaves, arg);
	printf("goes on\n");
}

int
main(void)
{
	go_with((struct go_attr){ .name = "leaver" }, leaver, NULL);
	time_sleep(SECOND);
	printf("main goes on\n");
	return 0;
}
