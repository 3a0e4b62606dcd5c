// stack.c: goroutines whose need of stack is known, for tools/stackreport.py.
// tests/tools/run.py says what the report must be for each of them.
#include <go.h>
#include <stddef.h>

#define KEEP __attribute__((noinline, noclone))
#define FRAME 1000
#define LARGE 5000 // more than a page: the compiler may probe it piecemeal

#pragma GCC diagnostic ignored "-Wframe-larger-than="

static struct wait_group wg;
static volatile int sink;

// deep has a frame of a little more than FRAME bytes.
KEEP static void
deep(void)
{
	volatile char a[FRAME];

	for (size_t i = 0; i < sizeof(a); i++)
		a[i] = (char)i;
	sink = a[7];
}

static void
leaf(void *unused)
{
	(void)unused;
	sink++;
	wait_group_done(&wg);
}

static void
calls_deep(void *unused)
{
	(void)unused;
	deep();
	wait_group_done(&wg);
}

// Ends in a tail call of the same frame.
static void
tail_calls(void *unused)
{
	(void)unused;
	wait_group_done(&wg);
	deep();
}

KEEP static int
fold(int n)
{
	volatile int here = n;

	return n <= 0 ? 0 : here + fold(n - 1) * 2;
}

static void
recurses(void *unused)
{
	(void)unused;
	sink = fold(10);
	wait_group_done(&wg);
}

KEEP static void
deeper(void)
{
	volatile char a[LARGE];

	for (size_t i = 0; i < sizeof(a); i++)
		a[i] = (char)i;
	sink = a[7];
}

static void (*volatile pointer)(void) = deeper;

static void
by_pointer(void *unused)
{
	(void)unused;
	pointer();
	wait_group_done(&wg);
}

static void
has_array(void *unused)
{
	volatile char a[(size_t)sink % 100 + 10];

	(void)unused;
	a[3] = 1;
	sink += a[3];
	wait_group_done(&wg);
}

static void
deferred(void *unused)
{
	(void)unused;
	deeper();
}

static void
defers(void *unused)
{
	(void)unused;
	defer(deferred, NULL);
	defer(wait_group_done, &wg);
}

static void
catches(void *unused)
{
	(void)unused;
	panic_catch(deferred, NULL);
	wait_group_done(&wg);
}

KEEP static void
panics(void *unused)
{
	(void)unused;
	panic("with %d", 1);
}

// Needs more than without a panic: deferred runs on top of it.
static void
recovers(void *unused)
{
	(void)unused;
	{
		defer(deferred, NULL);
		panic_catch(panics, NULL);
	}
	wait_group_done(&wg);
}

struct large {
	char bytes[400];
};

static void
copied(void *arg)
{
	const struct large *l = arg;

	sink += l->bytes[399];
	wait_group_done(&wg);
}

static void
spins(void *unused)
{
	(void)unused;
	for (int i = 0; i < 200000; i++)
		sink = i;
	wait_group_done(&wg);
}

// Chosen when the program runs, if it got that far: both must be found.
static void
either(void *unused)
{
	leaf(unused);
}

static void
other(void *unused)
{
	leaf(unused);
}

static void
never(void *unused)
{
	leaf(unused);
}

int
main(void)
{
	static struct large l = { { 1 } };
	const struct go_attr large = { .stack = 7500 };

	wait_group_add(&wg, 13);
	for (int i = 0; i < 3; i++)
		go(leaf, NULL);
	go(calls_deep, NULL);
	go(tail_calls, NULL);
	go(recurses, NULL);
	go_with(large, by_pointer, NULL);
	go(has_array, NULL);
	go_with(large, defers, NULL);
	go_with(large, catches, NULL);
	go_with(large, recovers, NULL);
	go_copy(copied, l);
	go(spins, NULL);
	if (sink < 0)
		go_with(large, sink < -9 ? either : other, NULL);
	if (sink < 0)
		go(never, NULL);
	wait_group_wait(&wg);
	return 0;
}
