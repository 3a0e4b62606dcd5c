// chan.c: channels and select.
#include "core.h"

static chan *c, *d;
static atomic_int got;

static void
sendsone(void *arg)
{
	int v = (int)(intptr_t)arg;

	chan_send(c, &v);
	wait_group_done(&wg);
}

static void
Rendezvous(void)
{
	int v, sum = 0;

	c = chan_make(int, 0);
	CHECK(!chan_try_send(c, &sum));
	wait_group_add(&wg, FEW);
	for (intptr_t i = 1; i <= FEW; i++)
		go(sendsone, (void *)i);
	for (int i = 0; i < FEW; i++) {
		CHECK(chan_recv(c, &v));
		sum += v;
	}
	CHECK_EQ(sum, FEW * (FEW + 1) / 2);
	wait_group_wait(&wg);
	CHECK(!chan_try_recv(c, &v));
	chan_free(c);
}

static void
receives(void *unused)
{
	int v, want = 0;

	(void)unused;
	while (chan_recv(c, &v))
		CHECK_EQ(v, want++);
	CHECK_EQ(v, 0); // closed: zero
	atomic_store(&got, want);
	wait_group_done(&wg);
}

static void
FifoUntilClosed(void)
{
	c = chan_make(int, 3);
	CHECK_EQ(chan_cap(c), 3);
	wait_group_add(&wg, 1);
	go(receives, NULL);
	for (int i = 0; i < 200; i++)
		chan_send(c, &i);
	chan_close(c);
	wait_group_wait(&wg);
	CHECK_EQ(atomic_load(&got), 200);
	chan_free(c);
}

static void
Full(void)
{
	int v = 1;

	c = chan_make(int, 2);
	CHECK(chan_try_send(c, &v));
	CHECK(chan_try_send(c, &v));
	CHECK(!chan_try_send(c, &v));
	CHECK_EQ(chan_len(c), 2);
	CHECK(chan_recv(c, &v));
	CHECK_EQ(chan_len(c), 1);
	chan_free(c);
}

static void
sendsclosed(void *arg)
{
	int v = 0;

	chan_send(arg, &v);
}

static void
SendOnClosed(void)
{
	const char *text;

	c = chan_make(int, 1);
	chan_close(c);
	text = panic_catch(sendsclosed, c);
	CHECK(text != NULL);
	chan_free(c);
}

// Elements of many words, also from stack to stack.
struct wide {
	uint32_t w[8];
};

static void
sendswide(void *unused)
{
	struct wide w;

	(void)unused;
	for (uint32_t i = 0; i < 20; i++) {
		for (uint32_t k = 0; k < 8; k++)
			w.w[k] = i * 8 + k;
		chan_send(c, &w);
	}
	wait_group_done(&wg);
}

static void
WideElements(void)
{
	struct wide w;

	c = chan_make(struct wide, 1);
	wait_group_add(&wg, 1);
	go(sendswide, NULL);
	for (uint32_t i = 0; i < 20; i++) {
		chan_recv(c, &w);
		for (uint32_t k = 0; k < 8; k++)
			CHECK_EQ(w.w[k], i * 8 + k);
	}
	wait_group_wait(&wg);
	chan_free(c);
}

static void
SelectReady(void)
{
	int v = 7, n[2] = { 0, 0 };

	c = chan_make(int, 1);
	d = chan_make(int, 1);
	CHECK_EQ(chan_select(RECV(c, &v), DEFAULT), 1);
	for (int i = 0; i < 200; i++) {
		if (chan_len(c) == 0)
			chan_send(c, &i);
		if (chan_len(d) == 0)
			chan_send(d, &i);
		n[chan_select(RECV(c, &v), RECV(d, &v))]++;
	}
	CHECK(n[0] > 50 && n[1] > 50); // both are chosen
	while (chan_try_recv(c, &v) || chan_try_recv(d, &v))
		;
	chan_free(c);
	chan_free(d);
}

static void
sendsboth(void *unused)
{
	(void)unused;
	for (int i = 0; i < 40; i++) {
		chan_send(c, &i);
		chan_send(d, &i);
	}
	wait_group_done(&wg);
}

static void
SelectBlocks(void)
{
	int v, n[2] = { 0, 0 };

	c = chan_make(int, 0);
	d = chan_make(int, 0);
	wait_group_add(&wg, 1);
	go(sendsboth, NULL);
	for (int i = 0; i < 80; i++) {
		int k = chan_select(RECV(c, &v), RECV(d, &v));

		CHECK_EQ(v, n[k]++);
	}
	CHECK_EQ(n[0], 40);
	CHECK_EQ(n[1], 40);
	wait_group_wait(&wg);
	chan_free(c);
	chan_free(d);
}

static void
SelectTimeout(void)
{
	int64_t start = time_now();
	int v;

	c = chan_make(int, 0);
	CHECK_EQ(chan_select(RECV(c, &v), TIMEOUT(2 * MILLISECOND)), 1);
	CHECK(time_now() - start >= 2 * MILLISECOND);
	CHECK(time_now() - start < 2 * MILLISECOND + late(MILLISECOND));
	chan_free(c);
}

const struct test chan_tests[] = {
	T(Rendezvous),   T(FifoUntilClosed), T(Full),
	T(SendOnClosed), T(WideElements),    T(SelectReady),
	T(SelectBlocks), T(SelectTimeout),   { 0 },
};
