// host.h: what a unit test needs to run one or two of the kernel's files on the
// host, with the sanitizers: TAP, a throw that a test can expect, and stand-ins for
// the part of the kernel around the file. A test includes this, then the kernel's
// .c files, and defines main with plan() and check()s.
#ifndef GZERO_HOST_H
#define GZERO_HOST_H

#include <sched.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../kernel/runtime.h"

__thread struct g *hostg;
struct m allm[MAXHARTS];
struct p allp[MAXHARTS];
struct schedt sched;
uint32_t ncpu = MAXHARTS, gomaxprocs = MAXHARTS;

static struct g hostg0[MAXHARTS];
static int64_t hostnow = 1, hoststep; // the clock, and its step per look
static jmp_buf *expecting;
static const char *thrown;
static int checks, failures;

// onhart makes the calling thread hart i, on g0, with P i.
__attribute__((unused)) static void
onhart(unsigned i)
{
	allp[i].id = i;
	allm[i].id = i;
	allm[i].p = &allp[i];
	allm[i].g0 = &hostg0[i];
	hostg0[i].m = &allm[i];
	hostg = &hostg0[i];
	hostg->locks = G0LOCKS;
}

__attribute__((unused)) static void
check(bool ok, const char *name)
{
	checks++;
	failures += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", checks, name);
}

static int
done(void)
{
	printf("1..%d\n", checks);
	return failures != 0;
}

// throws runs fn and tells whether it threw; thrown says why.
__attribute__((unused)) static bool
throws(void (*fn)(void))
{
	jmp_buf here;
	bool did;

	expecting = &here;
	did = setjmp(here) != 0;
	if (!did)
		fn();
	expecting = NULL;
	return did;
}

_Noreturn void throw(const char *why)
{
	thrown = why;
	if (expecting != NULL)
		longjmp(*expecting, 1);
	fprintf(stderr, "throw: %s\n", why);
	abort();
}

void
gopreempt(void)
{
}

void
mustgoroutine(const char *call)
{
	(void)call;
}

void
fatal(const char *fmt, ...)
{
	throw(fmt);
}

void
kprintf(const char *fmt, ...)
{
	(void)fmt;
}

void
procyield(void)
{
	sched_yield();
}

int64_t
nanotime(void)
{
	return __atomic_fetch_add(&hostnow, hoststep, __ATOMIC_RELAXED);
}

#endif
