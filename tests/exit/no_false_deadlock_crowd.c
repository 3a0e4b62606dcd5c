// no_false_deadlock_crowd: for most of the time all goroutines but one wait, and
// that one is on its way between two harts, being readied, preempted, locked to a
// hart or about to wait. Nobody may take that for the end (Go issues 61454, 59600,
// 38404). There is no timer that would hide it.
// expect-status: 0
// expect: ^passed on 40000 times$
// expect-not: fatal error
// timeout: 120
#include <go.h>
#include <stdio.h>

enum { LINKS = 8, ROUNDS = 5000 };

struct link {
	chan *in, *out;
	struct mutex *mu;
	int i, *passed;
};

static void
pass(void *arg)
{
	struct link *l = arg;
	int v;

	if (l->i == 3)
		runtime_lock_os_thread();
	while (chan_recv(l->in, &v)) {
		mutex_lock(l->mu);
		++*l->passed;
		mutex_unlock(l->mu);
		if (v % LINKS == l->i)
			runtime_gosched();
		chan_send(l->out, &v);
	}
	chan_close(l->out);
}

int
main(void)
{
	chan *first = chan_make(int, 0), *c = first;
	struct mutex mu = { 0 };
	int passed = 0, v;

	for (int i = 0; i < LINKS; i++) {
		chan *out = chan_make(int, i == 5 ? 1 : 0);

		go_copy(pass, (struct link){ c, out, &mu, i, &passed });
		c = out;
	}
	for (int i = 0; i < ROUNDS; i++) {
		chan_send(first, &i);
		chan_recv(c, &v);
	}
	chan_close(first);
	while (chan_recv(c, &v))
		;
	printf("passed on %d times\n", passed);
	return 0;
}
