// race.h: named places in the kernel where another hart, or an interrupt, may come
// between two steps (RACE_POINT), and the counts by which ledger.c checks that
// nothing was lost. All of it is in images with RACE only (make RACE=1 or
// TORTURE=1); in others the macros are nothing. See race.c.
#ifndef GZERO_RACE_H
#define GZERO_RACE_H

#include <config.h>
#include <stdbool.h>
#include <stdint.h>

// Where the points are: the file or function, and after which step. The name is
// what gz.racepoint wants and what the statistics print.
// clang-format off
#define RACE_POINTS(X) \
	/* runq.c */ \
	X(runqempty_head) X(runqput_kicked) X(runqput_slot) X(runqput_full) \
	X(runqput_spilled) X(runqget_next) X(runqget_cas) X(grabnext_cas) \
	X(runqgrab_head) X(runqgrab_cas) X(runqsteal_taken) \
	X(runqsteal_put) \
	/* proc.c */ \
	X(casgstatus) X(park_waiting) X(park_unlocked) X(ready_status) \
	X(ready_put) X(globput_unlocked) X(globget_taken) X(drain_taken) \
	X(schedule_found) X(execute_running) X(gosched_runnable) \
	X(requeue_runnable) X(requeue_put) \
	/* idle.c */ \
	X(spinning_counted) X(spinning_dropped) X(wakep_looked) \
	X(wakep_counted) X(wakep_none) X(startm_given) X(notewakeup_stored) \
	X(reset_dropped) X(acquirep_taken) X(retake_begin) X(inject_taken) \
	X(msleep_sleeping) X(idle_masked) X(mpark_look) X(mpark_parked) \
	X(gcstopm_begin) X(gcstopm_stopped) X(giveup_begin) X(giveup_idle) \
	X(giveup_looked) \
	/* preempt.c */ \
	X(tick_stopped) X(starttick_begin) X(kick_looked) X(arm_set) \
	/* stw.c */ \
	X(stop_asked) X(start_given) \
	/* locked.c */ \
	X(locked_put) X(locked_get) X(locked_serve) X(locked_handoff) \
	X(locked_sleep) X(locked_spill) X(lock_thread) X(unlock_thread) \
	/* newproc.c gfree.c pool.c */ \
	X(newproc_runnable) X(newproc_put) X(goexit_dead) X(goexit_freed) \
	X(gf_spill) X(gf_refill) X(pool_get) X(pool_put) \
	/* lock.c */ \
	X(lock_taken) X(lock_release) X(unlock0_count) \
	/* chan.c select.c */ \
	X(dequeue_off) X(send_unlocked) X(recv_unlocked) X(wait_queued) \
	X(close_unlocked) X(select_locking) X(select_poll) X(select_queued) \
	X(select_count) X(select_timer) X(select_release) X(select_woken) \
	X(select_cleanup) X(select_timedout) \
	/* sema.c */ \
	X(sema_given) X(sema_queued) X(sema_timer) X(sema_timedout) \
	X(sema_woken) X(cond_queued) X(cond_unlocked) X(wg_unlocked) \
	X(sema_none) X(sema_served) X(wg_queued) \
	/* time.c */ \
	X(timer_add) X(timer_takeout) X(timer_first) X(timer_fired) \
	X(timer_firing) X(timer_unlocked) X(timer_fndone) X(timer_claimed) \
	X(timer_lookedrunner) X(timer_letgo) X(sleep_woken) X(timer_modify) \
	/* isr.c netpoll.c */ \
	X(isr_tried) X(isr_next) X(isr_send) X(note_commit)
// clang-format on

enum racepoint {
#define X(name) RACE_##name,
	RACE_POINTS(X)
#undef X
		NRACE
};

// What is counted, all harts together, modulo 2^32.
enum racecount {
	RACE_ARMED,   // timers set
	RACE_FIRED,   // timers whose fn was called
	RACE_STOPPED, // timers taken out of a heap before that
	NRACECOUNT
};

// raceinit reads gz.race and its like. At boot.
void raceinit(uint32_t seed);
// racepoint counts that it was passed, and waits there now and then. Any context;
// interrupts and locks stay as they are.
void racepoint(enum racepoint id);
// racestatus notes that goroutine goid went from status old to new.
void racestatus(uint64_t goid, uint32_t old, uint32_t new);
void racecount(enum racecount what);
// racechan counts a value that was sent to the channel at c, or received from it;
// racechannew forgets what was counted for the channel in that place before. c is
// locked, or nobody's yet.
void racechan(const void *c, bool received);
void racechannew(const void *c);
// racereport prints the statistics and the hash of the trace, if gz.trace says so.
// At the machine's end.
void racereport(void);

// For ledger.c: sums.
uint32_t racesum(enum racecount what);
// raceflow returns how many more goroutines have come into that status than left.
uint32_t raceflow(uint32_t status);
// racechanbalance returns how many values more were sent than received.
int32_t racechanbalance(const void *c);

#define RACE_POINT(name) \
	do { \
		if (RACE) \
			racepoint(RACE_##name); \
	} while (0)

#endif
