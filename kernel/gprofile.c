// gprofile.c: what goroutines there are, for a program's own ps.
//
// What always holds: the list is taken with the world stopped, so it is of one
// moment: only the caller runs, everybody else's context lies on its stack, and
// nobody is between two states. Goroutines that ran on other harts were taken off
// for it and are runnable.
//
// Turned down: reading the states of running goroutines without stopping them (a
// stack pointer in a register of another hart, a name of a G that has just begun
// another life).
//
// Go: mprof.go (GoroutineProfile); waitsince is set in gopark and not, as in Go,
// by a garbage collection that finds the goroutine waiting.
#include "runtime.h"

// statename names what a goroutine may be in while the world is stopped; NULL:
// it is not alive.
static const char *
statename(const struct g *gp)
{
	switch (load_rlx(&gp->status)) {
	case Grunning:
		return "running";
	case Grunnable:
	case Gpreempted:
		return "runnable";
	case Gwaiting:
		return "waiting";
	default:
		return NULL;
	}
}

static void
describe(struct goroutine_info *p, const struct g *gp, int64_t now)
{
	bool self = gp == getg();
	bool waiting = load_rlx(&gp->status) == Gwaiting;
	uintptr_t sp =
		self ? (uintptr_t)__builtin_frame_address(0) : gp->sched.sp;

	*p = (struct goroutine_info){
		.id = gp->goid,
		.parent = gp->parentgoid,
		.name = gp->name,
		.state = statename(gp),
		.reason = waiting ? gp->waitreason : NULL,
		.waiting =
			waiting && gp->waitsince != 0 ? now - gp->waitsince : 0,
		.stack_size = gp->stackhi - gp->stacklo,
		.stack_used = gp->stackhi - sp,
		.stack_high = stackhigh(gp),
		.fn = gp->startfn,
		.created_pc = gp->gopc,
		.system = gp->system,
		.locked = gp->lockedcount != 0,
	};
}

unsigned
runtime_goroutines(struct goroutine_info *p, unsigned n)
{
	unsigned found = 0;
	int64_t now;

	mustgoroutine("runtime_goroutines");
	if (getg()->locks != 0)
		fatal("runtime_goroutines with preemption disabled");
	if (n > 0)
		touch(p);
	stoptheworld();
	now = nanotime();
	for (unsigned i = 0; i < gpool.fresh; i++) {
		if (statename(&allg[i]) == NULL)
			continue;
		if (found < n)
			describe(&p[found], &allg[i], now);
		found++;
	}
	starttheworld();
	return found;
}
