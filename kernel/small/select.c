// select.c (small): select where there is one hart: see small.c. With preemption off
// all channels stand still, so none is locked and nothing is sorted.
//
// What always holds: as in the other select.c: one party wins a parked select by moving
// selectdone from 0 to 1, and says who it was in gp->param (its sudog; NULL for the
// timer); a select that returns has no sudog on any queue and no timer set. Among
// several ready cases each is as likely as the others: the n-th that is found takes
// the place of the one before with probability 1/n.
//
// Go: select.go.
#include <string.h>

#include "chan.h"

// queue is where a case waits; NULL: it never does.
static struct go_waitq *
queue(const struct scase *k)
{
	if (k->kind > SCASE_SEND || k->c == NULL)
		return NULL;
	return k->kind == SCASE_RECV ? &k->c->recvq : &k->c->sendq;
}

// partner returns the first waiter at the other end that can still be served.
static struct sudog *
partner(const struct scase *k)
{
	struct go_waitq *q =
		k->kind == SCASE_RECV ? &k->c->sendq : &k->c->recvq;

	while (q->first != NULL && q->first->isselect &&
	       q->first->g->selectdone)
		dequeuesudog(q, q->first);
	return q->first;
}

static bool
isready(const struct scase *k)
{
	const struct hchan *c = k->c;

	if (queue(k) != NULL)
		elemcheck(c, k->size, NULL);
	else
		return k->kind == SCASE_TIMEOUT && k->d <= 0;
	return c->closed || partner(k) != NULL ||
	       (k->kind == SCASE_RECV ? c->qcount > 0 :
					c->qcount < c->dataqsiz);
}

static void
setok(const struct scase *k, bool ok)
{
	if (k->ok != NULL)
		*k->ok = ok;
}

// run does a case that is ready. That unlocks, in effect: preemption stays off
// until the select returns.
static void
run(const struct scase *k)
{
	bool ok = true;

	if (k->kind == SCASE_SEND)
		chansend(k->c, k->elem, false);
	else if (k->kind == SCASE_RECV) {
		chanrecv(k->c, k->elem, false, &ok);
		setok(k, ok);
	}
}

static void
timedout(void *arg)
{
	struct g *gp = arg;

	if (gp->selectdone)
		return;
	gp->selectdone = 1;
	gp->param = NULL;
	goready(gp);
}

int
chan_selectw_(struct scase *cases, struct go_case *work, size_t n)
{
	struct g *gp = getg();
	struct timer timer = { .fn = timedout, .arg = gp };
	struct sudog *won;
	struct scase *k;
	int which = -1, timeout = -1, dflt = -1;
	uint32_t found = 0;

	acquirem();
	for (size_t i = 0; i < n; i++) {
		k = &cases[i];
		if (k->kind == SCASE_DEFAULT)
			dflt = (int)i;
		if (k->kind == SCASE_TIMEOUT)
			timeout = (int)i;
		if (isready(k) && fastrandn(++found) == 0)
			which = (int)i;
	}
	if (which < 0)
		which = dflt;
	if (which >= 0) {
		run(&cases[which]);
		releasem();
		return which;
	}
	gp->selectdone = 0;
	for (size_t i = 0; i < n; i++) {
		struct sudog *sg = &work[i].sg;

		k = &cases[i];
		if (queue(k) == NULL)
			continue;
		sg->g = gp;
		sg->elem = k->elem;
		sg->c = k->c;
		sg->isselect = true;
		sg->word = false;
		enqueuesudog(queue(k), sg);
	}
	if (timeout >= 0)
		addtimer(&timer, deadline(cases[timeout].d));
	goparkunlock(NULL, "select");
	acquirem();
	deltimer(&timer);
	won = gp->param;
	which = timeout;
	for (size_t i = 0; i < n; i++)
		if (&work[i].sg == won)
			which = (int)i;
		else if (queue(&cases[i]) != NULL)
			dequeuesudog(queue(&cases[i]), &work[i].sg);
	releasem();
	if (won != NULL) {
		k = &cases[which];
		if (k->kind == SCASE_RECV)
			setok(k, won->success);
		else if (!won->success)
			panic("send on closed channel");
	}
	return which;
}

int
chan_selectv(struct scase *cases, size_t n)
{
	return chan_selectw_(cases,
			     __builtin_alloca(n * sizeof(struct go_case)), n);
}
