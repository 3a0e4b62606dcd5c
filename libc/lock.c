// lock.c: newlib's locks are goroutine mutexes.
//
// newlib is built with retargetable locking: malloc, stdio, atexit, the
// environment and the time zone each ask for a lock by these names. Waiting
// for one blocks a goroutine and never a hart. On g0 and in handlers malloc
// and stdio are therefore illegal, and taking a lock throws there, free or not:
// what it guards may be half done by the goroutine below.
//
// What always holds: owner is the goroutine that holds a recursive lock, and
// only that goroutine ever stores itself there, so "owner == I" can be asked
// without the mutex. owner is the struct g and not the goid, because it must
// be read in one access on 32-bit machines too. depth belongs to the owner.
//
// Turned down: spin locks (a printf may hold stdout's lock for as long as the
// console takes), and newlib's __malloc_lock alone (stdio would stay unsafe).
#include <arch.h>
#include <config.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/lock.h>

#include "../kernel/hooks.h"
#include "libc.h"

struct __lock {
	struct mutex m;
	_Atomic(struct g *) owner;
	unsigned depth;
};

// The locks that newlib expects to exist.
struct __lock __lock___sinit_recursive_mutex;
struct __lock __lock___sfp_recursive_mutex;
struct __lock __lock___atexit_recursive_mutex;
struct __lock __lock___at_quick_exit_mutex;
struct __lock __lock___malloc_recursive_mutex;
struct __lock __lock___env_recursive_mutex;
struct __lock __lock___tz_mutex;
struct __lock __lock___dd_hash_mutex;
struct __lock __lock___arc4random_mutex;

static struct __lock locks[NLOCK > 0 ? NLOCK : 1];
static struct pool lockpool =
	POOL_INIT("libc lock", "NLOCK", locks, sizeof locks[0], NLOCK);

void
__retarget_lock_init(_LOCK_T *lock)
{
	*lock = NLOCK > 0 ? poolget(&lockpool) : NULL;
	if (!*lock)
		fatal("pool \"%s\" of %u is exhausted; raise %s", lockpool.name,
		      lockpool.n, lockpool.setting);
	**lock = (struct __lock){ .depth = 0 };
}

void
__retarget_lock_init_recursive(_LOCK_T *lock)
{
	__retarget_lock_init(lock);
}

void
__retarget_lock_close(_LOCK_T lock)
{
	poolput(&lockpool, lock);
}

void
__retarget_lock_close_recursive(_LOCK_T lock)
{
	poolput(&lockpool, lock);
}

static inline void
legal(void)
{
	needgoroutine("malloc or stdio");
}

void
__retarget_lock_acquire(_LOCK_T lock)
{
	legal();
	mutex_lock(&lock->m);
}

int
__retarget_lock_try_acquire(_LOCK_T lock)
{
	return mutex_try_lock(&lock->m);
}

void
__retarget_lock_release(_LOCK_T lock)
{
	mutex_unlock(&lock->m);
}

// again takes a lock that the caller holds already once more.
static bool
again(struct __lock *lock, struct g *gp)
{
	if (!gp ||
	    atomic_load_explicit(&lock->owner, memory_order_relaxed) != gp)
		return false;
	lock->depth++;
	return true;
}

static void
own(struct __lock *lock, struct g *gp)
{
	atomic_store_explicit(&lock->owner, gp, memory_order_relaxed);
	lock->depth = 1;
}

void
__retarget_lock_acquire_recursive(_LOCK_T lock)
{
	struct g *gp = getg();

	if (again(lock, gp))
		return;
	legal();
	mutex_lock(&lock->m);
	own(lock, gp);
}

int
__retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
	struct g *gp = getg();

	if (again(lock, gp))
		return 1;
	if (!mutex_try_lock(&lock->m))
		return 0;
	own(lock, gp);
	return 1;
}

void
__retarget_lock_release_recursive(_LOCK_T lock)
{
	if (atomic_load_explicit(&lock->owner, memory_order_relaxed) != getg())
		fatal("libc lock %p released by goroutine %llu, "
		      "which does not hold it",
		      (void *)lock, (unsigned long long)runtime_goid());
	if (--lock->depth > 0)
		return;
	atomic_store_explicit(&lock->owner, NULL, memory_order_relaxed);
	mutex_unlock(&lock->m);
}

// ---- POSIX ------------------------------------------------------------------
// newlib declares these in <stdio.h> and defines them for few systems.

void flockfile(FILE *f);
void funlockfile(FILE *f);
int ftrylockfile(FILE *f);

// flockfile keeps other goroutines from using f until as many funlockfile.
void
flockfile(FILE *f)
{
	__retarget_lock_acquire_recursive(f->_lock);
}

int
ftrylockfile(FILE *f)
{
	return __retarget_lock_try_acquire_recursive(f->_lock) ? 0 : -1;
}

void
funlockfile(FILE *f)
{
	__retarget_lock_release_recursive(f->_lock);
}
