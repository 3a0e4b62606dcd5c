// rwmutex_runlocked: what is not locked for reading cannot be unlocked so.
// expect-status: 2
// expect: ^fatal error: sync: RUnlock of unlocked RWMutex$
#include <go.h>

int
main(void)
{
	struct rwmutex rw = { 0 };

	rwmutex_lock(&rw);
	rwmutex_unlock(&rw);
	rwmutex_rlock(&rw);
	rwmutex_runlock(&rw);
	rwmutex_runlock(&rw);
	return 0;
}
