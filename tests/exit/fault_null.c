// fault_null: writing through a NULL pointer is caught; address 0 is
// nobody's, also where there is memory.
// expect-status: 2
// expect: ^panic: runtime error: invalid memory .* pointer dereference
// expect: ^panic: .*, address 0x0\)$
// expect: goroutine 1\b
// expect: main.*\n.*fault_null\.c:[0-9]+
#include <go.h>

int
main(void)
{
	volatile int *volatile p = NULL;

	*p = 1;
	return 0;
}
