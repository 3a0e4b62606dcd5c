// deadlock_nil_recv: receiving from a NULL channel waits for ever.
// expect-status: 2
// expect: ^fatal error: all goroutines are asleep - deadlock!$
// expect: ^goroutine 1 \[chan receive \(nil chan\)\].*:$
#include <go.h>

int
main(void)
{
	int v;

	chan_recv((chan *)NULL, &v);
	return 0;
}
