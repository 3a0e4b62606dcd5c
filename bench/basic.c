// basic.c: instructions of the scheduler's two basic operations. Run it with one
// hart and virtual time that counts instructions, where a nanosecond is one
// instruction:
//
//	make run-qemu ARCH=riscv64 HARTS=1 ICOUNT=0 APP=bench/basic.c
//
// The loop around each operation is measured too and taken off.
#include <go.h>
#include <stdio.h>

#define N 10000

static volatile int sink;
static bool stop;

static void
nothing(void *arg)
{
	(void)arg;
}

static void
yielder(void *arg)
{
	(void)arg;
	while (!stop)
		runtime_gosched();
}

static void
echo(void *arg)
{
	chan **c = arg;
	int v;

	while (chan_recv(c[0], &v))
		chan_send(c[1], &v);
}

static int64_t
emptyloop(void)
{
	int64_t start = time_now();

	for (int i = 0; i < N; i++)
		sink = i;
	return time_now() - start;
}

static void
report(const char *what, int64_t ns, int ops)
{
	printf("%-40s %4ld instructions\n", what,
	       (long)((ns - emptyloop() * ops / N + ops / 2) / ops));
}

int
main(void)
{
	int64_t start;

	// Two that yield to each other: two switches a round.
	go(yielder, NULL);
	runtime_gosched();
	start = time_now();
	for (int i = 0; i < N; i++)
		runtime_gosched();
	report("yield (switch to a peer)", (time_now() - start) / 2, N);
	stop = true;
	runtime_gosched();

	// go, and let it run to its end: a life from the free list.
	go(nothing, NULL);
	runtime_gosched();
	start = time_now();
	for (int i = 0; i < N; i++) {
		go(nothing, NULL);
		runtime_gosched();
	}
	report("go + run + exit + two switches", time_now() - start, N);

	// The same in batches of 100, so that the yield is shared.
	start = time_now();
	for (int i = 0; i < N / 100; i++) {
		for (int j = 0; j < 100; j++)
			go(nothing, NULL);
		runtime_gosched();
	}
	report("go + run + exit, in batches of 100", time_now() - start, N);

	// A yield with nobody else to run.
	start = time_now();
	for (int i = 0; i < N; i++)
		runtime_gosched();
	report("yield, alone", time_now() - start, N);

	// A value there and back: each side parks once and readies the other.
	chan *c[2] = { chan_make(int, 0), chan_make(int, 0) };
	int v = 0;

	go(echo, c);
	runtime_gosched();
	start = time_now();
	for (int i = 0; i < N; i++) {
		chan_send(c[0], &v);
		chan_recv(c[1], &v);
	}
	report("send, park, ready, switch", (time_now() - start) / 2, N);
	return 0;
}
