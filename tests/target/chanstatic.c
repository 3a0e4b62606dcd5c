// chanstatic.c: channels whose storage the linker places.
#include "test.h"

#include <string.h>

struct word3 {
	uintptr_t a, b, c;
};
__extension__ typedef struct {
} nothing;
typedef int quad[4];

CHAN_STATIC(file_ints, int, 4);
CHAN_STATIC(file_sync, struct word3, 0);
CHAN_STATIC(file_quads, quad, 2);
CHAN_STATIC(file_signals, nothing, 3);
CHAN_STATIC(file_meet, nothing, 0);
CHAN_STATIC(file_closed, char, 3);

// The address is a constant: tables may be made of them.
static chan *const table[] = { file_ints, file_sync };

// A buffered one: its room, its order, the other end of the ring; nothing is
// taken from a pool.
static void
ChanStatic(void)
{
	unsigned used = pool("NCHAN").used, bytes = pool("CHANBUF_BYTES").used;
	quad q = { 1, 2, 3, 4 }, r;
	int v;

	CHECK_EQ(chan_cap(file_ints), 4);
	CHECK_EQ(chan_len(table[0]), 0);
	for (int i = 0; i < 10; i += 2) {
		for (int k = i; k < i + 4; k++)
			CHECK(chan_try_send(file_ints, &k));
		CHECK(!chan_try_send(file_ints, &i));
		CHECK_EQ(chan_len(file_ints), 4);
		for (int k = i; k < i + 4; k++)
			CHECK(chan_try_recv(file_ints, &v) && v == k);
		CHECK(!chan_try_recv(file_ints, &v));
	}
	for (int k = 0; k < 3; k++) { // both slots, and the first again
		q[3] = k;
		chan_send(file_quads, &q);
		CHECK(chan_recv(file_quads, &r) && memcmp(q, r, sizeof q) == 0);
	}
	CHECK_EQ(pool("NCHAN").used, used);
	CHECK_EQ(pool("CHANBUF_BYTES").used, bytes);
}

static void
send_words(void *arg)
{
	chan *c = arg;

	for (uintptr_t i = 0; i < 100; i++) {
		struct word3 w = { i, ~i, i * i };

		chan_send(c, &w);
	}
}

// Unbuffered, in a select beside a pool channel, and a second one at block
// scope that keeps what it holds from call to call.
static int
remembered(int v)
{
	CHAN_STATIC(memory, int, 1);
	int old = -1;

	chan_try_recv(memory, &old);
	chan_send(memory, &v);
	return old;
}

static void
ChanStaticSelect(void)
{
	chan *other = chan_make(int, 1);
	struct word3 w;
	int v;

	go(send_words, table[1]);
	for (uintptr_t i = 0; i < 100; i++) {
		CHECK_EQ(chan_select(RECV(other, &v), RECV(file_sync, &w)), 1);
		CHECK(w.a == i && w.b == ~i && w.c == i * i);
	}
	NEED(wait_idle(0));
	v = remembered(5);
	CHECK(v == -1 || v == 7); // 7: this test has run before
	CHECK_EQ(remembered(6), 5);
	CHECK_EQ(remembered(7), 6);
	chan_free(other);
}

// Elements of no size are counted; without room they meet.
static void
meet(void *arg)
{
	nothing n;

	for (int i = 0; i < 50; i++)
		chan_recv(file_meet, &n);
	atomic_fetch_add((atomic_int *)arg, 1);
}

static void
ChanStaticZero(void)
{
	static atomic_int met;
	nothing n;

	memset(&n, 0, sizeof n);
	for (int i = 0; i < 3; i++)
		CHECK(chan_try_send(file_signals, &n));
	CHECK(!chan_try_send(file_signals, &n));
	for (int i = 0; i < 3; i++)
		CHECK(chan_try_recv(file_signals, &n));
	CHECK(!chan_try_recv(file_signals, &n));
	atomic_store(&met, 0);
	go(meet, &met);
	for (int i = 0; i < 50; i++)
		chan_send(file_meet, &n);
	NEED(wait_idle(0));
	CHECK_EQ(met, 1);
}

// Closing is as ever, and for good; freeing is refused, and does nothing.
static void
free_it(void *c)
{
	chan_free(c);
}

static void
close_it(void *c)
{
	chan_close(c);
}

static void
ChanStaticClose(void)
{
	unsigned used = pool("NCHAN").used;
	const char *text = panic_catch(free_it, file_closed);
	char v = 'x';

	CHECK(text != NULL && strstr(text, "not from chan_make") != NULL);
	CHECK_EQ(pool("NCHAN").used, used);
	if (panic_catch(close_it, file_closed) == NULL) {
		CHECK(!chan_recv(file_closed, &v));
		CHECK_EQ(v, 0);
	}
	text = panic_catch(close_it, file_closed);
	CHECK(text != NULL && strcmp(text, "close of closed channel") == 0);
}

const struct test chanstatic_tests[] = {
	T(ChanStatic),
	T(ChanStaticSelect),
	T(ChanStaticZero),
	T(ChanStaticClose),
	{ 0 },
};
