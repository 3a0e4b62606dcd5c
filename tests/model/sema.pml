// sema.pml: units of a semaphore are taken and given without its lock, or under it
// (kernel/sema.c semacquire, semwait, mustwait, semrelease, semgive, semserve,
// semacquiretimeout, withdraw; isr.c semreleaseisr). tests/model/run.sh checks it;
// change it together with the code.
//
// A free unit is one step on the count. Who finds none takes the lock, makes the
// count WAITED if it is 0, and queues itself. Who gives and finds the count WAITED
// takes the lock and serves the first in the queue; if nobody is left there it lets go
// of the lock and begins anew. A handler does not wait for the lock: it leaves a
// record, and g0 gives the unit.
//
// What is checked:
//  - No unit is lost or made: the taker gets as many as were given.
//  - Nobody sleeps beside a free unit: when nothing can move all are done.
//  - A unit goes through the count only while nobody is queued: no waiter is
//    overtaken.
//  - Nothing of the semaphore is touched once the taker, who has its last unit,
//    has ended its storage (others who acquired are out of it by then; who
//    gave need not be).
//  - Who gives does not go round for ever.
//
// What is abstracted, and why that is sound:
//  - Each goroutine is a process, and so is each handler: any of them may stop for
//    any time between any two steps, which is more than preemption, harts and
//    interrupts do. That parking, unlocking and readying fit is park.pml's.
//  - A step on the count is one step (go_cas.h), as is one on selectdone. Accesses
//    under the lock are steps of their own where others may look at the same
//    word without it.
//  - A time may be over at any moment from the queueing on.
//
// The taker takes UNITS units, one after the other; GIVERS goroutines and IRQS handlers
// give one each; TIMED more try for a while only, and give back what they got.
// Mutants, -DM_..., must each violate something.

#ifndef GIVERS
#define GIVERS 1
#endif
#ifndef IRQS
#define IRQS 1
#endif
#ifndef TIMED
#define TIMED 1
#endif
#define UNITS (GIVERS + IRQS)
#define NW (1 + TIMED)		// who may wait; 0 is the taker
#define WAITED (-1)
#define ROUNDS 6

short count;
bit lk;
chan q = [NW] of { byte };
bit isselect[NW], selectdone[NW], success[NW], woken[NW], waits[NW];
bit gone, taker;
byte timedout, records, recorded;

inline lock() {
	atomic { lk == 0 -> assert(!gone); lk = 1 }
}

inline unlock() {
	atomic { assert(!gone && lk); lk = 0 }
}

// took ends the step that took a unit by way of the count.
inline took() {
	assert(!gone && len(q) == 0);
	count--
}

inline gave() {
	assert(!gone && len(q) == 0 && count >= 0);
	count++
}

// acquire leaves in got whether there is a unit.
inline acquire(me, timed) {
	got = 0;
	if
	:: atomic { count > 0 -> took(); got = 1 }
	:: atomic { count <= 0 -> assert(!gone) };
		lock();
#ifdef M_QUEUE_BLIND
		// Without a look: a unit that has become free is lost.
		count = WAITED;
#else
		do
		:: atomic { count == 0 -> count = WAITED; break }
		:: atomic { count != 0 };
			if
			:: count == WAITED -> break
			:: count != WAITED
			fi;
			if
			:: atomic { count > 0 -> took(); got = 1; break }
			:: atomic { count <= 0 }
			fi
		od;
#endif
		if
		:: got -> unlock()
		:: !got ->
			atomic {
				isselect[me] = timed;
				selectdone[me] = 0;
				success[me] = 0;
				woken[me] = 0;
				waits[me] = 1;
				q!me
			};
			unlock();
			// parked
			if
			:: atomic { woken[me] -> waits[me] = 0 }
			:: atomic { timed && !woken[me] && selectdone[me] == 0 ->
				selectdone[me] = 1; waits[me] = 0 }
			fi;
			if
			:: success[me] -> got = 1
			:: !success[me] ->
				lock();
				if
				:: q??[eval(me)] ->
					q??eval(me);
#ifndef M_WITHDRAW_SHUT
					if
					:: len(q) == 0 -> count = 0
					:: len(q) > 0
					fi
#endif
				:: !q??[eval(me)]
				fi;
				unlock()
			fi
		fi
	fi
}

inline wake(x) {
	atomic { assert(waits[x] && !woken[x]); woken[x] = 1 }
}

// serve leaves in who whom it has served, with the lock held, else NW.
inline serve() {
	who = NW;
	do
	:: who == NW && len(q) > 0 ->
		q?who;
#ifdef M_OPEN_EARLY
		count = 0;
#elif !defined(M_OPEN_NOT)
		if
		:: len(q) == 0 -> count = 0
		:: len(q) > 0
		fi;
#endif
		if
		:: !isselect[who] -> success[who] = 1
#ifdef M_TIMED_BLIND
		:: isselect[who] -> success[who] = 1
#else
		:: atomic { isselect[who] && selectdone[who] == 0 ->
			selectdone[who] = 1; success[who] = 1 }
		:: atomic { isselect[who] && selectdone[who] == 1 -> who = NW }
#endif
		fi
	:: else -> break
	od
}

inline release() {
	tries = 0;
	do
	:: atomic { count >= 0 -> gave(); break }
	:: atomic { count < 0 -> assert(!gone && tries < ROUNDS); tries++ };
		lock();
		serve();
#ifdef M_COUNT_LOCKED
		// Whoever takes it may end the storage before the lock is free.
		if
		:: who == NW -> atomic { count >= 0 -> gave() };
			unlock();
			break
		:: else
		fi;
#endif
#ifdef M_WAKE_LOCKED
		if
		:: who != NW -> wake(who)
		:: else
		fi;
		unlock();
		if
		:: who != NW -> break
		:: else
		fi
#else
		unlock();
		if
		:: who != NW -> wake(who); break
#ifdef M_GIVE_LOST
		:: else -> break
#else
		:: else
#endif
		fi
#endif
	od
}

active proctype takes()
{
	byte n;
	bit got;

	do
	:: n < UNITS -> acquire(0, 0); assert(got); n++
	:: else -> break
	od;
	atomic { timedout == TIMED -> gone = 1; taker = 1; assert(count == 0) }
}

#if TIMED > 0
active [TIMED] proctype tries_()
{
	byte me = _pid, who, tries;	// takes is 0
	bit got;

	acquire(me, 1);
	if
	:: got -> release()
	:: else
	fi;
	timedout++
}
#endif

#if GIVERS > 0
active [GIVERS] proctype gives()
{
	byte who, tries;

	release()
}
#endif

#if IRQS > 0
active [IRQS] proctype handler()
{
	byte who, tries;

	do
	:: atomic { count >= 0 -> gave(); break }
	:: atomic { count < 0 -> assert(!gone && tries < ROUNDS); tries++ };
		if
		:: atomic { lk == 1 -> records++; break }
		:: atomic { lk == 0 -> assert(!gone); lk = 1 };
			serve();
			unlock();
			if
			:: who != NW -> wake(who); break
			:: else
			fi
		fi
	od
}

active proctype g0()
{
	byte who, tries;

endg0:
	do
	:: atomic { records > 0 -> records--; recorded++ };
		release()
	od
}
#endif

active proctype world()
{
	atomic { timeout -> assert(taker && records == 0) }
}
