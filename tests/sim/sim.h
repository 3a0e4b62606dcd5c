// sim.h: what a program that runs the kernel on the host asks of sim.c.
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stdint.h>

// sim_run boots the kernel on so many harts and returns the machine's status.
// The seed decides every switch between harts and when interrupts come. In a wild
// run turns may be long and a hart may be held up for long; else all harts get on
// alike. args are the boot arguments.
int sim_run(unsigned nharts, uint64_t seed, bool wild, const char *args);

// sim_tables chooses the tests; see tables.c.
void sim_tables(bool wild);

// What one run did; the same seed gives the same numbers.
struct sim_stats {
	uint64_t points, switches, interrupts, idles, hash;
	int64_t now;
};
extern struct sim_stats sim_stats;

// sim_random is a number below n from the run's seed.
uint32_t sim_random(uint32_t n);

// Statuses that no program of ours returns by itself.
enum { SIM_STUCK = 3 };

#endif
