// The timer heap: order, stability, removal from anywhere, against a plain sorted
// list.
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
armtimer(int64_t when)
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
	onhart(0);
	add(2, 475);
	lastarmed = 0;
	movetimers(&allp[1], &allp[0]);
	return lastarmed == 450 && allp[1].timers == NULL &&
	       allp[1].timer0when == 0 && allp[0].ntimers == 3 && sound() &&
	       deltimer(&t[0]) && deltimer(&t[1]) && deltimer(&t[2]);
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
	return done();
}
