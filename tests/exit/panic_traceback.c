// panic_traceback (Go: PanicTraceback): three panics on top of each other; the
// report has them all, and the traceback all the functions between.
// expect-status: 2
// expect: ^panic: hello\n\tpanic: panic pt2\n\tpanic: panic pt1\n\ngoroutine 1
// expect: (?s)^pt1_deferred\(.*^pt2_deferred\(.*^pt2\(.*^pt1\(.*^main\(
#include <go.h>

static void
pt1_deferred(void *arg)
{
	(void)arg;
	panic("panic pt1");
}

static void
pt2_deferred(void *arg)
{
	(void)arg;
	panic("panic pt2");
}

static __attribute__((noinline)) void
pt2(void)
{
	defer(pt2_deferred, NULL);
	panic("hello");
}

static __attribute__((noinline)) void
pt1(void)
{
	defer(pt1_deferred, NULL);
	pt2();
}

int
main(void)
{
	pt1();
	return 0;
}
