// smallstack.c: a channel loop with preemption, in goroutines whose stacks are as
// small as STACK_STD says (make MINI=1 CONFIG="STACK_STD=256 TICK_NS=20000"): two
// pairs pass numbers over a channel each, so that whenever the clock ticks somebody
// else can run. Its status is 0 if all came through.
#include <go.h>

#define ROUNDS 5000

CHAN_STATIC(one, int, 0);
CHAN_STATIC(two, int, 0);
CHAN_STATIC(sums, unsigned, 0);

static void
producer(void *c)
{
	for (int i = 1; i <= ROUNDS; i++)
		chan_send((chan *)c, &i);
}

static void
adder(void *c)
{
	unsigned sum = 0;
	int n;

	for (int i = 0; i < ROUNDS; i++) {
		chan_recv((chan *)c, &n);
		sum += (unsigned)n;
	}
	chan_send(sums, &sum);
}

int
main(void)
{
	unsigned a, b;

	go(producer, one);
	go(adder, one);
	go(producer, two);
	go(adder, two);
	chan_recv(sums, &a);
	chan_recv(sums, &b);
	return a == b && a == ROUNDS * (ROUNDS + 1u) / 2 ? 0 : 1;
}
