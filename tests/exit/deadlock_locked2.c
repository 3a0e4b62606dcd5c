// deadlock_locked2 (Go: LockedDeadlock2): another goroutine than main is locked to
// its hart, and both wait for ever.
// expect-status: 2
// expect: ^fatal error: all goroutines are asleep - deadlock!$
// expect: ^goroutine 1 \[select
// expect: ^goroutine [0-9]+ \[select.*, locked to its hart\]
#include <go.h>

static void
locked(void *arg)
{
	(void)arg;
	runtime_lock_os_thread();
	chan_selectv(NULL, 0);
}

int
main(void)
{
	go(locked, NULL);
	time_sleep(MILLISECOND);
	return chan_selectv(NULL, 0);
}
