// The words of the boot arguments reach main, the kernel's own do not.
// args: one two gz.none=1 three
// expect-status: 4
// expect: ^<one> <two> <three>$
// expect-not: gz\.none=1>
#include <stdio.h>

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		printf("<%s>%c", argv[i], i == argc - 1 ? '\n' : ' ');
	return argv[argc] == NULL ? argc : 1;
}
