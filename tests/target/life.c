// life.c: how goroutines begin, what they are given, how they end, and that
// nothing of one life reaches the next.
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct counted {
	struct wait_group wg;
	atomic_int n;
};

static void
count_me(void *arg)
{
	struct counted *c = arg;

	atomic_fetch_add(&c->n, 1);
	wait_group_done(&c->wg);
}

// Every goroutine runs exactly once, and a dead one is used again.
static void
GoJoin(void)
{
	struct counted c = { 0 };
	unsigned used;
	uint64_t reused;

	runtime_gomaxprocs(1); // one free list
	for (int i = 0; i < 3; i++) {
		wait_group_add(&c.wg, 1);
		go(count_me, &c);
		wait_group_wait(&c.wg);
		CHECK_EQ(atomic_load(&c.n), i + 1);
		NEED(wait_idle(0));
	}
	used = pool("NG").used;
	reused = total().reused;
	for (int i = 0; i < 100; i++) {
		wait_group_add(&c.wg, 1);
		go(count_me, &c);
		wait_group_wait(&c.wg);
		NEED(wait_idle(0));
	}
	CHECK_EQ(atomic_load(&c.n), 103);
	CHECK_EQ(pool("NG").used, used);
	CHECK_EQ(total().reused - reused, 100);
}

// ---- Daisy chain (Go: test/chan/goroutines) --------------------------------

struct link {
	chan *left, *right;
};

static void
pass(void *arg)
{
	struct link *l = arg;
	int v;

	chan_recv(l->right, &v);
	v++;
	chan_send(l->left, &v);
	chan_free(l->right); // ours was the last use
}

static void
Goroutines(void)
{
	chan *leftmost = chan_make(int, 0), *right = leftmost;
	int chans = (int)pool("NCHAN").size - (int)pool("NCHAN").used - 10;
	int n = room(10000), v = 0;

	if (chans < n)
		n = chans;
	for (int i = 0; i < n; i++) {
		chan *next = chan_make(int, 0);

		go_copy(pass, (struct link){ right, next });
		right = next;
	}
	chan_send(right, &v);
	chan_recv(leftmost, &v);
	CHECK_EQ(v, n);
	NEED(wait_idle(0));
	chan_free(leftmost);
}

// ---- Create/exit storm -----------------------------------------------------

enum { POOL = 64, BITS = 1 << 18 };

static struct storm {
	chan *tokens;
	uint64_t base; // ids before the storm are below
	atomic_int alive, most, twice, outside;
	atomic_uint seen[BITS / 32];
} st;

static void
storm_life(void *arg)
{
	struct storm *s = arg;
	uint64_t id = runtime_goid() - s->base;
	int alive = atomic_fetch_add(&s->alive, 1) + 1;
	int most = atomic_load(&s->most);
	char token;

	while (alive > most &&
	       !atomic_compare_exchange_weak(&s->most, &most, alive))
		;
	if (id >= BITS)
		atomic_fetch_add(&s->outside, 1);
	else if (atomic_fetch_or(&s->seen[id / 32], 1u << id % 32) &
		 1u << id % 32)
		atomic_fetch_add(&s->twice, 1);
	atomic_fetch_sub(&s->alive, 1);
	chan_recv(s->tokens, &token);
}

static void
id_of(void *arg)
{
	struct storm *s = arg;

	s->base = runtime_goid();
	chan_send(s->tokens, &(char){ 0 });
}

// A hundred thousand lives through 64 places: the ids are all different, and
// the pool grows no further than 64 need (H5: memory stays constant).
static void
CreateExitStorm(void)
{
	int n = scaled(100000), seen = 0;
	unsigned used;
	char token = 0;

	memset(&st, 0, sizeof st);
	st.tokens = chan_make(char, POOL);
	go(id_of, &st);
	chan_recv(st.tokens, &token);
	NEED(wait_idle(0));
	st.base -= st.base < 4096 ? st.base : 4096; // ids come in blocks
	used = pool("NG").used;
	for (int i = 0; i < n; i++) {
		chan_send(st.tokens, &token); // waits while 64 are alive
		go(storm_life, &st);
	}
	NEED(wait_idle(0));
	CHECK(atomic_load(&st.most) <= POOL);
	CHECK_EQ(atomic_load(&st.twice), 0);
	for (int i = 0; i < BITS / 32; i++)
		seen += __builtin_popcount(atomic_load(&st.seen[i]));
	CHECK_EQ(seen + atomic_load(&st.outside), n);
	// Every P may keep a list of up to GFREE_HIGH dead ones.
	CHECK(pool("NG").used <=
	      used + POOL + 1024u * (unsigned)runtime_num_cpu());
	chan_free(st.tokens);
}

// One goroutine makes, the others, stolen, end elsewhere: the dead come back to
// the maker through the global lists, the pool does not drain (H6 rides along:
// a stack that is reused too early breaks the sum).
static void
SkewedFreeLists(void)
{
	struct counted c = { 0 };
	unsigned used = 0;
	int rounds = scaled(300);

	for (int i = 0; i < rounds; i++) {
		wait_group_add(&c.wg, 100);
		for (int j = 0; j < 100; j++)
			go(count_me, &c);
		wait_group_wait(&c.wg);
		if (i == 20)
			used = pool("NG").used;
	}
	CHECK_EQ(atomic_load(&c.n), rounds * 100);
	NEED(wait_idle(0));
	CHECK(pool("NG").used <=
	      used + 100 + 1024u * (unsigned)runtime_num_cpu());
}

// ---- NumGoroutine ----------------------------------------------------------

static void
block(void *arg)
{
	char v;

	chan_recv(arg, &v);
}

// There are no helpers to be seen, n goroutines count as n, none when they are
// gone; under load the number never leaves its bounds (Go: NumGoroutine,
// NoHelperGoroutines).
static void
NumGoroutine(void)
{
	chan *c = chan_make(char, 0);
	int base = runtime_num_goroutine(), n = room(500);

	time_sleep(MILLISECOND);
	CHECK_EQ(runtime_num_goroutine(), base);
	for (int i = 0; i < n; i++) {
		go(block, c);
		CHECK_EQ(runtime_num_goroutine(), base + i + 1);
	}
	for (int i = 0; i < 1000; i++) {
		struct counted k = { 0 };
		int now;

		wait_group_add(&k.wg, 1);
		go(count_me, &k);
		now = runtime_num_goroutine();
		CHECK(now == base + n || now == base + n + 1);
		wait_group_wait(&k.wg);
		NEED(wait_idle(n));
	}
	chan_close(c);
	NEED(wait_idle(0));
	CHECK_EQ(runtime_num_goroutine(), base);
	chan_free(c);
}

// ---- Arguments -------------------------------------------------------------

struct block512 {
	chan *out;
	uint32_t w[(512 - sizeof(chan *)) / 4];
};
enum { NW = (512 - sizeof(chan *)) / 4 };

static void
check_copy(void *arg)
{
	struct block512 *b = arg;
	int bad = (uintptr_t)b % _Alignof(struct block512) != 0;

	for (unsigned i = 1; i < NW; i++)
		bad += b->w[i] != b->w[0] + i;
	memset(b->w, 0xee, sizeof b->w); // ours to write
	chan_send(b->out, &bad);
}

// The largest argument block is copied before go_copy returns: the maker
// overwrites its own at once.
static void
GoCopy(void)
{
	static struct block512 b;
	chan *c = chan_make(int, 20);
	int bad;

	for (uint32_t k = 0; k < 20; k++) {
		b.out = c;
		for (uint32_t i = 0; i < NW; i++)
			b.w[i] = k * 1000 + i;
		go_copy(check_copy, b);
		memset(&b, 0xff, sizeof b);
	}
	for (int k = 0; k < 20; k++) {
		chan_recv(c, &bad);
		CHECK_EQ(bad, 0);
	}
	NEED(wait_idle(0));
	chan_free(c);
}

// A double and a 64-bit number in a copy are aligned on every machine.
struct aligned {
	double d;
	int64_t i;
	_Atomic int *ok;
	struct wait_group *wg;
};

static void
check_aligned(void *arg)
{
	struct aligned *a = arg;

	if ((uintptr_t)a % _Alignof(struct aligned) == 0 && a->d == 1.5 &&
	    a->i == -7)
		atomic_fetch_add(a->ok, 1);
	wait_group_done(a->wg);
}

static void
GoCopyAligned(void)
{
	struct wait_group wg = { 0 };
	_Atomic int ok = 0;

	wait_group_add(&wg, 2);
	go_copy(check_aligned, (struct aligned){ 1.5, -7, &ok, &wg });
	go_copy(check_aligned, (struct aligned){ 1.5, -7, &ok, &wg });
	wait_group_wait(&wg);
	CHECK_EQ(ok, 2);
}

// The stack class is what was asked for: a frame that large can be used whole.
static void
use_stack(void *arg)
{
	volatile unsigned char frame[2500];
	struct counted *c = arg;
	int bad = 0;

	for (unsigned i = 0; i < sizeof frame; i++)
		frame[i] = (unsigned char)(i * 7);
	runtime_gosched();
	for (unsigned i = 0; i < sizeof frame; i++)
		bad += frame[i] != (unsigned char)(i * 7);
	if (bad == 0)
		atomic_fetch_add(&c->n, 1);
	wait_group_done(&c->wg);
}

static void
GoWithStack(void)
{
	struct counted c = { 0 };
	int n = 0;

	for (int i = 0; i < 20; i++) {
		wait_group_add(&c.wg, 1);
		if (go_with((struct go_attr){ .name = "big", .stack = 4000 },
			    use_stack, &c))
			n++;
		else
			wait_group_done(&c.wg);
		wait_group_add(&c.wg, 1);
		go(count_me, &c); // its G may be one that lost a stack
		n++;
		if (i % 4 == 3)
			wait_group_wait(&c.wg);
	}
	wait_group_wait(&c.wg);
	CHECK(n > 20);
	CHECK_EQ(atomic_load(&c.n), n);
}

// ---- A goroutine that moves ------------------------------------------------

struct mover {
	struct wait_group *wg;
	atomic_int *bad;
	int id;
};

static void
move(void *arg)
{
	struct mover *m = arg;
	uint64_t id = runtime_goid();

	for (int i = 0; i < 300; i++) {
		errno = m->id * 1000 + i;
		runtime_gosched();
		if (errno != m->id * 1000 + i || runtime_goid() != id)
			atomic_fetch_add(m->bad, 1);
	}
	wait_group_done(m->wg);
}

// errno and the identity belong to the goroutine, whatever hart it comes back
// on (Go: GetgThreadSwitch).
static void
GetgThreadSwitch(void)
{
	struct wait_group wg = { 0 };
	atomic_int bad = 0;

	wait_group_add(&wg, 20);
	for (int i = 0; i < 20; i++)
		go_copy(move, (struct mover){ &wg, &bad, i });
	wait_group_wait(&wg);
	CHECK_EQ(bad, 0);
}

// ---- Spawning in depth -----------------------------------------------------

struct depth {
	chan *up;
	int left;
};

static void
descend(void *arg)
{
	struct depth *d = arg;
	int n = 0;

	if (d->left > 0) {
		chan *c = chan_make(int, 0);

		go_copy(descend, (struct depth){ c, d->left - 1 });
		chan_recv(c, &n);
		chan_free(c);
	}
	n++;
	chan_send(d->up, &n);
}

// Each goroutine starts the next and waits for it.
static void
SpawnDepth(void)
{
	chan *c = chan_make(int, 0);
	int depth = room(500), n;

	go_copy(descend, (struct depth){ c, depth - 1 });
	chan_recv(c, &n);
	CHECK_EQ(n, depth);
	NEED(wait_idle(0));
	chan_free(c);
}

// Each goroutine starts two more: a tree, from wherever it happens to run.
struct tree {
	struct counted *c;
	int depth;
};

static void
grow(void *arg)
{
	struct tree *t = arg;

	if (t->depth > 0) {
		wait_group_add(&t->c->wg, 2);
		go_copy(grow, (struct tree){ t->c, t->depth - 1 });
		go_copy(grow, (struct tree){ t->c, t->depth - 1 });
	}
	atomic_fetch_add(&t->c->n, 1);
	wait_group_done(&t->c->wg);
}

static void
SpawnTree(void)
{
	struct counted c = { 0 };
	int depth = 1;

	while (depth < 12 && room(1 << 14) > 2 << (depth + 1))
		depth++;
	wait_group_add(&c.wg, 1);
	go_copy(grow, (struct tree){ &c, depth });
	wait_group_wait(&c.wg);
	CHECK_EQ(atomic_load(&c.n), (2 << depth) - 1);
}

// ---- newlib's memory of a goroutine (H7) -----------------------------------

// A goroutine that uses errno or stdio gets a struct _reent. It must come back
// however the goroutine ends: far more goroutines than there are reents use
// errno here, and a fresh one always finds 0 in it.
static void
touch_errno(struct counted *c)
{
	if (errno != 0)
		atomic_fetch_add(&c->n, 1);
	errno = 33;
}

static void
end_by_return(void *arg)
{
	struct counted *c = arg;

	touch_errno(c);
	wait_group_done(&c->wg);
}

static void
end_by_goexit(void *arg)
{
	struct counted *c = arg;

	defer(wait_group_done, &c->wg);
	touch_errno(c);
	runtime_goexit();
}

static void
ignore(void *arg)
{
	(void)arg;
	recover();
}

static void
end_by_panic(void *arg)
{
	struct counted *c = arg;

	defer(wait_group_done, &c->wg);
	defer(ignore, NULL);
	touch_errno(c);
	panic("ends here");
}

static void
ReentReturned(void)
{
	static void (*const ends[])(void *) = { end_by_return, end_by_goexit,
						end_by_panic };
	struct counted c = { 0 };
	unsigned used = pool("NREENT").used;
	int n = (int)pool("NREENT").size * 3 + 300;

	for (int i = 0; i < n; i += 3) {
		wait_group_add(&c.wg, 3);
		for (int j = 0; j < 3; j++)
			go(ends[j], &c);
		wait_group_wait(&c.wg);
		if (i % 30 == 0)
			NEED(wait_idle(0));
	}
	NEED(wait_idle(0));
	CHECK_EQ(atomic_load(&c.n), 0);
	CHECK_EQ(pool("NREENT").used, used);
}

const struct test life_tests[] = {
	T(GoJoin),
	T(Goroutines),
	T(CreateExitStorm),
	T(SkewedFreeLists),
	T(NumGoroutine),
	T(GoCopy),
	T(GoCopyAligned),
	T(GoWithStack),
	T(GetgThreadSwitch),
	T(SpawnDepth),
	T(SpawnTree),
	T(ReentReturned),
	{ 0 },
};
