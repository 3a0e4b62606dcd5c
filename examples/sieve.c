// sieve.c: the prime sieve that every Go programmer has seen. A generator sends
// 2, 3, 4, ... into a chain of goroutines; each filters out the multiples of
// the first number it received, which is prime.
#include <go.h>
#include <stdio.h>
#include <stdlib.h>

struct link {
	chan *in, *out;
	int prime;
};

static void
generate(void *arg)
{
	chan *out = arg;

	for (int i = 2;; i++)
		chan_send(out, &i);
}

static void
filter(void *arg)
{
	struct link *l = arg;
	int i;

	while (chan_recv(l->in, &i))
		if (i % l->prime != 0)
			chan_send(l->out, &i);
}

// sieve.c prints as many primes as its first argument says: ARGS=100.
int
main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 30;
	chan *c = chan_make(int, 0);

	go(generate, c);
	for (int i = 0; i < n; i++) {
		chan *next = chan_make(int, 0);
		int prime;

		chan_recv(c, &prime);
		printf("%d%c", prime, i % 10 == 9 || i == n - 1 ? '\n' : ' ');
		go_copy(filter, (struct link){ c, next, prime });
		c = next;
	}
	return 0; // the chain is still working; the end of main ends it too
}
