// deadlock_cycle: goroutines that each hold a mutex and wait for the next one's,
// in cycles of 2 to 5; as long as another one runs that is no business of the
// machine's, then it is, and the report has each of them.
// expect-status: 2
// expect: (?s)^still here$.*^fatal error: all goroutines are asleep - deadlock!$
// expect: (?s)(^goroutine \d+ \[[^]]*Mutex[^]]*\] c2.*?){2}
// expect: (?s)(^goroutine \d+ \[[^]]*Mutex[^]]*\] c3.*?){3}
// expect: (?s)(^goroutine \d+ \[[^]]*Mutex[^]]*\] c4.*?){4}
// expect: (?s)(^goroutine \d+ \[[^]]*Mutex[^]]*\] c5.*?){5}
#include <go.h>
#include <stdatomic.h>
#include <stdio.h>

static struct mutex mu[6][5];
static atomic_int holding[6];

struct place {
	int n, i;
};

static void
eats(void *arg)
{
	struct place *p = arg;

	mutex_lock(&mu[p->n][p->i]);
	atomic_fetch_add(&holding[p->n], 1);
	while (atomic_load(&holding[p->n]) < p->n)
		runtime_gosched();
	mutex_lock(&mu[p->n][(p->i + 1) % p->n]);
}

int
main(void)
{
	static const char *const name[] = { "", "", "c2", "c3", "c4", "c5" };
	static struct place place[6][5];

	for (int n = 2; n <= 5; n++)
		for (int i = 0; i < n; i++) {
			place[n][i] = (struct place){ n, i };
			if (!go_with((struct go_attr){ .name = name[n] }, eats,
				     &place[n][i]))
				return 1;
		}
	time_sleep(20 * MILLISECOND);
	printf("still here\n");
	mutex_lock(&mu[5][0]);
	return 0;
}
