// context.c: Go's context. A tree of those contexts that can be cancelled; those that
// only carry a value stand between them and point at the nearest (cancels).
//
// What always holds, under ctxlock: a context is in the list of the nearest parent
// that can be cancelled exactly while err is NULL (the background's children are in
// no list: it is never cancelled); when err is set, done is closed, and no child is
// left without an err once the lock is free. Cancelling goes down the tree from the
// top: a context's channel is closed before its children's, and it leaves its
// parent's list when its own is empty. So no recursion, and no walk up.
//
// The whole subtree is done in one go under the lock. Those who waited are collected
// and readied after it. Therefore the storage of a child is its owner's again as soon
// as his own context_cancel has had the lock: whoever cancelled it before is done
// with it. A deadline's timer may still be about to look at err then; context_cancel
// waits for it (stoptimer). The timer's fn runs on g0, which is why this is a spin
// lock.
//
// Turned down: a lock in each context, as in Go (parent before child: a child that
// detaches itself must let go and look again); a lock for each tree (a pointer more,
// and the order of two trees when a context moves to neither).
//
// Contexts: goroutines; expire on g0. Go: context/context.go.
#include "../kernel/atomic.h"
#include "../kernel/hooks.h"

#undef context_cancel

#define CANCELED "context canceled"
#define EXCEEDED "context deadline exceeded"

static struct lock ctxlock;
static struct context background = { .when = INT64_MAX };

// ---- The tree; ctxlock is held --------------------------------------------------

static void
attach(struct context *ctx)
{
	struct context *up = ctx->parent->cancels;

	if (up == NULL)
		return;
	ctx->prev = NULL;
	ctx->next = up->children;
	if (ctx->next != NULL)
		ctx->next->prev = ctx;
	up->children = ctx;
}

static void
detach(struct context *ctx)
{
	struct context *up = ctx->parent->cancels;

	if (up == NULL)
		return;
	if (ctx->prev != NULL)
		ctx->prev->next = ctx->next;
	else
		up->children = ctx->next;
	if (ctx->next != NULL)
		ctx->next->prev = ctx->prev;
}

// end closes ctx's channel; those who waited go on the list at tail.
static struct g **
end(struct context *ctx, const char *err, struct g **tail)
{
	struct g **newtail;

	store_rel(&ctx->err, err); // before the channel is closed
	if (ctx->timer.fn != NULL)
		stoptimer(&ctx->timer, false);
	newtail = chanclose(&ctx->done, tail);
	return newtail != NULL ? newtail : tail; // closed by the program
}

// cancel ends ctx, which has not ended and hangs in its parent, and everything
// below it.
static void
cancel(struct context *ctx, const char *err, struct g **tail)
{
	struct context *c = ctx, *up;

	tail = end(c, err, tail);
	for (;;) {
		if (c->children != NULL) {
			c = c->children;
			tail = end(c, err, tail);
			continue;
		}
		up = c->parent->cancels;
		detach(c);
		if (c == ctx)
			return;
		c = up;
	}
}

// ---- Making ---------------------------------------------------------------------

// finish cancels ctx unless it has been, and readies those who waited.
static void
finish(struct context *ctx, const char *err)
{
	struct g *list = NULL;

	lockranked(&ctxlock, RANKCTX);
	if (ctx->err == NULL)
		cancel(ctx, err, &list);
	unlock(&ctxlock);
	readyall(list);
}

// expire is the timer's fn: the deadline has come.
static void
expire(void *ctx)
{
	finish(ctx, EXCEEDED);
}

static void
init(struct context *ctx, struct context *parent)
{
	if (parent == NULL)
		panic("cannot create context from nil parent");
	*ctx = (struct context){ .parent = parent,
				 .cancels = parent->cancels,
				 .when = parent->when };
}

// grow hangs ctx, with a deadline of its own or not, in its parent. One that is
// cancelled already takes its err along.
static void
grow(struct context *ctx, bool timed)
{
	const struct context *up = ctx->parent->cancels;
	struct g *list = NULL;

	ctx->cancels = ctx;
	chaninit(&ctx->done, 1, 0, NULL);
	lockranked(&ctxlock, RANKCTX);
	attach(ctx);
	if (up != NULL && up->err != NULL)
		cancel(ctx, up->err, &list);
	else if (timed && ctx->when <= time_now())
		cancel(ctx, EXCEEDED, &list);
	else if (timed && ctx->when != INT64_MAX)
		starttimer(&ctx->timer, ctx->when, TIMER_FN, expire, ctx);
	unlock(&ctxlock);
}

void
context_with_cancel(struct context *ctx, struct context *parent)
{
	needgoroutine("context_with_cancel");
	init(ctx, parent);
	grow(ctx, false);
}

void
context_with_deadline(struct context *ctx, struct context *parent, int64_t when)
{
	bool sooner;

	needgoroutine("context_with_deadline");
	init(ctx, parent);
	sooner = when < ctx->when; // else the parent's comes first
	if (sooner)
		ctx->when = when;
	grow(ctx, sooner);
}

void
context_with_timeout(struct context *ctx, struct context *parent, duration d)
{
	needgoroutine("context_with_timeout");
	context_with_deadline(ctx, parent, deadline(d));
}

void
context_with_value(struct context *ctx, struct context *parent, const void *key,
		   void *value)
{
	needgoroutine("context_with_value");
	init(ctx, parent);
	if (key == NULL)
		panic("nil key");
	ctx->key = key;
	ctx->value = value;
}

struct context *
context_background(void)
{
	return &background;
}

// ---- Asking and cancelling ------------------------------------------------------

void *
context_value(const struct context *ctx, const void *key)
{
	needgoroutine("context_value");
	for (; ctx != NULL; ctx = ctx->parent)
		if (ctx->key == key && key != NULL)
			return ctx->value;
	return NULL;
}

chan *
context_done(struct context *ctx)
{
	needgoroutine("context_done");
	return ctx->cancels != NULL ? &ctx->cancels->done : NULL;
}

const char *
context_err(const struct context *ctx)
{
	needgoroutine("context_err");
	return ctx->cancels != NULL ? load_acq(&ctx->cancels->err) : NULL;
}

bool
context_deadline(const struct context *ctx, int64_t *when)
{
	needgoroutine("context_deadline");
	*when = ctx->when;
	return ctx->when != INT64_MAX;
}

void
context_cancel(void *arg)
{
	struct context *ctx = arg;

	needgoroutine("context_cancel");
	if (ctx->parent == NULL)
		panic("context_cancel: the background, or a context that was "
		      "never made");
	if (ctx->cancels != ctx)
		return;
	finish(ctx, CANCELED);
	if (ctx->timer.fn != NULL)
		stoptimer(&ctx->timer, true); // expire may still look at err
}
