// semaphore.c: permits, on the kernel's semaphore.
//
// Go: golang.org/x/sync/semaphore.
#define GO_INLINE 0 // here are the functions themselves
#include "../kernel/atomic.h"
#include "../kernel/hooks.h"

#undef semaphore_release

// What go_inline.h leaves over.
void
semaphore_acquire_(struct semaphore *s)
{
	needgoroutine("semaphore_acquire");
	semwait(&s->s, false, "semaphore");
}

void
semaphore_release_(struct semaphore *s)
{
	needgoroutine("semaphore_release");
	semgive(&s->s, false);
}

void
semaphore_acquire(struct semaphore *s)
{
	if (DEBUG)
		needgoroutine("semaphore_acquire");
	if (!go_sema_take_(&s->s.count))
		semaphore_acquire_(s);
}

void
semaphore_release(void *arg)
{
	struct semaphore *s = arg;

	if (DEBUG)
		needgoroutine("semaphore_release");
	if (!go_sema_give_(&s->s.count))
		semaphore_release_(s);
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
semaphore_release_isr(struct semaphore *s)
{
	semreleaseisr(&s->s, "semaphore_release_isr");
}
