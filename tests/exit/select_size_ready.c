// select_size_ready: a case that is ready, but whose variable is of another size than
// the channel's elements, is not done: the select ends the machine.
// expect-status: 2
// expect: ^fatal error: chan_select: value of 4 bytes .* of 8 bytes
// expect-not: wrong
#include <go.h>
#include <stdint.h>
#include <stdio.h>

int
main(void)
{
	chan *c = chan_make(uint64_t, 1);
	uint64_t v = 1;
	uint32_t small[2] = { 0, 0 };

	chan_send(c, &v);
	chan_select(RECV(c, &small[0]), DEFAULT);
	printf("wrong\n");
	return 0;
}
