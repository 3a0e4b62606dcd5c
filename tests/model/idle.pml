// idle.pml: how harts go to sleep and are woken (kernel/idle.c, and the parts
// of proc.c, preempt.c, netpoll.c and time.c that put goroutines on queues).
// tests/model/run.sh checks it; change it together with the code.
//
// What is checked, in every reachable state:
//  W  Work conservation. A state in which every hart either sleeps with no
//     interrupt pending or runs a goroutine that may never come back (and that
//     no interrupt has asked to leave) is called stable. In no stable state
//     does a P's hart sleep while a goroutine waits on a local queue, the
//     global queue or a ready list; does a goroutine wait on a ready list at
//     all; is nmspinning not 0, or npidle not the number of idle Ps; is a P's
//     timer unwatched by its hart.
//  F  (-DSLICE) In no stable state in which all harts run does a goroutine
//     wait without a slice timer ticking that will get it a turn.
//  S  When nothing can happen any more every goroutine has run exactly as
//     often as it was made ready, all queues are empty, nmspinning is 0, all
//     Ps are idle, and the deadlock has been declared, unless a timer is left;
//     and it is never declared before.
//
// What is abstracted, and why that is sound:
//  - Goroutines are anonymous: a queue is a number. A goroutine that runs may,
//    at any moment, end, make another one ready, set a timer, yield, lose its
//    slice, or stay for ever. So each goroutine is a hog, a submitter and a
//    short one in one, and W holds for hogs because "stable" is a matter of
//    where a hart stands, not of what it will do. A preemption that nothing
//    asked for never excuses a state. That a queue hands each goroutine out
//    once is runq's own test, and so is that runqempty does not miss one on
//    its way from runnext to the ring.
//  - A step is one access to what others see; accesses that nobody else can
//    tell apart (own variables; what is read or written under sched.lock only;
//    taking the lock before an access, dropping it after one) are joined to
//    it. The accesses are seq_cst in the code or, where they are not, under
//    the lock or checked elsewhere (runq): SPIN knows no other order.
//  - P i belongs to hart i for ever. An idle P is given to the M that watches
//    it, so P and M move apart only when gomaxprocs changes, with the world
//    stopped. Fewer Ps than harts (-DNP) is modelled: the last harts have
//    none.
//  - The idle list is a set and wakep takes any: more than the code does.
//  - The 61st tick (global queue first) may come at any time. Four rounds of
//    stealing are one: three that fail are a delay. A thief may fail although
//    there is something (a lost CAS, a runnext too young), takes one or half,
//    and visits the others in any order.
//  - A handler is one step: it touches its own hart's ready list only, which
//    others read in checkdead alone, and its hart does not move meanwhile. It
//    may come whenever its hart does not mask interrupts: between any two
//    steps. The masked stretch from the last look to the wait (msleep) is one
//    step for the same reason; a mutant takes it apart.
//  - An IPI to a hart that does not sleep is taken at once and does nothing;
//    -DLATEIPI lets it come any time later, and end a sleep that it was not
//    for.
//  - An interrupt that meets g0 or a goroutine with preemption off is a
//    request to preempt that execute, or releasem, finds: preempt.c's retry.
//  - A P has one timer or two. Time passes as it likes: a timer that is set
//    becomes due some time. Its hart's hardware fires if it is set to it. When
//    that meets g0 it comes again, as long as it takes, so it is as if it
//    waited. Thieves run the timers that are due, too.
//  - Stop-the-world is not here.
//  - checkdead here looks at marks, waiters and timers only and asserts the
//    rest; the code looks at the queues too. A device's waiter counts until
//    its goroutine leaves the ready list; in the code until it runs.
//
// Sizes: NH harts (1 to 3), NP Ps, SUBS goroutines made ready by goroutines,
// IRQS by handlers on any harts, TIMERS timers set, local queues of CAP.
//
// Mutants, -DM_..., each of which must violate a property: see run.sh for the
// sizes at which it does. What breaking each one teaches is said at its place.
// Variants, -DV_..., hold: other ways to write the code.

#ifndef NH
#define NH 2
#endif
#ifndef NP
#define NP NH
#endif
#ifndef SUBS
#define SUBS 3
#endif
#ifndef IRQS
#define IRQS 2
#endif
#ifndef TIMERS
#define TIMERS 0
#endif
#ifndef CAP
#define CAP 2
#endif

#if NP == 1
#define PICK(k) k = 0
#elif NP == 2
#define PICK(k) if :: idle[0] -> k = 0 :: idle[1] -> k = 1 fi
#else
#define PICK(k) \
	if \
	:: idle[0] -> k = 0 \
	:: idle[1] -> k = 1 \
	:: idle[2] -> k = 2 \
	fi
#endif
#if NH == 1
#define SUM(a) (a[0])
#define ALLOF(x) (x(0))
#define ANYOF(x) (x(0))
#elif NH == 2
#define SUM(a) (a[0] + a[1])
#define ALLOF(x) (x(0) && x(1))
#define ANYOF(x) (x(0) || x(1))
#else
#define SUM(a) (a[0] + a[1] + a[2])
#define ALLOF(x) (x(0) && x(1) && x(2))
#define ANYOF(x) (x(0) || x(1) || x(2))
#endif

// Where a hart is.
#define BUSY 0		// in the scheduler, or with preemption off: it goes on
#define RUN 1		// in a goroutine: it may stay for ever
#define WFI 2		// in arch_cpuidle
#define INTR 3		// in a handler that has more than one step

byte st[NH];
byte rq[NH];		// how many wait in the local queue
byte gq;		// sched.runqsize
byte rl[NH];		// how many wait on the hart's ready list
bit lck;		// sched.lock
byte nsp;		// sched.nmspinning
bit need;		// sched.needspinning
byte npidle;
bit idle[NH];		// bits of sched.idle
bit given[NH];		// m.nextp
bit msp[NH];		// m.spinning
bit parked[NH];		// m.parked
bit ipi[NH];		// an interrupt that ends the hart's sleep
bit pre[NH];		// the goroutine that runs is to leave, and will
bit dead;		// checkdead has found that nothing can run
byte subs = SUBS;	// what may still be submitted
byte irqs = IRQS;
byte dev = IRQS;	// sched.nwaiters
byte ended;

// ---- The slice clock -----------------------------------------------------

#ifdef SLICE
bit armed[NH];		// p.tickwhen != 0

// kick: kickticks' IPI. Its handler starts the tick if somebody waits.
inline kick(k) {
	atomic {
		if
		:: (k) < NP && !idle[k] && !armed[k] &&
		   (rq[k] > 0 || gq > 0) -> armed[k] = 1
		:: else
		fi
	}
}
#ifdef M_KICK_NONE
// Only a hart without a P needs kickticks: whoever else puts something on the
// global queue has a tick himself.
#define KICK skip
#elif NH == 1
#define KICK skip
#elif NH == 2
#define KICK kick(1 - h)
#else
#define KICK kick((h + 1) % NH); kick((h + 2) % NH)
#endif
#define FRESH armed[h] = 0
#ifdef M_SLICE_NOARM
// A hart that ran one goroutine alone has no tick; ready must start it.
#define READYARM skip
#else
#define READYARM armed[h] = 1
#endif
#else
#define KICK skip
#define FRESH skip
#define READYARM skip
#endif

// ---- Timers --------------------------------------------------------------

#if TIMERS > 0
byte tops = TIMERS;
byte tm[NH];		// P's first timer: 0 none, 1 set, 2 due
bit tm2[NH];		// a second one, later
bit hw[NH];		// the hart's timer is set, for P's first
#define NOTIMER (SUM(tm) == 0)
#define SETHW(i) hw[i] = (tm[i] > 0)
#define DUE(i) (tm[i] == 2)
#define POP(i) tm[i] = tm2[i]; tm2[i] = 0

inline timepasses(i) {
	atomic { tm[i] == 1 -> tm[i] = 2 }
}
inline timerintr(i) {
	atomic {
		tm[i] == 2 && hw[i] && (st[i] == RUN || st[i] == WFI) ->
		hw[i] = 0;
		if
		:: st[i] == WFI -> ipi[i] = 1
		:: st[i] == RUN -> pre[i] = 1
		fi
	}
}
#else
#define NOTIMER true
#define SETHW(i) skip
#define DUE(i) false
#endif

// ---- Waking up -----------------------------------------------------------

inline sendipi(k) {
	if
	:: st[k] == WFI -> ipi[k] = 1
#ifdef LATEIPI
	:: st[k] != WFI -> ipi[k] = 1
#else
	:: else
#endif
	fi
}

inline wakeslow() {
	if
	:: nsp != 0
#ifdef M_NPIDLE_HINT
	// Go had it until 1.18: an M about to let its P go is missed.
	:: npidle == 0
#endif
	:: atomic { nsp == 0 -> nsp = 1 };
		if
		:: atomic {
			lck == 0 && npidle > 0 -> lck = 1;
			PICK(v); idle[v] = 0; npidle--;
#ifndef M_DEAD_MARK
			// An M that is about to get a P is not parked.
			parked[v] = 0
#endif
			};
			atomic { given[v] = 1; msp[v] = 1; lck = 0 };
			atomic { sendipi(v); v = 0 }
#ifdef M_NEEDSPIN_ORDER
		// Go's order. Somebody who becomes spinning clears the flag,
		// finds one G, does not chain because of our count, and may
		// let his P go before our count does: the second G is lost.
		:: atomic { lck == 0 && npidle == 0 -> lck = 1; need = 1 };
			atomic { nsp--; lck = 0 }
#elif defined(M_NEEDSPIN_NONE)
		// Go's issue 45867.
		:: atomic { lck == 0 && npidle == 0 -> nsp-- }
#elif defined(M_NEEDSPIN_NOLOCK)
		:: atomic { lck == 0 && npidle == 0 -> nsp-- };
			need = 1
#else
		:: atomic { lck == 0 && npidle == 0 -> lck = 1; nsp-- };
			atomic { need = 1; lck = 0 }
#endif
		fi
	fi
}

inline wakep() {
#if NP == 1
	// The one P's hart runs what it submits; a hart without a P calls
	// wakeslow.
	skip
#elif defined(V_FASTWAKE)
	// No lock while no P is idle. Dekker with giveup, which looks at the
	// flag again after its npidle++.
	need = 1;
	if
	:: npidle == 0
	:: npidle > 0 -> wakeslow()
	fi
#else
	wakeslow()
#endif
}

inline becomespinning() {
	nsp++;
	atomic { need = 0; msp[h] = 1 }
}

inline checkdead() {
	parked[h] = 1;
	if
	:: SUM(parked) == NH && dev == 0 && NOTIMER ->
		dead = 1;
		assert(irqs == 0 && SUM(rq) + gq + SUM(rl) == 0);
		goto endhalt
	:: else
	fi
}

// globget takes one G, or two, the second of which goes to the ring before the
// lock is let go. sched.lock is free, and gq not 0.
inline globget() {
	if
	:: gq--; goto found
	:: gq > 1 && rq[h] < CAP -> gq = gq - 2; n = 1; lck = 1
	fi
}

#if NH == 1
#define VICTIMS v = NH
#define NEXTVICTIM skip
#elif NH == 2
#define VICTIMS v = 1 - h
#define NEXTVICTIM v = NH
#else
#define VICTIMS if :: v = (h + 1) % NH :: v = (h + 2) % NH; t = 1 fi
#define NEXTVICTIM \
	if \
	:: t == 0 -> v = (h + 2) % NH; t = 2 \
	:: t == 1 -> v = (h + 1) % NH; t = 2 \
	:: t == 2 -> v = NH; t = 0 \
	fi
#endif

// ---- A hart --------------------------------------------------------------

proctype hart(byte h)
{
	byte v, n, t;
	bit was, drained;

#if NP < NH
	if
	:: h >= NP -> goto pless
	:: else
	fi;
#endif

	// findrunnable: timers and the ready list, a G a step; then the queues.
top:
	atomic {
#ifndef M_TIMER_UNSET
		// It was due, the hart's timer has fired for it, and a thief
		// has run it since: who sets the hart's timer for the next?
		SETHW(h);
#endif
		if
#if TIMERS > 0
		:: DUE(h) && rq[h] < CAP ->
			POP(h); SETHW(h); rq[h]++; drained = 1; goto top
		:: DUE(h) && rq[h] == CAP && lck == 0 ->
			POP(h); SETHW(h); gq++; drained = 1; goto top
#endif
		:: rl[h] > 0 && rq[h] < CAP ->
			rl[h]--; rq[h]++; drained = 1;
#ifndef M_DEAD_HANDLER
			dev--;
#endif
			goto top
		:: rl[h] > 0 && rq[h] == CAP && lck == 0 ->
			rl[h]--; gq++; drained = 1;
#ifndef M_DEAD_HANDLER
			dev--;
#endif
			goto top
#ifdef V_DRAINONE
		// What was drained is all there is: nobody else is needed.
		:: rl[h] == 0 && drained && rq[h] == 1 ->
			drained = 0; rq[h]--; goto found
		:: rl[h] == 0 && drained && rq[h] != 1 -> drained = 0
#else
		:: rl[h] == 0 && drained -> drained = 0
		// readyone: nobody is woken for what is all there is.
		:: rl[h] == 0 && drained && rq[h] == 1 && gq == 0 ->
			drained = 0; rq[h]--; goto found
#endif
		:: rl[h] == 0 && !drained && rq[h] > 0 ->
			rq[h]--; goto found
		:: rl[h] == 0 && !drained && gq > 0 -> goto global
		:: rl[h] == 0 && !drained && rq[h] == 0 && gq == 0 ->
			goto spin
		fi
	}
#ifdef M_DRAIN_NOWAKE
	// The goroutine that was preempted for it, or the rest, is stranded.
	goto top;
#else
	KICK;
	wakep();
	goto top;
#endif

global:
	atomic {
		lck == 0;
		if
		:: gq == 0 && rq[h] > 0 -> goto top
		:: gq == 0 && rq[h] == 0 -> goto spin
		:: gq > 0 -> globget()
		fi
	}
	atomic { n = 0; rq[h]++; lck = 0; goto found }

	// Become spinning if 2 * nmspinning < busy Ps. nmspinning and npidle
	// are read one after the other; most values of the first decide alone.
spin:
#if NP == 1
	goto release;
#endif
	if
	:: msp[h]
	:: else ->
#if NP < 3
		if
		:: nsp == 0
		:: atomic { nsp > 0 -> goto release }
		fi;
#else
		if
		:: nsp == 0
		:: atomic { nsp > 1 -> goto release }
		:: nsp == 1 ->
			if
			:: 2 < NP - npidle
			:: atomic { 2 >= NP - npidle -> goto release }
			fi
		fi;
#endif
		becomespinning()
	fi;
	atomic { VICTIMS };
	do
	:: atomic { v < NH && rq[v] > 0 -> rq[v]--; v = 0; t = 0; goto found }
	:: atomic { v < NH && rq[v] > 1 -> n = (rq[v] + 1) / 2;
		if
		:: n == 1 -> n = 2	// a ring of one and runnext
		:: else
		fi;
		rq[v] = rq[v] - n; break }
#if TIMERS > 0
	:: atomic { v < NH && DUE(v) -> POP(v); v = 0; t = 0; goto found }
#endif
	:: atomic { v < NH -> NEXTVICTIM }
	:: atomic { v == NH -> v = 0; goto release }
	od;
	atomic { rq[h] = rq[h] + n - 1; n = 0; v = 0; t = 0; goto found };

	// giveup
release:
	atomic {
		lck == 0;
		if
#ifndef V_NOGLOBCHECK
		:: gq > 0 -> globget()
		:: gq == 0 && !msp[h] && need -> lck = 1
#else
		// Not needed for S and W; it only saves a sleep.
		:: !msp[h] && need -> lck = 1
#endif
		:: else ->
			idle[h] = 1; npidle++;
#ifdef M_LIST_COUNTED
			// Lets go of the P and never stops counting.
			msp[h] = 0;
#elif !defined(M_SPINNING_SHARED)
			was = msp[h]; msp[h] = 0;
#if !defined(M_RECHECK_EARLY) && !defined(V_DROP_UNLOCKED)
			lck = was;
#endif
#endif
#ifdef M_DEAD_EARLY
			checkdead();
#endif
			goto released
		fi
	}
	if
	:: atomic { n == 1 -> n = 0; rq[h]++; lck = 0; goto found }
	:: atomic { n == 0 -> nsp++ }
	fi;
	atomic { need = 0; msp[h] = 1; lck = 0; goto top };

released:
#ifdef M_SPINNING_SHARED
	// m.spinning still in use after the unlock: a giver has written it, and
	// the count that it handed over is never given back.
	was = msp[h];
	msp[h] = 0;
#endif
	if
#ifdef V_FASTWAKE
	:: atomic { !was && !need -> goto park }
	:: atomic { !was && need -> goto respin }
#else
	:: !was -> goto park
#endif
	:: else -> was = 0
	fi;
#ifdef V_DROP_UNLOCKED
	// As in Go: a goroutine may get to the global queue between the unlock
	// and this, and its submitter count on us. Then the recheck must look
	// there, under the lock (a batch on its way to a ring is in neither for
	// a moment) and before it looks at the rings; and the retake must spin.
	nsp--;
#elif !defined(M_RECHECK_EARLY)
	atomic { nsp--; lck = 0 };
#endif
	// workqueued
#ifndef M_RECHECK_NONE
	if
#ifdef M_RECHECK_NOLOCK
	:: atomic { gq > 0 -> goto respin }
	:: gq == 0
#elif defined(M_RECHECK_LOCAL)
	:: true
#else
	:: atomic { lck == 0 && gq > 0 -> goto respin }
	:: lck == 0 && gq == 0
#endif
	fi;
#ifndef M_RECHECK_GLOBAL
	v = 0;
	do
	:: atomic { v < NP && v != h && rq[v] > 0 -> v = 0; goto respin }
	:: atomic { v < NP && (v == h || rq[v] == 0) -> v++ }
	:: atomic { v == NP -> v = 0; break }
	od;
#endif
#endif
#ifdef M_RECHECK_EARLY
	nsp--;
#endif

	// mpark
park:
	atomic {
		lck == 0;
#ifdef M_NEXTP_CLEARED
		given[h] = 0;	// as if it were still from the last sleep
#endif
		if
		:: given[h] -> given[h] = 0; FRESH; goto top
		:: else -> checkdead()
		fi
	}
loop:
	atomic {
		if
		:: given[h] -> given[h] = 0; FRESH; goto top
#ifdef M_READY_UNSEEN
		:: !given[h] && DUE(h) -> goto retake
#else
		:: !given[h] && (rl[h] > 0 || DUE(h)) -> goto retake
#endif
		:: else
#ifndef M_SLEEP_UNMASKED
#ifdef M_TIMER_UNWATCHED
			-> hw[h] = 0;
#else
			-> SETHW(h);
#endif
			st[h] = WFI
#endif
		fi
	}
#ifdef M_SLEEP_UNMASKED
	atomic { SETHW(h); st[h] = WFI };
#endif
endwfi:
	atomic { ipi[h] -> ipi[h] = 0; st[h] = BUSY; goto loop }

respin:
	was = 1;
retake:
	atomic {
		lck == 0;
		if
#ifdef M_RETAKE_BLIND
		:: given[h] -> given[h] = 0; FRESH
#else
		:: given[h] -> given[h] = 0; was = 0; FRESH; goto top
#endif
		:: else -> idle[h] = 0; npidle--; parked[h] = 0; FRESH
		fi
	}
	if
#ifdef M_RESPIN_NOT
	// It takes one G and tells nobody of the second.
	:: was -> was = 0
#else
	:: was -> was = 0; becomespinning()
#endif
	:: else
	fi;
	goto top;

	// schedule
found:
	if
	:: atomic { msp[h] -> msp[h] = 0; nsp-- };
#ifndef M_CHAIN_NONE
		wakep()
#endif
	:: else
	fi;
#ifdef SLICE
	atomic {
		if
		:: rq[h] > 0 || gq > 0 -> armed[h] = 1
		:: else
		fi
	}
#endif
resume:
	atomic {
		st[h] = RUN;
#ifndef M_EXEC_GAP
		// An interrupt since the last look comes again.
		pre[h] = (pre[h] || rl[h] > 0 || DUE(h))
#endif
	}
running:
	if
	// go, or goready
	:: atomic { subs > 0 && rq[h] < CAP ->
		st[h] = BUSY; subs--; rq[h]++; READYARM };
		wakep();
		goto resume
	:: atomic { subs > 0 && rq[h] == CAP ->
		st[h] = BUSY; subs--; READYARM;
		n = (CAP + 1) / 2; rq[h] = rq[h] - n; n++ };
		atomic { lck == 0 -> gq = gq + n; n = 0 };
		KICK;
		wakep();
		goto resume
#if TIMERS > 0
	// time_sleep's timer, or another: only ever on the own P
	:: atomic { tops > 0 && (tm[h] == 0 || !tm2[h]) ->
		tops--;
		if
		:: tm[h] == 0 -> tm[h] = 1
		:: else -> tm2[h] = 1
		fi;
#ifndef M_TIMER_UNARMED
		hw[h] = 1;
#endif
		goto running }
#endif
#ifdef SLICE
	// the tick, in a handler: it stops itself, looks, and starts again
	:: atomic { armed[h] -> armed[h] = 0; st[h] = INTR };
		atomic {
			if
			:: rq[h] > 0 || gq > 0 -> armed[h] = 1
			:: else
			fi;
			st[h] = RUN;
			pre[h] = (pre[h] || rl[h] > 0 || DUE(h));
			goto running
		}
#endif
	// the end, or a wait
	:: atomic { st[h] = BUSY; pre[h] = 0; ended++; goto top }
	// preempted, its slice over
	:: atomic { lck == 0 -> st[h] = BUSY; pre[h] = 0; gq++ };
		KICK;
#ifndef M_PREEMPT_NOWAKE
		// An idler looked at the global queue before this put and at
		// our ring after we have taken the last from it.
		wakep();
#endif
		goto top
	// gosched: to the own ring, and no wakep; the ring is never seen empty
	:: atomic { rq[h] < CAP -> st[h] = BUSY; pre[h] = 0; rq[h]++; goto top }
	// ... unless it spills
	:: atomic { rq[h] == CAP -> st[h] = BUSY; pre[h] = 0;
		n = (CAP + 1) / 2; rq[h] = rq[h] - n; n++ };
		atomic { lck == 0 -> gq = gq + n; n = 0 };
		KICK;
#ifndef M_YIELD_SPILL
		wakep();
#endif
		goto top
	fi;

#if NP < NH
	// mpark without a P to watch: interrupts still come (injectready).
pless:
	atomic { lck == 0; checkdead() }
plessloop:
	atomic {
		if
		:: rl[h] > 0 -> goto plessmove
		:: else -> st[h] = WFI
		fi
	}
endpless:
	atomic { ipi[h] -> ipi[h] = 0; st[h] = BUSY; goto plessloop };
plessmove:
	atomic { lck == 0; parked[h] = 0;
		gq = gq + rl[h]; dev = dev - rl[h]; rl[h] = 0 }
	KICK;
#ifndef M_WAKE_ONEP
	// Not even with one P may it be left out: its hart may sleep.
	wakeslow();
#endif
	goto pless;
#endif
endhalt:
	false
}

// ---- The world -------------------------------------------------------------

inline interrupt(i) {
	atomic {
		irqs > 0 && st[i] != INTR -> irqs--; rl[i]++;
#ifdef M_DEAD_HANDLER
		// No waiter, and its goroutine not yet on any queue.
		dev--;
#endif
		if
		:: st[i] == WFI -> ipi[i] = 1
		:: st[i] == RUN -> pre[i] = 1
		:: else
		fi
	}
}

#define SLEEPS(i) (st[i] == WFI && !ipi[i])
#define STAYS(i) (st[i] == RUN && !pre[i])
#define STABLE(i) (SLEEPS(i) || STAYS(i))
#define IDLES(i) (i < NP && SLEEPS(i))
#define UNDRAINED(i) (rl[i] > 0)
#define QUEUED (SUM(rq) + gq + SUM(rl))
#if TIMERS > 0
#define UNWATCHED(i) (tm[i] > 0 && !hw[i])
#define LATE ANYOF(UNWATCHED)
#else
#define LATE false
#endif
#ifdef SLICE
#define NOTURN(i) (rq[i] > 0 && STAYS(i) && !armed[i])
#define STARVED (!ANYOF(IDLES) && \
	(ANYOF(NOTURN) || (gq > 0 && SUM(armed) == 0)))
#else
#define STARVED false
#endif

proctype world()
{
endworld:
	do
	:: interrupt(0)
#if NH > 1
	:: interrupt(1)
#endif
#if NH > 2
	:: interrupt(2)
#endif
#if TIMERS > 0
	:: timepasses(0)
	:: timerintr(0)
#if NH > 1
	:: timepasses(1)
	:: timerintr(1)
#endif
#if NH > 2
	:: timepasses(2)
	:: timerintr(2)
#endif
#endif
#ifdef LATEIPI
	:: atomic { ipi[0] && st[0] != WFI -> ipi[0] = 0 }
	:: atomic { ipi[1] && st[1] != WFI -> ipi[1] = 0 }
#if NH > 2
	:: atomic { ipi[2] && st[2] != WFI -> ipi[2] = 0 }
#endif
#endif
	// S
	:: atomic { timeout ->
		assert(dead == NOTIMER);
		assert(QUEUED == 0 && nsp == 0 && npidle == NP);
#if TIMERS == 0
		assert(ended == 1 + SUBS - subs + IRQS);
#endif
		break }
	// W and F. The guard opens in a bad state only, so it costs no states.
	:: atomic { ALLOF(STABLE) && (
		ANYOF(UNDRAINED) || (ANYOF(IDLES) && QUEUED > 0) ||
		nsp != 0 || npidle != SUM(idle) ||
		(dead && ANYOF(STAYS)) || LATE || STARVED) ->
		assert(false) }
	od
}

init {
	atomic {
		rq[0] = 1;	// main
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
