// select_timeouts: a select has at most one TIMEOUT; a second is a fatal error
// that says which case it is.
// expect-status: 2
// expect: ^fatal error: chan_select: case 1 is a second TIMEOUT
// expect-not: wrong
#include <go.h>
#include <stdio.h>

int
main(void)
{
	chan_select(TIMEOUT(MICROSECOND), TIMEOUT(HOUR));
	printf("wrong\n");
	return 0;
}
