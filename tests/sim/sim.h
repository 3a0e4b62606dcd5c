// sim.h: what a program that runs the kernel on the host asks of sim.c.
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stddef.h>
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

// sim_quiet keeps what the kernel prints instead of printing it; sim_output is that
// of the last run, or its beginning.
extern bool sim_quiet;
const char *sim_output(void);

// sim_fuzz runs one input of fuzz.c, false if the kernel did what it must not, and
// sim_listing are the calls of the last one.
bool sim_fuzz(const uint8_t *data, size_t size);
const char *sim_listing(void);
extern unsigned long sim_calls, sim_given_up; // with too many states to follow

// Statuses that no program of ours returns by itself.
enum { SIM_STUCK = 3 };

#endif
