// runtime.h: the scheduler's data. G, M, P and sched as in Go's runtime2.go,
// with fields grouped by who may touch them.
//
// What always holds:
//  - A goroutine's m is set from when a hart has it until its context is saved.
//    With gswitch (proc.c) it may be on a queue, or made ready, before that: who
//    runs it waits until m is NULL.
//  - preemption is off while g->locks > 0. The count belongs to the goroutine
//    and not to the M (as in Go), because an interrupt may move a goroutine to
//    another hart between any two instructions: "my M's counter" could be
//    another hart's by the time it is written. On g0 the count only says which
//    spin locks are held.
//  - Interrupt handlers touch m->ready, m->ticking.., p's 64-bit times and
//    flags marked [irq] below; they take no lock.
#ifndef GZERO_RUNTIME_H
#define GZERO_RUNTIME_H

#include <arch.h>
#include <config.h>
#include <go.h>

#include "atomic.h"
#include "hooks.h"
#include "pool.h"
#include "print.h"
#include "race.h"

struct p;

// G status, changed only by casgstatus. Go: runtime2.go.
enum {
	Gidle,      // just taken from the pool
	Grunnable,  // on a run queue
	Grunning,   // on an M, owns its stack
	Gsyscall,   // unused here: a device is waited for in Gwaiting
	Gwaiting,   // parked; somebody holds a pointer to ready it
	Gdead,      // on a free list
	Gpreempted, // taken off by an interrupt, on its way to a queue
	NGSTATUS
};

// _panic is a panic (or a Goexit) that runs deferred calls, from its own pool.
struct _panic {
	struct _panic *link; // the one during which it began
	bool recovered, goexit;
	const struct sigregs *fault; // on gp's stack; NULL: a call of panic
	void (*fn)(void *);          // the deferred function it runs now
	struct catchframe *catching; // a Goexit's: those it has not passed
	uintptr_t frame;             // an address in the frame that called fn
	char text[PANIC_TEXT];
};

struct catchframe {
	struct catchframe *link;
	void *ctx;                 // arch_throwto's
	struct go_defer *deferred; // head of the defer chain at the catch
	struct _panic *panic;      // innermost panic at the catch
	uint32_t locks;
	bool boundary;    // around a deferred call; see panic.c
	const char *text; // what panic_catch returns
};

// stack classes; see stack.c
#define NSTACKCLASS 4

#if SMALL
struct g {
	struct gobuf sched;
	struct m *m;
	uintptr_t stacklo, stackhi;
	uint32_t locks, preempt;
	goid_t goid;
	uint32_t status;
	struct g *schedlink;
	void *param;
	uint32_t selectdone;
};
#else
struct g {
	// The arch knows the offsets of these five (arch.h).
	struct gobuf sched;
	struct m *m;
	uintptr_t stacklo, stackhi;

	// Owner: the goroutine itself, or the g0 that handles it.
	uint32_t locks;   // > 0: not preemptible
	uint32_t preempt; // [irq] wants to be taken off; see preempt.c
	goid_t goid;      // pkg knows the offset (hooks.h)
	uint32_t status;
	uint8_t stackclass;
	bool system;         // of the runtime; does not count as life
	bool odd;            // its end takes more than goexit1's quick way
	uint8_t bumps;       // [irq] taken off before the slice was over
	struct g *schedlink; // in a run queue or a free list
	struct _panic *panic;
	struct _panic *panicrec; // the last one that was stopped, for its text
	struct go_defer *deferred;
	struct catchframe *catching;
	void *reent; // newlib's, see hooks.h

	// Waiting: written by the waiter, read by its waker.
	const char *waitreason;
	int64_t waitsince;
	bool (*waitunlockf)(struct g *gp, void *arg);
	void *waitarg;
	void *param;         // what woke it
	uint32_t selectdone; // 0 until somebody has won this select

	// LockOSThread; see locked.c.
	struct m *lockedm; // the M it is locked to
	uint32_t lockedcount;

	// For tracebacks.
	const char *name;
	void (*startfn)(void *);
	uintptr_t gopc; // pc of the go statement
	uint64_t parentgoid;
};
#endif

struct m {
	// The arch knows the offsets of these (arch.h).
	struct g *g0;
	struct g *curg;
	uint32_t id;
	uintptr_t arch[M_ARCH_WORDS];

	struct p *p;       // attached P; NULL while idle
	struct p *nextp;   // given by a waker, under sched.lock
	struct p *watch;   // the P that this M released last; see mpark
	bool spinning;     // looking for work; counted in sched.nmspinning
	bool parked;       // has rechecked and waits; under sched.lock
	uint32_t sleeping; // [irq] inside the wait of mpark
	struct g *lockedg; // has this M for itself; sched.lock
	struct g *lockedhead, *lockedtail; // locked to it and ready; sched.lock
	bool lockedturn, serveturn;
	uint32_t servetick; // schedtick of the P when it came
	int64_t servewhen;
	struct g *ready;      // [irq] made ready by handlers of this hart
	struct isrop *isrops; // [irq] left by handlers of this hart; isr.c
	bool isrbusy;         // [irq] g0 does what they left
	bool inhandler;       // [irq] a handler of the program's runs
	bool resched;  // [irq] a request met g0: look again before a G runs
	int64_t armed; // [irq] deadline in the hart's timer
	int64_t fired; // [irq] when it came, since the last armopen
	struct timer *firing; // whose fn runs here without a lock; time.c
	uint32_t rand;        // fastrand's state
	uint64_t interrupts;  // [irq]
	int64_t due, late;    // [irq] with gz.chaos: how late interrupts come
#if WATCHDOG_NS
	int64_t watchwhen; // [irq] the next look; preempt.c
	uint32_t watched;  // [irq] what switches were at the last one
	uint32_t alive;    // [irq] has got on since board_watchdog
#endif
	uint64_t wakeups, preemptions;
	int64_t idle_ns, idlesince;
	struct g g0store;
};

enum { SLICEOVER = 1, REQUEUED = 2, SLOWNOTICK = 1 /* own, and no more */ };

// Why a P's next pick is schedule's, with all that findrunnable looks at, and not
// the quick one of a goroutine that leaves (quick.h): `pick`. And why who makes
// somebody ready has more to do than to put them there: `put`. Bytes, for different
// writers; two have one in each.
struct slow {
	union {
		uint32_t pick;
		struct {
			union {
				uint16_t own; // no matter of the global queue
				struct {
					uint8_t notick; // [irq] the slice clock
							// stands; owner's hart
					uint8_t locked; // sched.nlocked is not
							// 0; sched.lock
				};
			};
			uint8_t global; // the global queue is not empty;
					// sched.lock
		};
	};
	union {
		uint32_t put;
		struct {
			uint8_t putnotick, putlocked;
			uint8_t others; // gomaxprocs is not 1: they may sleep
		};
	};
};

struct p {
#if MAXHARTS > 1
	struct g *runnext; // thieves may take it
	struct slow slow;
	uint32_t runqhead; // thieves move it
	uint32_t runqtail; // only the owner moves it
	uint32_t id;
#else
	struct g *runnext;
	struct slow slow;
	struct g *runqhead, *runqtail; // linked by schedlink
	uint32_t id;
#endif

	// How often a goroutine was run: with a time slice of its own, and with
	// the rest of another's. Words: on 32-bit machines they come round.
	uintptr_t schedtick, inherits;
	uintptr_t handed;  // by an interrupt, which is counted nowhere else
	uint32_t tickseen; // [irq] schedtick at the last look
	uint32_t gfreen;   // of gfree; MAXHARTS > 1
	struct g *gfree;   // dead Gs with a stack of the standard class
	uint64_t lives, steals;
	uint64_t fresh;   // goroutines of a G that had no life before
	uint64_t spawned; // MAXHARTS > 1: see spawned()
	// The last id given out, and the last that this P may give.
	uint64_t goidcache, goidcacheend;

	struct m *m;  // M that runs it, or that watches it while idle
	bool stopped; // by stop-the-world or a smaller gomaxprocs; sched.lock
	bool held;    // [irq] by an M that waits for its lockedg
	uint32_t slices; // that ended with others on the global queue

	// The slice clock. Owner's hart: code with interrupts masked, handler.
	int64_t tickwhen;  // [irq] next look at the slice; 0: not ticking
	uint8_t sliceover; // [irq] curg has had its slice; REQUEUED: and is off

	struct lock timerslock;
	struct timer *timers; // root of the heap
	uint32_t ntimers;
	uint32_t timerseq;
	int64_t timer0when; // [irq] deadline of the root; 0: none
	int64_t timerrest;  // [irq] until then no timer preempts; owner's hart
	int64_t fncost;     // [irq] time in timers' fns since a goroutine ran

#if MAXHARTS > 1
	struct g *runq[RUNQ_SIZE];
#endif
};

struct schedt {
	struct lock lock;
	// Under lock.
	uint32_t idle; // bit i: allp[i] is idle, allp[i].m watches it
	struct g *runqhead, *runqtail;
	struct g *gfreestack, *gfreenostack;
	uint32_t ngfree;
	uint32_t nm; // Ms that have started
	uint32_t
		nmparked; // of them, those that wait and have nothing to look at
	uint64_t goidgen;

	// Read without the lock.
	uint32_t runqsize;
	uint32_t npidle, nmspinning, needspinning;
	uint32_t gcwaiting; // stop-the-world asked for
	uint32_t stopwait;  // Ps that have not stopped yet; written under lock
	uint32_t nlocked; // goroutines locked to an M; 0: nothing below matters
	uint32_t lockedwait; // bit i: allm[i] needs a P; written under lock
	uint32_t ngsys;
	uint32_t nwaiters; // goroutines that wait for a device; see irqwaits
	bool mainstarted, maingone;
	struct go_sema worldsema; // one stopper at a time
};

extern struct schedt sched;
extern struct m allm[MAXHARTS];
extern struct p allp[MAXHARTS];
extern uint32_t ncpu;       // harts found, at most MAXHARTS
extern uint32_t gomaxprocs; // changed only while the world is stopped
extern struct g allg[NG];

// thism is the M that this runs on; g0 and handlers, or with preemption off.
static inline struct m *
thism(void)
{
	return MAXHARTS == 1 ? &allm[0] : getg()->m;
}

_Static_assert(offsetof(struct g, sched.sp) == G_SCHED_SP, "arch.h");
_Static_assert(offsetof(struct g, sched.pc) == G_SCHED_PC, "arch.h");
_Static_assert(offsetof(struct g, m) == G_M, "arch.h");
_Static_assert(offsetof(struct g, stacklo) == G_STACK_LO, "arch.h");
_Static_assert(offsetof(struct g, stackhi) == G_STACK_HI, "arch.h");
_Static_assert(offsetof(struct g, locks) == G_LOCKS, "arch.h");
_Static_assert(offsetof(struct g, preempt) == G_PREEMPT, "arch.h");
_Static_assert(offsetof(struct g, goid) == G_GOID, "hooks.h");
_Static_assert(offsetof(struct m, g0) == M_G0, "arch.h");
_Static_assert(offsetof(struct m, curg) == M_CURG, "arch.h");
_Static_assert(offsetof(struct m, id) == M_ID, "arch.h");
_Static_assert(offsetof(struct m, arch) == M_ARCH, "arch.h");

// ---- lock.c: spin locks ----------------------------------------------------
// What happens rarely is a function of its own, called last where that is possible:
// the way that is taken then needs no frame.
#define RARE __attribute__((noinline, cold))

// gbusy tells whether gp is g0, whose count never ends, or holds a lock.
enum { G0LOCKS = 1 };
static inline bool
gbusy(const struct g *gp)
{
	return nonzero_rlx(&gp->locks);
}

// gfixed tells whether gp is that, or is about to be preempted.
static inline bool
gfixed(const struct g *gp)
{
	typedef uint64_t __attribute__((may_alias)) both;

	_Static_assert(G_PREEMPT == G_LOCKS + 4, "arch.h");
	if (G_LOCKS % 8 == 0)
		return *(const volatile both *)(const void *)&gp->locks != 0;
	return (gp->locks | *(const volatile uint32_t *)&gp->preempt) != 0;
}

// INLINE: builds whose short ways are compiled into their callers; the others look
// and roll dice on the way, and go through lock.c. Nor are they where each byte counts.
#define INLINE (!DEBUG && !RACE && !TORTURE && !SMALL)

void lockwait(struct lock *l);
void releaselooked(struct lock *l);
void releasemlooked(struct g *gp);
void gopreempt(void);

// lockas takes a lock whose rank its address does not show.
static inline void
lockas(struct lock *l, enum lockrank rank)
{
	if (!INLINE) {
		lockranked(l, rank);
		return;
	}
	getg()->locks++;
	barrier();
	if (MAXHARTS > 1 && __builtin_expect(xchg_lock(&l->key) != 0, 0))
		lockwait(l);
}

// release lets l go without a look at the count.
static inline void
release(struct lock *l)
{
	if (!INLINE)
		releaselooked(l);
	else if (MAXHARTS > 1)
		store_rel(&l->key, 0);
	barrier();
}

// acquirem keeps the caller on its M and returns it. Nests.
static inline struct m *
acquirem(void)
{
	struct g *gp = getg();

	gp->locks++;
	barrier();
	return MAXHARTS > 1 ? gp->m : &allm[0];
}

// preempted tells whether an interrupt wants gp, which runs here, to give way.
static inline bool
preempted(const struct g *gp)
{
	return nonzero_rlx(&gp->preempt);
}

// releasem allows preemption again; one that came due meanwhile happens now.
static inline void
releasem(void)
{
	struct g *gp = getg();

	barrier();
	if (!INLINE) {
		releasemlooked(gp);
		return;
	}
	if (--gp->locks != 0)
		return;
	barrier(); // an interrupt that still saw the count has set preempt
	if (__builtin_expect(preempted(gp), 0))
		gopreempt();
}

// releaseq is releasem for self, whose count is 1. Returns true, for those who end
// with it.
RARE bool gopreemptq(void);
static inline bool
releaseq(struct g *self)
{
	barrier();
	self->locks = 0;
	barrier(); // an interrupt that still saw the count has set preempt
	if (__builtin_expect(preempted(self), 0))
		return gopreemptq();
	return true;
}

// unlockas is unlock, compiled in.
static inline void
unlockas(struct lock *l)
{
	release(l);
	releasem();
}

void unlock0(struct lock *l, struct g *gp); // on g0, for the parked gp

// ---- proc.c: the scheduler ----------------------------------------------
void casgstatuslooked(struct g *gp, uint32_t old, uint32_t new);
// casgstatus moves gp from status old to new. Builds that look throw if gp was not in
// old, or the step is not one of a goroutine's life.
static inline void
casgstatus(struct g *gp, uint32_t old, uint32_t new)
{
	if (INLINE)
		store_rlx(&gp->status, new);
	else
		casgstatuslooked(gp, old, new);
}
_Noreturn void schedule(void);
void dropg(struct m *mp, struct g *gp);
void systemstack(void (*fn)(void *), void *arg);
void gopark(bool (*unlockf)(struct g *, void *), void *arg, const char *reason);
void goparkunlock(struct lock *l, const char *reason);
#if SMALL // errtext.h
#define gopark(unlockf, arg, reason) (gopark)((unlockf), (arg), NULL)
#define goparkunlock(l, reason) (goparkunlock)((l), NULL)
#endif
void goready(struct g *gp);
void goreadym(struct g *gp);
bool goreadyq(struct g *gp);
void goyield(void);
void drainready(struct p *pp);
void globrunqputbatch(struct g *head, struct g *tail, uint32_t n);
struct g *globrunqget(struct p *pp, uint32_t max);
uint32_t fastrand(void);
uint32_t fastrandn(uint32_t n);
extern uint32_t chaosmin, chaosmax;

// ---- idle.c: going to sleep and waking up -----------------------------------
void wakep(void);
__attribute__((noinline)) bool wakepm(void);
void setgomaxprocs(uint32_t n);
struct m *startm(struct p *pp, bool spinning);
void notewakeup(struct m *mp);
void becomespinning(struct m *mp);
void resetspinning(struct m *mp);
bool timerdue(const struct p *pp);
void giveup(struct m *mp, struct g **gp);
void dropspinning(struct m *mp);
void pidletake(struct p *pp);
void unpark(struct m *mp);
void markparked(struct m *mp);
uint32_t idlearm(struct m *mp, int64_t when);
void idlewait(struct m *mp, uint32_t n, uintptr_t s);
void joinm(struct m *mp, struct p *pp);
void mpark(struct m *mp);

// ---- locked.c: LockOSThread -------------------------------------------------
void lockedput(struct g *gp);
struct g *lockedget(struct m *mp);
struct g *findlocked(struct m *mp);
bool lockedserve(struct m *mp);
void lockedretired(void);
bool lockedexit(struct g *gp);

// ---- newproc.c: birth and death ---------------------------------------------
_Noreturn void mstart1(struct m *mp);
void newmain(void (*fn)(void *));
uint32_t gcount(void);

// ---- stw.c: stop-the-world --------------------------------------------------
void stoptheworld(void);
void starttheworld(void);
void gcstopm(void);

// ---- runq.c: a P's local queue --------------------------------------------
bool runqkick(struct p *pp, bool global);
bool runqempty(struct p *pp);
struct g *runqsteal(struct p *pp, struct p *victim, bool stealnext);
struct stealorder {
	uint32_t n, left, pos, step;
};
void stealstart(struct stealorder *o, uint32_t n, uint32_t random);
void stealnext(struct stealorder *o);
void runqdrain(struct p *pp, struct g **head, struct g **tail, uint32_t *n);

// ---- gfree.c: dead Gs ------------------------------------------------------
extern struct pool gpool;
void gfput(struct p *pp, struct g *gp);
struct g *gfget(struct p *pp, int class, const struct pool **why);
void gfflush(struct p *pp);

// ---- stack.c ---------------------------------------------------------------
// stackclassfor returns the smallest class with at least that many bytes, -1 if
// there is none.
static inline int
stackclassfor(size_t bytes)
{
	return bytes <= STACK0_BYTES ? 0 :
	       bytes <= STACK1_BYTES ? 1 :
	       bytes <= STACK2_BYTES ? 2 :
	       bytes <= STACK3_BYTES ? 3 :
				       -1;
}
size_t stackclassbytes(int class);
bool stackalloc(struct g *gp, int class);
void stackfree(struct g *gp);
struct pool *stackpool(int class);
// stackcheck ends the machine if gp has written over the end of its stack, whose
// lowest word it finds changed.
#define CANARY ((uintptr_t)0x67a65620c0ffee21)
RARE void stackbroken(const struct g *gp);
static inline void
stackcheck(const struct g *gp)
{
	if (__builtin_expect(*(const volatile uintptr_t *)gp->stacklo != CANARY,
			     0))
		stackbroken(gp);
}
size_t stackhigh(const struct g *gp);
size_t stackclasshigh(int class);
void stackmeasure(struct g *gp);
void stackreport(void);
void guardtest(const struct m *mp);

// ---- time.c: timers ----------------------------------------------------------
void addtimer(struct timer *t, int64_t when);
bool deltimer(struct timer *t);
bool runtimers(struct p *victim);
int64_t timerlook(const struct p *pp);
void timersrest(struct p *pp);
void movetimers(struct p *from, struct p *to);

#ifndef ARCH_STARTCALL
#define arch_startcall gostartcall
#endif

// mof and pof are gp's M and its P; gp runs and is not preempted.
static inline struct m *
mof(const struct g *gp)
{
	return MAXHARTS > 1 ? gp->m : &allm[0];
}

static inline struct p *
pof(const struct m *mp)
{
	return MAXHARTS > 1 ? mp->p : &allp[0];
}

// spawned is how many goroutines were made on pp.
static inline uint64_t
spawned(const struct p *pp)
{
	return MAXHARTS > 1 ? pp->spawned : pp->goidcache;
}

// settick sets the slice clock of pp, 0: it stands. pp's hart only.
static inline void
settick(struct p *pp, int64_t when)
{
	store64(&pp->tickwhen, when);
	store_rlx(&pp->slow.notick, when == 0);
	store_rlx(&pp->slow.putnotick, when == 0);
}

// ---- preempt.c: the sysmon's work, in the timer interrupt -----------------
enum { BUMPS = 64 }; // see preempt.c
void starttick(struct p *pp);
void armtick(struct p *pp, int64_t now);
void armtimer(int64_t when);
void armopen(int64_t when);
void armchaos(void);
void kickticks(void);
bool otherswait(struct p *pp);
bool lineexit(struct m *mp, struct g *gp);
bool ipiexit(struct m *mp, struct g *gp);

// ---- netpoll.c: interrupts as events -----------------------------------------
struct g *netpoll(void);
// pending tells whether handlers of mp's hart have left something to do.
static inline bool
pending(const struct m *mp)
{
	barrier(); // the same hart's handlers: no fence
	return load_rlx(&mp->ready) != NULL || load_rlx(&mp->isrops) != NULL;
}
void netpollready(unsigned irq);
bool irqwaits(void);
void irqattach(unsigned irq, void (*fn)(void *arg), void *arg);
void pushready(struct g *gp);

// ---- console.c: input ---------------------------------------------------------
void consoleinit(void);
int64_t consolein(void), consolelost(void);

// ---- sema.c ------------------------------------------------------------------
static inline struct lock *
semlock(struct go_sema *s)
{
	return (struct lock *)(void *)&s->lock;
}
struct g *semserve(struct go_sema *s);

// ---- isr.c: what handlers may do ----------------------------------------------
// inhandler is the M whose handler this is, NULL elsewhere.
static inline struct m *
inhandler(void)
{
	struct g *gp = getg();

	return gp->goid == 0 && gp->m->inhandler ? gp->m : NULL;
}
struct isrop;
void isrdone(struct sudog *sg);
void isrdrain(struct m *mp);
void isrsettle(const struct hchan *c);
#if SMALL // no handler leaves anything
#define isrdone(sg) ((void)(sg))
#define isrsettle(c) ((void)(c))
#endif

// touch faults at once, in the goroutine that called, where p is no address: not
// later, with a lock held or on g0, where no panic is possible.
static inline void
touch(const void *p)
{
	(void)*(const volatile unsigned char *)p;
}

// ---- ledger.c: nothing is lost, nothing is there twice; select.c's part of it ---
bool ledger_check(void);
bool ledger_idle(void);
uint32_t selectplaces(const struct g *gp);

// ---- panic.c, die.c -----------------------------------------------------------
extern uint32_t dying;
_Noreturn void frozen(void);
void startdying(void);
_Noreturn void died(void);
void stackoverflow(const struct g *gp, uintptr_t sp);
void printfault(const struct g *gp, const struct sigregs *r);
_Noreturn void faultpanic(struct g *gp, const struct sigregs *r);
_Noreturn void dienow(const struct g *gp, const struct unwind *from);
void checkdead(void);
void panicfree(struct g *gp);

// ---- lastrun.c: called with LASTRUN_BYTES > 0 only -----------------------------
void lastrunboot(void);
void lastrunbegin(void);
void lastrunend(bool report);

// ---- chanbuf.c ----------------------------------------------------------------
void *chanbufalloc(size_t bytes);
void chanbuffree(void *b);
extern struct pool chanpool;
unsigned chanbufused(void), chanbufhigh(void);
size_t chanbufsize(const void *b);
const char *chanbufaudit(void);
extern struct pool *allpools; // linked through link; pool.c

#endif
