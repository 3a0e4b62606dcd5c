// context.c: context, by the names of Go's tests.
#include "test.h"

#include <string.h>

static const char canceled[] = "context canceled";
static const char exceeded[] = "context deadline exceeded";

static bool
err_is(const struct context *ctx, const char *want)
{
	const char *err = context_err(ctx);

	return want == NULL ? err == NULL :
			      err != NULL && strcmp(err, want) == 0;
}

static bool
is_done(struct context *ctx)
{
	char v;
	int which = chan_select(RECV(context_done(ctx), &v), DEFAULT);

	return which == 0;
}

// alive and ended: what err and the channel say must agree.
static bool
alive(struct context *ctx)
{
	return !is_done(ctx) && err_is(ctx, NULL);
}

static bool
ended(struct context *ctx, const char *why)
{
	return is_done(ctx) && err_is(ctx, why);
}

static unsigned
timers_set(void)
{
	static struct runtime_stats s; // too large for a stack

	runtime_read_stats(&s);
	return s.ntimers;
}

static bool
says(void (*fn)(void *), void *arg, const char *want)
{
	const char *text = panic_catch(fn, arg);

	return text != NULL && strstr(text, want) != NULL;
}

static void
cancel_it(void *ctx)
{
	context_cancel((struct context *)ctx);
}

static void
nil_parent(void *ctx)
{
	context_with_cancel(ctx, NULL);
}

static void
nil_key(void *ctx)
{
	context_with_value(ctx, context_background(), NULL, NULL);
}

static void
CtxBackground(void)
{
	struct context *bg = context_background(), v = { 0 };
	int64_t when;

	CHECK(context_done(bg) == NULL);
	CHECK(err_is(bg, NULL));
	CHECK(!context_deadline(bg, &when));
	CHECK(context_value(bg, &when) == NULL);
	CHECK(says(cancel_it, bg, "background"));
	CHECK(says(cancel_it, &v, "never made"));
	CHECK(says(nil_parent, &v, "cannot create context from nil parent"));
	CHECK(says(nil_key, &v, "nil key"));
}

// Go: TestWithCancel.
static void
CtxCancel(void)
{
	struct context a;
	int64_t when;

	context_with_cancel(&a, context_background());
	CHECK(context_done(&a) != NULL && context_done(&a) == context_done(&a));
	CHECK(alive(&a));
	CHECK(!context_deadline(&a, &when));
	context_cancel(&a);
	CHECK(ended(&a, canceled));
	context_cancel(&a); // again
	CHECK(ended(&a, canceled));
	CHECK(says(cancel_it, context_background(), "background"));
}

// A tree: what is below goes with it, at once; what is beside or above stays
// (Go: TestParentFinishesChild, TestChildFinishesFirst).
static void
CtxTree(void)
{
	static struct context t[13];
	static int key;

	// 0: root; 1-3 below it; 4-12: three below each, but 10, which is
	// below 1, behind the value 5.
	context_with_cancel(&t[0], context_background());
	for (int i = 1; i < 13; i++) {
		if (i == 5 || i == 6)
			context_with_value(&t[i], &t[1], &key, &t[i]);
		else
			context_with_cancel(&t[i],
					    &t[i == 10 ? 5 : (i - 1) / 3]);
	}
	context_cancel(&t[7]); // a leaf of 2
	CHECK(ended(&t[7], canceled) && alive(&t[2]) && alive(&t[8]));
	context_cancel(&t[1]);
	for (int i = 0; i < 13; i++) {
		bool below = i == 1 || (i >= 4 && i <= 7) || i == 10;

		CHECK(below ? ended(&t[i], canceled) : alive(&t[i]));
	}
	context_cancel(&t[3]);
	CHECK(alive(&t[0]) && alive(&t[2]) && ended(&t[11], canceled));
	context_cancel(&t[0]);
	for (int i = 0; i < 13; i++)
		CHECK(ended(&t[i], canceled));
	for (int i = 0; i < 13; i++)
		context_cancel(&t[i]);
}

// Everybody who waits anywhere in the tree is woken, two at each context.
struct ctxwait {
	struct context *ctx;
	atomic_int *woken;
};

static void
wait_for_end(void *arg)
{
	struct ctxwait *w = arg;
	char v;

	CHECK(!chan_recv(context_done(w->ctx), &v));
	CHECK(err_is(w->ctx, canceled));
	atomic_fetch_add(w->woken, 1);
}

static void
CtxWaiters(void)
{
	static struct context t[7];
	static atomic_int woken;

	atomic_store(&woken, 0);
	context_with_cancel(&t[0], context_background());
	for (int i = 1; i < 7; i++)
		context_with_cancel(&t[i], &t[(i - 1) / 2]);
	for (int i = 0; i < 14; i++)
		go_copy(wait_for_end, (struct ctxwait){ &t[i / 2], &woken });
	time_sleep(2 * MILLISECOND);
	CHECK_EQ(woken, 0);
	context_cancel(&t[2]);
	for (int i = 0; i < 1000 && woken < 6; i++)
		time_sleep(100 * MICROSECOND);
	CHECK_EQ(woken, 6);
	context_cancel(&t[0]);
	NEED(wait_idle(0));
	CHECK_EQ(woken, 14);
	for (int i = 0; i < 7; i++)
		context_cancel(&t[i]);
}

// A child that has been cancelled is out of the tree: its storage may be anything
// when the parent ends (Go: XTestCancelRemoves).
static void
CtxCancelRemoves(void)
{
	static struct context p, c[8];
	unsigned before = timers_set();

	context_with_cancel(&p, context_background());
	for (int i = 0; i < 8; i++)
		if (i % 2 == 0)
			context_with_cancel(&c[i], &p);
		else
			context_with_timeout(&c[i], &p, HOUR);
	CHECK_EQ(timers_set(), before + 4);
	// From the middle, the ends, and what is left.
	for (int i = 0; i < 6; i++) {
		struct context *ctx = &c[(i * 3 + 3) % 8];

		context_cancel(ctx);
		CHECK(ended(ctx, canceled));
		memset(ctx, 0xa5, sizeof *ctx);
	}
	context_cancel(&p);
	for (int i = 6; i < 8; i++) {
		CHECK(ended(&c[(i * 3 + 3) % 8], canceled));
		context_cancel(&c[(i * 3 + 3) % 8]);
	}
	CHECK_EQ(timers_set(), before);
}

// Go: TestTimeout, TestDeadline.
static void
CtxTimeout(void)
{
	struct context a, b, v;
	unsigned before = timers_set();
	int64_t t = time_now(), when, soon;
	static int key;
	char x;

	context_with_timeout(&a, context_background(), 3 * MILLISECOND);
	CHECK(context_deadline(&a, &when) && when >= t + 3 * MILLISECOND);
	context_with_value(&v, &a, &key, &key);
	context_with_timeout(&b, &v, HOUR); // the parent's is sooner
	CHECK(context_deadline(&b, &soon) && soon == when);
	CHECK_EQ(timers_set(), before + 1);
	CHECK(!chan_recv(context_done(&b), &x));
	CHECK(time_now() >= when);
	CHECK(tortured() || time_now() - when <= late(10 * MILLISECOND));
	CHECK(ended(&a, exceeded) && ended(&b, exceeded));
	CHECK(ended(&v, exceeded));
	context_cancel(&b);
	context_cancel(&a);
	CHECK(ended(&a, exceeded)); // the first reason stays
	CHECK_EQ(timers_set(), before);
}

// A sooner deadline of a child is its own; a deadline that is over, or a timeout
// of nothing, ends it at birth; a cancelled one has no timer left.
static void
CtxDeadline(void)
{
	static const duration none[] = { 0, -1, INT64_MIN };
	struct context a, b;
	unsigned before = timers_set();
	int64_t when;
	char x;

	context_with_deadline(&a, context_background(), INT64_MAX);
	CHECK(!context_deadline(&a, &when));
	context_with_deadline(&b, &a, time_now() + MILLISECOND);
	CHECK(!chan_recv(context_done(&b), &x));
	CHECK(ended(&b, exceeded) && alive(&a));
	context_cancel(&b);
	for (int i = 0; i < 3; i++) {
		context_with_timeout(&b, &a, none[i]);
		CHECK(ended(&b, exceeded));
		context_cancel(&b);
	}
	context_with_deadline(&b, &a, 0);
	CHECK(ended(&b, exceeded));
	context_cancel(&b);
	context_with_timeout(&b, &a, HOUR);
	CHECK(alive(&b));
	context_cancel(&a);
	CHECK_EQ(timers_set(), before);
	CHECK(ended(&b, canceled));
	context_cancel(&b);
}

// A child of the dead is born dead, for the same reason; also below a value.
static void
CtxBornCancelled(void)
{
	struct context a, v, b, c;
	unsigned before = timers_set();
	static int key;

	context_with_timeout(&a, context_background(), 0);
	context_with_value(&v, &a, &key, &key);
	context_with_cancel(&b, &v);
	context_with_timeout(&c, &b, HOUR);
	CHECK(ended(&v, exceeded) && ended(&b, exceeded));
	CHECK(ended(&c, exceeded));
	CHECK_EQ(timers_set(), before);
	context_cancel(&c);
	context_cancel(&b);
	context_cancel(&v);
	context_cancel(&a);
}

// Go: TestValues.
static void
CtxValue(void)
{
	static int k1, k2, k3, one, two, three;
	struct context a, b, c, d;

	context_with_value(&a, context_background(), &k1, &one);
	context_with_value(&b, &a, &k2, &two);
	context_with_cancel(&c, &b);
	context_with_value(&d, &c, &k1, &three); // hides the other
	CHECK(context_value(&d, &k1) == &three);
	CHECK(context_value(&d, &k2) == &two);
	CHECK(context_value(&d, &k3) == NULL);
	CHECK(context_value(&c, &k1) == &one);
	CHECK(context_value(&a, &k2) == NULL);
	CHECK(context_value(&d, NULL) == NULL);
	CHECK(context_done(&a) == NULL);
	CHECK(context_done(&d) == context_done(&c));
	context_cancel(&d); // nothing of its own to cancel
	CHECK(alive(&c));
	context_cancel(&c);
	CHECK(ended(&d, canceled));
}

// Deferred, and run by a panic.
static void
cancel_on_the_way(void *parent)
{
	struct context ctx;

	context_with_timeout(&ctx, parent, HOUR);
	defer(context_cancel, &ctx);
	panic("on the way");
}

static void
CtxDeferred(void)
{
	struct context a;
	unsigned before = timers_set();

	context_with_cancel(&a, context_background());
	for (int i = 0; i < 10; i++)
		CHECK(says(cancel_on_the_way, &a, "on the way"));
	context_cancel(&a);
	CHECK_EQ(timers_set(), before);
}

// ---- At the same time (Go: TestSimultaneousCancels, TestInterlockedCancels,
// TestCancelRemoves) ----------------------------------------------------------

// Workers make contexts below a parent, with deadlines about as long as the time
// until they cancel them, and leave their frames; meanwhile the parent is cancelled
// by several at once, or by its own deadline.
struct storm {
	struct context parent;
	struct wait_group wg, go, workers;
	atomic_int wrong, waited;
};

static void
watch(void *arg)
{
	struct storm *s = arg;
	char v;

	chan_recv(context_done(&s->parent), &v);
	if (context_err(&s->parent) == NULL)
		atomic_fetch_add(&s->wrong, 1);
	atomic_fetch_add(&s->waited, 1);
	wait_group_done(&s->workers);
}

static void
make_children(struct storm *s, uint32_t *r)
{
	struct context a, b, c;
	bool dead = context_err(&s->parent) != NULL;
	int64_t until = rnd(r) % 40000;
	char v;

	context_with_timeout(&a, &s->parent, rnd(r) % 40000);
	context_with_cancel(&b, &a);
	context_with_timeout(&c, &b, rnd(r) % 20000);
	if (dead && (!is_done(&a) || !is_done(&c)))
		atomic_fetch_add(&s->wrong, 1);
	chan_select(RECV(context_done(&c), &v), TIMEOUT(until));
	if (rnd(r) % 2 == 0)
		context_cancel(&a); // and b and c with it
	context_cancel(&c);
	context_cancel(&b);
	context_cancel(&a);
	if (!is_done(&a) || !is_done(&b) || !is_done(&c) ||
	    context_err(&b) == NULL)
		atomic_fetch_add(&s->wrong, 1);
	// Whoever comes late finds what looks like a context that lives.
	memset(&a, 0, sizeof a);
	memset(&b, 0, sizeof b);
	memset(&c, 0, sizeof c);
}

static void
work_below(void *arg)
{
	struct storm *s = arg;
	uint32_t r = seed();

	for (int i = 0; i < 6; i++)
		make_children(s, &r);
	wait_group_done(&s->workers);
}

static void
cancel_parent(void *arg)
{
	struct storm *s = arg;

	wait_group_wait(&s->go);
	context_cancel(&s->parent);
	if (!is_done(&s->parent))
		atomic_fetch_add(&s->wrong, 1);
	wait_group_done(&s->workers);
}

static void
CtxSimultaneous(void)
{
	static struct storm s;
	unsigned before = timers_set();
	uint32_t r = seed();

	for (int round = 0; round < scaled(30); round++) {
		memset(&s, 0, sizeof s);
		context_with_timeout(&s.parent, context_background(),
				     round % 3 == 0 ? rnd(&r) % 200000 : HOUR);
		wait_group_add(&s.go, 1);
		wait_group_add(&s.workers, 9);
		for (int i = 0; i < 3; i++) {
			go(watch, &s);
			go(work_below, &s);
			go(cancel_parent, &s);
		}
		time_sleep(rnd(&r) % 100000);
		wait_group_done(&s.go);
		wait_group_wait(&s.workers);
		CHECK_EQ(s.wrong, 0);
		CHECK_EQ(s.waited, 3);
		context_cancel(&s.parent);
	}
	NEED(wait_idle(0));
	CHECK_EQ(timers_set(), before);
}

// context_cancel comes just when the deadline does, which fires on another hart
// (one that a goroutine keeps busy set it): after it nobody may look at the
// context any more.
struct edge {
	struct context ctx;
	atomic_int state; // 1: made, 2: cancelled and wiped
	int64_t when;
};

static void
make_and_hog(void *arg)
{
	struct edge *e = arg;

	context_with_deadline(&e->ctx, context_background(), e->when);
	atomic_store(&e->state, 1);
	while (atomic_load(&e->state) == 1)
		if (!atonce())
			runtime_gosched();
}

static void
CtxEdge(void)
{
	static struct edge e;
	uint32_t r = seed();

	for (int i = 0; i < scaled(200); i++) {
		int64_t until;

		memset(&e, 0, sizeof e);
		e.when = time_now() + 100 * MICROSECOND;
		until = e.when + rnd(&r) % 8000 - 2000;
		go(make_and_hog, &e);
		while (atomic_load(&e.state) == 0)
			runtime_gosched();
		while (time_now() < until)
			;
		context_cancel(&e.ctx);
		memset(&e.ctx, 0, sizeof e.ctx);
		atomic_store(&e.state, 2);
		NEED(wait_idle(0));
	}
}

// A parent with very many children, in several levels, at once.
static void
CtxMany(void)
{
	static struct context c[600];
	unsigned before = timers_set();
	int left = 0;

	context_with_cancel(&c[0], context_background());
	for (int i = 1; i < 600; i++) { // a chain of 80, and wide ones
		struct context *up = &c[i < 80 ? i - 1 : i % 80];

		// Sooner than the parent's, or there would be no timer.
		if (i % 2 == 0)
			context_with_timeout(&c[i], up, HOUR - i * SECOND);
		else
			context_with_cancel(&c[i], up);
	}
	CHECK_EQ(timers_set(), before + 299);
	context_cancel(&c[0]);
	CHECK_EQ(timers_set(), before);
	for (int i = 0; i < 600; i++) {
		left += !ended(&c[i], canceled);
		context_cancel(&c[i]);
	}
	CHECK_EQ(left, 0);
}

const struct test context_tests[] = {
	T(CtxBackground),    T(CtxCancel),
	T(CtxTree),          T(CtxWaiters),
	T(CtxCancelRemoves), T(CtxTimeout),
	T(CtxDeadline),      T(CtxBornCancelled),
	T(CtxValue),         T(CtxDeferred),
	T(CtxSimultaneous),  T(CtxEdge),
	T(CtxMany),          { 0 },
};
