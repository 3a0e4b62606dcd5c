// stack_too_large: no stack class has a hundred million bytes; the message says
// what was asked for and what there is.
// expect-status: 2
// expect: ^fatal error: .*\b100000000\b
// expect: \bSTACK3_BYTES\b|\b131072\b|\b[0-9]{4,}\b.*\b[0-9]{4,}\b
#include <go.h>

static void
nothing(void *arg)
{
	(void)arg;
}

int
main(void)
{
	go_with((struct go_attr){ .stack = 100000000 }, nothing, NULL);
	return 0;
}
