// spawntree.c: how much faster two harts are than one, on work that is nothing but
// goroutines: a tree in which each node spawns two children and waits for them, to
// a depth of DEPTH. `make bench-smp` runs it with two harts, each of them a thread
// of the host's (MTTCG).
//
// One and two harts take turns in one run, by runtime_gomaxprocs, so that what else
// the host does meets both alike. ROUNDS times: the tree on one, then the same tree
// on two; a line for each pair:
//
//	smp WORK ONE TWO		nanoseconds
//
// and tools/benchbig.py says what the ratios are. The number of leaves that ran is
// checked each time.
//
// Time is the host's, so nothing here repeats: two threads that get two cores for
// themselves show the scheduler, anything else the host.
#include <go.h>
#include <stdio.h>

enum {
	DEPTH = 12, // 8191 nodes: fewer than NG, all of them may live at once
	TREES = 4,
	ROUNDS = 9,
};

struct node {
	int depth;
	struct wait_group *parent;
};

static int work;        // rounds of it in each node
static uint32_t leaves; // that ran
static volatile uint32_t sink;

static void
labour(void)
{
	uint32_t x = (uint32_t)work;

	for (int i = 0; i < work; i++) {
		x = x * 1664525 + 1013904223;
		__asm__ volatile("" : "+r"(x));
	}
	sink = x;
}

static void
node(void *arg)
{
	const struct node *n = arg;
	struct wait_group wg = { 0 };
	struct node child = { n->depth - 1, &wg };

	labour();
	if (n->depth > 0) {
		wait_group_add(&wg, 2);
		go(node, &child);
		go(node, &child);
		wait_group_wait(&wg);
	} else {
		__atomic_fetch_add(&leaves, 1, __ATOMIC_RELAXED);
	}
	wait_group_done(n->parent);
}

// trees returns how long TREES of them take.
static int64_t
trees(int harts)
{
	int64_t start;

	runtime_gomaxprocs(harts);
	start = time_now();
	leaves = 0;
	for (int i = 0; i < TREES; i++) {
		struct wait_group wg = { 0 };
		struct node root = { DEPTH, &wg };

		wait_group_add(&wg, 1);
		go(node, &root);
		wait_group_wait(&wg);
	}
	if (leaves != TREES << DEPTH)
		panic("%u leaves of %d", (unsigned)leaves, TREES << DEPTH);
	return time_now() - start;
}

int
main(void)
{
	static const int works[] = { 500, 0 };

	if (runtime_num_cpu() < 2)
		panic("%d hart: two are needed", runtime_num_cpu());
	for (unsigned w = 0; w < sizeof works / sizeof works[0]; w++) {
		work = works[w];
		trees(1); // free lists, and the emulator's translations
		trees(2);
		for (int i = 0; i < ROUNDS; i++) {
			int64_t one = trees(1), two = trees(2);

			printf("smp %d %lld %lld\n", work, (long long)one,
			       (long long)two);
		}
	}
	return 0;
}
