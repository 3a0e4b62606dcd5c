// sync.c: Go's sync package for C: mutex and wait_group. Fast paths are one
// atomic operation; waiting is the kernel's semaphore.
//
// Mutex. state = number of waiters << 3 | STARVING | WOKEN | LOCKED. In normal
// mode a waiter that is woken competes with newcomers, who have the hart and
// mostly win: fast, but unfair. One that has waited for more than 1 ms switches the
// mutex to starvation mode: unlock then hands it to the first waiter, who runs at
// once, and newcomers queue at the end without trying. The last waiter, or one that
// waited for less than 1 ms, switches back. WOKEN tells unlock that somebody is
// awake and tries already.
//
// Go: sync/mutex.go, sync/waitgroup.go.
#define GO_INLINE 0 // here are the functions themselves
#include "../kernel/atomic.h"
#include "../kernel/hooks.h"

#undef mutex_unlock
#undef wait_group_done

enum { LOCKED = 1, WOKEN = 2, STARVING = 4, WAITER = 8 }; // go_cas.h knows 1

#define STARVE_NS (1 * MILLISECOND)

// next computes what a locker that found `old` wants to make of it.
static uint32_t
wanted(uint32_t old, bool starving, bool awoke)
{
	uint32_t new = old;

	if (!(old & STARVING))
		new |= LOCKED; // a newcomer never takes a starving mutex
	if (old & (LOCKED | STARVING))
		new += WAITER;
	if (starving && (old & LOCKED))
		new |= STARVING;
	if (awoke)
		new &= ~(uint32_t)WOKEN;
	return new;
}

// inherit takes a starving mutex that unlock handed to this waiter.
static void
inherit(struct mutex *m, bool starving)
{
	uint32_t old = load(&m->state);
	uint32_t delta = LOCKED - (uint32_t)WAITER;

	if (!starving || old / WAITER == 1)
		delta -= STARVING;
	xadd(&m->state, delta);
}

// mutex_lock_ is what go_inline.h leaves over of mutex_lock: m was not free, when it
// was looked at.
void
mutex_lock_(struct mutex *m)
{
	int64_t since = 0;
	bool starving = false, awoke = false;

	needgoroutine("mutex_lock");
	for (;;) {
		uint32_t old = load(&m->state);

		if (!cas(&m->state, old, wanted(old, starving, awoke)))
			continue;
		if (!(old & (LOCKED | STARVING)))
			return;

		bool again = since != 0;

		if (!again)
			since = time_now();
		semacquire(&m->sema, again, "sync.Mutex.Lock");
		starving = starving || time_now() - since > STARVE_NS;
		if (load(&m->state) & STARVING) {
			inherit(m, starving);
			return;
		}
		awoke = true;
	}
}

// The fast path: go_inline.h's, where the compiler puts it into the caller.
void
mutex_lock(struct mutex *m)
{
	if (DEBUG)
		needgoroutine("mutex_lock");
	if (!go_mutex_take_(&m->state))
		mutex_lock_(m);
}

bool
mutex_try_lock(struct mutex *m)
{
	uint32_t old;

	needgoroutine("mutex_try_lock");
	old = load_rlx(&m->state);
	return !(old & (LOCKED | STARVING)) &&
	       cas_acq(&m->state, old, old | LOCKED);
}

void
mutex_unlock_(struct mutex *m)
{
	uint32_t new;

	needgoroutine("mutex_unlock");
	new = xadd(&m->state, -(uint32_t)LOCKED);
	if (!((new + LOCKED) & LOCKED))
		fatal("sync: unlock of unlocked mutex");
	if (new &STARVING) {
		semrelease(&m->sema, true);
		return;
	}
	for (;;) {
		// Nobody waits, or somebody has it or tries already.
		if (new < WAITER || new &(LOCKED | WOKEN | STARVING))
			return;
		if (cas(&m->state, new, (new - WAITER) | WOKEN)) {
			semrelease(&m->sema, false);
			return;
		}
		new = load(&m->state);
	}
}

void
mutex_unlock(void *mutex)
{
	struct mutex *m = mutex;

	if (DEBUG)
		needgoroutine("mutex_unlock");
	if (!go_mutex_drop_(&m->state))
		mutex_unlock_(m);
}

// The counter of a wait_group is the kernel's: see wgadd in kernel/sema.c.
void
wait_group_add(struct wait_group *wg, int delta)
{
	needgoroutine("wait_group_add");
	wgadd(wg, delta);
}

void
wait_group_done(void *wg)
{
	needgoroutine("wait_group_done");
	wgadd(wg, -1);
}

void
wait_group_wait(struct wait_group *wg)
{
	mustgoroutine("wait_group_wait");
	wgwait(wg);
}
