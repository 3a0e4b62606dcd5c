// once_recursion: a once within itself is a deadlock, as in Go.
// expect-status: 2
// expect: ^fatal error: all goroutines are asleep - deadlock!$
// expect: ^goroutine 1 \[sync\.Mutex\.Lock[^]]*\].*:$
#include <go.h>

static struct once o;

static void
fn(void *arg)
{
	once_do(&o, fn, arg);
}

int
main(void)
{
	once_do(&o, fn, NULL);
	return 0;
}
