// send_closed: sending on a closed channel panics with Go's text.
// expect-status: 2
// expect: ^panic: send on closed channel$
#include <go.h>

int
main(void)
{
	chan *c = chan_make(int, 1);
	int v = 1;

	chan_close(c);
	chan_send(c, &v);
	return 0;
}
