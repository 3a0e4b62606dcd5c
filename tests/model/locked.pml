// locked.pml: LockOSThread and the hand-over of Ps (kernel/locked.c all of it; idle.c
// giveup, retake, mpark, startm, markparked; proc.c findrunnable's locked part,
// requeue; preempt.c otherswait, kickticks, tick, intrexit). tests/model/run.sh
// checks it; change it together with the code.
//
// What is checked, in every reachable state:
//  M  A locked goroutine runs on its own M, and while an M has a lockedg it runs
//     nothing else. (An M that is only pinned to shares.) One without such a
//     goroutine is not kept for it.
//  P  A P is run by one M at most, and not by one while it is idle or retired; which
//     P is whose (p.m) is a bijection.
//  W  In no stable state (idle.pml: every hart sleeps, or runs a goroutine that may
//     stay for ever and that nothing has asked to leave) does a P lie idle, or in
//     the hands of an M that waits for its lockedg, while a goroutine waits that
//     such a P could run: an unlocked one; or a locked one whose M has no P.
//  F  Nor does anybody wait while all Ps are in use and no clock ticks: of the
//     harts that run there is one whose slice clock is set and whose goroutine
//     will leave for it. A P's clock that is set is one that its hart's timer
//     will come for.
//  S  When nothing can happen any more, all goroutines have run and ended, nobody
//     is asked for a P in vain, all Ps are idle or held.
//
// What is abstracted: as in idle.pml. Harts and their Ms have one number. A thief takes
// one goroutine; wakep is "an idle P, if there is one, is given to its M", always at
// once, and nobody sleeps with something queued (the count of spinning Ms and the
// rechecks are idle.pml's). The world does not stop and gomaxprocs stays: the last
// NH - NP Ps are retired from the beginning. Timers are not here but for the slice
// clock; it fires when it likes. Goroutine i below NL is locked to M i once it has run
// there and locked itself; it may be made ready by anybody, RDY times in all; unlocked
// ones are a number. hasrun: an M has had its turn when it has run something since it
// got its P; that an unlocked one's slice must be over, too, is left to chance.

#ifndef NH
#define NH 2
#endif
#ifndef NP
#define NP 1
#endif
#ifndef NL
#define NL 1
#endif
#ifndef SUBS
#define SUBS 2
#endif
#ifndef RDY
#define RDY 2
#endif
#if NH == 2
#define SUM(a) (a[0] + a[1])
#define ANYOF(x) (x(0) || x(1))
#define ALLOF(x) (x(0) && x(1))
#define IDLEP(k) if :: idle[0] -> k = 0 :: idle[1] -> k = 1 fi
#define LW(k) if :: lw[0] -> k = 0 :: !lw[0] -> k = 1 fi
#define POF(m, k) if :: pm[0] == m -> k = 0 :: pm[1] == m -> k = 1 fi
#define KICK kick(0); kick(1)
#else
#define SUM(a) (a[0] + a[1] + a[2])
#define ANYOF(x) (x(0) || x(1) || x(2))
#define ALLOF(x) (x(0) && x(1) && x(2))
#define IDLEP(k) \
	if \
	:: idle[0] -> k = 0 \
	:: idle[1] -> k = 1 \
	:: idle[2] -> k = 2 \
	fi
#define LW(k) \
	if \
	:: lw[0] -> k = 0 \
	:: !lw[0] && lw[1] -> k = 1 \
	:: !lw[0] && !lw[1] -> k = 2 \
	fi
#define POF(m, k) \
	if \
	:: pm[0] == m -> k = 0 \
	:: pm[1] == m -> k = 1 \
	:: pm[2] == m -> k = 2 \
	fi
#define KICK kick(0); kick(1); kick(2)
#endif

#define BUSY 0
#define RUN 1
#define WFI 2
#define NONE 7

// What a hart runs.
#define OTHER 1
#define LOCKED 2

// The goroutine that is locked to an M.
#define UNBORN 0
#define ALIVE 1
#define BLOCKED 2

byte st[NH], what[NH];
byte pm[NH];		// p.m
byte p[NH] = NONE;	// m.p
byte given[NH] = NONE;	// m.nextp
byte watch[NH] = NONE;	// m.watch
bit idle[NH];
bit lck;
bit excl[NH];		// m.lockedg is set
byte nexcl;
byte g[NH];
bit lh[NH];		// m.lockedhead
bit lw[NH];		// bits of sched.lockedwait
bit held[NH];		// the P of this M is
bit ran[NH];		// hasrun, but for the time
bit turn[NH];		// serveturn
bit tick[NH];		// the P's tickwhen is not 0
bit hw[NH];		// the hart's timer will fire
bit ipi[NH], pre[NH];
byte gq = 1;		// main
byte rq[NH];		// on a P's ring
byte subs = SUBS, rdy = RDY, born = NL, ended;

#define OTHERSWAIT(m) \
	(gq > 0 || rq[p[m]] > 0 || lh[m] || SUM(lw) > 0)

// The end of every handler (intrexit), for all but the tick.
inline intrexit(m) {
	if
	:: p[m] != NONE && !held[m] ->
		if
		:: !tick[p[m]] && OTHERSWAIT(m) -> tick[p[m]] = 1
		:: else
		fi;
		hw[m] = (hw[m] || tick[p[m]])
	:: else
	fi
}

inline wake(m) {
	if
	:: st[m] == WFI -> ipi[m] = 1
	:: else -> intrexit(m)
	fi
}

inline kick(i) {
	atomic {
		if
		:: i < NP && pm[i] != h && !held[pm[i]] && !tick[i] &&
		   !idle[i] -> wake(pm[i])
		:: else
		fi
	}
}

// startm, and who is to be woken for it: v. sched.lock is held.
inline startm(k) {
	assert(given[pm[k]] == NONE && p[pm[k]] == NONE);
	given[pm[k]] = k;
	v = pm[k]
}

inline swapm(a, b) {
	x = pm[a]; pm[a] = pm[b]; pm[b] = x; x = 0
}

inline wakep() {
	if
	:: atomic { lck == 0 && SUM(idle) > 0 ->
		IDLEP(k); idle[k] = 0; startm(k); k = 0 };
		atomic { wake(v); v = 0 }
	:: atomic { lck == 0 && SUM(idle) == 0 }
	fi
}

// A lockedg leaves every second turn to those who are not locked.
#define SKIPS (excl[h] && !turn[h] && gq + rq[p[h]] > 0)

// givep: h's P goes to the M of the retired P q. sched.lock is held.
inline givep(q) {
	k = p[h]; p[h] = NONE; watch[h] = NONE;
	swapm(k, q);
	startm(k);
	k = 0
}

// lockedput for the goroutine of M m. The lock is held for one step; the
// interrupt and kickticks come after it.
inline lockedput(m) {
	atomic {
		lck == 0;
		lh[m] = 1;
		v = NONE;
		POF(m, k);
#ifndef M_IDLE_UNUSED
		if
		:: k >= NP && SUM(idle) > 0 -> IDLEP(y); swapm(k, y); k = y;
			y = 0
		:: else
		fi;
#endif
		if
		:: k >= NP ->
#ifndef M_WAIT_UNSAID
			lw[m] = 1
#endif
		:: k < NP && idle[k] -> idle[k] = 0; startm(k)
		:: k < NP && !idle[k] && m != h -> v = m
		:: k < NP && !idle[k] && m == h
		fi;
		k = 0
	}
#ifdef M_PUT_NOWAKE
	v = 0;
#else
	atomic {
		if
		:: v != NONE -> wake(v)
		:: else
		fi;
		v = 0
	}
#endif
#ifndef V_KICK_NONE
	if
	:: SUM(lw) > 0 -> KICK
	:: else
	fi
#endif
}

#ifdef M_READY_NOCLOCK
// kickticks asks the others only.
#define READYCLOCK skip
#else
#define READYCLOCK \
	atomic { \
		if \
		:: !tick[p[h]] -> tick[p[h]] = 1; hw[h] = 1 \
		:: else \
		fi \
	}
#endif

proctype hart(byte h)
{
	byte k, v, x, y;

	if
	:: p[h] == NONE -> goto park
	:: else
	fi;
top:
	assert(p[h] != NONE && pm[p[h]] == h && !idle[p[h]] && p[h] < NP);
	// lockedserve
	if
	:: SUM(lw) > 0 && (ran[h] || (gq + rq[p[h]] == 0 && !lh[h])) ->
		if
		:: atomic { SKIPS -> turn[h] = 1 }
		:: atomic { !SKIPS && lck == 0 ->
			turn[h] = 0;
			if
			:: SUM(lw) == 0
			:: else ->
				LW(y);
				lw[y] = 0;
				POF(y, k);
				if
				:: k < NP
				:: k >= NP ->
#ifndef M_SERVE_FORGETS
					lw[h] = (lw[h] || lh[h]);
#endif
					x = k; y = x; givep(y); y = 0;
					goto gave
				fi;
				k = 0; y = 0
			fi }
		fi
	// not yet its turn (an unlocked one's slice is not over), or nobody
	:: !excl[h]
	:: excl[h] && (SUM(lw) == 0 ||
	   !(ran[h] || (gq + rq[p[h]] == 0 && !lh[h])))
	fi;
	if
	:: excl[h] -> goto findlocked
	:: !excl[h] && lh[h] && lck == 0 -> goto getlocked
	:: !excl[h]
	fi;
	if
	:: atomic { gq > 0 && lck == 0 -> gq--; what[h] = OTHER; goto execute }
	:: atomic { gq == 0 && SUM(rq) > 0 ->	// its own, or stolen
		do
		:: rq[y] > 0 -> rq[y]--; y = 0; break
		:: else -> y++
		od;
		what[h] = OTHER; goto execute }
	:: gq == 0 && SUM(rq) == 0
	fi;
	// giveup
	atomic {
		lck == 0;
		if
		:: gq > 0 -> gq--; what[h] = OTHER; goto execute
		:: gq == 0 && SUM(rq) > 0 -> goto top	// workqueued
#ifndef M_GIVEUP_LOCKED
		:: gq + SUM(rq) == 0 && lh[h] -> goto top
#endif
#ifndef M_GIVEUP_WAIT
		:: gq + SUM(rq) == 0 && !lh[h] && SUM(lw) > 0 -> goto top
#endif
		:: else -> idle[p[h]] = 1; watch[h] = p[h]; p[h] = NONE;
			goto park
		fi
	}

	// The P has gone to v, by lockedserve or handoffp.
gave:
	atomic { wake(v); v = 0; k = 0; y = 0 };

park:
	atomic {
		if
		:: given[h] != NONE ->
			assert(p[h] == NONE);
			p[h] = given[h]; given[h] = NONE; watch[h] = NONE;
#ifndef M_CLOCK_STALE
			tick[p[h]] = 0;
#endif
			ran[h] = 0;
			goto top
		:: else -> st[h] = WFI
		fi
	}
endpark:
	atomic { ipi[h] -> ipi[h] = 0; st[h] = BUSY; goto park };

findlocked:
	// spillring
	if
	:: rq[p[h]] > 0 ->
		atomic { lck == 0 -> gq = gq + rq[p[h]]; rq[p[h]] = 0 };
		KICK;
		wakep()
	:: else
	fi;
	// handoffp
#if NP < NH
	if
	:: atomic { !(lh[h] && (!ran[h] || gq == 0)) && lck == 0 ->
		// freem
		y = NP;
		do
		:: y < NH && excl[pm[y]] -> y++
		:: else -> break
		od;
		if
		:: y < NH ->
#ifndef M_HANDOFF_FORGETS
			lw[h] = (lw[h] || lh[h]);
#endif
			givep(y); y = 0;
			goto gave
		:: else -> y = 0
		fi }
	:: atomic { lh[h] && (!ran[h] || gq == 0) }
	fi;
#endif
getlocked:
	if
	:: atomic { lck == 0 && lh[h] -> lh[h] = 0; what[h] = LOCKED;
		goto execute }
	:: atomic { lck == 0 && !lh[h] && !excl[h] -> goto top }
	:: atomic { lck == 0 && !lh[h] && excl[h] }
	fi;
	// lockedsleep
	held[h] = 1;
	atomic {
		if
#ifndef M_SLEEP_NOLOOK
		:: lh[h] || rq[p[h]] > 0 -> goto awake
#endif
		:: else -> st[h] = WFI
		fi
	}
endheld:
	atomic { ipi[h] -> ipi[h] = 0; st[h] = BUSY };
awake:
	atomic {
		held[h] = 0;
#ifndef M_HELD_CLOCK
		// What fired meanwhile has set nothing anew.
		tick[p[h]] = 0;
#endif
	}
	goto top;

execute:
	ran[h] = 1;
	assert(what[h] == LOCKED || !excl[h]);
	assert(what[h] != LOCKED || g[h] == ALIVE);
	atomic {
		if
		:: !tick[p[h]] && OTHERSWAIT(h) -> tick[p[h]] = 1; hw[h] = 1
		:: else
		fi
	}
resume:
	atomic { st[h] = RUN };
running:
	if
	// go
	:: atomic { subs > 0 -> subs--; st[h] = BUSY;
		rq[p[h]]++;
		if
		:: !tick[p[h]] -> tick[p[h]] = 1; hw[h] = 1
		:: else
		fi };
		wakep();
		goto resume
	// goready of a locked one
	:: atomic { rdy > 0 && g[0] == BLOCKED -> rdy--; g[0] = ALIVE;
		st[h] = BUSY };
		lockedput(0);
		READYCLOCK;
		goto resume
#if NL > 1
	:: atomic { rdy > 0 && g[1] == BLOCKED -> rdy--; g[1] = ALIVE;
		st[h] = BUSY };
		lockedput(1);
		READYCLOCK;
		goto resume
#endif
	// LockOSThread, UnlockOSThread
	:: atomic { what[h] == OTHER && h < NL && born > 0 && g[h] == UNBORN &&
		lck == 0 -> born--; g[h] = ALIVE; what[h] = LOCKED;
		if
		:: nexcl + 1 < NH -> excl[h] = 1; nexcl++
		:: else
		fi;
		st[h] = BUSY };
#ifndef V_LOCK_NOSPILL
		if
		:: excl[h] && rq[p[h]] > 0 ->
			atomic { lck == 0 -> gq = gq + rq[p[h]]; rq[p[h]] = 0 };
			KICK;
			wakep()
		:: else
		fi;
#endif
		goto resume
	:: atomic { what[h] == LOCKED && lck == 0 -> what[h] = OTHER;
		g[h] = UNBORN; nexcl = nexcl - excl[h]; excl[h] = 0;
		goto running }
	// it waits
	:: atomic { what[h] == LOCKED && rdy > 0 -> st[h] = BUSY; pre[h] = 0;
		what[h] = 0; g[h] = BLOCKED; goto top }
	// it ends, and so does its lock (lockedexit)
	:: atomic { what[h] == LOCKED && lck == 0 -> st[h] = BUSY; pre[h] = 0;
		what[h] = 0; g[h] = UNBORN; ended++;
#ifndef M_EXIT_KEEPS
		nexcl = nexcl - excl[h]; excl[h] = 0;
#endif
		goto top }
	:: atomic { what[h] == OTHER -> st[h] = BUSY; pre[h] = 0; what[h] = 0;
		ended++; goto top }
	// its slice is over, or it yields
	:: atomic { pre[h] && what[h] == OTHER && lck == 0 -> st[h] = BUSY;
		pre[h] = 0; what[h] = 0; gq++ };
		KICK;
		wakep();
		goto top
	:: atomic { pre[h] && what[h] == LOCKED -> st[h] = BUSY; pre[h] = 0;
		what[h] = 0 };
		lockedput(h);
		goto top
	fi
}

// ---- The world -------------------------------------------------------------

// A hart's timer, set for a slice clock. It finds the P held, or no P: then it is
// over; else tick.
inline fires(m) {
	atomic {
		hw[m] && !(st[m] == WFI && ipi[m]) ->
		hw[m] = 0;
		if
		:: st[m] == WFI -> ipi[m] = 1
		:: st[m] != WFI && p[m] != NONE && !held[m] ->
			if
			:: tick[p[m]] ->
				tick[p[m]] = OTHERSWAIT(m);
				pre[m] = (pre[m] ||
					(st[m] == RUN && tick[p[m]]))
			:: else -> tick[p[m]] = OTHERSWAIT(m)
			fi;
			hw[m] = tick[p[m]]
		:: else
		fi
	}
}

#define SLEEPS(i) (st[i] == WFI && !ipi[i])
#define STAYS(i) (st[i] == RUN && !pre[i])
#define STABLE(i) (SLEEPS(i) || STAYS(i))
#define PLESS(i) (lh[i] && p[i] == NONE)
#define WAITS(i) (held[i] && SLEEPS(i))
#define OWNWAITS(i) (WAITS(i) && lh[i])
#define DEADCLOCK(i) (STAYS(i) && tick[p[i]] && !hw[i])
#define TICKS(i) (STAYS(i) && tick[p[i]] && hw[i])
#define GIVES(i) (TICKS(i) && (NP < NH || !excl[i]))
#define BEHIND(i) (lh[i] && STAYS(i) && !TICKS(i))
#define RINGWAITS(i) (STAYS(i) && rq[p[i]] > 0 && !TICKS(i))
#define LEFT(i) (excl[i] && g[i] == UNBORN)
#define GIVENASLEEP(i) (SLEEPS(i) && given[i] != NONE)

proctype world()
{
endworld:
	do
	:: fires(0)
	:: fires(1)
#if NH > 2
	:: fires(2)
#endif
	// S
	:: atomic { timeout ->
		assert(gq + SUM(rq) == 0 && SUM(lh) == 0 && SUM(lw) == 0);
		break }
	// W
	:: atomic { ALLOF(STABLE) && (ANYOF(OWNWAITS) || ANYOF(GIVENASLEEP) ||
		ANYOF(LEFT) ||
		(SUM(idle) > 0 && (gq + SUM(rq) > 0 || ANYOF(PLESS))) ||
		(NP < NH && ANYOF(WAITS) && (gq + SUM(rq) > 0 || ANYOF(PLESS)))) ->
		assert(false) }
	// F
	:: atomic { ALLOF(STABLE) && (ANYOF(DEADCLOCK) || ANYOF(BEHIND) ||
		ANYOF(RINGWAITS) ||
		(gq > 0 && ANYOF(STAYS) && !ANYOF(GIVES)) ||
		(ANYOF(PLESS) && !ANYOF(TICKS))) ->
		assert(false) }
	od
}

init {
	byte i;

	atomic {
		do
		:: i < NH -> pm[i] = i;
			p[i] = (i < NP -> i : NONE);
			i++
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
