// goexit_main_exit: after main's Goexit another goroutine may still end the
// machine in its own way.
// expect-status: 5
// expect-not: fatal error|panic
// harts: 1 4
#include <go.h>

static void
last(void *arg)
{
	(void)arg;
	time_sleep(MILLISECOND);
	os_exit(5);
}

int
main(void)
{
	go(last, NULL);
	runtime_goexit();
}
