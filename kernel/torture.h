// torture.h: the decisions of the torture build (config.h, TORTURE); see torture.c.
// Every call of these stands behind `if (TORTURE ...)`, so that other builds hold
// none of it.
#ifndef GZERO_TORTURE_H
#define GZERO_TORTURE_H

#include <stdbool.h>
#include <stdint.h>

struct g;

// tortureinit starts the random decisions; fail, n and every are gz.fail's and
// gz.failevery's numbers. At boot.
void tortureinit(uint32_t seed, uint32_t fail, uint32_t n, uint32_t every);

// tosscoin is true half of the time, the same times for the same seed. g0, or
// preemption off.
bool tosscoin(void);

// tortureshuffle puts the n goroutines of a list (linked by schedlink) in another
// order; *first and *last are its ends.
void tortureshuffle(struct g **first, struct g **last, uint32_t n);

// torturerelease is asked at the end of gp's stretch without preemption, while
// that still lasts: whether gp is to give way there. It may also make another hart
// look around for nothing.
bool torturerelease(const struct g *gp);

// torturepool is asked for each request to the pool of that name: whether it is
// refused.
bool torturepool(const char *name);

#endif
