// bench.h: what the programs of `make bench` share. A program has a table of rows
// and measures one after the other: first once for nothing (pools touched, free
// lists filled), then between two marks. What is counted there is the emulator's
// (bench/plugin/count.c) and the program never knows it; it says what the counts are,
// one line an interval, in their order:
//
//	bench ID OPS BASE TIMES
//
// the interval holds OPS operations of row ID; TIMES times what a round of BASE, an
// earlier interval with as many rounds, takes is not theirs. tools/counts.py reads it.
#ifndef BENCH_H
#define BENCH_H

#include <go.h>
#include <stdio.h>

#define N 10000

struct row {
	const char *id;
	void (*run)(void);     // what is measured
	void (*prepare)(void); // before each time; NULL: nothing
	void (*finish)(void);  // after
	int ops;
	const char *base;
	int times;
};

// The marks: the plugin looks for where these begin.
__attribute__((noinline, used)) static void
bench_mark_begin(void)
{
	__asm__ volatile("" : : : "memory");
}

__attribute__((noinline, used)) static void
bench_mark_end(void)
{
	__asm__ volatile("" : : : "memory");
}

// loop is the loop around an operation; ROUND keeps the compiler from leaving out
// an empty one.
#define ROUNDS(n) for (int round_ = 0; round_ < (n); round_++)
#define ROUND() __asm__ volatile("" : : : "memory")

static void
bench_nothing(void)
{
}

static void
bench_loop(void)
{
	ROUNDS(N)
	ROUND();
}

// Ten instructions: tools/counts.py does not go on unless it counts ten.
static void
bench_ten(void)
{
	ROUNDS(N)
	__asm__ volatile(".rept 10\n\tnop\n\t.endr" : : : "memory");
}

static const struct row bench_bases[] = {
	{ "mark", bench_nothing, NULL, NULL, 1, "-", 0 },
	{ "loop", bench_loop, NULL, NULL, N, "mark", 1 },
	{ "ten", bench_ten, NULL, NULL, N, "loop", 1 },
	{ 0 },
};

static void
bench_rows(const struct row *r)
{
	for (; r->id != NULL; r++) {
		for (int measured = 0; measured < 2; measured++) {
			if (r->prepare != NULL)
				r->prepare();
			if (measured)
				bench_mark_begin();
			r->run();
			if (measured)
				bench_mark_end();
			if (r->finish != NULL)
				r->finish();
		}
		printf("bench %s %d %s %d\n", r->id, r->ops, r->base, r->times);
	}
}

#endif
