// select_size: a case with a value of another size than the channel's elements is
// a fatal error that names both, also when another case is ready.
// expect-status: 2
// expect: ^fatal error: chan_select: value of 1 bytes .* of 4 bytes
// expect-not: wrong
#include <go.h>
#include <stdio.h>

int
main(void)
{
	chan *c = chan_make(int, 1);
	char v = 1;

	chan_select(RECV(c, &v), DEFAULT);
	printf("wrong\n");
	return 0;
}
