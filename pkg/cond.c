// cond.c: Go's sync.Cond; the queue is the kernel's (sema.c).
//
// Go: sync/cond.go.
#include "../kernel/hooks.h"

#undef mutex_unlock

void
cond_wait(struct cond *c, struct mutex *m)
{
	needgoroutine("cond_wait");
	condwait(&c->waiters, mutex_unlock, m);
	mutex_lock(m);
}

void
cond_signal(struct cond *c)
{
	needgoroutine("cond_signal");
	condnotify(&c->waiters, false);
}

void
cond_broadcast(struct cond *c)
{
	needgoroutine("cond_broadcast");
	condnotify(&c->waiters, true);
}
