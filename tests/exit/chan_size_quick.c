// chan_size_quick: a word of another size than the channel's elements is refused.
// expect-status: 2
// expect: ^fatal error: chan_send: value of 4 bytes on a channel of elements of 8
// expect-not: wrong
#include <go.h>
#include <stdint.h>
#include <stdio.h>

int
main(void)
{
	chan *c = chan_make(uint64_t, 1);
	uint32_t v[2] = { 1, 2 };

	chan_send(c, &v[0]);
	printf("wrong\n");
	return 0;
}
