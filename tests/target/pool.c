// pool.c: what happens at the end of the pools, and what the kernel counts.
#include "test.h"

#include <string.h>

// ---- Goroutines ------------------------------------------------------------

static void
block(void *arg)
{
	char v;

	chan_recv(arg, &v);
}

// go_try starts goroutines until there are no more; a refusal changes nothing;
// when they are gone as many can be had again.
static void
GoTryExhausted(void)
{
	int before = runtime_num_goroutine(), most = 0;

	for (int round = 0; round < 2; round++) {
		chan *c = chan_make(char, 0);
		uint64_t spawned;
		int n = 0;

		while (go_try(block, c))
			n++;
		spawned = total().spawned;
		CHECK_EQ(runtime_num_goroutine(), before + n);
		for (int i = 0; i < 5; i++) {
			CHECK(!go_try(block, c));
			CHECK(!go_with((struct go_attr){ .name = "n" }, block,
				       c));
		}
		CHECK_EQ(runtime_num_goroutine(), before + n);
		CHECK_EQ(total().spawned, spawned);
		// One ends, one can be born.
		chan_send(c, &(char){ 0 });
		NEED(wait_idle(n - 1));
		CHECK(go_try(block, c));
		CHECK(!go_try(block, c));
		chan_close(c);
		NEED(wait_idle(0));
		chan_free(c);
		if (round == 0)
			most = n;
		CHECK(n >= 64);
		CHECK_EQ(n, most);
	}
}

// A stack class of which all are used: other goroutines still start, and the
// goroutine without a stack was not lost.
static void
StackClassExhausted(void)
{
	chan *c = chan_make(char, 0);
	struct go_attr big = { .stack = 5000 }; // every board has a class
	int n = 0, k = 0;

	while (n < room(30000) && go_with(big, block, c))
		n++;
	if (n < room(30000)) {
		CHECK(!go_with(big, block, c));
		for (int i = 0; i < 50 && go_try(block, c); i++)
			k++;
		CHECK(k > 0);
	}
	chan_close(c);
	NEED(wait_idle(0));
	c = (chan_free(c), chan_make(char, 0));
	CHECK(go_with(big, block, c));
	chan_close(c);
	NEED(wait_idle(0));
	chan_free(c);
}

// ---- Channels --------------------------------------------------------------

// The channels hang on one another: each has the one before in its buffer.
static int
take_chans(chan **top, intptr_t cap)
{
	int n = 0;

	*top = NULL;
	for (;;) {
		chan *c = chan_try_make(chan *, cap);

		if (c == NULL)
			return n;
		chan_send(c, top);
		*top = c;
		n++;
	}
}

static int
free_chans(chan *top)
{
	int n = 0;

	while (top != NULL) {
		chan *below;

		chan_recv(top, &below);
		chan_free(top);
		top = below;
		n++;
	}
	return n;
}

// Both limits, of channels and of bytes for their buffers: all can be had, one
// more cannot, a refusal takes nothing, and afterwards all can be had again.
static void
chans_exhausted(intptr_t cap)
{
	unsigned chans = pool("NCHAN").used, bufs = pool("CHANBUF_BYTES").used;
	int most = 0;

	for (int round = 0; round < 2; round++) {
		unsigned used, usedbufs;
		chan *top, *c;
		int n = take_chans(&top, cap);

		used = pool("NCHAN").used;
		usedbufs = pool("CHANBUF_BYTES").used;
		CHECK_EQ(used, chans + (unsigned)n);
		for (int i = 0; i < 5; i++)
			CHECK(chan_try_make(chan *, cap) == NULL);
		CHECK_EQ(pool("NCHAN").used, used);
		CHECK_EQ(pool("CHANBUF_BYTES").used, usedbufs);
		CHECK_EQ(free_chans(top), n);
		CHECK_EQ(pool("NCHAN").used, chans);
		CHECK_EQ(pool("CHANBUF_BYTES").used, bufs);
		c = chan_try_make(chan *, cap);
		CHECK(c != NULL);
		chan_free(c);
		if (round == 0)
			most = n;
		CHECK(n > 0);
		CHECK_EQ(n, most);
	}
}

static void
ChanTryMakeExhausted(void)
{
	chans_exhausted(1);
	chans_exhausted(100);
	chans_exhausted(1000);
}

// Buffers of all sizes, in a random order, taken and given back: nothing is
// lost to fragments.
static void
ChanBuffersBalance(void)
{
	enum { N = 64 };
	static chan *c[N];
	unsigned bufs = pool("CHANBUF_BYTES").used;
	uint32_t r = seed();

	for (int i = 0; i < scaled(5000); i++) {
		unsigned k = rnd(&r) % N;

		if (c[k] != NULL) {
			int n = chan_cap(c[k]), v;

			// Full, to see that no two buffers overlap.
			for (int j = 0; j < n; j++) {
				chan_recv(c[k], &v);
				NEED(v == (int)k * 1000 + j);
			}
			chan_free(c[k]);
			c[k] = NULL;
			continue;
		}
		c[k] = chan_try_make(int,
				     (int)(rnd(&r) % (1u << rnd(&r) % 10)));
		for (int j = 0; c[k] != NULL && j < chan_cap(c[k]); j++)
			chan_send(c[k], &(int){ (int)k * 1000 + j });
	}
	for (int k = 0; k < N; k++) {
		chan_free(c[k]);
		c[k] = NULL;
	}
	CHECK_EQ(pool("CHANBUF_BYTES").used, bufs);
}

// ---- What is counted -------------------------------------------------------

static void
nothing(void *arg)
{
	(void)arg;
}

static void
StatsSane(void)
{
	static struct runtime_stats s;
	struct runtime_hart a = total(), b;

	for (int i = 0; i < 100; i++)
		go(nothing, NULL);
	NEED(wait_idle(0));
	b = total();
	CHECK_EQ(b.spawned - a.spawned, 100);
	CHECK_EQ(b.lives - a.lives, 100);
	CHECK(b.reused - a.reused <= 100);
	CHECK(b.switches - a.switches >= 100);
	runtime_read_stats(&s);
	CHECK_EQ(s.nharts, runtime_num_cpu());
	CHECK(s.npools >= 2 && s.npools <= 16);
	for (unsigned i = 0; i < s.npools; i++) {
		CHECK(s.pool[i].name != NULL && s.pool[i].name[0] != '\0');
		CHECK(s.pool[i].setting != NULL);
		CHECK(s.pool[i].used <= s.pool[i].high);
		CHECK(s.pool[i].high <= s.pool[i].size);
		for (unsigned j = 0; j < i; j++)
			CHECK(strcmp(s.pool[i].name, s.pool[j].name) != 0);
	}
	CHECK(pool("NG").size > 0);
	CHECK(pool("NG").used >= (unsigned)runtime_num_goroutine());
}

// A pool's high-water mark is what was used at most.
static void
HighWater(void)
{
	unsigned high = pool("NCHAN").high, used = pool("NCHAN").used;
	chan *c[8];

	for (int i = 0; i < 8; i++)
		c[i] = chan_make(int, 0);
	CHECK_EQ(pool("NCHAN").used, used + 8);
	CHECK(pool("NCHAN").high >= used + 8);
	CHECK(pool("NCHAN").high >= high);
	for (int i = 0; i < 8; i++)
		chan_free(c[i]);
	CHECK_EQ(pool("NCHAN").used, used);
	CHECK(pool("NCHAN").high >= used + 8);
}

// With several harts a burst from one of them is stolen by the others.
static void
work(void *arg)
{
	for (volatile int i = 0; i < 20000; i++)
		;
	wait_group_done(arg);
}

static void
StealsHappen(void)
{
	struct wait_group wg = { 0 };
	uint64_t steals = total().steals;

	if (!atonce()) {
		skip("nobody to steal from");
		return;
	}
	for (int i = 0; i < 20; i++) {
		wait_group_add(&wg, 50);
		for (int j = 0; j < 50; j++)
			go(work, &wg);
		wait_group_wait(&wg);
	}
	CHECK(total().steals > steals);
}

const struct test pool_tests[] = {
	T(GoTryExhausted),
	T(StackClassExhausted),
	T(ChanTryMakeExhausted),
	T(ChanBuffersBalance),
	T(StatsSane),
	T(HighWater),
	T(StealsHappen),
	{ 0 },
};
