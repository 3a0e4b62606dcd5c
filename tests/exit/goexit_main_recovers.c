// goexit_main_recovers: main ends itself by Goexit, and a call that it deferred
// panics and recovers: the Goexit goes on, the program does not end with main. When
// the others have ended too, that is a deadlock.
// expect-status: 2
// expect: ^goes on$
// expect: ^fatal error: no goroutines \(main called runtime.Goexit\) - deadlock!$
#include <go.h>
#include <stdio.h>

static void
saves(void *arg)
{
	(void)arg;
	recover();
}

static void
panics(void *arg)
{
	(void)arg;
	panic("on the way");
}

static void
goes_on(void *arg)
{
	(void)arg;
	time_sleep(5 * MILLISECOND);
	printf("goes on\n");
}

int
main(void)
{
	go(goes_on, NULL);
	defer(saves, NULL);
	defer(panics, NULL);
	runtime_goexit();
}
