// wait_disabled_quick: waiting with preemption disabled is fatal also where another
// goroutine is next and could be switched to at once.
// expect-status: 2
// expect: ^fatal error: chan receive: waiting with preemption disabled
// expect-not: wrong
#include <go.h>
#include <stdio.h>

struct wide {
	int v[3];
};

static void
yields(void *arg)
{
	(void)arg;
	for (;;)
		runtime_gosched();
}

int
main(void)
{
	chan *c = chan_make(struct wide, 0);
	struct wide w;

	for (int i = 0; i < 4 * runtime_num_cpu(); i++)
		go(yields, NULL);
	for (int i = 0; i < 100; i++)
		runtime_gosched(); // the slice clock ticks
	preempt_disable();
	chan_recv(c, &w);
	printf("wrong\n");
	return 0;
}
