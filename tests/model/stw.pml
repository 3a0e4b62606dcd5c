// stw.pml: stop-the-world (kernel/stw.c stop, start; idle.c gcstopm, giveup, retake,
// mpark, startm; proc.c's looks at gcwaiting; preempt.c wanted, retry). How harts
// sleep and wake otherwise is idle.pml's. tests/model/run.sh checks it; change it
// together with the code.
//
// What is checked, in every reachable state:
//  X  While somebody has the world stopped no other hart runs a goroutine, has a P,
//     or takes anything from a queue; no P is idle; there is one stopper.
//  L  A stopper who waits for others does not wait for harts that all sleep, or
//     (-DONCE) that no interrupt has asked.
//  W  Afterwards all go on: in no stable state (idle.pml) is the world stopped or
//     a P marked so, does a P's hart sleep while a goroutine waits, or is
//     nmspinning not 0.
//  S  When nothing can happen any more every goroutine has run and ended, and
//     worldsema is free.
//
// What is abstracted: as in idle.pml (anonymous goroutines, a hart and its P stay
// together, one access a step, seq_cst), without timers, slices, handlers that
// ready somebody, and the spilling of rings. A goroutine that runs may end, make
// another one ready, disable preemption for a while, or stop the world. Interrupts
// are those of stop (which asks again and again), of wakep and of start, and at any
// time the end of a slice. The waiters of worldsema are a number; who gets it is put
// on the global queue as one that goes on to stop. What the stopper does in the
// stopped world is nothing. gomaxprocs stays.

#ifndef NH
#define NH 2
#endif
#ifndef SUBS
#define SUBS 2
#endif
#ifndef STOPS
#define STOPS 2
#endif
#if NH == 2
#define SUM(a) (a[0] + a[1])
#define ALLOF(x) (x(0) && x(1))
#define ANYOF(x) (x(0) || x(1))
#define PICK(k) if :: idle[0] -> k = 0 :: idle[1] -> k = 1 fi
#else
#define SUM(a) (a[0] + a[1] + a[2])
#define ALLOF(x) (x(0) && x(1) && x(2))
#define ANYOF(x) (x(0) || x(1) || x(2))
#define PICK(k) \
	if \
	:: idle[0] -> k = 0 \
	:: idle[1] -> k = 1 \
	:: idle[2] -> k = 2 \
	fi
#endif
#define NOBODY 255

#define BUSY 0
#define RUN 1
#define WFI 2
#define STOPPING 3	// in stop, waiting for the others

byte st[NH];
byte rq[NH], gq;	// local queues; the global one
byte sq;		// of the global queue's, those that got worldsema
bit lck, gcw;		// sched.lock, sched.gcwaiting
byte stopwait, nsp;
bit need;		// sched.needspinning
bit idle[NH], stopped[NH], hasp[NH], given[NH], msp[NH];
bit ipi[NH];		// ends the hart's sleep
bit pre[NH];		// the goroutine that runs is to leave, and will
bit resched[NH];	// m.resched
bit off[NH];		// the goroutine that runs has preemption off
bit sema;		// worldsema is taken
byte wwait;		// and so many wait for it
byte stopper = NOBODY;	// who has the world stopped
byte subs = SUBS, stops = STOPS, ended;
bit asked;		// -DONCE: stop has sent its interrupts

// An interrupt that asks for nothing but a look: arch_cpuwake.
inline sendipi(k) {
	if
	:: st[k] == WFI -> ipi[k] = 1
	:: st[k] == RUN -> pre[k] = (pre[k] || gcw)
	// with its P only: without, who waits looks at everything
	:: st[k] == BUSY && hasp[k] -> resched[k] = (resched[k] || gcw)
	:: else
	fi
}

inline wakep() {
	if
	:: nsp != 0
	:: atomic { nsp == 0 -> nsp = 1 };
		if
		:: atomic { lck == 0 && SUM(idle) > 0 -> lck = 1;
			PICK(v); idle[v] = 0 };
			atomic { given[v] = 1; msp[v] = 1; lck = 0 };
			atomic { sendipi(v); v = 0 }
		:: atomic { lck == 0 && SUM(idle) == 0 -> lck = 1; nsp-- };
			atomic { need = 1; lck = 0 }
		fi
	fi
}

inline becomespinning() {
	nsp++;
	atomic { need = 0; msp[h] = 1 }
}

#define UNSTOPPED assert(stopper == NOBODY || stopper == h)

proctype hart(byte h)
{
	byte v, i;
	bit was;

top:
	// "mp->resched = false", before the look
	resched[h] = 0;
	if
	:: atomic { gcw -> goto stopm }
	:: !gcw
	fi;
look:
	if
	:: atomic { rq[h] > 0 -> UNSTOPPED; rq[h]--; goto found }
	:: atomic { sq > 0 && lck == 0 -> UNSTOPPED; sq--; v = 1; goto found }
	:: atomic { gq > 0 && lck == 0 -> UNSTOPPED; gq--; goto found }
	:: atomic { rq[h] == 0 && gq == 0 && sq == 0 && !msp[h] && nsp > 0 ->
		goto release }
	:: rq[h] == 0 && gq == 0 && sq == 0 && (msp[h] || nsp == 0)
	fi;
	if
	:: msp[h]
	:: else -> becomespinning()
	fi;
	// stealwork, which looks at gcwaiting before each victim
	v = 0;
	do
	:: atomic { v == NH -> v = 0; break }
#ifndef V_STEAL_NOLOOK
	:: atomic { v < NH && gcw -> v = 0; break }
#endif
	:: v < NH ->
		if
		:: atomic { rq[v] > 0 -> UNSTOPPED; rq[v]--; v = 0; goto found }
		:: atomic { v++ }
		fi
	od;

	// giveup
release:
	atomic {
		lck == 0;
		if
		:: sq > 0 -> sq--; v = 1; goto found
		:: sq == 0 && gq > 0 -> gq--; goto found
#ifndef M_GIVEUP_NOLOOK
		// The stopper has counted us, and waits.
		:: sq == 0 && gq == 0 && gcw -> goto top
#endif
		:: else ->
			if
			:: !msp[h] && need -> nsp++; need = 0; msp[h] = 1;
				goto top
			:: else
			fi;
			idle[h] = 1; hasp[h] = 0;
			was = msp[h]; msp[h] = 0;
			nsp = nsp - was
		fi
	}
	if
	:: !was -> goto park
	:: else -> was = 0
	fi;
	if
	:: atomic { lck == 0 && gq + sq > 0 -> goto respin }
	:: lck == 0 && gq + sq == 0
	fi;
	v = 0;
	do
	:: atomic { v < NH && rq[v] > 0 -> v = 0; goto respin }
	:: atomic { v < NH && rq[v] == 0 -> v++ }
	:: atomic { v == NH -> v = 0; break }
	od;
	goto park;
respin:
	atomic {
		lck == 0;
		if
		:: given[h]
#ifdef M_RETAKE_STOPPED
		// As if the P that one watches were one's own.
		:: !given[h] -> given[h] = 1; idle[h] = 0; nsp++; need = 0;
			msp[h] = 1
#else
		:: !given[h] && idle[h] -> idle[h] = 0; given[h] = 1; nsp++;
			need = 0; msp[h] = 1
		:: !given[h] && !idle[h]
#endif
		fi
	}
	goto park;

	// gcstopm
stopm:
	atomic {
		lck == 0;
		if
		:: !gcw -> goto top
		:: else ->
#ifndef M_SPIN_KEPT
			nsp = nsp - msp[h]; msp[h] = 0;
#endif
			stopped[h] = 1; hasp[h] = 0; stopwait--
		fi
	}
#ifdef M_STOPM_RUNS
	// Its P handed in, it looks at the queues once more.
	atomic {
		if
		:: gq > 0 && lck == 0 -> UNSTOPPED; gq--; rq[h]++
		:: else
		fi
	}
#endif

	// mpark
park:
	atomic {
		if
		:: given[h] -> given[h] = 0; hasp[h] = 1; goto top
		:: else -> st[h] = WFI
		fi
	}
endwfi:
	atomic { ipi[h] -> ipi[h] = 0; st[h] = BUSY; goto park };

	// schedule; v is 1 if what was found goes on to stop
found:
	i = v; v = 0;
	if
	:: atomic { msp[h] -> msp[h] = 0; nsp-- };
		wakep()
	:: else
	fi;
	if
	:: i == 1 -> i = 0; goto stop
	:: else
	fi;
resume:
	atomic {
		UNSTOPPED;
		st[h] = RUN;
#ifndef M_EXEC_GAP
		// armtimer(0): the request that met g0 comes again
		pre[h] = (pre[h] || resched[h])
#endif
	}
running:
	if
	// go
	:: atomic { subs > 0 && !off[h] -> UNSTOPPED; st[h] = BUSY; subs--;
		rq[h]++ };
		wakep();
		// BUSY stands for a goroutine with preemption off: releasem
		goto resume
	// acquirem ... releasem
	:: atomic { !off[h] && !pre[h] -> off[h] = 1; st[h] = BUSY };
		atomic { UNSTOPPED; off[h] = 0; st[h] = RUN;
#ifndef M_RELEASEM_NOLOOK
			pre[h] = resched[h]
#endif
			};
		goto running
	// preempted
	:: atomic { lck == 0 -> UNSTOPPED; st[h] = BUSY; pre[h] = 0; gq++ };
		wakep();
		goto top
	// the end
	:: atomic { st[h] = BUSY; pre[h] = 0; ended++; goto top }
	// stoptheworld: semacquire
	:: atomic { stops > 0 && !sema -> st[h] = BUSY; stops--; pre[h] = 0;
#ifndef M_SEMA_NONE
		sema = 1;
#endif
		goto stop }
	:: atomic { stops > 0 && sema -> st[h] = BUSY; stops--; wwait++;
		pre[h] = 0; goto top }
	fi;

	// stop, on g0
stop:
	atomic { lck == 0 -> lck = 1; gcw = 1 };
#ifdef M_COUNT_UNLOCKED
	lck = 0;
#endif
	atomic {
		i = 0;
		do
#ifndef M_IDLE_KEPT
		:: i < NH && idle[i] -> idle[i] = 0; stopped[i] = 1; i++
#else
		:: i < NH && idle[i] -> i++
#endif
		:: i < NH && !idle[i] ->
			if
			:: i != h && !stopped[i] -> stopwait++
			:: else
			fi;
			i++
		:: i == NH -> i = 0; break
		od;
		lck = 0;
		st[h] = STOPPING
	}
	do
	:: atomic { stopwait == 0 -> st[h] = BUSY; asked = 0; break }
#ifdef ONCE
	:: atomic { !asked -> i = 0;
		do
		:: i < NH && i != h && !stopped[i] -> sendipi(i); i++
		:: i < NH && (i == h || stopped[i]) -> i++
		:: i == NH -> i = 0; break
		od;
		asked = 1 }
#else
	:: atomic { stopwait > 0 && !stopped[0] && h != 0 -> sendipi(0) }
	:: atomic { stopwait > 0 && !stopped[1] && h != 1 -> sendipi(1) }
#if NH > 2
	:: atomic { stopwait > 0 && !stopped[2] && h != 2 -> sendipi(2) }
#endif
#endif
	od;
	atomic { assert(stopper == NOBODY); stopper = h };
	atomic { assert(SUM(hasp) == 1 && SUM(idle) == 0); stopper = NOBODY };

	// start
#ifdef M_START_LATE
	// The flag goes when all are awake: some have gone to stop again.
	lck == 0;
#else
	atomic { lck == 0 -> lck = 1; gcw = 0 };
#endif
	atomic {
		i = 0;
		do
		:: i < NH && i != h && stopped[i] ->
			assert(!given[i] && !msp[i]);	// startm
			stopped[i] = 0; given[i] = 1; i++
		:: i < NH && (i == h || !stopped[i]) -> i++
		:: i == NH -> i = 0; break
		od;
		lck = 0
	}
#ifndef M_START_NOWAKE
	do
	:: atomic { i < NH && i != h -> sendipi(i); i++ }
	:: atomic { i == h -> i++ }
	:: atomic { i == NH -> i = 0; break }
	od;
#endif
#ifdef M_START_LATE
	gcw = 0;
#endif
	// semrelease: the first waiter has it, or nobody
	if
	:: atomic { wwait > 0 -> wwait--; sq++ };
		wakep()
#ifdef M_SEMA_LOST
	// Its waiters stay.
	:: atomic { wwait > 0 -> sema = 0 }
#endif
	:: atomic { wwait == 0 -> sema = 0 }
	fi;
	goto resume
}

#define SLEEPS(i) (st[i] == WFI && !ipi[i])
#define STAYS(i) (st[i] == RUN && !pre[i])
#define STABLE(i) (SLEEPS(i) || STAYS(i))
#define IDLES(i) (SLEEPS(i) && idle[i])
#define HALTED(i) (stopped[i] || (given[i] && SLEEPS(i)))
#ifdef ONCE
#define ASKED asked
#define DEAF(i) (st[i] == STOPPING || STABLE(i))
#else
#define ASKED true
#define DEAF(i) (st[i] == STOPPING || SLEEPS(i))
#endif
#define WAITING(i) (st[i] == STOPPING)
#define QUEUED (SUM(rq) + gq + sq)

proctype world()
{
endworld:
	do
	// S
	:: atomic { timeout ->
		assert(QUEUED == 0 && nsp == 0 && !sema && wwait == 0);
		assert(ended == 1 + SUBS - subs && !gcw && SUM(idle) == NH);
		break }
	// L
	:: atomic { ALLOF(DEAF) && ANYOF(WAITING) && stopwait > 0 && ASKED ->
		assert(false) }
	// W
	:: atomic { ALLOF(STABLE) && (gcw || stopwait != 0 || nsp != 0 ||
		ANYOF(HALTED) || (ANYOF(IDLES) && QUEUED > 0)) ->
		assert(false) }
	od
}

init {
	byte i;

	atomic {
		rq[0] = 1;	// main
		do
		:: i < NH -> hasp[i] = 1; i++
		:: else -> break
		od;
		i = 0;
		run hart(0);
		run hart(1);
#if NH > 2
		run hart(2);
#endif
		run world()
	}
}
