// harness.h runs the cases that tools/apimatrix.py writes from include/go.h: one
// for each call, made in each context. The generated file defines struct fix (what
// the calls work on), fix_reset, fix_late and the cases, and includes this.
//
// Boot arguments: ctx=CONTEXT [case=NAME | from=NUMBER]. Without case= all those
// of the context run in one boot, from the given one on. Each prints "begin N
// NAME" and, when it has come back, "end NAME: how". Who never comes back is seen
// from outside.
#ifndef MATRIX_HARNESS_H
#define MATRIX_HARNESS_H

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../target/device.h"

struct fix;

// Where a case belongs: bits of mcase.in.
enum {
	GOROUTINE = 1, // legal in an ordinary goroutine
	DEFERRED = 2,  // and in a deferred call of a panic
	PINNED = 4,    // and with preemption disabled
	TIMER = 8,     // in a timer's fn
	HANDLER = 16,
	EARLY = 32,  // in early_init
	NULLS = 64,  // with NULL for one of its arguments
	LEAVES = 128 // it does not come back to its caller
};

struct mcase {
	const char *name;
	void (*prepare)(struct fix *); // in a goroutine, before
	void (*call)(struct fix *);
	int in;
};

static void fix_reset(struct fix *f); // in a goroutine
static void fix_late(struct fix *f);  // ends the waits, from another goroutine
extern const struct mcase cases[];
const char *arch_bootargs(void); // early_init has no argv

static struct fix fix;
static atomic_int state; // 0: not called yet, 1: called, 2: came back
static const struct mcase *now;

static void
make_call(void *arg)
{
	const struct mcase *k = arg;

	atomic_store(&state, 1);
	k->call(&fix);
	atomic_store(&state, 2);
}

static const struct mcase *
by_name(const char *name, size_t n)
{
	for (const struct mcase *k = cases; k->name != NULL; k++)
		if (strlen(k->name) == n && strncmp(k->name, name, n) == 0)
			return k;
	return NULL;
}

// ---- Before the scheduler --------------------------------------------------

void
early_init(void)
{
	const char *s = strstr(arch_bootargs(), "ctx=early");

	if (s == NULL)
		return;
	s = strstr(s, "case=");
	if (s != NULL) {
		const struct mcase *k = by_name(s + 5, strcspn(s + 5, " "));

		if (k != NULL)
			make_call((void *)(uintptr_t)k);
		return;
	}
	for (const struct mcase *k = cases; k->name != NULL; k++)
		if ((k->in & (EARLY | LEAVES)) == EARLY) {
			now = k; // the last one that came back
			make_call((void *)(uintptr_t)k);
		}
}

// ---- The contexts ------------------------------------------------------------

static void
late_helper(void *arg)
{
	time_sleep(200 * MICROSECOND);
	fix_late(arg);
}

static void
prepare(const struct mcase *k)
{
	atomic_store(&state, 0);
	fix_reset(&fix);
	if (k->prepare != NULL)
		k->prepare(&fix);
}

static void
panics(void *arg)
{
	defer(make_call, arg);
	panic("outer");
}

static char how[160];

static void
in_deferred(void *arg)
{
	const char *text = panic_catch(panics, arg);

	if (text != NULL)
		snprintf(how, sizeof how, "panic: %s", text);
	else
		snprintf(how, sizeof how, "returned");
}

static void
in_pinned(void *arg)
{
	const struct mcase *k = arg;

	preempt_disable();
	make_call((void *)(uintptr_t)k);
	preempt_enable();
	snprintf(how, sizeof how, "returned");
}

static void
in_goroutine(void *arg)
{
	const char *text = panic_catch(make_call, arg);

	if (text != NULL)
		snprintf(how, sizeof how, "panic: %s", text);
	else
		snprintf(how, sizeof how, "returned");
}

static atomic_int over;

static void
life(void *arg)
{
	defer(wait_group_done, arg);
	if (strstr(how, "deferred") != NULL)
		in_deferred((void *)(uintptr_t)now);
	else if (strstr(how, "pinned") != NULL)
		in_pinned((void *)(uintptr_t)now);
	else
		in_goroutine((void *)(uintptr_t)now);
}

static void
gone(void *arg)
{
	wait_group_wait(arg);
	atomic_store(&over, 1);
}

static void
interrupt(void *arg)
{
	devquiet();
	make_call(arg);
	snprintf(how, sizeof how, "returned");
	atomic_store(&over, 1);
}

#ifdef HAVE_TIMERS
static void
on_time(void *arg)
{
	make_call(arg);
	snprintf(how, sizeof how, "returned");
	atomic_store(&over, 1);
}
#endif

// begin starts the case in its context; over is set when it has come back.
static void
begin(const char *ctx, const struct mcase *k)
{
	static struct wait_group wg;
	struct go_attr attr = { .stack = STACK_OF_CASE };

	atomic_store(&over, 0);
	now = k;
	prepare(k);
	snprintf(how, sizeof how, "%s", ctx);
	if (strcmp(ctx, "handler") == 0) {
		irq_handle(DEV_IRQ, interrupt, (void *)(uintptr_t)k);
		devstart(50 * MICROSECOND);
		return;
	}
#ifdef HAVE_TIMERS
	if (strcmp(ctx, "timer") == 0) {
		static struct timer t;

		timer_start(&t, 50 * MICROSECOND, on_time,
			    (void *)(uintptr_t)k);
		return;
	}
#endif
	memset(&wg, 0, sizeof wg);
	wait_group_add(&wg, 1);
	go_with(attr, life, &wg);
	go(gone, &wg);
	if (strcmp(ctx, "goroutine") == 0 || strcmp(ctx, "deferred") == 0)
		go(late_helper, &fix);
}

static void
run(const char *ctx, const struct mcase *k, int number)
{
	printf("begin %d %s\n", number, k->name);
	fflush(stdout);
	begin(ctx, k);
	for (int i = 0; i < 40 && !atomic_load(&over); i++)
		time_sleep(500 * MICROSECOND);
	if (strcmp(ctx, "handler") == 0)
		irq_handle(DEV_IRQ, NULL, NULL);
	if (!atomic_load(&over))
		printf("end %s: blocked\n", k->name);
	else if (atomic_load(&state) != 2 && strncmp(how, "panic", 5) != 0)
		printf("end %s: left\n", k->name); // Goexit, a panic
	else
		printf("end %s: %s\n", k->name, how);
	fflush(stdout);
	time_sleep(500 * MICROSECOND); // the helper's end
}

static const char *
word(int argc, char **argv, const char *name)
{
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], name, strlen(name)) == 0)
			return argv[i] + strlen(name);
	return NULL;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int bit;
	} contexts[] = {
		{ "goroutine", GOROUTINE }, { "deferred", DEFERRED },
		{ "pinned", PINNED },       { "timer", TIMER },
		{ "handler", HANDLER },     { "null", NULLS },
	};
	const char *ctx = word(argc, argv, "ctx=");
	const char *name = word(argc, argv, "case=");
	const char *from = word(argc, argv, "from=");
	int bit = 0, first = from != NULL ? atoi(from) : 0;

	if (ctx != NULL && strcmp(ctx, "early") == 0) {
		printf("early: %d %s\n", atomic_load(&state),
		       now != NULL ? now->name : name);
		return 0;
	}
	for (unsigned i = 0; i < sizeof contexts / sizeof contexts[0]; i++)
		if (ctx != NULL && strcmp(ctx, contexts[i].name) == 0)
			bit = contexts[i].bit;
	if (bit == 0) {
		printf("which context?\n");
		return 1;
	}
	if (name != NULL) {
		const struct mcase *k = by_name(name, strlen(name));

		if (k == NULL) {
			printf("no case %s\n", name);
			return 1;
		}
		run(ctx, k, (int)(k - cases));
		return 0;
	}
	for (int i = first; cases[i].name != NULL; i++)
		if (cases[i].in & bit)
			run(ctx, &cases[i], i);
	printf("all done\n");
	return 0;
}
#endif
