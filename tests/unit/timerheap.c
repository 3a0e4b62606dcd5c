// The timer heap: order, stability, removal from anywhere, against a plain sorted
// list; timers of programs on four harts at once, which are threads here.
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "host.h"

static void armed(int64_t when);

#include "../../kernel/lock.c"
#include "../../kernel/time.c"

static int64_t lastarmed;

static void
armed(int64_t when)
{
	lastarmed = when;
}

void
armopen(int64_t when)
{
	armed(when);
}

void
goready(struct g *gp)
{
	(void)gp;
}

void
gopark(bool (*unlockf)(struct g *, void *), void *arg, const char *reason)
{
	(void)unlockf;
	(void)arg;
	(void)reason;
}

_Noreturn void
panic(const char *fmt, ...)
{
	throw(fmt);
}

#define N 500
static struct timer t[N];
static int fired[N], nfired;

static void
fire(void *arg)
{
	fired[nfired++] = (int)((struct timer *)arg - t);
}

static uint32_t rnd = 1;

static uint32_t
random32(void)
{
	rnd = rnd * 1664525 + 1013904223;
	return rnd >> 8;
}

// invariant checks the heap's shape, links and order; returns its size.
static uint32_t
invariant(const struct timer *x, const struct timer *parent, bool *ok)
{
	if (x == NULL)
		return 0;
	*ok = *ok && x->parent == parent && x->p == &allp[0] &&
	      (parent == NULL || !before(x, parent)) &&
	      !(x->left == NULL && x->right != NULL);
	return 1 + invariant(x->left, x, ok) + invariant(x->right, x, ok);
}

static bool
sound(void)
{
	struct p *pp = &allp[0];
	bool ok = true;

	return invariant(pp->timers, NULL, &ok) == pp->ntimers && ok &&
	       pp->timer0when == (pp->timers ? pp->timers->when : 0);
}

static void
add(int i, int64_t when)
{
	t[i].fn = fire;
	t[i].arg = &t[i];
	addtimer(&t[i], when);
}

// Timers of random deadlines fire in order; equal ones in the order of setting.
static bool
inorder(uint32_t seed)
{
	rnd = seed;
	nfired = 0;
	hostnow = 1;
	for (int i = 0; i < N; i++) {
		add(i, 10 + random32() % 50);
		if (!sound())
			return false;
	}
	for (hostnow = 0; hostnow < 70; hostnow++) {
		int from = nfired;

		runtimers(&allp[0]);
		for (int i = from; i < nfired; i++)
			if (t[fired[i]].when != hostnow ||
			    (i > from && fired[i] < fired[i - 1]))
				return false;
		if (!sound())
			return false;
	}
	return nfired == N;
}

// Any sequence of adds and removals leaves a heap, and what is left fires.
static bool
mixed(uint32_t seed)
{
	bool in[N] = { false };
	int n = 0;

	rnd = seed;
	nfired = 0;
	hostnow = 1;
	for (int op = 0; op < 20000; op++) {
		int i = (int)(random32() % N);

		if (deltimer(&t[i]) != in[i])
			return false;
		n -= in[i];
		in[i] = random32() % 3 != 0;
		if (in[i]) {
			add(i, 1000 + random32() % 1000);
			n++;
		}
		if (!sound() || allp[0].ntimers != (uint32_t)n)
			return false;
	}
	hostnow = 5000;
	runtimers(&allp[0]);
	return nfired == n && allp[0].timers == NULL && sound();
}

static bool
early(void)
{
	nfired = 0;
	hostnow = 100;
	add(0, 200);
	runtimers(&allp[0]);
	hostnow = 199;
	runtimers(&allp[0]);
	if (nfired != 0)
		return false;
	hostnow = 200;
	runtimers(&allp[0]);
	return nfired == 1;
}

static bool
arming(void)
{
	hostnow = 1;
	add(0, 300);
	if (lastarmed != 300)
		return false;
	lastarmed = 0;
	add(1, 400);
	if (lastarmed != 0) // later than the first: the hart need not know
		return false;
	add(2, 250);
	return lastarmed == 250 && deltimer(&t[0]) && deltimer(&t[1]) &&
	       deltimer(&t[2]) && !deltimer(&t[2]) && sound();
}

static bool
moved(void)
{
	onhart(1);
	add(0, 500);
	add(1, 450);
	add(3, 450);
	add(4, 450);
	onhart(0);
	add(2, 475);
	lastarmed = 0;
	movetimers(&allp[1], &allp[0]);
	if (lastarmed != 450 || allp[1].timers != NULL ||
	    allp[1].timer0when != 0 || allp[0].ntimers != 5 || !sound())
		return false;
	nfired = 0;
	hostnow = 460; // those of one deadline, in their order
	runtimers(&allp[0]);
	return nfired == 3 && fired[0] == 1 && fired[1] == 3 && fired[2] == 4 &&
	       sound() && deltimer(&t[0]) && deltimer(&t[2]);
}

// ---- Timers of programs ----------------------------------------------------

static void
start(int i, int64_t when, void (*fn)(void *))
{
	starttimer(&t[i], when, TIMER_FN, fn, &t[i]);
}

// fn runs without the heap's lock, with its timer out of the heap.
static bool seenfree;

static void
look(void *arg)
{
	struct timer *x = arg;

	seenfree = x->p == NULL && allp[0].timerslock.key == 0 && sound() &&
		   allm[0].firing == x;
	fire(arg);
	if (nfired == 1) // again, and others
		starttimer(x, hostnow, TIMER_FN, look, x);
	seenfree = seenfree && !stoptimer(&t[2], false) &&
		   modtimer(&t[1], 900, 0) && stoptimer(&t[1], false) &&
		   !modtimer(&t[1], 900, 0);
}

static void
freed(void *arg)
{
	nfired++;
	free(arg); // the sanitizer watches
}

static bool
unlocked(void)
{
	struct timer *own = calloc(1, sizeof *own);

	nfired = 0;
	hostnow = 10;
	starttimer(own, 10, TIMER_FN, freed, own);
	runtimers(&allp[0]);
	if (nfired != 1)
		return false;
	nfired = 0;
	hostnow = 100;
	start(0, 150, look);
	start(1, 500, fire);
	start(2, 600, fire);
	if (!stoptimer(&t[2], false) || stoptimer(&t[2], false))
		return false;
	hostnow = 200;
	runtimers(&allp[0]);
	if (nfired != 2 || !seenfree || allm[0].firing != NULL)
		return false;
	return starttimer(&t[0], 300, TIMER_FN, fire, &t[0]) &&
	       !starttimer(&t[0], 300, TIMER_FN, fire, &t[0]) &&
	       stoptimer(&t[0], true) && stoptimer(&t[1], true) && sound() &&
	       allp[0].timers == NULL;
}

// A ticker's deadlines stay on the grid of its start, and those that nobody came
// for are left out; at the end of time it stops counting.
static bool
grid(void)
{
	struct ticker tk = { .period = 100 };

	nfired = 0;
	hostnow = 1000;
	starttimer(&tk.t, 1100, TIMER_TICKER, fire, &tk);
	t[0].p = NULL;
	for (hostnow = 1000; hostnow < 2050; hostnow += 30)
		runtimers(&allp[0]);
	if (nfired != 10 || tk.t.when != 2100 || allp[0].timers != &tk.t)
		return false;
	hostnow = 2799;
	runtimers(&allp[0]);
	if (nfired != 11 || tk.t.when != 2800 || !sound())
		return false;
	modtimer(&tk.t, INT64_MAX - 5000, INT64_MAX);
	hostnow = INT64_MAX - 4000;
	runtimers(&allp[0]);
	return nfired == 12 && tk.t.when == INT64_MAX &&
	       stoptimer(&tk.t, true) && allp[0].timers == NULL;
}

// A hart on which a fn took long leaves goroutines as much time.
static void
dawdle(void *arg)
{
	(void)arg;
	hostnow += 5000;
}

static bool
rests(void)
{
	allp[0].timerrest = allp[0].fncost = 0;
	hostnow = 10000;
	start(0, 9000, dawdle);
	start(1, 12000, fire);
	runtimers(&allp[0]); // 12000 is over when it ends, but not at its start
	if (allp[0].fncost != 5001 || timerlook(&allp[0]) != 0)
		return false;
	hostnow = 20000; // the way to the goroutine took its time
	timersrest(&allp[0]);
	return timerlook(&allp[0]) == 20000 + 5001 + 1000 &&
	       stoptimer(&t[1], false) && timerlook(&allp[0]) == 0;
}

// Hart 0 sets and stops a timer, its fn sets it now and then, and all four harts
// run timers. It lies in memory that is freed as soon as stoptimer has returned; the
// sanitizer watches that. Every setting ends in a call or in a true answer.
static struct shared {
	struct timer t;
	uint32_t set, own, fired, taken, inside, twice;
} * shared;
static uint32_t stopping;
static pthread_barrier_t meet;

static void
count(void *arg)
{
	struct shared *s = arg;

	if (xadd(&s->inside, 1) != 1)
		xadd(&s->twice, 1);
	xadd(&s->fired, 1);
	if (!load(&stopping) && load(&s->fired) % 8 == 7) {
		if (modtimer(&s->t, nanotime(), 0))
			xadd(&s->taken, 1);
		xadd(&s->own, 1);
	}
	for (int i = 0; i < 20; i++)
		sched_yield();
	xadd(&s->inside, -1u);
}

static void *
hart(void *arg)
{
	unsigned id = (unsigned)(uintptr_t)arg;
	uint32_t r = id + 7, over;

	onhart(id);
	for (int round = 0; round < 60; round++) {
		pthread_barrier_wait(&meet);
		for (int i = 0; i < 60; i++) {
			r = r * 1664525 + 1013904223;
			switch (id == 0 ? r >> 16 & 3 : 3) {
			case 0:
				if (stoptimer(&shared->t, true))
					xadd(&shared->taken, 1);
				break;
			case 1:
				if (modtimer(&shared->t, nanotime() + 2, 0))
					xadd(&shared->taken, 1);
				xadd(&shared->set, 1);
				break;
			default:
				runtimers(&allp[r >> 20 & 3]);
			}
		}
		// The last stop: hart 0's, while the others still run timers.
		pthread_barrier_wait(&meet);
		for (int i = 0; id != 0 && i < 40; i++)
			runtimers(&allp[i & 3]);
		if (id == 0) {
			store(&stopping, 1);
			if (stoptimer(&shared->t, true))
				xadd(&shared->taken, 1);
			// A stop that has waited for fn may have taken back
			// two settings: fn's own too.
			over = shared->set + shared->own - shared->fired -
			       shared->taken;
			if (shared->inside != 0 || shared->twice != 0 ||
			    over > shared->own)
				nfired++;
			free(shared);
			shared = NULL;
		}
		pthread_barrier_wait(&meet);
		if (id == 0) {
			shared = calloc(1, sizeof *shared);
			store(&stopping, 0);
			shared->set = 1;
			starttimer(&shared->t, nanotime(), TIMER_FN, count,
				   shared);
		}
	}
	return NULL;
}

static bool
storm(void)
{
	pthread_t th[4];

	nfired = 0; // rounds that went wrong
	hostnow = 1;
	hoststep = 1;
	pthread_barrier_init(&meet, NULL, 4);
	shared = calloc(1, sizeof *shared);
	shared->set = 1;
	onhart(0);
	starttimer(&shared->t, 5, TIMER_FN, count, shared);
	for (uintptr_t i = 0; i < 4; i++)
		pthread_create(&th[i], NULL, hart, (void *)i);
	for (int i = 0; i < 4; i++)
		pthread_join(th[i], NULL);
	onhart(0);
	stoptimer(&shared->t, true);
	free(shared);
	return nfired == 0;
}

int
main(void)
{
	onhart(0);
	check(inorder(1) && inorder(2), "timers fire in order, equals as set");
	check(mixed(3) && mixed(4), "adds and removals keep the heap");
	check(early(), "no timer fires early");
	check(arming(), "the hart is armed for the first timer only");
	check(moved(), "timers of a retired P move");
	check(unlocked(), "a program's fn runs unlocked and may set timers");
	check(grid(), "a ticker keeps to its grid");
	check(rests(), "a hart rests from timers as long as their fns took");
	check(storm(), "four harts: a stopped timer's memory is free");
	return done();
}
