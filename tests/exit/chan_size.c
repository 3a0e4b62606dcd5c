// chan_size: sending a value of another size than the channel's elements is a
// fatal error that names both sizes.
// expect-status: 2
// expect: ^fatal error: .*\b24\b.*\b12\b|^fatal error: .*\b12\b.*\b24\b
#include <go.h>

int
main(void)
{
	struct twelve {
		char c[12];
	} v = { "" };
	chan *c = chan_make(
		struct { char c[24]; }, 1);

	chan_send(c, &v);
	return 0;
}
