// close_closed: closing a channel twice panics with Go's text.
// expect-status: 2
// expect: ^panic: close of closed channel$
#include <go.h>

int
main(void)
{
	chan *c = chan_make(int, 1);

	chan_close(c);
	chan_close(c);
	return 0;
}
