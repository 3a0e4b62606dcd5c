// pool_exhausted: a go that finds no goroutine left names the pool, its size
// and the setting that raises it.
// expect-status: 2
// expect: ^fatal error: .*[0-9]{2,}.*\b(NG|STACK[0-3]_COUNT)\b
// harts: 1 4
#include <go.h>

static void
wait(void *arg)
{
	int v;

	chan_recv(arg, &v);
}

int
main(void)
{
	chan *c = chan_make(int, 0);

	for (;;)
		go(wait, c);
}
