// deadlock_nil_send: sending to a NULL channel waits for ever.
// expect-status: 2
// expect: ^fatal error: all goroutines are asleep - deadlock!$
// expect: ^goroutine 1 \[chan send \(nil chan\)\].*:$
#include <go.h>

int
main(void)
{
	int v = 1;

	chan_send((chan *)NULL, &v);
	return 0;
}
