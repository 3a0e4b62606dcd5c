// select.c: waiting for several channels at once.
//
// Three passes, as in Go. With all channels locked, in one order by address so
// that two selects cannot wait for each other:
//  1. if any case is ready, look at them in a random order; the first that is runs;
//  2. else queue a sudog on every channel (and set the timeout's timer) and park;
//  3. woken by the case that won, take the others' sudogs off their queues.
//
// What always holds: exactly one party wins a parked select, by moving selectdone
// from 0 to 1: a channel's partner, or the timer. The winner says who it was in
// gp->param (its sudog; NULL for the timer). A select that returns has no sudog on
// any queue and no timer in any heap. The sudogs are in the caller's cases.
//
// The wait ends only when deltimer has the timer's last word: a timer that is just
// firing while the channel wins finds selectdone at 1, and is out of the heap
// before the next select of this goroutine begins.
//
// Go: select.go.
#include <string.h>

#include "chan.h"
#include "torture.h"

struct sel {
	struct scase *cases;
	struct go_case *work; // one for each
	uint32_t n;           // all cases
	uint32_t npoll;    // those that can be ready now; pollorder[0..npoll)
	uint32_t nlock;    // those with a channel; lockorder[0..nlock)
	int timeout, dflt; // index or -1
	struct timer timer;
};

static bool
haschan(const struct scase *k)
{
	return (k->kind == SCASE_RECV || k->kind == SCASE_SEND) && k->c != NULL;
}

// canpoll: a timeout that is over at the call competes with the channels.
static bool
canpoll(const struct scase *k)
{
	return haschan(k) || (k->kind == SCASE_TIMEOUT && k->d <= 0);
}

// pollshuffle fills pollorder with a random permutation of the cases that can
// be ready.
static void
pollshuffle(struct sel *s)
{
	struct scase *k = s->cases;
	struct go_case *w = s->work;

	s->npoll = 0;
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t j;

		if (!canpoll(&k[i]))
			continue;
		j = fastrandn(s->npoll + 1);
		w[s->npoll].pollorder = w[j].pollorder;
		w[j].pollorder = (uint16_t)i;
		s->npoll++;
	}
}

// above orders two positions of lockorder by their channels' addresses.
static bool
above(const struct sel *s, uint32_t a, uint32_t b)
{
	const struct scase *k = s->cases;
	const struct go_case *w = s->work;

	return (uintptr_t)k[w[a].lockorder].c > (uintptr_t)k[w[b].lockorder].c;
}

static void
siftdown(struct sel *s, uint32_t i, uint32_t n)
{
	struct go_case *w = s->work;

	for (;;) {
		uint32_t child = 2 * i + 1;
		uint16_t t;

		if (child >= n)
			return;
		if (child + 1 < n && above(s, child + 1, child))
			child++;
		if (!above(s, child, i))
			return;
		t = w[i].lockorder;
		w[i].lockorder = w[child].lockorder;
		w[child].lockorder = t;
		i = child;
	}
}

// Up to so many cases are sorted by insertion.
enum { FEW = 8 };

// locksort sorts the cases with a channel; by heap, without recursion and storage, if
// they are not few.
static void
locksort(struct sel *s)
{
	struct scase *k = s->cases;
	struct go_case *w = s->work;
	uint32_t n = 0, at;

	for (uint32_t i = 0; i < s->n; i++) {
		if (!haschan(&k[i]))
			continue;
		at = n++;
		for (; at > 0 && s->n <= FEW &&
		       (uintptr_t)k[w[at - 1].lockorder].c > (uintptr_t)k[i].c;
		     at--)
			w[at].lockorder = w[at - 1].lockorder;
		w[at].lockorder = (uint16_t)i;
	}
	s->nlock = n;
	if (s->n <= FEW)
		return;
	for (uint32_t i = n / 2; i-- > 0;)
		siftdown(s, i, n);
	while (n > 1) {
		uint16_t t = w[0].lockorder;

		w[0].lockorder = w[--n].lockorder;
		w[n].lockorder = t;
		siftdown(s, 0, n);
	}
}

// lockedbefore: the same channel may be in several cases; it is locked once.
static bool
lockedbefore(const struct sel *s, uint32_t i)
{
	const struct scase *k = s->cases;
	const struct go_case *w = s->work;

	return i > 0 && k[w[i].lockorder].c == k[w[i - 1].lockorder].c;
}

static void
sellock(struct sel *s)
{
	struct scase *k = s->cases;
	struct go_case *w = s->work;

	for (uint32_t i = 0; i < s->nlock; i++)
		if (!lockedbefore(s, i)) {
			lockas(chanlock(k[w[i].lockorder].c), RANKCHAN);
			RACE_POINT(select_locking);
		}
}

static void
selunlock(void *arg)
{
	struct sel *s = arg;
	struct scase *k = s->cases;
	struct go_case *w = s->work;

	for (uint32_t i = s->nlock; i-- > 0;)
		if (!lockedbefore(s, i))
			unlock(chanlock(k[w[i].lockorder].c));
}

// selunlock0 sets the timeout and unlocks, on g0, for the parked gp. From the
// first release (or the timer) on, gp may be woken and run elsewhere, so its count
// goes before; but it locks every channel again before it leaves the frame with
// the cases, so that frame stands until the last release.
static bool
selunlock0(struct g *gp, void *arg)
{
	struct sel *s = arg;
	struct scase *k = s->cases;
	struct go_case *w = s->work;
	uint32_t n = s->nlock;
	struct hchan *c = NULL;

	gp->locks = 0;
	RACE_POINT(select_count);
	if (s->timeout >= 0)
		addtimer(&s->timer, s->timer.when);
	RACE_POINT(select_timer);
	for (uint32_t i = 0; i < n; i++) {
		struct hchan *next = k[w[i].lockorder].c;

		if (next != c && c != NULL) {
			release(chanlock(c));
			RACE_POINT(select_release);
		}
		c = next;
	}
	if (c != NULL)
		release(chanlock(c));
	return true;
}

static void
setok(const struct scase *k, bool ok)
{
	if (k->ok != NULL)
		*k->ok = ok;
}

// tryrecv and trysend run a case that is ready, which unlocks; false if it is
// not.
static bool
tryrecv(struct sel *s, struct scase *k)
{
	struct hchan *c = k->c;
	struct sudog *sg = dequeue(&c->sendq);

	if (RACE && (sg != NULL || c->qcount > 0))
		racechan(c, true);
	if (sg != NULL) {
		recvfrom(c, sg, k->elem, selunlock, s);
	} else if (c->qcount > 0) {
		bufget(c, k->elem);
		selunlock(s);
	} else if (c->closed) {
		selunlock(s);
		if (k->elem != NULL && c->elemsize > 0)
			memset(k->elem, 0, c->elemsize);
		setok(k, false);
		return true;
	} else {
		return false;
	}
	setok(k, true);
	return true;
}

static bool
trysend(struct sel *s, struct scase *k)
{
	struct hchan *c = k->c;
	struct sudog *sg;

	if (c->closed) {
		selunlock(s);
		panic("send on closed channel");
	}
	sg = dequeue(&c->recvq);
	if (RACE && (sg != NULL || c->qcount < c->dataqsiz))
		racechan(c, false);
	if (sg != NULL) {
		sendto(sg, k->elem, selunlock, s);
		return true;
	}
	if (c->qcount == c->dataqsiz)
		return false;
	bufput(c, k->elem);
	selunlock(s);
	return true;
}

static bool
try(struct sel *s, struct scase *k)
{
	if (k->kind == SCASE_RECV)
		return tryrecv(s, k);
	if (k->kind == SCASE_SEND)
		return trysend(s, k);
	selunlock(s); // the timeout
	return true;
}

// seemsready tells whether k could be done now; its channel need not be locked.
static inline bool
seemsready(const struct scase *k)
{
	const struct hchan *c = k->c;

	if (c == NULL)
		return false;
	if (k->kind == SCASE_RECV)
		return load_rlx(&c->qcount) != 0 ||
		       load_rlx(&c->sendq.first) != NULL;
	return load_rlx(&c->recvq.first) != NULL ||
	       load_rlx(&c->qcount) < c->dataqsiz;
}

// anyready tells whether a case may be ready. All channels are locked.
static bool
anyready(const struct sel *s)
{
	for (const struct scase *k = s->cases, *end = k + s->n; k < end; k++)
		if (haschan(k) ? k->c->closed || seemsready(k) : canpoll(k))
			return true;
	return false;
}

// poll is pass 1: the index of the case that ran, or -1.
static int
poll(struct sel *s)
{
	for (uint32_t i = 0; i < s->npoll; i++) {
		uint32_t n = s->work[i].pollorder;

		if (try(s, &s->cases[n]))
			return (int)n;
	}
	return -1;
}

static void
timedout(void *arg)
{
	struct g *gp = arg;

	RACE_POINT(select_timedout);
	if (!cas(&gp->selectdone, 0, 1))
		return;
	gp->param = NULL;
	goready(gp);
}

// wait is pass 2: returns the sudog that won, NULL for the timeout.
static struct sudog *
wait(struct sel *s)
{
	struct g *gp = getg();

	store(&gp->selectdone, 0);
	gp->param = NULL;
	for (uint32_t i = 0; i < s->nlock; i++) {
		struct scase *k = &s->cases[s->work[i].lockorder];
		struct go_case *w = &s->work[s->work[i].lockorder];

		w->sg = (struct sudog){
			.g = gp, .elem = k->elem, .c = k->c, .isselect = true
		};
		enqueuesudog(k->kind == SCASE_RECV ? &k->c->recvq :
						     &k->c->sendq,
			     &w->sg);
	}
	if (s->timeout >= 0) {
		s->timer = (struct timer){ .when = deadline(
						   s->cases[s->timeout].d),
					   .fn = timedout,
					   .arg = gp };
	}
	RACE_POINT(select_queued);
	gopark(selunlock0, s, "select");
	RACE_POINT(select_woken);
	if (s->timeout >= 0)
		deltimer(&s->timer);
	return gp->param;
}

// cleanup is pass 3: no sudog of ours stays queued. Returns the winner's index.
static int
cleanup(struct sel *s, const struct sudog *won)
{
	int which = s->timeout;

	RACE_POINT(select_cleanup);
	sellock(s);
	for (uint32_t i = 0; i < s->nlock; i++) {
		uint32_t n = s->work[i].lockorder;
		struct scase *k = &s->cases[n];
		struct go_case *w = &s->work[n];

		if (&w->sg == won)
			which = (int)n;
		else
			dequeuesudog(k->kind == SCASE_RECV ? &k->c->recvq :
							     &k->c->sendq,
				     &w->sg);
	}
	selunlock(s);
	return which;
}

// check refuses what cannot be a select, and finds the special cases.
static void
check(struct sel *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct scase *k = &s->cases[i];

		if (haschan(k) && k->kind == SCASE_SEND)
			valuecheck(k->c, k->elem, k->size, "chan_select");
		else if (haschan(k))
			elemcheck(k->c, k->size, "chan_select");
		else if (k->kind == SCASE_TIMEOUT && s->timeout < 0)
			s->timeout = (int)i;
		else if (k->kind == SCASE_DEFAULT && s->dflt < 0)
			s->dflt = (int)i;
		else if (k->kind == SCASE_TIMEOUT || k->kind == SCASE_DEFAULT)
			fatal("chan_select: case %u is a second %s",
			      (unsigned)i,
			      k->kind == SCASE_TIMEOUT ? "TIMEOUT" : "DEFAULT");
		else if (k->kind != SCASE_RECV && k->kind != SCASE_SEND)
			fatal("chan_select: case %u has no kind", (unsigned)i);
	}
}

static void
blocks(struct sel *s)
{
	uint32_t depth = getg()->locks;
	bool forever = s->nlock == 0 && s->timeout < 0;

	for (uint32_t i = 0; i < s->nlock; i++)
		depth -= !lockedbefore(s, i);
	if (depth != 0) {
		selunlock(s);
		fatal("chan_select: waiting with preemption disabled");
	}
	if (forever) {
		gopark(NULL, NULL, "select (no cases)");
		throw("select: a select without cases was readied");
	}
}

// ---- The quick way ------------------------------------------------------------------
// Before pass 1 a look at all channels without their locks. If some seem to be ready
// one of them is drawn, with the same chance for each, and tried like a chan_try_recv
// or chan_try_send: under its own lock it is ready or it is not. Only what succeeds
// counts; everything else, and every select in which something is unusual, is for the
// passes, which see all channels at one moment.

// redraw draws one of several cases that seem to be ready.
__attribute__((noinline)) static const struct scase *
redraw(const struct scase *k, size_t n)
{
	const struct scase *drawn = NULL;
	uint32_t ready = 0;

	for (const struct scase *end = k + n; k < end; k++)
		if (k->kind <= SCASE_SEND && seemsready(k) &&
		    fastrandn(++ready) == 0)
			drawn = k;
	return drawn;
}

// seek returns a case that seems to be ready, or NULL.
static inline const struct scase *
seek(const struct scase *k, size_t n)
{
	const struct scase *begin = k, *end = k + n, *found = NULL;
	uint32_t ready = 0;

	for (; k != end; k++) {
		const struct hchan *c = k->c;

		if (k->kind == SCASE_RECV) {
			if (c == NULL || (load_rlx(&c->qcount) == 0 &&
					  load_rlx(&c->sendq.first) == NULL))
				continue;
		} else if (k->kind == SCASE_SEND) {
			if (!seemsready(k))
				continue;
		} else if (k->kind == SCASE_DEFAULT) {
			continue;
		} else {
			return NULL;
		}
		found = k;
		ready++;
	}
	return __builtin_expect(ready > 1, 0) ? redraw(begin, n) : found;
}

// did does k, if that is possible now.
static inline bool
did(const struct scase *k)
{
	if (k->size != k->c->elemsize)
		return false;
	if (k->kind == SCASE_RECV) {
		if (!tryrecvnow(k->c, k->elem))
			return false;
		if (k->ok != NULL)
			*k->ok = true;
		return true;
	}
	if (k->size > 0)
		touch(k->elem);
	return trysendnow(k->c, k->elem);
}

// quickly returns the case that it has done, or -1.
static inline int
quickly(const struct scase *cases, size_t n)
{
	const struct scase *k;

	if (__builtin_expect(getg()->goid == 0, 0) || (TORTURE && tosscoin()))
		return -1;
	k = seek(cases, n);
	return k != NULL && did(k) ? (int)(k - cases) : -1;
}

__attribute__((noinline)) static int
selectslow(struct scase *cases, struct go_case *work, size_t n)
{
	struct sudog *won;
	struct sel s;
	int which;

	mustgoroutine("chan_select");
	s.cases = cases; // not all of it: the timer is large
	s.work = work;
	s.n = (uint32_t)n;
	s.npoll = 0;
	s.timeout = s.dflt = -1;
	check(&s);
	locksort(&s);
	sellock(&s);
	if (anyready(&s)) {
		pollshuffle(&s);
		which = poll(&s);
		if (which >= 0)
			return which;
	}
	if (s.dflt >= 0) {
		selunlock(&s);
		return s.dflt;
	}
	RACE_POINT(select_poll);
	blocks(&s);
	won = wait(&s);
	which = cleanup(&s, won);
	if (won != NULL && cases[which].kind == SCASE_RECV)
		setok(&cases[which], won->success);
	if (won != NULL && cases[which].kind == SCASE_SEND && !won->success)
		panic("send on closed channel");
	return which;
}

enum { SELECTROOM = 64 * WORD }; // bytes: what selectslow and its calls need

// selectalloc is a select whose go_cases are in its own frame.
__attribute__((noinline)) static int
selectalloc(struct scase *cases, size_t n)
{
	size_t bytes = n * sizeof(struct go_case);
	const struct g *gp = getg();

	mustgoroutine("chan_selectv");
	if (n > UINT16_MAX)
		fatal("chan_selectv: %zu cases; at most 65535", n);
	if ((uintptr_t)__builtin_frame_address(0) - gp->stacklo <
	    bytes + SELECTROOM)
		fatal("chan_selectv: %zu cases need %zu bytes of stack; this "
		      "goroutine's has not so much left: go_with gives it a "
		      "larger one",
		      n, bytes + SELECTROOM);
	return selectslow(cases, __builtin_alloca(bytes), n);
}

// chan_selectw_: work has n, or is NULL.
int
chan_selectw_(struct scase *cases, struct go_case *work, size_t n)
{
	int which = quickly(cases, n);

	if (which >= 0)
		return which;
	return work != NULL ? selectslow(cases, work, n) :
			      selectalloc(cases, n);
}

int
chan_selectv(struct scase *cases, size_t n)
{
	return chan_selectw_(cases, NULL, n);
}

// selectplaces is for ledger.c: 1 if gp, which waits in a select that nobody has won
// yet, is in all the queues where it should be, else how many have it.
uint32_t
selectplaces(const struct g *gp)
{
	const struct sel *s = gp->waitarg;
	uint32_t found = 0;

	for (uint32_t i = 0; i < s->nlock; i++) {
		const struct scase *k = &s->cases[s->work[i].lockorder];
		const struct go_case *w = &s->work[s->work[i].lockorder];
		const struct sudog *sg = k->kind == SCASE_RECV ?
						 k->c->recvq.first :
						 k->c->sendq.first;

		while (sg != NULL && sg != &w->sg)
			sg = sg->next;
		found += sg != NULL;
	}
	if (s->timeout >= 0 && s->timer.p == NULL)
		return 0;
	return found == s->nlock ? gp->selectdone == 0 : found;
}
