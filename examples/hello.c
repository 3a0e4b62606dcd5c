// hello.c: the smallest program. main runs as goroutine 1; when it returns the
// machine stops with its value as exit status.
#include <go.h>
#include <stdio.h>

static void
greet(void *arg)
{
	printf("hello from a goroutine\n");
	wait_group_done(arg);
}

int
main(void)
{
	struct wait_group wg = { 0 };

	wait_group_add(&wg, 1);
	go(greet, &wg);
	wait_group_wait(&wg);
	printf("hello from main\n");
	return 0;
}
