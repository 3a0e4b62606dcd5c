// wait_group_negative: one Done too many panics with Go's text.
// expect-status: 2
// expect: ^panic: sync: negative WaitGroup counter$
#include <go.h>

int
main(void)
{
	struct wait_group wg = { 0 };

	wait_group_add(&wg, 1);
	wait_group_done(&wg);
	wait_group_done(&wg);
	return 0;
}
