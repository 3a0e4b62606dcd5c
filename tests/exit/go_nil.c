// go_nil (Go: GoNil): a goroutine needs a function.
// expect-status: 2
// expect: ^fatal error: go of nil func value$
// expect: ^goroutine 1 \[running\].*:$
#include <go.h>

int
main(void)
{
	go(NULL, NULL);
	return 0;
}
