// once.c: Go's sync.Once. done is set after fn, not before: who finds it set must
// be able to rely on what fn did.
//
// Go: sync/once.go.
#define GO_INLINE 0 // here are the functions themselves
#include "../kernel/atomic.h"
#include "../kernel/hooks.h"

static void
setdone(void *o)
{
	store_rel(&((struct once *)o)->done, 1);
}

// What go_inline.h leaves over: done was not set.
void
once_do_(struct once *o, void (*fn)(void *), void *arg)
{
	needgoroutine("once_do");
	mutex_lock(&o->m);
	defer((mutex_unlock), &o->m);
	if (o->done)
		return;
	defer(setdone, o); // also if fn panics or ends the goroutine
	fn(arg);
}

void
once_do(struct once *o, void (*fn)(void *), void *arg)
{
	if (DEBUG)
		needgoroutine("once_do");
	if (!go_seen_(&o->done))
		once_do_(o, fn, arg);
}
