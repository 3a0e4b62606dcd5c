// gfree.c: dead Gs wait for their next life. Each P keeps a list of its own;
// past GFREE_HIGH it gives Gs to the two global lists until GFREE_LOW are left,
// and an empty one takes up to GFREE_LOW back, those with a stack first.
//
// With one hart there is only that P's list, and it keeps them all.
//
// What always holds: a G on a list is Gdead, off every stack (goexit0 puts it
// there from g0), and either has a stack of the standard class or none. A P's
// list is touched by its own P only, with preemption off.
//
// Go: proc.go, gfput, gfget, gfpurge.
#include "runtime.h"

struct g allg[NG];
struct pool gpool = POOL_INIT("g", "NG", allg, sizeof(struct g), NG);

// putglobal moves gp to the global list that fits. sched.lock is held.
static void
putglobal(struct g *gp)
{
	struct g **list =
		gp->stacklo != 0 ? &sched.gfreestack : &sched.gfreenostack;

	gp->schedlink = *list;
	*list = gp;
	sched.ngfree++;
}

static void
push(struct p *pp, struct g *gp)
{
	gp->schedlink = pp->gfree;
	pp->gfree = gp;
	if (MAXHARTS > 1)
		pp->gfreen++;
}

static struct g *
pop(struct p *pp)
{
	struct g *gp = pp->gfree;

	if (gp != NULL) {
		pp->gfree = gp->schedlink;
		if (MAXHARTS > 1)
			pp->gfreen--;
	}
	return gp;
}

// spill gives Gs of pp to the global lists until low are left.
static void
spill(struct p *pp, uint32_t low)
{
	struct g *first = pp->gfree, *last = first;
	uint32_t n = pp->gfreen - low;

	RACE_POINT(gf_spill);
	// Mostly all have stacks, and go in one piece.
	for (uint32_t i = 1; i < n && last->stacklo != 0; i++)
		last = last->schedlink;
	lock(&sched.lock);
	if (n > 0 && last->stacklo != 0) {
		pp->gfree = last->schedlink;
		pp->gfreen = low;
		last->schedlink = sched.gfreestack;
		sched.gfreestack = first;
		sched.ngfree += n;
	}
	while (pp->gfreen > low)
		putglobal(pop(pp));
	unlock(&sched.lock);
}

// gfput puts the dead gp on pp's list. A stack of another class than the
// standard one goes back to its pool. On g0.
void
gfput(struct p *pp, struct g *gp)
{
	if (gp->status != Gdead)
		throw("gfput: goroutine is not dead");
	if (gp->stackclass != stackclassfor(STACK_STD))
		stackfree(gp);
	push(pp, gp);
	if (MAXHARTS > 1 && pp->gfreen >= GFREE_HIGH)
		spill(pp, GFREE_LOW);
}

// refill moves up to GFREE_LOW Gs to pp: with a stack while there are any, else
// without.
static void
refill(struct p *pp)
{
	struct g **list, *first, *last;
	uint32_t n = 1;

	RACE_POINT(gf_refill);
	lock(&sched.lock);
	list = sched.gfreestack != NULL ? &sched.gfreestack :
					  &sched.gfreenostack;
	first = last = *list;
	if (first != NULL && pp->gfreen < GFREE_LOW) {
		for (; n < GFREE_LOW - pp->gfreen && last->schedlink != NULL;
		     n++)
			last = last->schedlink;
		*list = last->schedlink;
		last->schedlink = pp->gfree;
		pp->gfree = first;
		pp->gfreen += n;
		sched.ngfree -= n;
	}
	unlock(&sched.lock);
}

// swapforstack exchanges gp, which has no stack, for a G of pp that has one; the
// stack pools are empty. NULL, and gp is on pp's list, if there is none.
static struct g *
swapforstack(struct p *pp, struct g *gp, int class)
{
	struct g **link = &pp->gfree;

	while (*link != NULL &&
	       ((*link)->stacklo == 0 || (*link)->stackclass != class))
		link = &(*link)->schedlink;
	if (*link == NULL) {
		push(pp, gp);
		return NULL;
	}
	gp->schedlink = (*link)->schedlink;

	struct g *found = *link;

	*link = gp;
	return found;
}

// malg makes a G without a stack from the pool.
static struct g *
malg(void)
{
	struct g *gp = poolget(&gpool);

	if (gp == NULL)
		return NULL;
	*gp = (struct g){ .status = Gidle };
	if (MAXHARTS == 1)
		gp->m = &allm[0]; // for good
	casgstatus(gp, Gidle, Gdead);
	return gp;
}

// gfget returns a dead G with a stack of the class, from pp's list, the global
// ones or the pools; NULL with *why set when a pool is exhausted, and then
// nothing has changed. On g0.
struct g *
gfget(struct p *pp, int class, const struct pool **why)
{
	struct g *gp;

	if (MAXHARTS > 1 && pp->gfree == NULL && load_rlx(&sched.ngfree) != 0)
		refill(pp);
	gp = pop(pp);
	if (gp == NULL && (gp = malg()) == NULL) {
		*why = &gpool;
		return NULL;
	}
	if (gp->stacklo != 0 && gp->stackclass != class)
		stackfree(gp);
	if (gp->stacklo == 0 && !stackalloc(gp, class)) {
		gp = swapforstack(pp, gp, class);
		*why = stackpool(class);
	}
	return gp;
}

// gfflush gives all dead Gs of pp to the global lists, where a spawn that found a
// pool empty looks for them. The world is stopped.
void
gfflush(struct p *pp)
{
	spill(pp, 0);
}
