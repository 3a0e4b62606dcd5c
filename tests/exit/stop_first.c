// stop_first: the world can be stopped, and started, while harts are still on their
// way: each gets its P when it has come.
// harts: 1 2 3 4 5 6 7 8
// expect-status: 0
// expect: ^([1-8]) harts, \1 of them ran$
#include <go.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_int seen[GO_MAXHARTS], ended;

// Keeps a hart busy until all of them were seen, or for long.
static void
looks(void *arg)
{
	int n = *(int *)arg, all = 0;
	int64_t end = time_now() + SECOND;

	while (all < n && time_now() < end) {
		atomic_store(&seen[runtime_cpu()], 1);
		all = 0;
		for (int i = 0; i < n; i++)
			all += atomic_load(&seen[i]);
	}
	atomic_fetch_add(&ended, 1);
}

int
main(void)
{
	int n = runtime_num_cpu(), all = 0;

	for (int i = 0; i < 20; i++)
		runtime_gomaxprocs(i % 2 == 0 && n > 1 ? n - 1 : n);
	for (int i = 0; i < n; i++)
		go(looks, &n);
	while (atomic_load(&ended) < n)
		time_sleep(MILLISECOND);
	for (int i = 0; i < n; i++)
		all += atomic_load(&seen[i]);
	printf("%d harts, %d of them ran\n", n, all);
	return 0;
}
