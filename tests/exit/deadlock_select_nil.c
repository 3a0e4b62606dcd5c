// deadlock_select_nil: a select over channels that are all NULL waits for ever, and
// the report says that there was nothing to wait for.
// expect-status: 2
// expect: ^fatal error: all goroutines are asleep - deadlock!$
// expect: ^goroutine 1 \[select \(no cases\)\].*:$
#include <go.h>

int
main(void)
{
	int v = 0;

	chan_select(RECV((chan *)NULL, &v), SEND((chan *)NULL, &v));
	return 0;
}
