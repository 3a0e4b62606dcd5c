// last_report: a report that a second fault cuts short leaves what it had said; a
// long one leaves its beginning, as much as there is room for.
// only-arch: armv7m
// expect-status: 0
// expect: ^boot 2: panic: runtime error: .*, address 0x0\)$
// expect: ^boot 3: panic: long, 231 bytes$
#include <string.h>

#include "with/board.h"

static void
touch(void *arg)
{
	*(volatile int *volatile)arg = 1;
}

static volatile bool yes = true;

static int
deep(int n)
{
	volatile int left = n;

	if (left > 0)
		left += deep(left - 1);
	else if (yes)
		panic("long");
	return left;
}

int
main(void)
{
	unsigned boot = ++KEPT(0);
	const char *s = runtime_last_panic();

	switch (boot) {
	case 1:
		// A report names its goroutine.
		go_with((struct go_attr){ .name = (const char *)0xfffff000 },
			touch, NULL);
		time_sleep(SECOND);
		return 1;
	case 2:
		printf("boot 2: %.*s\n", (int)strcspn(s, "\n"), s);
		return deep(20);
	default:
		printf("boot 3: %.*s, %d bytes\n", (int)strcspn(s, "\n"), s,
		       (int)strlen(s));
		return 0;
	}
}
