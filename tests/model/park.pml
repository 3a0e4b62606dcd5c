// park.pml: a goroutine goes to wait and is made ready again (kernel/proc.c
// gopark, park_m, goready; lock.c unlock0; netpoll.c irq_wait, commit,
// netpollready, netpoll). tests/model/run.sh checks it; change it together
// with the code.
//
// A goroutine that waits must be on a wait queue before it sleeps, or nobody
// could wake it; and must be off its stack before it is woken, or two harts
// run on one stack. Between the two its waker may come at any time. Two ways
// out:
//  - Behind a lock: it queues itself under the lock, switches to g0, and g0,
//    with the status changed and G and M cut apart, releases the lock. The
//    waker needs the lock to find it.
//  - Without a lock, for handlers: g0 leaves the goroutine in the line's word
//    by compare-and-swap, after everything else; if the line has fired before,
//    that fails and the goroutine goes on.
//
// What is checked:
//  - A stack is run by one hart at a time, and only a context that was saved
//    is continued.
//  - A goroutine is on one queue at most, once, and only while it is runnable;
//    every change of status is one that casgstatus allows.
//  - One resume for one ready: a goroutine that waits for a semaphore gets it,
//    one that waits for a line has seen what the device did.
//  - Preemption is on again when a goroutine comes back from gopark, and g.m
//    is the hart that runs it.
//  - Nobody waits for ever: when nothing can move, all have ended.
//
// What is abstracted, and why that is sound:
//  - One set of runnable goroutines for all queues and harts; any hart may
//    take any. Queues are runq's tests, sleeping harts are idle.pml's.
//  - A goroutine's program is a counter that moves with it from hart to hart.
//    It may be preempted between any two steps while its count of locks is 0.
//  - A handler is one step and may come on any hart between any two steps of
//    it. The switch itself (mcall, gogo) is one step: interrupts are masked,
//    and others cannot see half of it without having the goroutine.
//  - The device has TOTAL events. Its line is level-triggered, and masked by
//    the handler until the next irq_wait, or with -DEDGE neither.
//  - Wakers of a timer or a channel do as the semaphore's: queue, lock,
//    goready.
//
// Goroutine 0 takes the semaphore ROUNDS times, 1 releases it as often, 2
// waits for the line. Mutants, -DM_..., must each violate something.

#ifndef NH
#define NH 2
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#ifndef TOTAL
#define TOTAL 2
#endif
#define NG 3
#define NONE 255

// Status.
#define RUNNABLE 1
#define RUNNING 2
#define WAITING 3
#define DEAD 4

// The line's word: NOBODY, FIRED, or the goroutine that waits.
#define NOBODY 0
#define FIRED 1
#define WAITS 2

byte status[NG];
byte on[NG];		// the hart that runs on its stack
bit saved[NG];		// its context is in g.sched
byte gm[NG];		// g.m
byte locks[NG];		// g.locks
bit queued[NG];		// on a run queue
byte pc[NG];
bit listed[NH];		// goroutine 2 is on this hart's ready list

bit lk;			// the semaphore's lock
byte count;		// its permits
bit waitq;		// goroutine 0 is on its queue
byte taken, released;

byte line = NOBODY;
bit masked = 1;
bit edge;		// an event that the handler has not taken yet
byte raised, seen;

inline put(i) {
	assert(!queued[i] && status[i] == RUNNABLE);
	queued[i] = 1
}

// ready is goready's casgstatus and runqput.
inline ready(i) {
	assert(status[i] == WAITING);	// casgstatus: bad transition
	status[i] = RUNNABLE;
	put(i)
}

proctype hart(byte h)
{
	byte g = NONE;

sched:
	assert(g == NONE);
endsched:
	if
#ifdef M_LIST_READ
	// Emptied after it was read and served, without an exchange: what a
	// handler pushed meanwhile is lost.
	:: atomic { listed[h] -> ready(2) };
		listed[h] = 0;
#else
	:: atomic { listed[h] -> listed[h] = 0; ready(2) }
#endif
		goto sched
	:: atomic { queued[0] -> queued[0] = 0; g = 0 }
	:: atomic { queued[1] -> queued[1] = 0; g = 1 }
	:: atomic { queued[2] -> queued[2] = 0; g = 2 }
	fi;

execute:
	atomic {
		assert(status[g] == RUNNABLE);
		status[g] = RUNNING;
		gm[g] = h
	}
	atomic {	// gogo
		assert(on[g] == NONE && saved[g]);
		on[g] = h;
		saved[g] = 0
	}

body:
	assert(on[g] == h && gm[g] == h && status[g] == RUNNING);
	if
	// asyncpreempt
#ifdef M_PREEMPT_LOCKED
	// Its lock is spun for by somebody who has the only hart.
	:: atomic { locks[g] == 0 || g == 0 -> saved[g] = 1; on[g] = NONE };
#else
	:: atomic { locks[g] == 0 -> saved[g] = 1; on[g] = NONE };
#endif
		gm[g] = NONE;
		atomic { status[g] = RUNNABLE; put(g); g = NONE; goto sched }

	// 0: semacquire
	:: atomic { g == 0 && pc[0] == 0 && taken == ROUNDS -> goto exit }
	:: atomic { g == 0 && pc[0] == 0 && taken < ROUNDS ->
		assert(locks[0] == 0); locks[0]++; pc[0] = 1; goto body }
	:: atomic { g == 0 && pc[0] == 1 && !lk -> lk = 1; pc[0] = 2; goto body }
	:: atomic { g == 0 && pc[0] == 2 && count > 0 ->
		count--; lk = 0; pc[0] = 3; goto body }
	:: atomic { g == 0 && pc[0] == 3 ->
		locks[0]--; taken++; pc[0] = 0; goto body }
	:: atomic { g == 0 && pc[0] == 2 && count == 0 ->
		assert(!waitq); waitq = 1; pc[0] = 4; goto body }
	:: atomic { g == 0 && pc[0] == 4 -> pc[0] = 5 };
#ifdef M_UNLOCK_FIRST
		// on its own stack
		atomic { locks[0]--; lk = 0 };
#endif
		goto mcall0
	// back from gopark, with the permit that its waker handed over
	:: atomic { g == 0 && pc[0] == 5 ->
		assert(locks[0] == 0); taken++; pc[0] = 0; goto body }

	// 1: semrelease
	:: atomic { g == 1 && pc[1] == 0 && released == ROUNDS -> goto exit }
	:: atomic { g == 1 && pc[1] == 0 && released < ROUNDS ->
		released++; locks[1]++; pc[1] = 1; goto body }
	:: atomic { g == 1 && pc[1] == 1 && !lk -> lk = 1; pc[1] = 2; goto body }
	:: atomic { g == 1 && pc[1] == 2 && waitq ->
		waitq = 0; lk = 0; pc[1] = 3; goto body }
	:: atomic { g == 1 && pc[1] == 2 && !waitq ->
		count++; lk = 0; pc[1] = 4; goto body }
	:: atomic { g == 1 && pc[1] == 3 -> ready(0); pc[1] = 4; goto body }
	:: atomic { g == 1 && pc[1] == 4 -> locks[1]--; pc[1] = 0; goto body }

	// 2: irq_wait, then serves the device
	:: atomic { g == 2 && pc[2] == 0 && seen == TOTAL -> goto exit }
	:: atomic { g == 2 && pc[2] == 0 && seen < TOTAL -> pc[2] = 1 };
#ifdef M_COMMIT_EARLY
		// on its own stack
		atomic {
			if
			:: line == NOBODY -> line = WAITS; masked = 0
			:: else
			fi
		}
#endif
		goto mcall2
	:: atomic { g == 2 && pc[2] == 1 -> seen = raised; pc[2] = 0; goto body }
	fi;

	// park_m, for the semaphore
mcall0:
	atomic { saved[g] = 1; on[g] = NONE };
#ifdef M_STATUS_LATE
	atomic { locks[g]-- };
	lk = 0;
	atomic { assert(status[g] == RUNNING); status[g] = WAITING };
	gm[g] = NONE;
#else
	atomic { assert(status[g] == RUNNING); status[g] = WAITING };
#ifndef M_DROPG_LATE
	gm[g] = NONE;
#endif
#ifdef M_UNLOCK_FIRST
	skip;
#elif defined(M_COUNT_LATE)
	lk = 0;
	locks[g]--;
#else
	locks[g]--;
	lk = 0;
#endif
#ifdef M_DROPG_LATE
	gm[g] = NONE;
#endif
#endif
	atomic { g = NONE; goto sched };

	// park_m, for the line
mcall2:
	atomic { saved[g] = 1; on[g] = NONE };
	atomic { assert(status[g] == RUNNING); status[g] = WAITING };
	gm[g] = NONE;
#ifdef M_COMMIT_EARLY
	atomic { g = NONE; goto sched };
#elif defined(M_COMMIT_STORE)
	// A look and a store where a compare-and-swap must be.
	if
	:: line == NOBODY
	:: atomic { line == FIRED -> line = NOBODY; goto goon }
	fi;
	line = WAITS;
#else
	if
	:: atomic { line == NOBODY -> line = WAITS }
	:: atomic { line == FIRED -> line = NOBODY; goto goon }
	fi;
#endif
#ifdef M_TOUCH_LATE
	// After the word is set the goroutine is somebody else's.
	gm[g] = NONE;
#endif
	masked = 0;
	atomic { g = NONE; goto sched };
goon:	// unlockf said no
	atomic { assert(status[g] == WAITING); status[g] = RUNNABLE };
	goto execute;

	// goexit0
exit:
	atomic { saved[g] = 1; on[g] = NONE };
	atomic { status[g] = DEAD; gm[g] = NONE; g = NONE; goto sched }
}

inline handler(i) {
	atomic {
#ifdef EDGE
		edge -> edge = 0;
#else
		raised > seen && !masked -> masked = 1;
#endif
		if
		:: line == WAITS ->
#ifdef M_WAITER_KEPT
			// The next interrupt readies it again.
			skip;
#else
			line = NOBODY;
#endif
			listed[i] = 1
		:: line != WAITS -> line = FIRED
		fi
	}
}

proctype world()
{
endworld:
	do
	:: atomic { raised < TOTAL && !edge -> raised++;
#ifdef EDGE
		edge = 1
#endif
		}
	:: handler(0)
#if NH > 1
	:: handler(1)
#endif
#if NH > 2
	:: handler(2)
#endif
	:: atomic { timeout ->
		assert(status[0] == DEAD && status[1] == DEAD);
		assert(status[2] == DEAD);
		assert(count == 0 && !waitq && taken == ROUNDS);
		break }
	od
}

init {
	byte i;

	atomic {
		do
		:: i < NG -> status[i] = RUNNABLE; on[i] = NONE; saved[i] = 1;
			gm[i] = NONE; queued[i] = 1; i++
		:: else -> break
		od;
		i = 0;
		run hart(0);
#if NH > 1
		run hart(1);
#endif
#if NH > 2
		run hart(2);
#endif
		run world()
	}
}
