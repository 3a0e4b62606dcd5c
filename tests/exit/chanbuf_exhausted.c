// chanbuf_exhausted: a chan_make that finds no buffer of that size left names
// the setting that raises it.
// expect-status: 2
// expect: ^fatal error: .*[0-9]{2,}.*\bCHANBUF_BYTES\b
#include <go.h>

int
main(void)
{
	for (;;)
		if (chan_make(int, 1000) == NULL)
			return 1;
}
