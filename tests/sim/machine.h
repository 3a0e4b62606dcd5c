// machine.h: what sim.c, which is a hart from inside, shares with the file that says
// how harts get on: turns.c (one after the other) or threads.c (all at once).
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#include <arch.h>
#include <config.h>

#include "sim.h"

enum { LINE_CONSOLE = 1, LINE_DEVICE = 2 };

struct hart {
	uintptr_t sp; // while another runs
	struct g *g;
	bool started, idle, masked, ipi;
	int64_t deadline; // INT64_MAX: none
	struct g *interrupted;
	uintptr_t trapsp;
	void (*fn)(struct g *); // mcall's
	struct g *leaving;      // gswitch's, until it is saved
	void (*sysfn)(void *);  // arch_systemstack's
	void *sysarg;
	uintptr_t syssp;
	struct g *sysg;
	uintptr_t trash;  // a context that nobody continues
	uint64_t stalled; // turns.c: until that many turns have been given
	// threads.c
	uint64_t rng;
	int64_t fuel, fuelset; // points
	struct sim_stats stats;
	int wake;
};

extern struct hart harts[MAXHARTS];
extern unsigned nharts;

// cur is the running hart. A function that switched may have come back on another
// one; with threads the address of anything of a thread's may not be kept then.
#ifdef SIM_THREADS
static inline struct hart *
sim_self(void)
{
	struct hart *h;

	__asm__ volatile("movq %%fs:sim_hart@tpoff, %0" : "=r"(h));
	return h;
}
#define cur sim_self()
#else
extern struct hart *cur;
#endif

// What another hart may look at.
static inline bool
sim_load(const bool *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline void
sim_store(bool *p, bool v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

// ---- sim.c ----------------------------------------------------------------------

// sim_reset makes the machine new. sim_boot runs cur, which begins; the first hart's
// comes back when somebody calls sim_back (not with threads).
void sim_reset(unsigned n, const char *args);
void sim_boot(void);
_Noreturn void sim_back(void);
void sim_switch(struct hart *from, struct hart *to);

// sim_interrupt takes one interrupt of cur; the mask is open. The caller refuels.
void sim_interrupt(void);
// sim_linefires tells whether a line waits to be taken, by hart 0.
bool sim_linefires(void);
void sim_raise(unsigned line);

// ---- turns.c, threads.c ---------------------------------------------------------

void sim_point(void);
// sim_settle brings the clock up to date; sim_refuel must follow, which says when
// cur looks up next.
void sim_settle(void);
void sim_refuel(void);
// sim_unmask opens cur's mask; what waits comes now, or at one of the next points.
void sim_unmask(void);
// sim_due tells whether h's deadline has come. The clock is settled.
bool sim_due(const struct hart *h);
// sim_counted is told of an interrupt, sim_begins of a hart that may begin.
void sim_counted(void);
void sim_begins(struct hart *h);

#endif
