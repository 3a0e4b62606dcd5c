// fault_null: writing through a NULL pointer is caught where address 0 is not
// memory.
// expect-status: 2
// expect: goroutine 1\b
// expect: main.*\n.*fault_null\.c:[0-9]+
// only-arch: riscv64 x86_64
#include <go.h>

int
main(void)
{
	int *volatile p = NULL;

	*p = 1;
	return 0;
}
