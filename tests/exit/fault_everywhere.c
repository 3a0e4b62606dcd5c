// fault_everywhere: goroutines on all harts fault at the same time and nobody
// recovers: there is one report, whole, of one of them.
// board: mps2-an386
// expect-status: 2
// expect: ^panic: runtime error: .*, address 0x0\)\n\[
// expect: ^goroutine [0-9]+ \[running\].*:\ntouch
// expect: created by main
// expect-not: panic:(.|\n)*panic:|fatal error
#include <go.h>

static void
touch(void *arg)
{
	*(volatile int *)arg = 1;
}

int
main(void)
{
	for (int i = 0; i < 50; i++)
		go(touch, NULL);
	time_sleep(SECOND);
	return 0;
}
