// deadlock_mutex: locking a mutex twice is a deadlock, not recursion.
// expect-status: 2
// expect: ^fatal error: all goroutines are asleep - deadlock!$
// expect: ^goroutine 1 \[(sync\.Mutex\.Lock|semacquire)[^]]*\].*:$
#include <go.h>

int
main(void)
{
	struct mutex m = { 0 };

	mutex_lock(&m);
	mutex_lock(&m);
	return 0;
}
