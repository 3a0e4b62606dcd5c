// select_twice: a select has at most one DEFAULT; a second is a fatal error that
// says which case it is.
// expect-status: 2
// expect: ^fatal error: chan_select: case 2 is a second DEFAULT
// expect-not: wrong
#include <go.h>
#include <stdio.h>

int
main(void)
{
	chan_select(DEFAULT, TIMEOUT(HOUR), DEFAULT);
	printf("wrong\n");
	return 0;
}
