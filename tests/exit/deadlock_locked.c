// deadlock_locked (Go: LockedDeadlock): a goroutine that is locked to its hart
// waits for ever.
// expect-status: 2
// expect: ^fatal error: all goroutines are asleep - deadlock!$
// expect: ^goroutine 1 \[select.*, locked to its hart\]
#include <go.h>

int
main(void)
{
	runtime_lock_os_thread();
	return chan_selectv(NULL, 0);
}
