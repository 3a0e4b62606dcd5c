// fault_null_call: a function pointer that is NULL is called. The report shows
// who called, not only that the pc is 0.
// expect-status: 2
// expect: ^panic: runtime error: invalid memory .* pointer dereference
// expect: ^\[.*: hart [0-9], goroutine 1, pc .*\(caller\+
// expect: ^goroutine 1 \[running\].*:\ncaller.*\n.*fault_null_call\.c:[0-9]+
// expect-not: main goes on
#include <go.h>
#include <stdio.h>

static int (*volatile nothing)(void);

__attribute__((noinline)) static int
caller(void)
{
	return nothing() + 1;
}

int
main(void)
{
	int n = caller();

	printf("main goes on %d\n", n);
	return 0;
}
