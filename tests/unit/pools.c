// Pools, stacks and dead Gs: exactly the promised number of blocks, each handed
// out once, spill and refill of the free lists, and refusal that changes nothing.
#include "host.h"

#include "../../kernel/gfree.c"
#include "../../kernel/lock.c"
#include "../../kernel/pool.c"
#include "../../kernel/stack.c"

void
casgstatuslooked(struct g *gp, uint32_t old, uint32_t new)
{
	if (gp->status != old)
		throw("casgstatus");
	gp->status = new;
}

void
stackoverflow(const struct g *gp, uintptr_t sp)
{
	(void)gp;
	(void)sp;
}

// ---- Pool --------------------------------------------------------------------

static long blocks[5][4];
static struct pool pool =
	POOL_INIT("test", "NTEST", blocks, sizeof(blocks[0]), 5);

static bool
all(void)
{
	void *b[6];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 5; i++) {
			b[i] = poolget(&pool);
			for (int j = 0; j < i; j++)
				if (b[i] == b[j])
					return false;
			if (b[i] == NULL)
				return false;
		}
		if (poolget(&pool) != NULL || pool.used != 5 || pool.high != 5)
			return false;
		for (int i = 4; i >= 0; i--)
			poolput(&pool, b[i]);
		if (pool.used != 0)
			return false;
	}
	return true;
}

static void *bad;

static void
putbad(void)
{
	poolput(&pool, bad);
}

static bool
foreign(void)
{
	long other;
	char *b = poolget(&pool);
	bool ok;

	bad = &other;
	ok = throws(putbad);
	release(&pool.l);
	hostg->locks = G0LOCKS;
	bad = b + 8; // inside a block
	ok = ok && throws(putbad);
	release(&pool.l);
	hostg->locks = G0LOCKS;
	bad = blocks[4] + 4; // one past the last
	ok = ok && throws(putbad);
	release(&pool.l);
	hostg->locks = G0LOCKS;
	poolput(&pool, b);
	bad = b;
	ok = ok && throws(putbad); // twice
	release(&pool.l);
	hostg->locks = G0LOCKS;
	return ok && pool.used == 0;
}

// ---- Dead Gs -----------------------------------------------------------------

static struct g *g[NG + 1];

// born returns a G as if it had run and died.
static struct g *
born(struct p *pp, int class)
{
	const struct pool *why = NULL;
	struct g *gp = gfget(pp, class, &why);

	if (gp == NULL && why == NULL)
		throw("gfget: no reason");
	if (gp != NULL && (gp->stacklo == 0 || gp->stackclass != class))
		throw("gfget: wrong stack");
	return gp;
}

static bool
spillrefill(void)
{
	struct p *p0 = &allp[0], *p1 = &allp[1];
	int std = stackclassfor(STACK_STD);

	for (int i = 0; i < 100; i++)
		g[i] = born(p0, std);
	for (int i = 0; i < GFREE_HIGH - 1; i++)
		gfput(p0, g[i]);
	if (p0->gfreen != GFREE_HIGH - 1 || sched.ngfree != 0)
		return false;
	gfput(p0, g[GFREE_HIGH - 1]);
	if (p0->gfreen != GFREE_LOW || sched.ngfree != GFREE_HIGH - GFREE_LOW)
		return false;
	// Another P, with nothing of its own, takes from the global list.
	g[0] = born(p1, std);
	if (p1->gfreen + sched.ngfree != GFREE_HIGH - GFREE_LOW - 1)
		return false;
	gfput(p1, g[0]);
	for (int i = GFREE_HIGH; i < 100; i++)
		gfput(p0, g[i]);
	gfflush(p0);
	gfflush(p1);
	return p0->gfreen == 0 && sched.ngfree == 100 && gpool.used == 100 &&
	       stackpool(std)->used == 100;
}

static bool
classes(void)
{
	struct p *pp = &allp[0];
	int std = stackclassfor(STACK_STD), big = stackclassfor(STACK3_BYTES);
	struct g *a = born(pp, big), *b = born(pp, big);
	const struct pool *why = NULL;
	unsigned gs = gpool.used;

	// The class has two stacks; a third is refused, and nothing changes.
	if (gfget(pp, big, &why) != NULL || why != stackpool(big) ||
	    gpool.used != gs)
		return false;
	gfput(pp, a); // gives its stack back
	if (a->stacklo != 0 || stackpool(big)->used != 1)
		return false;
	a = born(pp, std);
	gfput(pp, a);
	gfput(pp, b);
	return stackpool(big)->used == 0 && stackclassfor(0) == 0 &&
	       stackclassfor(STACK3_BYTES + 1) == -1 &&
	       stackclassfor(STACK0_BYTES + 1) == 1;
}

static bool
exhaust(void)
{
	struct p *p0 = &allp[0], *p1 = &allp[1];
	int std = stackclassfor(STACK_STD), n = 0;
	const struct pool *why = NULL;

	while (n <= NG && (g[n] = gfget(p0, std, &why)) != NULL)
		n++;
	if (n != NG || gpool.used != NG)
		return false;
	for (int i = 0; i < n; i++)
		gfput(p1, g[i]);
	// What P 1 keeps for itself is not seen by P 0 ...
	for (n = 0; (g[n] = gfget(p0, std, &why)) != NULL;)
		n++;
	if (n != NG - (int)p1->gfreen)
		return false;
	// ... until it is flushed.
	gfflush(p1);
	while ((g[n] = gfget(p0, std, &why)) != NULL)
		n++;
	for (int i = 0; i < n; i++)
		gfput(p0, g[i]);
	return n == NG;
}

static struct g *canaryg;

static void
checkcanary(void)
{
	stackcheck(canaryg);
}

static bool
canary(void)
{
	canaryg = born(&allp[0], stackclassfor(STACK_STD));
	stackcheck(canaryg);
	*(uintptr_t *)canaryg->stacklo = 0;
	if (!throws(checkcanary))
		return false;
	stackfree(canaryg);
	if (!stackalloc(canaryg, stackclassfor(STACK_STD)))
		return false;
	gfput(&allp[0], canaryg);
	return true;
}

int
main(void)
{
	onhart(1);
	onhart(0);
	check(all(), "a pool has exactly its blocks, each once");
	check(foreign(), "foreign, interior and double frees throw");
	check(spillrefill(), "gfput spills at 64 to 32, gfget refills");
	check(classes(), "stacks of other classes go back; refusal is clean");
	check(exhaust(), "exhaustion, and dead Gs that another P keeps");
	check(canary(), "a canary that was written over throws");
	return done();
}
