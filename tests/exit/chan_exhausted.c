// chan_exhausted: a chan_make that finds no channel left names the pool, its
// size and the setting that raises it.
// expect-status: 2
// expect: ^fatal error: .*[0-9]{2,}.*\bNCHAN\b
#include <go.h>

int
main(void)
{
	for (;;)
		if (chan_make(int, 0) == NULL)
			return 1;
}
