// go_inline.h: what go.h's sync does while nobody has to wait, put into the caller:
// one step on one word (go_cas.h), and the call behind it if that cannot be taken.
// Included by go.h, never alone.
//
// What always holds: each function here does what the kernel's function of its name
// does (pkg/), which stands where its address is taken (defer) and where the
// compiler does not inline. The calls in _ are what is left over, for here only.
//
// -DGO_INLINE=0, which `make DEBUG=1` says, leaves the functions out: then the
// kernel's are called, and they refuse handlers and g0 whether they would have to
// wait or not.
#ifndef GZERO_GO_INLINE_H
#define GZERO_GO_INLINE_H

// Not static: what is static a function that is not, but inline, may not use.
#define GO_STEP_ extern inline __attribute__((gnu_inline, always_inline))
#include <go_cas.h>
#undef GO_STEP_

void mutex_lock_(struct mutex *m);
void mutex_unlock_(struct mutex *m);
void rwmutex_rlock_(struct rwmutex *rw);
void rwmutex_runlock_(struct rwmutex *rw, int32_t n);
void once_do_(struct once *o, void (*fn)(void *), void *arg);
void semaphore_acquire_(struct semaphore *s);
void semaphore_release_(struct semaphore *s);

#ifndef GO_INLINE
#define GO_INLINE 1
#endif
#if GO_INLINE
#define GO_FAST_ extern inline __attribute__((gnu_inline))

GO_FAST_ void
mutex_lock(struct mutex *m)
{
	if (!go_mutex_take_(&m->state))
		mutex_lock_(m);
}

GO_FAST_ void(mutex_unlock)(void *mutex)
{
	struct mutex *m = (struct mutex *)mutex;

	if (!go_mutex_drop_(&m->state))
		mutex_unlock_(m);
}

GO_FAST_ void
rwmutex_rlock(struct rwmutex *rw)
{
	if (go_add_(&rw->readercount, 1) < 0)
		rwmutex_rlock_(rw);
}

GO_FAST_ void(rwmutex_runlock)(void *arg)
{
	struct rwmutex *rw = (struct rwmutex *)arg;
	int32_t n = go_add_(&rw->readercount, -1u);

	if (n < 0)
		rwmutex_runlock_(rw, n);
}

GO_FAST_ void
once_do(struct once *o, void (*fn)(void *), void *arg)
{
	if (!go_seen_(&o->done))
		once_do_(o, fn, arg);
}

GO_FAST_ void
semaphore_acquire(struct semaphore *s)
{
	if (!go_sema_take_(&s->s.count))
		semaphore_acquire_(s);
}

GO_FAST_ void(semaphore_release)(void *arg)
{
	struct semaphore *s = (struct semaphore *)arg;

	if (!go_sema_give_(&s->s.count))
		semaphore_release_(s);
}

#undef GO_FAST_
#endif

#endif
