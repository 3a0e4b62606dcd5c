// traceback_many: of very many goroutines the first fifty are shown, and how many
// more there are; a name and a lock to a hart stand in the first line.
// expect-status: 0
// expect: ^goroutine [0-9]+ \[chan receive\] waits in vain:$
// expect: ^goroutine 1 \[running, locked to its hart\] main:$
// expect: ^\.\.\. and 25 more goroutines$
// harts: 1 4
#include <go.h>

static chan *never;

static void
waits(void *arg)
{
	char c;

	(void)arg;
	chan_recv(never, &c);
}

int
main(void)
{
	never = chan_make(char, 0);
	for (int i = 0; i < 75; i++)
		if (!go_with((struct go_attr){ .name = "waits in vain" }, waits,
			     never))
			return 1;
	time_sleep(10 * MILLISECOND);
	runtime_lock_os_thread();
	runtime_stack(true);
	return 0;
}
