// main_0: main returns 0 and the machine stops with that.
// expect-status: 0
// expect: ^ready$
// expect-not: fatal error|panic
// harts: 1 4
#include <stdio.h>

int
main(void)
{
	printf("ready\n");
	return 0;
}
