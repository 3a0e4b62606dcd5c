// makechan_negative: a negative capacity panics with Go's text.
// expect-status: 2
// expect: ^panic: makechan: size out of range$
#include <go.h>

int
main(void)
{
	volatile int n = -1;

	chan_make(int, n);
	return 0;
}
