// deadlock_select: a select over nothing waits for ever.
// expect-status: 2
// expect: ^fatal error: all goroutines are asleep - deadlock!$
// expect: ^goroutine 1 \[select \(no cases\)\].*:$
#include <go.h>

int
main(void)
{
	chan_selectv(NULL, 0);
	return 0;
}
