// smallstack.c: a channel loop in goroutines with stacks of stack=BYTES, preempted at
// random places (gz.chaos), for `make bench`, which tries how small they may be. The
// words of its command line:
//
//	stack=BYTES   which class, see CONFIG in tools/counts.py
//
// A stack that is too small ends the machine, by its guard or its canary; one that does
// not has run ROUNDS_ times through send, receive and what an interrupt puts there.
#include <go.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_ = 20000, PAIRS = 4 };

static size_t stack = 256;
static struct wait_group wg;
static chan *there, *back;
static int sums[PAIRS];

static void
asks(void *arg)
{
	int *sum = arg;

	for (int i = 0; i < ROUNDS_; i++) {
		int v = i;

		chan_send(there, &v);
		chan_recv(back, &v);
		*sum += v == 1;
	}
	wait_group_done(&wg);
}

static void
answers(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS_; i++) {
		int v;

		chan_recv(there, &v);
		v = 1;
		chan_send(back, &v);
	}
	wait_group_done(&wg);
}

// sized panics unless the last goroutine started has that stack and not a larger one.
static void
sized(void)
{
	static struct goroutine_info info[4 * PAIRS];
	unsigned n = runtime_goroutines(info, 4 * PAIRS);
	uint64_t last = 0;
	size_t found = 0;

	for (unsigned i = 0; i < n && i < 4 * PAIRS; i++)
		if (info[i].id > last) {
			last = info[i].id;
			found = info[i].stack_size;
		}
	if (found != stack)
		panic("no stack of %u bytes, but of %u", (unsigned)stack,
		      (unsigned)found);
}

static void
start(void (*fn)(void *), void *arg)
{
	if (!go_with((struct go_attr){ NULL, stack }, fn, arg))
		panic("no goroutine");
}

int
main(int argc, char **argv)
{
	int all = 0;

	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "stack=", 6) == 0)
			stack = (size_t)atoi(argv[i] + 6);
	there = chan_make(int, 0);
	back = chan_make(int, 1);
	wait_group_add(&wg, 2 * PAIRS);
	for (int i = 0; i < PAIRS; i++) {
		start(asks, &sums[i]);
		start(answers, NULL);
	}
	sized();
	wait_group_wait(&wg);
	for (int i = 0; i < PAIRS; i++)
		all += sums[i];
	if (all != PAIRS * ROUNDS_)
		panic("%d answers", all);
	printf("stack %zu is enough\n", stack);
	return 0;
}
