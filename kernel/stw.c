// stw.c: stop-the-world, and the one thing that needs it so far: another number
// of Ps.
//
// What always holds while the world is stopped: no other hart runs a goroutine or
// touches a P, a queue or a heap; every P but the caller's is marked stopped, and
// no P is on the idle list. Handlers still run. The stopper runs with preemption
// off, so that its own stop does not stop it.
//
// A P stops when its hart comes by findrunnable or gcstopm; harts that run
// goroutines are asked by IPI, again and again until they have: a single IPI may
// meet g0 just before it jumps to a goroutine.
//
// With one hart the world stands still while preemption is off, and that is all.
//
// Go: stopTheWorldWithSema, startTheWorldWithSema, procresize.
#include "runtime.h"

// preemptall asks every hart that still runs a P to stop.
static void
preemptall(const struct m *self)
{
	for (uint32_t i = 0; i < gomaxprocs; i++) {
		struct m *mp = load(&allp[i].m);

		if (mp != NULL && mp != self && !load_rlx(&allp[i].stopped))
			arch_cpuwake(mp->id);
	}
}

// stop asks, on g0, and waits until every P has stopped.
static void
stop(void *unused)
{
	struct m *self = getg()->m;
	uint32_t running = 0;

	(void)unused;
	lock(&sched.lock);
	store(&sched.gcwaiting, 1);
	for (uint32_t i = 0; i < gomaxprocs; i++) {
		struct p *pp = &allp[i];

		if (sched.idle & 1u << i) {
			store_rlx(&sched.idle, sched.idle & ~(1u << i));
			xadd(&sched.npidle, -1u);
			pp->stopped = true;
		} else if (pp != self->p && !pp->stopped) {
			running++;
		}
	}
	// The Ps that have handed themselves in count down from here.
	xadd(&sched.stopwait, running);
	unlock(&sched.lock);
	RACE_POINT(stop_asked);
	while (load(&sched.stopwait) != 0) {
		int64_t again = nanotime() + 100000;

		preemptall(self);
		while (load(&sched.stopwait) != 0 && nanotime() < again)
			procyield();
	}
}

// start gives, on g0, every stopped P below gomaxprocs back to its M.
static void
start(void *unused)
{
	struct m *self = getg()->m;
	uint32_t wake = 0;

	(void)unused;
	lock(&sched.lock);
	store(&sched.gcwaiting, 0);
	for (uint32_t i = 0; i < gomaxprocs; i++) {
		struct p *pp = &allp[i];

		if (pp == self->p || !pp->stopped || pp->m == NULL)
			continue;
		pp->stopped = false;
		startm(pp, false);
		wake |= 1u << i;
	}
	lockedretired();
	unlock(&sched.lock);
	RACE_POINT(start_given);
	for (uint32_t i = 0; i < gomaxprocs; i++)
		if (wake & 1u << i)
			notewakeup(allp[i].m);
	if (load_rlx(&sched.lockedwait) != 0)
		kickticks();
}

// stoptheworld stops every other hart. The caller must not hold locks; it runs
// unpreempted until starttheworld.
void
stoptheworld(void)
{
	if (MAXHARTS > 1)
		semacquire(&sched.worldsema, false, "stop the world");
	acquirem();
	if (MAXHARTS > 1)
		systemstack(stop, NULL);
}

void
starttheworld(void)
{
	if (MAXHARTS > 1)
		systemstack(start, NULL);
	releasem();
	if (MAXHARTS > 1)
		semrelease(&sched.worldsema, false);
}

// retire empties a P that no longer counts. The world is stopped.
static void
retire(struct p *pp, struct p *heir)
{
	struct g *head, *tail;
	uint32_t n;

	runqdrain(pp, &head, &tail, &n);
	if (n > 0)
		globrunqputbatch(head, tail, n);
	movetimers(pp, heir);
	gfflush(pp);
}

// exchange swaps the Ps of two Ms, mine for P 0's: the caller goes on with a P
// that stays.
static void
exchange(struct m *mp)
{
	struct p *old = mp->p, *first = &allp[0];

	old->m = first->m;
	first->m = mp;
	mp->p = first;
	first->stopped = false;
	settick(first, 0);
	old->stopped = true;
}

static void
procresize(uint32_t n)
{
	struct m *mp = acquirem();

	if (mp->p->id >= n)
		exchange(mp);
	for (uint32_t i = n; i < gomaxprocs; i++)
		retire(&allp[i], mp->p);
	setgomaxprocs(n);
	releasem();
}

int
runtime_gomaxprocs(int n)
{
	int old = (int)load_rlx(&gomaxprocs);

	mustgoroutine("runtime_gomaxprocs");
	if (n < 1)
		return old;
	if (getg()->locks != 0)
		fatal("runtime_gomaxprocs with preemption disabled");
	if (MAXHARTS == 1 || n == old)
		return old;
	stoptheworld();
	old = (int)gomaxprocs;
	procresize((uint32_t)n < ncpu ? (uint32_t)n : ncpu);
	starttheworld();
	return old;
}
