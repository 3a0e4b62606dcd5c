// hooks.h is the kernel's face to pkg/ and libc/: what Go's packages and newlib
// need below go.h. Go reaches these by linkname; here they are few and listed.
#ifndef GZERO_HOOKS_H
#define GZERO_HOOKS_H

#include <arch.h>
#include <go.h>

#include "pool.h"

// ---- Waiting (sema.c) -----------------------------------------------------

// semacquire takes one from s->count, waiting in FIFO order if there is none;
// lifo puts the waiter in front. semrelease gives one back and wakes the first
// waiter; with handoff the waiter gets it directly and runs at once in place
// of the caller. Goroutine context. Go: sync.runtime_Semacquire*, Semrelease.
// semwait and semgive are what is left of them when a unit was not to be had, or
// could not be counted. semfull panics, by the name of the call, if s has INT32_MAX.
void semacquire(struct go_sema *s, bool lifo, const char *reason);
void semrelease(struct go_sema *s, bool handoff);
void semwait(struct go_sema *s, bool lifo, const char *reason);
void semgive(struct go_sema *s, bool handoff);
void semfull(const struct go_sema *s, const char *call);
// semtryacquire takes one if there is one. semacquiretimeout waits at most d
// nanoseconds; false: it has none. semreleaseisr is semrelease for any context.
bool semtryacquire(struct go_sema *s);
bool semacquiretimeout(struct go_sema *s, int64_t d, const char *reason);
void semreleaseisr(struct go_sema *s, const char *call);
// condwait is cond_wait: see there. condnotify wakes the first waiter, or all.
void condwait(struct go_sema *s, void (*unlock)(void *), void *m);
void condnotify(struct go_sema *s, bool all);
// wgadd and wgwait are the body of wait_group (pkg/sync.c).
void wgadd(struct wait_group *wg, int delta);
void wgwait(struct wait_group *wg);
// ---- Spin locks (lock.c) --------------------------------------------------------

// lock and unlock: for a few instructions, in which preemption is off and nothing
// waits. Goroutine or g0 context, never in a handler.
// lock.c. lock is for locks whose rank their address shows.
enum lockrank {
	RANKCTX,
	RANKCHAN,
	RANKSEMA,
	RANKTIMERS,
	RANKSCHED,
	RANKPOOL,
	NRANK
};
void lock(struct lock *l);
void lockranked(struct lock *l, enum lockrank rank);
void unlock(struct lock *l);

// ---- Channels in storage of their owner (chan.c) --------------------------

// chaninit makes an open channel at c, with buf of elemsize * cap bytes; it is
// never freed. Any context.
void chaninit(struct hchan *c, size_t elemsize, uint32_t cap, void *buf);
// chansend and chanrecv are the bodies of send and receive: false if it would
// block and block is false, which is what g0 must say. Sending on a closed
// channel panics. elem is elemsize bytes; chanrecv's may be NULL.
bool chansend(struct hchan *c, const void *elem, bool block);
bool chanrecv(struct hchan *c, void *elem, bool block, bool *ok);
// chanclose closes c and appends those who waited to a list: *tail is where the
// next one goes (at first the list's head, which the caller has set to NULL);
// returns the new end. NULL if c is closed already. readyall, without a lock,
// readies the whole list. Goroutine or g0 context.
struct g **chanclose(struct hchan *c, struct g **tail);
void readyall(struct g *list);

// ---- Contexts ---------------------------------------------------------------

// mustgoroutine throws "<call>: called on g0" (or in a handler, or before the
// scheduler runs) unless the caller may block.
void mustgoroutine(const char *call);
// needgoroutine is that at the price of a load and a branch, for fast paths. The
// scheduler must have set this hart's g.
#if !SMALL
typedef uint64_t goid_t;
#else
typedef uint32_t goid_t; // they begin anew after 2^32
#endif
#define G_GOID \
	((5 * WORD + 2 * 4 + sizeof(goid_t) - 1) / sizeof(goid_t) * \
	 sizeof(goid_t)) // offset in struct g
static inline void
needgoroutine(const char *call)
{
	const unsigned char *gp = (const void *)getg();

	if (*(const goid_t *)(const void *)(gp + G_GOID) == 0) {
		mustgoroutine(call);
		__builtin_unreachable(); // it has thrown
	}
}
// fatal ends the machine with status 2 after "fatal error: " and the text; for
// errors of the program that nothing can survive.
GO_NORETURN
__attribute__((format(printf, 1, 2))) void fatal(const char *fmt, ...);

// ---- Timers (time.c) ---------------------------------------------------------

// What a timer does when it fires. Those of the kernel (sleep, timeouts) are 0:
// fn runs with the heap locked.
enum { TIMER_KERNEL, TIMER_FN, TIMER_TICKER };
// deadline is now + d, at most the end of time. Any context.
int64_t deadline(duration d);
// starttimer sets t unless it is set: then it returns false. modtimer sets it in
// any case (with that period, if it is a ticker); true if it was set. stoptimer
// takes it back; true if it was set. It waits, if told so and only in a goroutine,
// until t's fn does not run on any hart. Several calls with one timer may come at
// the same time. Goroutine, or fn of a timer.
bool starttimer(struct timer *t, int64_t when, uint32_t kind,
		void (*fn)(void *), void *arg);
bool modtimer(struct timer *t, int64_t when, duration period);
bool stoptimer(struct timer *t, bool wait);
// needtimers throws in a handler, by the name of the call.
void needtimers(const char *call);

// ---- newlib ---------------------------------------------------------------

// reentslot is where this goroutine keeps its struct _reent pointer; NULL on
// g0 and before the first goroutine. Any context.
void **reentslot(void);
// consolewrite writes n bytes to the console; two harts' calls do not mix.
// Goroutine or g0 context.
void consolewrite(const char *s, size_t n);
// consoleread takes what has been typed, at most n > 0 bytes and at most a line,
// and waits only if there is nothing; 0 is the end of the input (Ctrl-D). See
// console.c. Goroutine context.
size_t consoleread(char *s, size_t n);

// What libc gives: libc_main runs constructors, main, atexit functions and the
// last flush, and returns main's status. libc_goexit frees a goroutine's
// reent; it runs on that goroutine, at its end.
int libc_main(void);
void exit(int status); // atexit functions, flush, os_exit; never returns
void libc_goexit(void *reent);

// ---- Without texts and checks of contexts: errtext.h --------------------------

#if SMALL
#define fatal(...) ERRTOLD((fatal), __VA_ARGS__)
#define panic(...) ERRTOLD((panic), __VA_ARGS__)
#define mustgoroutine(call) ((void)(call))
#define needgoroutine(call) ((void)(call))
#define needtimers(call) ((void)(call))
#endif

#endif
