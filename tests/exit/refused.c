// refused: every call that takes something from a pool, in the form that may say
// no and in the one that ends the machine. A call that said no has changed nothing,
// and at the end every pool holds what it held.
//
// Alone this sees little. The torture build refuses its requests one by one.
// expect-last: all is as it was
// refuse: 24
#include <go.h>
#include <stdio.h>
#include <string.h>

// What a refusal must leave alone. Goroutines may be in the pool's use and dead.
struct stock {
	int alive;
	uint64_t born; // spawned - ended
	unsigned chans, bufs;
};

static unsigned
used(const struct runtime_stats *s, const char *setting)
{
	for (unsigned i = 0; i < s->npools; i++)
		if (strcmp(s->pool[i].setting, setting) == 0)
			return s->pool[i].used;
	return 0;
}

static struct stock
take_stock(void)
{
	static struct runtime_stats s;
	struct stock now = { .alive = runtime_num_goroutine() };

	runtime_read_stats(&s);
	now.chans = used(&s, "NCHAN");
	now.bufs = used(&s, "CHANBUF_BYTES");
	for (unsigned i = 0; i < s.nharts; i++)
		now.born += s.hart[i].spawned - s.hart[i].lives;
	return now;
}

static bool
same(const struct stock *a, const struct stock *b)
{
	return a->alive == b->alive && a->born == b->born &&
	       a->chans == b->chans && a->bufs == b->bufs;
}

static struct stock before;
static int bad;

// unchanged complains if the stock is not as before; goroutines that have done
// their work may take a moment to end.
static void
unchanged(const char *what)
{
	struct stock now = take_stock();

	for (int i = 0; i < 1000 && !same(&before, &now); i++) {
		time_sleep(100 * MICROSECOND);
		now = take_stock();
	}
	if (same(&before, &now))
		return;
	bad++;
	printf("%s: %d alive, %d more born than ended, %u channels, %u bytes\n",
	       what, now.alive - before.alive, (int)(now.born - before.born),
	       now.chans - before.chans, now.bufs - before.bufs);
}

// ---- Channels ---------------------------------------------------------------

static void
channels(void)
{
	static const int caps[] = { 0, 1, 10, 300 };

	for (int i = 0; i < 4; i++) {
		chan *c = chan_try_make(int, caps[i]);

		if (c == NULL) {
			unchanged("chan_try_make");
			continue;
		}
		if (caps[i] > 0)
			chan_send(c, &i);
		chan_free(c);
		unchanged("chan_free");
	}
	chan_free(chan_make(char, 0));
	chan_free(chan_make(char, 100));
	unchanged("chan_make");
}

// ---- Goroutines -------------------------------------------------------------

static struct wait_group wg;

static void
child(void *arg)
{
	(void)arg;
	wait_group_done(&wg);
}

static void
started(bool yes, const char *call)
{
	if (!yes)
		wait_group_done(&wg);
	wait_group_wait(&wg);
	unchanged(call);
}

static void
goroutines(void)
{
	// Every board has a class for each, and they are not all one.
	static const size_t stacks[] = { 400, 1024, 2000, 5000 };

	wait_group_add(&wg, 1);
	started(go_try(child, NULL), "go_try");
	for (int i = 0; i < 4; i++) {
		wait_group_add(&wg, 1);
		started(go_with((struct go_attr){ .stack = stacks[i] }, child,
				NULL),
			"go_with");
	}
	wait_group_add(&wg, 2);
	go(child, NULL);
	go_copy(child, stacks);
	started(true, "go");
	// More at once, so that dead ones do not do.
	for (int i = 0; i < 6; i++) {
		wait_group_add(&wg, 1);
		if (!go_try(child, NULL))
			wait_group_done(&wg);
	}
	started(true, "six go_try");
}

// ---- Panics and stdio -------------------------------------------------------

static void
panics(void *arg)
{
	panic("%s", (const char *)arg);
}

static void
recovers(void *arg)
{
	*(bool *)arg = recover() != NULL;
}

static void
panics_and_recovers(void *arg)
{
	defer(recovers, arg);
	panic("recovered");
}

static void
leaves(void *arg)
{
	defer(child, arg);
	runtime_goexit();
}

static void
prints(void *arg)
{
	defer(child, arg);
	printf("a goroutine has %.2f stdio\n", 1.0);
}

static void
others(void)
{
	bool recovered = false;
	const char *text = panic_catch(panics, "caught");

	if (text == NULL || strcmp(text, "caught") != 0)
		bad++;
	panic_catch(panics_and_recovers, &recovered);
	if (!recovered)
		bad++;
	wait_group_add(&wg, 2);
	go(leaves, NULL);
	go(prints, NULL);
	started(true, "panics and stdio");
}

// ---- The end ----------------------------------------------------------------

int runtime_fail_alloc(unsigned k, unsigned n); // kernel/torture.c

static void
wait(void *arg)
{
	char v;

	chan_recv(arg, &v);
}

// all takes every channel and goroutine there is, twice: a block that a refusal
// has lost is missing in the count, and one that it gave back twice comes too
// often. Only with small pools.
static void
all(void)
{
	static struct runtime_stats s;
	unsigned n = 0;
	chan *c = chan_make(char, 0), *top = NULL, *next;

	runtime_read_stats(&s);
	for (unsigned i = 0; i < s.npools; i++)
		if (strcmp(s.pool[i].setting, "NG") == 0)
			n = s.pool[i].size;
	if (n > 2000)
		n = 0;
	for (unsigned i = 1; i < n; i++)
		if (!go_try(wait, c)) {
			printf("only %u goroutines of %u\n", i, n);
			bad++;
			break;
		}
	if (n > 0 && go_try(wait, c))
		bad++;
	chan_close(c);
	// Who has not begun to receive yet must not meet what is freed below.
	while (runtime_num_goroutine() > before.alive)
		runtime_gosched();
	unsigned chans = take_stock().chans;

	while ((next = chan_try_make(chan *, 1)) != NULL) {
		chan_send(next, &top);
		top = next;
	}
	while (top != NULL) {
		next = top;
		chan_recv(next, &top);
		chan_free(next);
	}
	if (take_stock().chans != chans)
		bad++;
	chan_free(c);
	unchanged("all");
}

int
main(void)
{
	printf("this much is in use at first\n");
	before = take_stock();
	channels();
	goroutines();
	others();
	runtime_fail_alloc(0, 0);
	all();
	all();
	printf(bad == 0 ? "all is as it was\n" : "%d differences\n", bad);
	return bad != 0;
}
