// rwmutex.c: Go's sync.RWMutex.
//
// readercount is the number of readers that hold the lock or wait for it, minus
// MAXREADERS while a writer has it or waits. A writer first takes w, which other
// writers wait for, then announces itself, and waits for the readers that were
// there before (readerwait). Readers that come meanwhile wait for it in turn.
//
// Go: sync/rwmutex.go.
#define GO_INLINE 0 // here are the functions themselves
#include "../kernel/atomic.h"
#include "../kernel/hooks.h"

#undef rwmutex_runlock
#undef rwmutex_unlock

#define MAXREADERS (1u << 30)

// What go_inline.h leaves over: the readercount was moved, and is n < 0.
void
rwmutex_rlock_(struct rwmutex *rw)
{
	needgoroutine("rwmutex_rlock");
	semacquire(&rw->readers, false, "sync.RWMutex.RLock");
}

void
rwmutex_runlock_(struct rwmutex *rw, int32_t n)
{
	needgoroutine("rwmutex_runlock");
	if (n == -1 || n == -(int32_t)MAXREADERS - 1)
		fatal("sync: RUnlock of unlocked RWMutex");
	if (xadd(&rw->readerwait, -1u) == 0)
		semrelease(&rw->writer, false); // the last one
}

void
rwmutex_rlock(struct rwmutex *rw)
{
	if (DEBUG)
		needgoroutine("rwmutex_rlock");
	if (go_add_(&rw->readercount, 1) < 0)
		rwmutex_rlock_(rw);
}

void
rwmutex_runlock(void *arg)
{
	struct rwmutex *rw = arg;
	int32_t n;

	if (DEBUG)
		needgoroutine("rwmutex_runlock");
	n = go_add_(&rw->readercount, -1u);
	if (n < 0)
		rwmutex_runlock_(rw, n);
}

bool
rwmutex_try_rlock(struct rwmutex *rw)
{
	uint32_t n;

	needgoroutine("rwmutex_try_rlock");
	while ((int32_t)(n = load(&rw->readercount)) >= 0)
		if (cas(&rw->readercount, n, n + 1))
			return true;
	return false;
}

void
rwmutex_lock(struct rwmutex *rw)
{
	uint32_t readers;

	needgoroutine("rwmutex_lock");
	mutex_lock(&rw->w);
	readers = xadd(&rw->readercount, -MAXREADERS) + MAXREADERS;
	if (readers != 0 && xadd(&rw->readerwait, readers) != 0)
		semacquire(&rw->writer, false, "sync.RWMutex.Lock");
}

bool
rwmutex_try_lock(struct rwmutex *rw)
{
	needgoroutine("rwmutex_try_lock");
	if (!mutex_try_lock(&rw->w))
		return false;
	if (cas(&rw->readercount, 0, -MAXREADERS))
		return true;
	mutex_unlock(&rw->w);
	return false;
}

void
rwmutex_unlock(void *arg)
{
	struct rwmutex *rw = arg;
	uint32_t readers;

	needgoroutine("rwmutex_unlock");
	readers = xadd(&rw->readercount, MAXREADERS);
	if (readers >= MAXREADERS)
		fatal("sync: Unlock of unlocked RWMutex");
	for (; readers > 0; readers--)
		semrelease(&rw->readers, false);
	mutex_unlock(&rw->w);
}
