// kernel.h: what surrounds the kernel's files in a test of this directory. A test
// includes it, then the files themselves. What it defines orders nothing.
#ifndef GZERO_WEAK_KERNEL_H
#define GZERO_WEAK_KERNEL_H

#include <string.h>

#include "../../kernel/runtime.h"
#include "weak.h"

struct m allm[MAXHARTS];
struct p allp[MAXHARTS];
struct schedt sched;
uint32_t ncpu = MAXHARTS, gomaxprocs = MAXHARTS;
struct g gs[NG];
uint32_t dying;
uint32_t chaosmin, chaosmax;

#define UNCHECKED __attribute__((no_sanitize("thread")))

// The harts of a test are on g0, unless it says otherwise.
static struct g *running[MAXHARTS];

UNCHECKED struct g *
weak_g(void)
{
	struct g *gp = running[weak_self()];

	return gp != NULL ? gp : &allm[weak_self()].g0store;
}

// resetkernel puts everything above into its first state: each hart has its P.
UNCHECKED static void
resetkernel(void)
{
	memset(allm, 0, sizeof(allm));
	memset(allp, 0, sizeof(allp));
	memset(&sched, 0, sizeof(sched));
	memset(gs, 0, sizeof(gs));
	memset(running, 0, sizeof(running));
	for (uint32_t i = 0; i < MAXHARTS; i++) {
		allm[i].id = allp[i].id = i;
		allm[i].p = &allp[i];
		allp[i].m = &allm[i];
		allm[i].g0 = &allm[i].g0store;
		allm[i].g0store.m = &allm[i];
		allm[i].armed = INT64_MAX;
	}
	for (uint32_t i = 0; i < NG; i++) {
		gs[i].goid = i + 1;
		gs[i].status = Grunnable;
	}
}

// ran is what a hart does with the goroutine gp: touch it. Twice is a failure.
static uint32_t timesrun[NG];

UNCHECKED static bool
ranbefore(const struct g *gp)
{
	return timesrun[gp - gs]++ > 0;
}

__attribute__((unused)) static void
ran(struct g *gp)
{
	if (gp < gs || gp >= gs + NG)
		weak_fail("not a goroutine");
	gp->sched.pc++; // a race, if it is not handed over properly
	if (ranbefore(gp))
		weak_fail("a goroutine was run twice");
}

_Noreturn void throw(const char *why)
{
	weak_fail(why);
}

void
fatal(const char *fmt, ...)
{
	weak_fail(fmt);
}

void
panic(const char *fmt, ...)
{
	weak_fail(fmt);
}

void
kprintf(const char *fmt, ...)
{
	(void)fmt;
}

void
mustgoroutine(const char *call)
{
	(void)call;
}

int64_t
nanotime(void)
{
	return weak_now();
}

#endif
