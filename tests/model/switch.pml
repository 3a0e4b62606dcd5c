// switch.pml: one goroutine leaves a hart and the next goes on, without g0 in
// between (kernel/quick.h, proc.c yield, parkring, gone_m, switchlate, execute;
// newproc.c leave; gswitch and gleave of arch). tests/model/run.sh checks it; change
// it together with the code.
//
// Who leaves is on a queue (yield), or may be made ready by anybody (park), before
// its context is saved. What keeps two harts from one stack is g.m: gswitch clears
// it last, and who has picked a goroutine waits until that has happened. A hart may
// wait while others wait for it. That this is no circle hangs on an order: whom it
// waits for was on its own queue before its own goroutine was on any.
//
// What is checked:
//  - A stack is run by one hart at a time, and only a context that was saved is
//    continued.
//  - A goroutine is on one queue at most, once, and only while it is runnable.
//  - A goroutine comes back with its count at 0 and g.m the hart that runs it.
//  - A hart that an interrupt has asked for goes through g0 before a goroutine runs
//    on with preemption on.
//  - Whoever is taken from a list of dead Gs is nobody's stack any more.
//  - Nobody waits for ever and nobody is lost: when nothing can move, all have ended
//    or are on the wait queue, and no hart is on their stacks.
//
// What is abstracted, and why that is sound:
//  - A queue is runnext and ring in one, without room's end; put and take are a step
//    each (runq's tests have them).
//  - Who goes the quick way and who mcall's is free, wherever the kernel has a choice
//    by p.slow. A thief may move goroutines to its own queue, or run one.
//  - One lock, one wait queue: whoever finds somebody there makes it ready, else
//    waits itself. Goroutines have no program; OPS is how often anybody yields,
//    meets or begins all together, IRQS how many interrupts ask for a hart.
//  - An interrupt that finds the count at 0 takes the goroutine off at once: that is
//    a way of the hart's. One that finds it above 0 is world's.
//
// Mutants, -DM_..., must each violate something.

#ifndef NH
#define NH 2
#endif
#ifndef NG
#define NG 3
#endif
#ifndef OPS
#define OPS 4
#endif
#ifndef IRQS
#define IRQS 1
#endif
#define NONE 255

// Status.
#define RUNNABLE 1
#define RUNNING 2
#define WAITING 3
#define DEAD 4

byte status[NG];
byte on[NG];	// the hart that runs on its stack
bit saved[NG];	// its context is in g.sched
byte gm[NG];	// g.m
bit locked[NG];	// g.locks
bit preempt[NG];
bit queued[NG];

chan q0 = [NG] of { byte };
chan q1 = [NG] of { byte };
chan q2 = [NG] of { byte };
chan free0 = [NG] of { byte };
chan free1 = [NG] of { byte };
chan free2 = [NG] of { byte };
chan waitq = [NG] of { byte };

byte curg[NH];
bit masked[NH];
bit ask[NH];	// an interrupt has asked for the hart
bit lk;
byte ops = OPS, irqs = IRQS;

inline put(i) {
	assert(status[i] == RUNNABLE && !queued[i]);
	queued[i] = 1;
	mine!i
}

// waitsaved: gswitch's last write.
inline waitsaved(i) {
	gm[i] == NONE
}

// off is mcall, up to fn.
inline off(i) {
	assert(on[i] == h);
	saved[i] = 1;
	on[i] = NONE;
	curg[h] = NONE
}

proctype hart(byte h; chan mine, next, third, dead, others)
{
	byte g = NONE, ng = NONE;
	bit leaves;

sched:
	atomic { assert(g == NONE && ng == NONE); ask[h] = 0; masked[h] = 0 }
endsched:
	if
	:: atomic { mine?ng -> queued[ng] = 0 }
#if NH > 1
	:: atomic { next?ng -> queued[ng] = 0 }
	:: atomic { len(next) > 1 -> next?ng; mine!ng; ng = NONE; goto endsched }
#endif
#if NH > 2
	:: atomic { third?ng -> queued[ng] = 0 }
#endif
	fi;

	// execute
#ifndef M_EXEC_NOWAIT
	waitsaved(ng);
#endif
	atomic { assert(status[ng] == RUNNABLE); status[ng] = RUNNING };
	gm[ng] = h;
	atomic {	// gogo
		assert(on[ng] == NONE && saved[ng]);
		on[ng] = h; saved[ng] = 0;
		g = ng; curg[h] = g; ng = NONE
	}

body:
	assert(on[g] == h && gm[g] == h && status[g] == RUNNING && !locked[g]);
	assert(!ask[h] && !preempt[g] && !masked[h] && ng == NONE);
	if
	:: atomic { irqs > 0 -> irqs--; off(g); ng = g; g = NONE; goto takenoff }
	:: atomic { ops > 0 -> ops--; locked[g] = 1; goto yield }
	:: atomic { ops > 0 -> ops--; locked[g] = 1; goto meet }
	:: atomic { ops > 0 && nempty(dead) -> ops--; locked[g] = 1; goto birth }
#ifdef M_FREE_SHARED
	:: atomic { ops > 0 && nempty(others) -> ops--; locked[g] = 1;
		others?ng; goto born }
#endif
	:: atomic { locked[g] = 1; goto exit }
	fi;

	// releaseq
release:
	atomic {
		locked[g] = 0;
		if
		:: !preempt[g] -> goto body
		:: preempt[g] -> off(g); ng = g; g = NONE
		fi
	};

	// asyncpreempt2, gopreempt_m
takenoff:
	atomic { assert(status[ng] == RUNNING && gm[ng] == h); preempt[ng] = 0 };
	gm[ng] = NONE;
	atomic { status[ng] = RUNNABLE; put(ng); ng = NONE; goto sched };

yield:
	if
	:: empty(mine) -> goto release
	:: nempty(mine)
	:: atomic { off(g) };	// gosched_m
		status[g] = RUNNABLE;
		atomic { locked[g] = 0; preempt[g] = 0; gm[g] = NONE };
		atomic { put(g); g = NONE; goto sched }
	fi;
	atomic { assert(status[g] == RUNNING); status[g] = RUNNABLE };
	atomic { put(g) };
	if
	:: atomic { mine?ng -> queued[ng] = 0 }
	:: empty(mine)
	fi;
	if
	:: ng == NONE -> goto gone
#ifndef M_SELF_SWITCH
	:: atomic { ng == g -> status[g] = RUNNING; ng = NONE; goto release }
#endif
	:: else -> goto switchto
	fi;

	// gone_m: it is on a queue already, or on the wait queue
gone:
	atomic { off(g); locked[g] = 0; preempt[g] = 0 };
	gm[g] = NONE;
#ifdef M_GONE_PUTS
	atomic { put(g) };
#endif
	atomic { g = NONE; goto sched };

meet:
	atomic { !lk -> lk = 1 };
	if
	:: atomic { nempty(waitq) -> waitq?ng };
		lk = 0;
		// goreadyq
		atomic { assert(status[ng] == WAITING); status[ng] = RUNNABLE };
		atomic { put(ng); ng = NONE; goto release }
	:: atomic { empty(waitq) -> waitq!g }
	fi;
#ifdef M_PARK_STEALS
	// It publishes, and then picks what may have come after that.
	atomic { status[g] = WAITING; lk = 0 };
	if
	:: atomic { mine?ng -> queued[ng] = 0 }
	:: atomic { empty(mine) && nempty(next) -> next?ng; queued[ng] = 0 }
	:: empty(mine) -> goto gone
	fi;
	if
	:: atomic { ng == g -> status[g] = RUNNING; ng = NONE; goto release }
	:: else -> goto switchto
	fi;
#else
	if
	:: atomic { mine?ng -> queued[ng] = 0 }
	:: goto gonewaiting
	fi;
#ifdef M_STATUS_LATE
	lk = 0;
	atomic { assert(status[g] == RUNNING); status[g] = WAITING };
#else
	atomic { assert(status[g] == RUNNING); status[g] = WAITING };
	lk = 0;
#endif
	goto switchto;
#endif

	// gopark, park_m, unlock0
gonewaiting:
	atomic { off(g); preempt[g] = 0 };
	status[g] = WAITING;
	gm[g] = NONE;
	locked[g] = 0;
	atomic { lk = 0; g = NONE; goto sched };

birth:
	atomic { dead?ng };
born:	// whoever writes a fresh context to its stack has it for himself
	atomic { assert(status[ng] == DEAD && on[ng] == NONE && gm[ng] == NONE);
		saved[ng] = 1 };
	status[ng] = RUNNABLE;
	atomic { put(ng); ng = NONE; goto release };

exit:
	if
	:: atomic { mine?ng -> queued[ng] = 0 }
	:: atomic { off(g) };	// goexit0
		atomic { status[g] = DEAD; locked[g] = 0; preempt[g] = 0;
			gm[g] = NONE; saved[g] = 0 };
		atomic { dead!g; g = NONE; goto sched }
	fi;
	status[g] = DEAD;
	atomic { dead!g; leaves = 1 };

switchto:
#ifndef M_WAIT_NONE
	waitsaved(ng);
#endif
	atomic { assert(status[ng] == RUNNABLE); status[ng] = RUNNING };
	gm[ng] = h;

	// gswitch, gleave
#ifdef M_CLEAR_FIRST
	gm[g] = NONE;
#endif
	if
	:: atomic { !leaves -> saved[g] = 1 }
	:: atomic { leaves -> leaves = 0 }
	fi;
#ifdef M_LOOK_UNMASKED
	if
	:: preempt[g] -> masked[h] = 1; goto unwanted
	:: !preempt[g] -> masked[h] = 1
	fi;
#else
	masked[h] = 1;
#ifndef M_LOOK_NONE
	if
	:: preempt[g] -> goto unwanted
	:: !preempt[g]
	fi;
#endif
#endif
#ifdef M_CLEAR_EARLY
	gm[g] = NONE;
#endif
	atomic {
		assert(on[g] == h && locked[g]);
		on[g] = NONE; curg[h] = ng;
		assert(on[ng] == NONE && saved[ng]);
		on[ng] = h; saved[ng] = 0
	};
#ifdef M_COUNT_LATE
	gm[g] = NONE;
	locked[g] = 0;
#else
	locked[g] = 0;
	gm[g] = NONE;
#endif
	atomic { masked[h] = 0; g = ng; ng = NONE; goto body };

	// g0, for whoever is to run instead of ng
unwanted:
	atomic { assert(on[g] == h && locked[g]); on[g] = NONE; curg[h] = NONE };
#ifdef M_ASKED_LATE
	locked[g] = 0;
	gm[g] = NONE;
	preempt[g] = 0;
#else
	atomic { preempt[g] = 0; locked[g] = 0 };
	gm[g] = NONE;
#endif
#ifdef M_NEXT_DROPPED
	atomic { ng = NONE; g = NONE; goto sched };
#endif
	atomic { masked[h] = 0; g = NONE; goto takenoff }
}

// An interrupt of hart i while its goroutine has the count above 0.
inline handler(i) {
	atomic { irqs > 0 && curg[i] != NONE && !masked[i] && locked[curg[i]] ->
		irqs--;
		preempt[curg[i]] = 1;
		ask[i] = 1
	}
}

proctype world()
{
	byte i;

endworld:
	do
	:: handler(0)
#if NH > 1
	:: handler(1)
#endif
#if NH > 2
	:: handler(2)
#endif
	:: atomic { timeout ->
		do
		:: i < NG ->
			assert(on[i] == NONE && gm[i] == NONE && !queued[i]);
			assert(status[i] == DEAD || status[i] == WAITING);
			i++
		:: else -> break
		od;
		assert(!lk);
		break }
	od
}

init {
	byte i;

	atomic {
		do
		:: i < NG -> status[i] = RUNNABLE; on[i] = NONE; saved[i] = 1;
			gm[i] = NONE; queued[i] = 1;
			if
#if NH > 1
			:: i % 2 == 1 -> q1!i
#endif
			:: i % 2 == 0 || NH == 1 -> q0!i
			fi;
			i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < NH -> curg[i] = NONE; i++
		:: else -> break
		od;
		i = 0;
#if NH == 1
		run hart(0, q0, q0, q0, free0, free0);
#elif NH == 2
		run hart(0, q0, q1, q1, free0, free1);
		run hart(1, q1, q0, q0, free1, free0);
#else
		run hart(0, q0, q1, q2, free0, free1);
		run hart(1, q1, q2, q0, free1, free2);
		run hart(2, q2, q0, q1, free2, free0);
#endif
		run world()
	}
}
