// go.h is what a gzero program sees: goroutines, channels, select, defer and
// panic, sync and time, with Go's semantics, in C.
//
// Naming: pkg.FuncName is pkg_func_name, Type.Method is type_method, words of
// the language (go, defer, panic, recover) stay bare. Every comment gives the
// Go call it stands for, units, sizes, errors, and the contexts in which the
// call is legal:
//   goroutine  ordinary code; may block
//   any        also g0 and interrupt handlers
// A call that says nothing about its context is for goroutines only; made on
// g0 or in a handler it throws by its name. (Where a mutex, an rwmutex's read
// lock, a once or a semaphore has nothing to wait for and nobody to wake, which
// takes no call at all, only `make DEBUG=1` asks that.)
//
// Errors are of three kinds. panic: the program's fault, recoverable. fatal
// error: cannot be survived, the message names the limit and the setting that
// raises it. throw: a broken invariant of the kernel. An unrecovered panic, a
// fatal error and a throw stop the machine with exit status 2.
#ifndef GZERO_GO_H
#define GZERO_GO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define GO_NORETURN [[noreturn]]
#else
#define GO_NORETURN _Noreturn
#endif

// ---- Goroutines -----------------------------------------------------------

// go starts fn(arg) as a new goroutine with a stack of STACK_STD bytes. It
// runs next on this hart unless another hart takes it. fn == NULL and an
// exhausted pool are fatal errors. Go: the go statement.
void go(void (*fn)(void *), void *arg);

// go_try is go, but false, with nothing changed, when a pool is exhausted.
bool go_try(void (*fn)(void *), void *arg);

// go_copy(fn, (struct T){ ... }) copies the struct to the new goroutine's own
// stack and gives fn a pointer to the copy, which lives as long as the
// goroutine. At most a quarter of the stack, else a fatal error. Go: newproc's
// copied arguments.
#define go_copy(fn, ...) go_copy_((fn), &(__VA_ARGS__), sizeof(__VA_ARGS__))
void go_copy_(void (*fn)(void *), const void *args, size_t size);

// go_attr says what kind of goroutine go_with starts. Zero fields mean the
// default.
struct go_attr {
	const char *name; // shown in tracebacks; not copied; NULL: none
	size_t stack;     // bytes wanted; the smallest class that fits is used,
			  // more than the largest class is a fatal error
};

// go_with((struct go_attr){ ... }, fn, arg) starts fn(arg) with a name or a
// stack class; false when a pool is exhausted.
#define go_with(...) go_with_(__VA_ARGS__)
bool go_with_(struct go_attr attr, void (*fn)(void *), void *arg);

// runtime_gosched lets others run and comes back. Go: runtime.Gosched.
void runtime_gosched(void);
// runtime_goexit runs this goroutine's deferred calls, in which recover()
// returns NULL, and ends it; no other is affected. Main's goroutine may call
// it too: the others go on. Go: runtime.Goexit.
GO_NORETURN void runtime_goexit(void);
// os_exit stops the whole machine at once with status code & 255. No deferred
// call runs; a line of stdio that has no newline yet is lost. Any context.
// Go: os.Exit.
GO_NORETURN void os_exit(int code);

// runtime_goid is the id of the running goroutine; main's is 1, ids are never
// used again. 0 on g0. Any context.
uint64_t runtime_goid(void);
// runtime_num_goroutine counts live goroutines, those of the system not
// included. Any context. Go: runtime.NumGoroutine.
int runtime_num_goroutine(void);
// runtime_num_cpu is the number of harts found at boot. Any context.
int runtime_num_cpu(void);
// runtime_cpu is the hart that the caller runs on, 0 to runtime_num_cpu() - 1: a
// moment ago, unless the goroutine is locked to it or preemption is disabled. Any
// context.
int runtime_cpu(void);
// runtime_gomaxprocs sets how many harts run goroutines at once, 1 to
// runtime_num_cpu() (more is taken as that), and returns the old value;
// n < 1 only asks. Stops the world for a moment. Go: runtime.GOMAXPROCS.
int runtime_gomaxprocs(int n);

// preempt_disable keeps this goroutine on its hart and unpreempted until as
// many preempt_enable; a preemption that was due then happens at once. Between
// them nothing may block. Keep it short: timers and other goroutines of this
// hart wait.
void preempt_disable(void);
void preempt_enable(void);

// runtime_lock_os_thread keeps this goroutine on the hart it runs on, until as
// many runtime_unlock_os_thread or its end; they nest. Meanwhile the hart runs
// nothing else, its own waiting included: others run on other harts. One hart
// always stays for everybody: where all others are locked, and so always on a
// machine with one hart, the lock pins without excluding. A goroutine that ends
// locked leaves its hart reset to the state of boot (rounding mode and the like).
// Unlocking what is not locked does nothing. Go: runtime.LockOSThread.
void runtime_lock_os_thread(void);
void runtime_unlock_os_thread(void);

// frame is one line of a traceback. func is "?" and file NULL where the image
// has no symbols for pc.
struct frame {
	uintptr_t pc;     // the call (or the interrupted instruction)
	uintptr_t entry;  // first instruction of the function
	const char *func; // never NULL
	const char *file; // may be NULL
	int line;         // 0 if unknown
};
// runtime_caller describes the caller of this function (skip 0), its caller
// (skip 1), ... up to goexit; false beyond. Any context. Go: runtime.Caller.
bool runtime_caller(int skip, struct frame *f);
// runtime_callers stores up to n return pcs, the first `skip` frames left out,
// and returns how many; skip 0 is the caller itself. Any context.
// Go: runtime.Callers.
int runtime_callers(int skip, uintptr_t *pcs, int n);
// runtime_func_for_pc looks a return pc from runtime_callers up. Any context. Go:
// runtime.FuncForPC, Frames.
bool runtime_func_for_pc(uintptr_t pc, struct frame *f);
// runtime_stack prints the traceback of this goroutine, or of all, to the
// console. All of them: the world is stopped meanwhile. Go: runtime.Stack.
void runtime_stack(bool all);

// runtime_print writes to the console at once, without stdio and in little stack
// (220 bytes on a Cortex-M), for machines that have no room for more. A goroutine's
// text is not mixed with another's. The format is panic's, with widths. Any
// context. Go: the built-in print.
__attribute__((format(printf, 1, 2))) void runtime_print(const char *fmt, ...);
// runtime_last_panic is what the run before this one printed when it ended by a panic
// or a fatal error, as much of it as LASTRUN_BYTES (config.h) keeps: NULL if it ended
// otherwise, or if RAM has been without power since. It lies where it was kept, and
// is overwritten if this run dies, too. Any context.
const char *runtime_last_panic(void);
// runtime_reset_reason says in words why the machine was reset, "" if its board
// does not know. Any context.
const char *runtime_reset_reason(void);

// runtime_stats: what the kernel has counted since boot. Counters are per hart
// and summed when read; on a running system the sums are a moment old.
#define GO_MAXHARTS 64
struct runtime_pool {
	const char *name;
	const char *setting;       // what in config.h sets its size
	unsigned used, high, size; // blocks (channel buffers: bytes)
};
struct runtime_hart {
	uint64_t switches;    // goroutines executed
	uint64_t spawned;     // goroutines created
	uint64_t lives;       // goroutines ended
	uint64_t reused;      // spawns served by a free list
	uint64_t steals;      // goroutines taken from another P
	uint64_t preemptions; // goroutines taken off by an interrupt
	uint64_t wakeups;     // idle harts that this one woke
	uint64_t interrupts;  // timer, IPI and device interrupts
	int64_t idle_ns;      // nanoseconds asleep
	int64_t late_ns;      // with gz.chaos: the latest timer interrupt
};
// A stack class: bytes, and of them used at most by any goroutine that has ended
// or lives; 0 in images without STACK_PAINT or DEBUG (see runtime_read_stacks).
struct runtime_stackclass {
	size_t size, high;
};
struct runtime_stats {
	unsigned nharts, npools;
	struct runtime_stackclass stack[4];
	unsigned ntimers; // set now: timers, sleeps, timeouts
	struct runtime_hart hart[GO_MAXHARTS];
	struct runtime_pool pool[16];
	uint64_t console_in;   // bytes typed that found room in CONSOLE_INPUT
	uint64_t console_lost; // and those that did not
};
// runtime_read_stats fills in s, which is too large for most stacks. Any context.
void runtime_read_stats(struct runtime_stats *s);

// runtime_read_stacks tells how deep goroutines have gone that have ended, by
// entry function and stack size: up to n entries, and returns how many. Only
// images with STACK_PAINT or DEBUG measure; others return 0.
struct runtime_stack_use {
	void (*fn)(void *); // entry function; NULL: all that found no room
	size_t size, high;  // bytes of the stack, and of them used at most
	uint32_t n;         // goroutines measured
};
unsigned runtime_read_stacks(struct runtime_stack_use *u, unsigned n);

// runtime_goroutines describes up to n goroutines, those of the system included,
// in no particular order, and returns how many there are, which may be more than
// n. The world is stopped meanwhile, so all of them are as they were at one
// moment, and only the caller is running. Go: runtime.GoroutineProfile.
struct goroutine_info {
	uint64_t id, parent;  // goid, and that of the go statement's goroutine
	const char *name;     // go_attr's; NULL: none
	const char *state;    // "running", "runnable" or "waiting"
	const char *reason;   // what a waiting one waits for; else NULL
	int64_t waiting;      // for so many ns; 0: not known (WAITSINCE)
	size_t stack_size;    // bytes
	size_t stack_used;    // of them now
	size_t stack_high;    // at most so far; 0 without STACK_PAINT or DEBUG
	void (*fn)(void *);   // entry function
	uintptr_t created_pc; // of the go statement, for runtime_func_for_pc
	bool system;          // of the runtime, not of the program
	bool locked;          // to its hart (runtime_lock_os_thread)
};
unsigned runtime_goroutines(struct goroutine_info *p, unsigned n);

// ---- Channels -------------------------------------------------------------

typedef struct hchan chan;

// hchan is a channel; its fields are the kernel's. It is here so that
// CHAN_STATIC, tickers and contexts can hold one.
struct go_waitq {
	struct sudog *first, *last;
};
struct hchan {
	uint32_t lock;
	// open4: it is open, and of elements of 4 bytes; open8 likewise.
	uint8_t closed, open4, open8;
	uint8_t fixed; // not from the pool
	uintptr_t qcount, dataqsiz;
	uintptr_t sendx, recvx; // where in buf the next send and receive go
	unsigned char *buf;
	struct go_waitq recvq, sendq;
	uint32_t elemsize;
};

// chan_make(T, cap) makes a channel of T with room for cap elements (0:
// unbuffered) from the static pools. sizeof(T) is at most CHAN_ELEM_MAX, cap
// not negative, else it panics as Go's make does. An exhausted pool is a fatal
// error. chan_try_make returns NULL instead. Go: make(chan T, cap).
#define chan_make(T, cap) chan_make_(sizeof(T), (cap))
#define chan_try_make(T, cap) chan_try_make_(sizeof(T), (cap))
chan *chan_make_(size_t elemsize, intptr_t cap);
chan *chan_try_make_(size_t elemsize, intptr_t cap);
// CHAN_STATIC(name, T, cap); defines a channel whose storage the linker places:
// static, at file or block scope, open from the start, and `name` is used as any
// chan *. T may be any type of at most 64 KiB, cap a constant that is not
// negative, else it does not compile. It is never freed, and once closed it
// stays closed. Go: var name = make(chan T, cap) of a package.
#define CHAN_STATIC(name, T, cap) \
	static __attribute__((aligned(sizeof(void *)))) unsigned char \
		name##_buf_[GO_CHAN_BYTES_(sizeof(T), cap)]; \
	static struct hchan name[1] = { { 0, \
					  0, \
					  sizeof(T) == 4, \
					  sizeof(T) == 8, \
					  1, \
					  0, \
					  (uintptr_t)(cap), \
					  0, \
					  0, \
					  name##_buf_, \
					  { NULL, NULL }, \
					  { NULL, NULL }, \
					  (uint32_t)sizeof(T) } }
#define GO_CHAN_BYTES_(size, cap) \
	((size) > 65536 || (long long)(cap) < 0 ? SIZE_MAX : \
	 (size) * (size_t)(cap) > 0             ? (size) * (size_t)(cap) : \
						  1)
// chan_free gives a channel of chan_make back. Panics if somebody waits on it,
// and on a channel that is not from chan_make. Nobody may use it afterwards.
// NULL is ignored.
void chan_free(chan *c);

// chan_send(c, &v) sends a copy of v; blocks until there is room or a receiver.
// Panics when c is closed; NULL blocks for ever; sizeof v must be the
// channel's element size, else a fatal error names both. Go: c <- v.
#define chan_send(c, p) GO_BYSIZE(chan_send, c, p)
// chan_recv(c, &v) receives into v. False: c is closed and drained, v is
// zeroed. Go: v, ok = <-c.
#define chan_recv(c, p) GO_BYSIZE(chan_recv, c, p)
// The try forms never block: false when it would have. chan_try_recv is also
// false on a closed and drained channel (v zeroed).
#define chan_try_send(c, p) chan_try_send_((c), (p), sizeof *(p))
#define chan_try_recv(c, p) chan_try_recv_((c), (p), sizeof *(p))
// Elements of 4 and 8 bytes have ways of their own.
#define GO_WORD(p, n) (sizeof *(p) == (n) && __alignof__(*(p)) >= (n))
#define GO_BYSIZE(f, c, p) \
	__extension__({ \
		GO_WORD(p, 4) ? f##4_((c), (p)) : \
		GO_WORD(p, 8) ? f##8_((c), (p)) : \
				f##_((c), (p), sizeof *(p)); \
	})
void chan_send_(chan *c, const void *v, size_t size);
void chan_send4_(chan *c, const void *v);
void chan_send8_(chan *c, const void *v);
bool chan_recv_(chan *c, void *v, size_t size);
bool chan_recv4_(chan *c, void *v);
bool chan_recv8_(chan *c, void *v);
bool chan_try_send_(chan *c, const void *v, size_t size);
bool chan_try_recv_(chan *c, void *v, size_t size);
// chan_close wakes everybody who waits: receivers get the zero value and
// false, senders panic. Panics on NULL and on a closed channel. Go: close.
void chan_close(chan *c);
// chan_len: elements buffered now; chan_cap: room. 0 for NULL. Any context.
int chan_len(const chan *c);
int chan_cap(const chan *c);

// ---- Select ---------------------------------------------------------------

// sudog is a goroutine's place in a wait queue; it lives in the frame of the
// waiting call, never in a pool. Its fields are the kernel's.
struct sudog {
	struct g *g;
	struct sudog *next, *prev;
	void *elem;
	struct hchan *c;
	bool isselect, success;
	bool word; // elem is aligned, and nothing else about it is unusual
};

struct scase {
	uint32_t kind;
	uint32_t size;
	struct hchan *c;
	void *elem;
	union {
		bool *ok;  // RECV's, or NULL
		int64_t d; // TIMEOUT's
	};
};
// What a case needs while its select waits.
struct go_case {
	struct sudog sg;
	uint16_t pollorder, lockorder;
};
enum { SCASE_RECV = 1, SCASE_SEND, SCASE_TIMEOUT, SCASE_DEFAULT };

// The cases of chan_select. RECV and SEND as chan_recv and chan_send;
// RECV_OK(c, &v, &ok) tells a closed channel; TIMEOUT(d) is ready d
// nanoseconds after the call; DEFAULT is taken when nothing else is ready.
#define RECV(ch, p) \
	((struct scase){ .kind = SCASE_RECV, \
			 .size = sizeof *(p), \
			 .c = (ch), \
			 .elem = (p), \
			 .d = 0 })
#define RECV_OK(ch, p, okp) \
	((struct scase){ .kind = SCASE_RECV, \
			 .size = sizeof *(p), \
			 .c = (ch), \
			 .elem = (p), \
			 .ok = (okp) })
#define SEND(ch, p) \
	((struct scase){ .kind = SCASE_SEND, \
			 .size = sizeof *(p), \
			 .c = (ch), \
			 .elem = (p), \
			 .d = 0 })
#define TIMEOUT(ns) ((struct scase){ .kind = SCASE_TIMEOUT, .d = (ns) })
#define DEFAULT ((struct scase){ .kind = SCASE_DEFAULT })

// chan_select(cases...) waits until one of the cases can go on, does it and
// returns its index; among several ready ones the choice is uniform. A NULL
// channel's case is never ready; without any case that can become ready it
// blocks for ever. chan_selectv is the same over an array of n cases (n at
// most 65535); the array is the call's to use until it returns. At most one
// TIMEOUT and one DEFAULT. Go: select.
#define chan_select(...) \
	__extension__({ \
		struct scase go_k_[] = { __VA_ARGS__ }; \
		struct go_case go_w_[sizeof go_k_ / sizeof go_k_[0]]; \
		chan_selectw_(go_k_, go_w_, sizeof go_k_ / sizeof go_k_[0]); \
	})
int chan_selectv(struct scase *cases, size_t n);
int chan_selectw_(struct scase *cases, struct go_case *work, size_t n);

// ---- Defer, panic, recover -----------------------------------------------

struct go_defer {
	struct go_defer *link;
	void (*fn)(void *);
	void *arg;
	bool started;
};

// defer(fn, arg) runs fn(arg) when the enclosing block is left, by any way: its
// end, return, break, goto, a panic, runtime_goexit. Last in, first out. arg is
// evaluated now. Needs the cleanup attribute (gcc, clang). Go: defer, but per
// block.
#define GO_CAT_(a, b) a##b
#define GO_CAT(a, b) GO_CAT_(a, b)
#define defer(f, a) \
	__attribute__((cleanup(go_deferreturn_), \
		       unused)) struct go_defer GO_CAT(go_defer_, __LINE__); \
	go_deferproc_(&GO_CAT(go_defer_, __LINE__), (f), (a))
void go_deferproc_(struct go_defer *d, void (*fn)(void *), void *arg);
void go_deferreturn_(struct go_defer *d);

// panic stops the ordinary flow of this goroutine: its deferred calls run, and
// unless one of them recovers, the machine prints the text and the traceback
// and exits with status 2. The format knows %d %i %u %x %c %s %p %% and the
// lengths l, ll, z; the text is cut at 127 bytes. On g0 or in a handler it is
// a throw. Go: panic.
GO_NORETURN
__attribute__((format(printf, 1, 2))) void panic(const char *fmt, ...);
// recover, called by the deferred function itself that a panic runs, stops the
// panic and returns its text; else NULL: no panic, a runtime_goexit, called
// again, or called from a function that the deferred one calls. The text lives
// until this goroutine panics again or ends. (C++ may inline a helper into the
// deferred function: there it counts as the function.) Go: recover.
#ifdef __cplusplus
#define recover() go_recover_(nullptr)
#else
#define recover() go_recover_(__func__)
#endif
const char *go_recover_(const char *who);
// panic_catch runs fn(arg) and returns NULL, or the text of a panic that nobody
// inside recovered. A panic that was recovered inside continues as if fn had
// returned; where there is no panic_catch, as if the goroutine's own function
// had.
const char *panic_catch(void (*fn)(void *), void *arg);

// ---- Sync -----------------------------------------------------------------
// Zero value ready; caller's storage; nothing is allocated. Fields are private.

// count is less than 0, as int32_t, while somebody is queued: kernel/sema.c.
struct go_sema {
	uint32_t lock, count;
	struct sudog *head, *tail;
};

// mutex: Go's sync.Mutex. In starvation mode (somebody has waited for more
// than 1 ms) it goes from owner to waiter, FIFO. Unlocking what is not locked
// is a fatal error. mutex_unlock may be deferred.
struct mutex {
	uint32_t state;
	struct go_sema sema;
};
void mutex_lock(struct mutex *m);
bool mutex_try_lock(struct mutex *m);
void mutex_unlock(void *m);

// wait_group: Go's sync.WaitGroup. A negative counter panics, so does an add
// that races with a wait from zero. wait_group_done may be deferred.
struct wait_group {
	uint32_t n;
	struct go_sema sema;
};
void wait_group_add(struct wait_group *wg, int delta);
void wait_group_done(void *wg);
void wait_group_wait(struct wait_group *wg);

// rwmutex: Go's sync.RWMutex. Many readers or one writer; a writer that waits
// keeps new readers out, so a goroutine must not take the read lock twice. The
// unlocks may be deferred; unlocking what is not locked is a fatal error.
struct rwmutex {
	struct mutex w; // held by the writer
	struct go_sema writer, readers;
	uint32_t readercount, readerwait;
};
void rwmutex_rlock(struct rwmutex *rw);
bool rwmutex_try_rlock(struct rwmutex *rw);
void rwmutex_runlock(void *rw);
void rwmutex_lock(struct rwmutex *rw);
bool rwmutex_try_lock(struct rwmutex *rw);
void rwmutex_unlock(void *rw);

// once: Go's sync.Once. once_do calls fn(arg) if no call has been made with this
// once before; when it returns, fn has returned (or panicked: that counts too).
// fn must not call once_do with the same once.
struct once {
	uint32_t done;
	struct mutex m;
};
void once_do(struct once *o, void (*fn)(void *), void *arg);

// cond: Go's sync.Cond. cond_wait unlocks m, waits for a signal or broadcast that
// comes after the call, and locks m again; the caller looks at its condition in a
// loop. Waiters are served in the order in which they came. cond_signal and
// cond_broadcast may be called with or without m.
struct cond {
	struct go_sema waiters;
};
void cond_wait(struct cond *c, struct mutex *m);
void cond_signal(struct cond *c);
void cond_broadcast(struct cond *c);

// semaphore counts permits: struct semaphore s = SEMAPHORE(n) has n of them,
// the zero value none. acquire waits for one, first come first served;
// semaphore_acquire_timeout for at most d nanoseconds, then it returns false and
// has none. semaphore_release, which may be deferred, gives one back, or adds
// one; more than INT32_MAX panic. semaphore_release_isr is for handlers: any
// context. Go: golang.org/x/sync/semaphore, with weights of 1.
struct semaphore {
	struct go_sema s;
};
#define SEMAPHORE(n) \
	{ \
		{ \
			0, (n), NULL, NULL \
		} \
	}
void semaphore_acquire(struct semaphore *s);
bool semaphore_try_acquire(struct semaphore *s);
bool semaphore_acquire_timeout(struct semaphore *s, int64_t d);
void semaphore_release(void *s);
void semaphore_release_isr(struct semaphore *s);

#include "go_inline.h"

#ifndef __cplusplus
#define GO_IS(T, p) ((T *){ (p) })
#define mutex_unlock(m) (mutex_unlock)(GO_IS(struct mutex, m))
#define wait_group_done(wg) (wait_group_done)(GO_IS(struct wait_group, wg))
#define rwmutex_runlock(rw) (rwmutex_runlock)(GO_IS(struct rwmutex, rw))
#define rwmutex_unlock(rw) (rwmutex_unlock)(GO_IS(struct rwmutex, rw))
#define semaphore_release(s) (semaphore_release)(GO_IS(struct semaphore, s))
#endif

// ---- Time -----------------------------------------------------------------

typedef int64_t duration; // nanoseconds
#define NANOSECOND ((duration)1)
#define MICROSECOND (1000 * NANOSECOND)
#define MILLISECOND (1000 * MICROSECOND)
#define SECOND (1000 * MILLISECOND)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

// time_now is nanoseconds since boot, monotonic. Any context.
int64_t time_now(void);
// time_sleep pauses this goroutine for at least d nanoseconds; d <= 0 returns
// at once. Go: time.Sleep.
void time_sleep(duration d);

// timer calls fn(arg) on g0 once its time has come: a struct of the caller's,
// zero at first. Setting, stopping and firing take O(log n) steps with n timers
// set; nothing is allocated. fn should be short, the hart does nothing else
// meanwhile. In fn only the timer_ calls and those whose name ends in _isr are
// legal: blocking calls throw by their name, and panic is a throw. (Go runs an
// AfterFunc's function in a goroutine of its own; for that, let fn ready one.)
//
// A timer never fires early. Those that one hart has set for the same moment
// fire in the order of setting. fn may start, reset and stop its own timer and
// others, and is never called while it still runs. A struct may be used for
// something else, or its storage end, after a timer_stop in a goroutine, or once
// fn has begun and nobody restarts it. Its fields are private. Go:
// time.AfterFunc, time.Timer.
struct p;
struct timer {
	int64_t when;
	void (*fn)(void *arg);
	void *arg;
	uint32_t seq, kind;
	struct p *p;
	struct timer *parent, *left, *right;
};
// timer_start sets t, which must not be set, for now + d nanoseconds; d <= 0 is
// now, a sum that overflows is the end of time. Panics if t is set or fn is
// NULL. Goroutine, or fn of any timer. Go: time.AfterFunc.
void timer_start(struct timer *t, duration d, void (*fn)(void *), void *arg);
// timer_stop takes t back: true if it was set, so that fn will not be called
// for it. Called in a goroutine, it returns only when fn is not running any
// more, on any hart (what is set while it waits, by fn say, is taken back too);
// called in a timer's fn it does not wait. Panics if t was never started. Go:
// Timer.Stop.
bool timer_stop(struct timer *t);
// timer_reset sets t, whether it is set or not, for now + d, with the fn and
// arg it has; true if it was set. It does not wait for a fn that runs; the next
// call comes after its end. Panics if t was never started. Go: Timer.Reset.
bool timer_reset(struct timer *t, duration d);

// ticker sends the time (int64_t, as time_now) on its channel c once in every
// period. There is room for one tick; a receiver that is too slow for it misses
// some. The n-th tick is due n periods after the start, however late the ones
// before it were; those missed altogether are left out. Zero it before its
// first use; ticker_stop must have returned before its storage ends. Go:
// time.Ticker.
struct ticker {
	chan *c; // receive from it; it is never closed
	struct timer t;
	duration period;
	int64_t tick;
	struct hchan ch;
};
// ticker_start panics if period <= 0 or if tk runs. Go: time.NewTicker.
void ticker_start(struct ticker *tk, duration period);
// ticker_stop: no tick comes any more, and none waits in the channel. May be
// deferred; one that does not run is left as it is. Go: Ticker.Stop.
void ticker_stop(void *tk);
// ticker_reset starts it anew with another period, running or not; an old tick
// is dropped. Panics if period <= 0 or if tk was never started. Go:
// Ticker.Reset.
void ticker_reset(struct ticker *tk, duration period);

#ifndef __cplusplus
#define ticker_stop(tk) (ticker_stop)(GO_IS(struct ticker, tk))
#endif

// ---- Context ----------------------------------------------------------------

// context: Go's, in the caller's storage, which the context_with_ calls fill in.
// It hangs in its parent until it is cancelled: by context_cancel, by its
// deadline, or with its parent. So
//  - the parent must outlive it, and
//  - before its storage ends context_cancel must have been called, and have
//    returned, whatever else cancelled it (defer(context_cancel, &ctx)).
// All calls are for goroutines. Fields are private. One spin lock guards all trees:
// making a context is O(1) under it (with a deadline O(log n) with n timers),
// cancelling is O(1) for each context below it and each goroutine that waits for
// one. Nothing is allocated.
struct context {
	struct context *parent;
	struct context *cancels;                // nearest that can be
	struct context *children, *next, *prev; // of those that can
	const char *err;
	const void *key;
	void *value;
	int64_t when; // INT64_MAX: none
	struct timer timer;
	struct hchan done;
};
// context_background is the root of all: never cancelled, no deadline, no value.
// Any context.
// Go: context.Background.
struct context *context_background(void);
// context_with_cancel: a child that context_cancel ends. A child of a parent that
// is cancelled already is so from the start. parent == NULL panics, here and
// below. Go: context.WithCancel.
void context_with_cancel(struct context *ctx, struct context *parent);
// context_with_timeout and context_with_deadline: a child that is cancelled by
// itself d nanoseconds from now, or at time_now() == when; at once if that is over.
// It has no later deadline than its parent. Go: context.WithTimeout,
// WithDeadline.
void context_with_timeout(struct context *ctx, struct context *parent,
			  duration d);
void context_with_deadline(struct context *ctx, struct context *parent,
			   int64_t when);
// context_with_value: a child in which key has this value. It is cancelled with
// its parent and cannot be by itself (context_cancel does nothing to it), so it
// needs no cancelling either. key is compared as a pointer, the address of some
// variable of yours; NULL panics. Go: context.WithValue.
void context_with_value(struct context *ctx, struct context *parent,
			const void *key, void *value);
// context_value is key's value in ctx or the nearest parent that has one, else
// NULL. Go: Context.Value.
void *context_value(const struct context *ctx, const void *key);
// context_done is a channel of one-byte elements that is closed when ctx is
// cancelled: nothing is ever sent, receive into a char. NULL if ctx never can be
// cancelled. Go: Context.Done.
chan *context_done(struct context *ctx);
// context_err is NULL, "context canceled" or "context deadline exceeded". Once
// the channel is closed it is not NULL any more. Go: Context.Err.
const char *context_err(const struct context *ctx);
// context_deadline: false if there is none. Go: Context.Deadline.
bool context_deadline(const struct context *ctx, int64_t *when);
// context_cancel cancels ctx and all its children before it returns; again and
// again if you like. May be deferred. The background's panics. Go: CancelFunc.
void context_cancel(void *ctx);

#ifndef __cplusplus
#define context_cancel(ctx) (context_cancel)(GO_IS(struct context, ctx))
#endif

// ---- Devices ----------------------------------------------------------------

// irq_wait blocks this goroutine until line irq (0..NIRQ-1, the board's
// numbering) fires; one that fired since the last irq_wait counts, so none is
// lost between two waits. The line stays masked from its interrupt to the next
// irq_wait. One goroutine at a time may wait for a line; a second one and an
// unknown number panic.
void irq_wait(unsigned irq);

// irq_handle calls fn(arg) whenever the line fires: on g0, interrupts masked, on
// the hart that takes device interrupts (0). fn leaves its device quiet, is short,
// and calls nothing of this header but what says "any context" and what ends in
// _isr; any other call throws by its name. fn == NULL takes the handler away. A
// number beyond NIRQ, the console's line and a line for which a goroutine waits
// panic; so does an irq_wait for a line with a handler.
void irq_handle(unsigned irq, void (*fn)(void *arg), void *arg);

// early_init, if the program or its board defines one, runs once on the boot hart
// before the scheduler does: on its system stack, interrupts masked, the console
// ready for output by arch_putc, no libc. It is the place for what a board's
// pins, clocks and watchdogs want early; only what says "any context" is legal
// there.
void early_init(void);

// chan_try_send_isr(c, &v) is chan_try_send for handlers: true if a receiver or the
// buffer has the value, or will have it before anything that is sent later by
// this hart's handlers; false if c is full, closed or NULL, or if the channel is
// in use at this moment and this hart's records are too (NISR, of which a quarter
// is left to semaphores). At most ISR_ELEM bytes. A value that is accepted while somebody closes the channel may
// be lost, as if it had come after the close. Any context.
#define chan_try_send_isr(c, p) chan_try_send_isr_((c), (p), sizeof *(p))
bool chan_try_send_isr_(chan *c, const void *v, size_t size);

// note: one goroutine waits, one event wakes it. An event that nobody waits for
// is kept, one of them, and ends the next wait at once. Zero value ready.
struct note {
	uintptr_t state;
};
// note_wait waits for the next ready_isr, or returns at once if there was one
// since the last note_wait. A second waiter panics.
void note_wait(struct note *n);
// ready_isr ends the note's wait. Any context. Go: the runtime's note, goready.
void ready_isr(struct note *n);

#ifdef __cplusplus
}
#endif
#endif
