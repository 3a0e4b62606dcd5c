// rwmutex_unlocked: a reader's lock is not a writer's.
// expect-status: 2
// expect: ^fatal error: sync: Unlock of unlocked RWMutex$
#include <go.h>

int
main(void)
{
	struct rwmutex rw = { 0 };

	rwmutex_rlock(&rw);
	rwmutex_unlock(&rw);
	return 0;
}
