// fault_fp: faults of goroutines that use floating point, over and over, harm
// nobody: not the FP registers of goroutines that compute meanwhile or of the one
// that catches, and not the report of a fault whose deferred calls compute (a
// core that puts off storing FP registers at an exception must have forgotten
// about it).
// board: mps2-an386
// expect-status: 2
// expect: ^sums right 6, bad 0$
// expect: ^deferred 2\.25$
// expect: ^panic: runtime error: invalid memory address or nil pointer dereference \(.*address 0x0\)
// expect: ^\[.*goroutine 1\b.*address 0x0\]
// expect: ^goroutine 1 \[running\] main:
// expect: ^poke\(
// expect-not: ^\(null\)
// harts: 1 4
#include <go.h>
#include <stdio.h>

#define NCOMPUTE 6
#define ROUNDS 400

static volatile float one = 1, half = 0.5f;
static volatile int bad;
static struct wait_group wg;
static float sums[NCOMPUTE];

__attribute__((noinline)) static void
poke(void *arg)
{
	volatile float f = one * half;
	volatile int *volatile p = arg;

	*p = (int)f;
}

// series keeps its values in registers across switches.
static float
series(void (*between)(void))
{
	float a = one, b = half, c = one + half, sum = 0;

	for (int i = 0; i < ROUNDS; i++) {
		sum += a * b + c;
		a = a * 0.5f + b;
		b = b * 0.25f + c * 0.125f;
		c = c * 0.5f + one;
		between();
	}
	return sum;
}

static void
compute(void *arg)
{
	*(float *)arg = series(runtime_gosched);
	wait_group_done(&wg);
}

static void
nothing(void)
{
}

static void
poker(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		float before = one + (float)i;

		if (panic_catch(poke, NULL) == NULL || before != one + (float)i)
			bad++;
		runtime_gosched();
	}
	(void)arg;
	wait_group_done(&wg);
}

static void
last(void *arg)
{
	float f = (one + half) * (one + half);

	(void)arg;
	printf("deferred %d.%d\n", (int)f, (int)(f * 100) % 100);
}

int
main(void)
{
	float want = series(nothing);
	int right = 0;

	wait_group_add(&wg, NCOMPUTE + 2);
	for (int i = 0; i < NCOMPUTE; i++)
		go(compute, &sums[i]);
	go(poker, NULL);
	go(poker, NULL);
	wait_group_wait(&wg);
	for (int i = 0; i < NCOMPUTE; i++)
		right += sums[i] == want;
	printf("sums right %d, bad %d\n", right, bad);
	defer(last, NULL);
	poke(NULL);
	return 0;
}
