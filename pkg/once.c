// once.c: Go's sync.Once. done is set after fn, not before: who finds it set must
// be able to rely on what fn did.
//
// Go: sync/once.go.
#include "../kernel/atomic.h"
#include "../kernel/hooks.h"

static void
setdone(void *o)
{
	store_rel(&((struct once *)o)->done, 1);
}

void
once_do(struct once *o, void (*fn)(void *), void *arg)
{
	needgoroutine("once_do");
	if (load_acq(&o->done))
		return;
	mutex_lock(&o->m);
	defer((mutex_unlock), &o->m);
	if (o->done)
		return;
	defer(setdone, o); // also if fn panics or ends the goroutine
	fn(arg);
}
