// tick.c: what a goroutine that is alone pays for the timer while others wait for
// something, for `make bench`: instructions of all interrupts in a hundred slices.
#include "bench.h"

static chan *calls;

enum { SLICES = 100 };

static void
waits(void *arg)
{
	int v;

	(void)arg;
	chan_recv(calls, &v);
}

static void
lonely(void)
{
	int64_t from = time_now();

	while (time_now() - from < SLICES * 10 * MILLISECOND)
		ROUNDS(1000)
	ROUND();
}

static void
waiters(void)
{
	calls = chan_make(int, 0);
	for (int i = 0; i < 10; i++)
		go(waits, NULL);
	runtime_gosched();
}

static void
waitersend(void)
{
	chan_close(calls);
	while (runtime_num_goroutine() > 1)
		runtime_gosched();
	chan_free(calls);
}

static const struct row rows[] = {
	{ "tick", lonely, waiters, waitersend, SLICES, "handled", 0 },
	{ 0 },
};

int
main(void)
{
	bench_rows(bench_bases);
	bench_rows(rows);
	return 0;
}
