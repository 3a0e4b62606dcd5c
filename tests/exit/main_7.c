// main_7: the value that main returns is the machine's exit status. The text
// has no newline: the last flush of stdio must bring it out.
// expect-status: 7
// expect: no newline
// harts: 1 4
#include <stdio.h>

int
main(void)
{
	printf("no newline");
	return 7;
}
