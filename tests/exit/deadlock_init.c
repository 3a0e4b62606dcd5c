// deadlock_init (Go: InitDeadlock): it comes before main, in a constructor.
// expect-status: 2
// expect: ^fatal error: all goroutines are asleep - deadlock!$
// expect: ^waits\(
// expect-not: main runs
#include <go.h>
#include <stdio.h>

__attribute__((constructor)) static void
waits(void)
{
	int v;

	chan_recv(chan_make(int, 0), &v);
	__asm__ volatile("" : : "r"(v)); // not a tail call: the frame stands
}

int
main(void)
{
	printf("main runs\n");
	return 0;
}
