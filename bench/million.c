// million.c: a million goroutines, each of them blocked on a channel of its own, and
// then a token that goes once round all of them. `make bench-million` builds it for
// 4 GiB of RAM: small stacks, no guards (a guard is a page, larger than such a
// stack), and pools of a million; and runs it with one hart and a nanosecond an
// instruction, so that what it prints repeats.
//
//	million GOROUTINES HOPS INSTRUCTIONS
//
// a line for each ring, the small one first: HOPS hops took that many. Each ring is
// made, waits until all of it is blocked, is gone round, and is ended; goroutines of
// the larger one are partly the smaller one's again.
//
// The instructions of the loop around the operation are main's two calls: nothing is
// taken off.
#include <go.h>
#include <stdio.h>

enum { SMALL = 10000 };

static chan **links;
static unsigned n, waiting, passed, ended;

// A link takes from the channel before it and gives to its own, which is the next
// one's. A negative value ends it.
static void
hops(void *arg)
{
	chan **from = arg;
	int v;

	__atomic_fetch_add(&waiting, 1, __ATOMIC_RELAXED);
	while (chan_recv(from[0], &v) && v >= 0) {
		passed++;
		chan_send(from[1], &v);
	}
	ended++;
	chan_send(from[1], &v);
}

static int64_t
once(int v)
{
	int64_t start = time_now();

	chan_send(links[0], &v);
	chan_recv(links[n], &v);
	return time_now() - start;
}

static void
ring(unsigned size)
{
	int64_t ns;

	n = size;
	waiting = passed = ended = 0;
	for (unsigned i = 0; i <= n; i++)
		links[i] = chan_make(int, 0);
	for (unsigned i = 0; i < n; i++)
		go(hops, &links[i]);
	while (__atomic_load_n(&waiting, __ATOMIC_RELAXED) < n)
		runtime_gosched();
	if (runtime_num_goroutine() != (int)n + 1)
		panic("%d goroutines", runtime_num_goroutine());
	once(1); // whoever was preempted before it blocked; what nobody touched yet
	ns = once(1);
	if (passed != 2 * n)
		panic("%u hops of %u", passed, 2 * n);
	printf("million %u %u %lld\n", n, n, (long long)ns);
	once(-1);
	while (runtime_num_goroutine() > 1)
		runtime_gosched();
	if (ended != n)
		panic("%u ended", ended);
	for (unsigned i = 0; i <= n; i++)
		chan_free(links[i]);
}

int
main(void)
{
	static chan *all[1000001];

	links = all;
	ring(SMALL);
	ring(sizeof all / sizeof all[0] - 1);
	return 0;
}
