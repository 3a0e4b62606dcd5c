// panic_in_defer: a deferred call that runs because of a panic panics itself;
// both texts are shown, the first one first.
// expect-status: 2
// expect: ^panic: first$
// expect: ^\tpanic: second$
// expect: ^goroutine 1 \[running\].*:$
#include <go.h>

static void
again(void *arg)
{
	(void)arg;
	panic("second");
}

int
main(void)
{
	defer(again, NULL);
	panic("first");
}
