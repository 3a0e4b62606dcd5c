// panic_busy_console: the panic comes while other goroutines are in the middle of
// printing and hold what printing holds, and one holds a mutex. The report needs
// none of it (Go issue 59758).
// expect-status: 2
// expect: panic: in the middle$
// expect: ^goroutine [0-9]+ \[running\] main
// timeout: 30
#include <go.h>
#include <stdio.h>

static void
chatters(void *arg)
{
	for (;;)
		printf("%s\n", (const char *)arg);
}

int
main(void)
{
	static struct mutex mu;

	for (int i = 0; i < 4; i++)
		go(chatters, "one line of it, rather long, so that it takes a "
			     "while");
	mutex_lock(&mu);
	time_sleep(3 * MILLISECOND);
	for (volatile int i = 0; i < 10000; i++)
		;
	panic("in the middle");
}
