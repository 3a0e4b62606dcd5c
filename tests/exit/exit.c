// exit: C's exit() from a goroutine runs the atexit functions and flushes
// stdio, then the machine stops.
// expect-status: 3
// expect: ^last words and no newline
// expect: in atexit
// harts: 1 4
#include <go.h>
#include <stdio.h>
#include <stdlib.h>

static void
bye(void)
{
	printf(" in atexit");
}

static void
leave(void *arg)
{
	(void)arg;
	printf("last words and no newline");
	exit(3);
}

int
main(void)
{
	struct wait_group wg = { 0 };

	atexit(bye);
	wait_group_add(&wg, 1);
	// The fashion in which newlib leaves wants more than a small stack.
	if (!go_with((struct go_attr){ .stack = 4096 }, leave, NULL))
		return 1;
	wait_group_wait(&wg);
	return 1;
}
