// close_nil: closing a NULL channel panics with Go's text.
// expect-status: 2
// expect: ^panic: close of nil channel$
#include <go.h>

int
main(void)
{
	chan_close((chan *)NULL);
	return 0;
}
