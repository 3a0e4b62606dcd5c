// os_exit: a goroutine stops the machine while others run and main waits. No
// deferred call runs.
// expect-status: 42
// expect: ^stopping$
// expect-not: deferred|fatal error|panic
// harts: 1 4
#include <go.h>
#include <stdio.h>

static void
hog(void *arg)
{
	volatile int *p = arg;

	for (;;)
		(*p)++;
}

static void
deferred(void *arg)
{
	printf("%s\n", (const char *)arg);
}

static void
stop(void *arg)
{
	(void)arg;
	defer(deferred, "deferred");
	printf("stopping\n");
	os_exit(42);
}

int
main(void)
{
	static int n;
	int v;

	go(hog, &n);
	go(stop, NULL);
	chan_recv(chan_make(int, 0), &v);
	return 1;
}
