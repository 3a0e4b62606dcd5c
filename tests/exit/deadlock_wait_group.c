// deadlock_wait_group: waiting for somebody who is gone without Done.
// expect-status: 2
// expect: ^fatal error: all goroutines are asleep - deadlock!$
// expect: ^goroutine 1 \[(sync\.WaitGroup\.Wait|semacquire)[^]]*\].*:$
// harts: 1 4
#include <go.h>

static void
forgets(void *arg)
{
	(void)arg;
}

int
main(void)
{
	struct wait_group wg = { 0 };

	wait_group_add(&wg, 1);
	go(forgets, &wg);
	wait_group_wait(&wg);
	return 0;
}
