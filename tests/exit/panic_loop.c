// panic_loop (Go: PanicLoop): a deferred call that panics, and defers itself
// before, for ever: the machine ends, and says which pool was too small.
// expect-status: 2
// expect: ^fatal error: (panic: pool "panic" is exhausted.*raise NPANIC|stack overflow)
// timeout: 20
#include <go.h>

static void
again(void *arg)
{
	(void)arg;
	defer(again, NULL);
	panic("again");
}

int
main(void)
{
	defer(again, NULL);
	panic("first");
}
