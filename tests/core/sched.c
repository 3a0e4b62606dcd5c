// sched.c: births, deaths, preemption, panics.
#include "core.h"

#include <config.h>
#include <arch.h>

static atomic_uint ran;

static void
run(void *arg)
{
	atomic_fetch_add(&ran, (unsigned)(uintptr_t)arg);
	wait_group_done(&wg);
}

static void
StartAndEnd(void)
{
	atomic_store(&ran, 0);
	wait_group_add(&wg, FEW);
	preempt_disable();
	for (uintptr_t i = 0; i < FEW; i++)
		go(run, (void *)((uintptr_t)1 << 4 * i));
	if (runtime_num_cpu() == 1)
		CHECK_EQ(runtime_num_goroutine(), 1 + FEW);
	preempt_enable();
	wait_group_wait(&wg);
	CHECK_EQ(atomic_load(&ran), 0x111111);
}

static void
HundredLives(void)
{
	atomic_store(&ran, 0);
	for (int i = 0; i < 100; i++) {
		wait_group_add(&wg, 1 + i % FEW);
		for (int k = 0; k <= i % FEW; k++)
			go(run, (void *)1);
		wait_group_wait(&wg);
	}
	CHECK_EQ(atomic_load(&ran), 16 * 21 + 1 + 2 + 3 + 4);
}

// Goroutines until the pool is empty, twice: the same number.
static int
fill(void)
{
	int n = 0;

	wait_group_add(&wg, NG);
	preempt_disable(); // none may end before the last is born
	while (n < NG && go_try(run, NULL))
		n++;
	preempt_enable();
	for (int i = n; i < NG; i++)
		wait_group_done(&wg);
	wait_group_wait(&wg);
	return n;
}

static void
PoolExhausted(void)
{
	int n = fill();

	CHECK(n >= 7 && n < NG);
	settle();
	CHECK_EQ(fill(), n);
}

static void
noteid(void *arg)
{
	*(int *)arg = (int)runtime_goid();
	wait_group_done(&wg);
}

static void
IdsAreNew(void)
{
	uint64_t last = runtime_goid();

	CHECK_EQ(last, 1);
	wait_group_add(&wg, FEW);
	for (int i = 0; i < FEW; i++)
		go(noteid, &scratch[i]);
	wait_group_wait(&wg);
	for (int i = 0; i < FEW; i++)
		for (int k = 0; k < i; k++)
			CHECK(scratch[i] > 1 && scratch[i] != scratch[k]);
}

static volatile bool stop;
static volatile uint32_t turns[2];

static void
hog(void *arg)
{
	while (!stop)
		turns[(uintptr_t)arg]++;
	wait_group_done(&wg);
}

static void
Preempted(void)
{
	stop = false;
	turns[0] = turns[1] = 0;
	wait_group_add(&wg, 2);
	go(hog, (void *)0);
	go(hog, (void *)1);
	time_sleep(3 * MILLISECOND); // beside two that never wait
	for (int i = 0; i < 4; i++)
		time_sleep(SLICE_NS);
	CHECK(turns[0] > 100 && turns[1] > 100);
	stop = true;
	wait_group_wait(&wg);
}

// mix is a chain of values that needs all its registers to come out right.
static uint32_t
mix(uint32_t s, int rounds)
{
	uint32_t a = s, b = s * 3, c = s * 5, d = s * 7, e = s * 11, f = s * 13;

	for (int i = 0; i < rounds; i++) {
		a = a * 1664525 + b;
		b = (b ^ c) + (c << 5);
		c = c * 22695477 + d;
		d = (d ^ e) + (e >> 3);
		e = e * 1103515245 + f;
		f = (f ^ a) + (a << 7);
	}
	return a ^ b ^ c ^ d ^ e ^ f;
}

static void
mixer(void *arg)
{
	uint32_t s = (uint32_t)(uintptr_t)arg;
	uint32_t want = mix(s, 50);

	while (!stop)
		CHECK(mix(s, 50) == want); // else a register was lost
	wait_group_done(&wg);
}

static void
RegistersSurvive(void)
{
	stop = false;
	wait_group_add(&wg, 3);
	for (uintptr_t i = 1; i <= 3; i++)
		go(mixer, (void *)(i * 12345));
	for (int i = 0; i < 10; i++)
		time_sleep(7 * MILLISECOND + i * 10111);
	stop = true;
	wait_group_wait(&wg);
}

static void
recovers(void *arg)
{
	const char *text = recover();

	*(bool *)arg = text != NULL && text[0] == 'n' && text[3] == '7';
}

static bool recovered;

static void
panics(void *unused)
{
	(void)unused;
	defer(recovers, &recovered);
	panic("no %d", 7);
}

// In main's goroutine: a panic needs more stack than the others have on the smallest
// boards.
static void
PanicRecover(void)
{
	for (int i = 0; i < 2 * NPANIC; i++) { // more than the pool has
		recovered = false;
		CHECK(panic_catch(panics, NULL) == NULL);
		CHECK(recovered);
	}
}

static void
leaves(void *unused)
{
	(void)unused;
	defer(wait_group_done, &wg);
	runtime_goexit();
}

static void
Goexit(void)
{
	wait_group_add(&wg, 2);
	go(leaves, NULL);
	go(leaves, NULL);
	wait_group_wait(&wg);
}

// The g0 stack is painted below its middle, where nothing is while a goroutine
// runs, and looked at after a storm: it must not have come near its end.
static void
G0StackRoom(void)
{
	// What guards its end may be up to an eighth of it.
	volatile unsigned char *end =
		g0stacks + G0_GUARD_BYTES + G0_STACK_BYTES / 8;
	unsigned n = G0_STACK_BYTES * 3 / 8, low = 0;

	if (runtime_num_cpu() > 1)
		return;
	for (unsigned i = 0; i < n; i++)
		end[i] = 0xdb;
	HundredLives();
	RegistersSurvive();
	while (low < n && end[low] == 0xdb)
		low++;
	CHECK(low >= 64);
}

const struct test sched_tests[] = {
	T(StartAndEnd),  T(HundredLives), T(PoolExhausted),
	T(IdsAreNew),    T(Preempted),    T(RegistersSurvive),
	T(PanicRecover), T(Goexit),       T(G0StackRoom),
	{ 0 },
};
