// main_ends_first: the end of main ends the program, whatever still runs,
// sleeps or waits.
// expect-status: 0
// expect: ^main ends$
// expect-not: too long|fatal error|panic
// harts: 1 4
#include <go.h>
#include <stdio.h>

static void
hog(void *arg)
{
	(void)arg;
	for (;;)
		;
}

static void
sleeper(void *arg)
{
	(void)arg;
	time_sleep(HOUR);
	printf("slept too long\n");
}

static void
receiver(void *arg)
{
	int v;

	chan_recv(arg, &v);
}

int
main(void)
{
	chan *c = chan_make(int, 0);

	for (int i = 0; i < 10; i++) {
		go(hog, NULL);
		go(sleeper, NULL);
		go(receiver, c);
	}
	time_sleep(5 * MILLISECOND);
	printf("main ends\n");
	return 0;
}
