// copy_too_large: arguments that would fill the new goroutine's stack are
// refused by name and number.
// expect-status: 2
// expect: ^fatal error: .*\b1000000\b
#include <go.h>

struct big {
	char c[1000000];
};

static void
nothing(void *arg)
{
	(void)arg;
}

int
main(void)
{
	static const struct big b; // in ROM: RAM is for the pools

	go_copy_(nothing, &b, sizeof b);
	return 0;
}
