// boot_harts: with any number of harts, each of them comes up, takes work that was
// ready before it came, and is woken again when it sleeps.
// harts: 1 2 3 4 5 6 7 8
// expect-status: 0
// expect: ^([1-8]) harts, \1 of them ran, \1 woke up$
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

// As many goroutines as harts, which all loop: none of the harts may stay idle.
static int
harts_seen(int n)
{
	int all = 0;

	atomic_store(&ended, 0);
	for (int i = 0; i < n; i++)
		atomic_store(&seen[i], 0);
	for (int i = 0; i < n; i++)
		go(looks, &n);
	while (atomic_load(&ended) < n)
		time_sleep(MILLISECOND);
	for (int i = 0; i < n; i++)
		all += atomic_load(&seen[i]);
	return all;
}

int
main(void)
{
	int n = runtime_num_cpu(), first, second;

	first = harts_seen(n);
	time_sleep(50 * MILLISECOND); // all sleep
	second = harts_seen(n);
	printf("%d harts, %d of them ran, %d woke up\n", n, first, second);
	return 0;
}
