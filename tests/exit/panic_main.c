// panic_main: an unrecovered panic of main itself.
// expect-status: 2
// expect: ^panic: at home$
// expect: ^goroutine 1 \[running\].*:$
// expect: main.*\n.*panic_main\.c:[0-9]+
#include <go.h>

int
main(void)
{
	panic("at home");
}
