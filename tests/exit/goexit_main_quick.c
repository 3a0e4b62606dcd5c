// goexit_main_quick: main's goroutine leaves by Goexit while others are in the queue;
// when the last of them is gone the machine says why, as if it had been alone.
// expect-status: 2
// expect: ^fatal error: no goroutines \(main called runtime\.Goexit\) - dead
// expect-not: all goroutines are asleep
#include <go.h>

static void
yields(void *arg)
{
	(void)arg;
	for (int i = 0; i < 1000; i++)
		runtime_gosched();
}

int
main(void)
{
	for (int i = 0; i < 4 * runtime_num_cpu(); i++)
		go(yields, NULL);
	for (int i = 0; i < 10; i++)
		runtime_gosched();
	runtime_goexit();
}
