// reent.c: each goroutine has its own struct _reent, so its own errno, strtok,
// rand and number buffers.
//
// newlib and every program are compiled with __DYNAMIC_REENT__, so they ask
// __getreent() each time. A goroutine gets its block from a static pool when
// it first asks, and gives it back at its end. g0, and code before the first
// goroutine, share newlib's global block; it carries no errno worth having
// there, for newlib's locked parts are illegal on g0 anyway.
//
// What always holds: stdin, stdout and stderr are global (newlib's
// global-stdio-streams); a block never owns a stream. What newlib hangs into a
// block comes from malloc.
//
// Turned down: a block inside struct g (464 bytes for each of 20000
// goroutines, most of which never print), and newlib's static _impure_ptr
// switched at each context switch (wrong with more than one hart).
#include <arch.h>
#include <config.h>
#include <reent.h>
#include <string.h>

#include "../kernel/hooks.h"
#include "libc.h"

static struct _reent reents[NREENT > 0 ? NREENT : 1];
static struct pool reentpool =
	POOL_INIT("reent", "NREENT", reents, sizeof reents[0], NREENT);

// Present only if something else in the image brought them in; if nothing did,
// there is nothing to free.
__attribute__((weak)) void _reclaim_reent(struct _reent *r);
__attribute__((weak)) void _free_r(struct _reent *r, void *p);

static struct _reent *
newreent(void)
{
	struct _reent *r = NREENT > 0 ? poolget(&reentpool) : NULL;

	if (!r)
		fatal("pool \"%s\" of %u is exhausted; raise %s",
		      reentpool.name, reentpool.n, reentpool.setting);
	_REENT_INIT_PTR(r);
	return r;
}

#undef __getreent
struct _reent *__getreent(void);

// __getreent is the block of the running goroutine. Any context.
struct _reent *
__getreent(void)
{
	void **slot = reentslot();

	if (NREENT == 0)
		return newreent(); // which ends the machine
	if (!slot)
		return _impure_ptr;
	if (!*slot)
		*slot = newreent();
	return *slot;
}

// freerest frees what newlib's own _reclaim_reent forgets: the powers of five
// that printing doubles has computed, and the table that signal() made.
static void
freerest(struct _reent *r)
{
	struct _Bigint *b, *next;

	_free_r(r, (void *)r->_sig_func);
	r->_sig_func = NULL;
	if (!r->_mp)
		return;
	for (b = r->_mp->_p5s; b; b = next) {
		next = b->_next;
		_free_r(r, b);
	}
	r->_mp->_p5s = NULL;
}

void
libc_goexit(void *reent)
{
	struct _reent *r = reent;

	if (NREENT == 0 || !r)
		return;
	if (_free_r && _reclaim_reent) {
		freerest(r);
		_reclaim_reent(r);
	}
	*reentslot() = NULL;
	poolput(&reentpool, r);
}
