// semaphore.c: permits, on the kernel's semaphore.
//
// Go: golang.org/x/sync/semaphore.
#include "../kernel/atomic.h"
#include "../kernel/hooks.h"

#undef semaphore_release

void
semaphore_acquire(struct semaphore *s)
{
	needgoroutine("semaphore_acquire");
	semacquire(&s->s, false, "semaphore");
}

bool
semaphore_try_acquire(struct semaphore *s)
{
	needgoroutine("semaphore_try_acquire");
	return semtryacquire(&s->s);
}

bool
semaphore_acquire_timeout(struct semaphore *s, int64_t d)
{
	needgoroutine("semaphore_acquire_timeout");
	return semacquiretimeout(&s->s, d, "semaphore");
}

void
semaphore_release(void *arg)
{
	struct semaphore *s = arg;

	needgoroutine("semaphore_release");
	if (load_rlx(&s->s.count) == UINT32_MAX)
		panic("semaphore_release: more than %u permits",
		      (unsigned)UINT32_MAX);
	semrelease(&s->s, false);
}

void
semaphore_release_isr(struct semaphore *s)
{
	semreleaseisr(&s->s, "semaphore_release_isr");
}
