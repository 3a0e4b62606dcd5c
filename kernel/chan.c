// chan.c: channels. A ring buffer, a queue of waiting receivers and one of
// waiting senders, under one spin lock.
//
// What always holds, under c->lock:
//  - At least one of the queues is empty, unless one select waits on both ends.
//  - buffered: qcount > 0 means recvq is empty, qcount < dataqsiz means sendq is.
//  - A sudog is on a queue exactly while its goroutine waits for this channel, and
//    lives in that goroutine's frame. Who dequeues it owns the goroutine's wake-up
//    (for a select, who also wins selectdone).
//  - An unbuffered or handed-over value is copied once, straight between the two
//    goroutines' variables.
//
// A goroutine that is parked here holds no lock, and its frame does not move, so
// its partner may write into it. Turned down: lock-free rings (select needs all its
// channels to stand still at once).
//
// Contexts: goroutines; chansend and chanrecv that do not block, chanclose and
// readyall also g0, without a lock that comes after a channel's. Go: chan.go.
#include <string.h>

#include "chan.h"
#include "quick.h"

static struct hchan chans[NCHAN];
struct pool chanpool =
	POOL_INIT("channel", "NCHAN", chans, sizeof(struct hchan), NCHAN);

// ---- Queues -----------------------------------------------------------------

void
enqueuesudog(struct go_waitq *q, struct sudog *sg)
{
	sg->next = NULL;
	sg->prev = q->last;
	if (q->last != NULL)
		q->last->next = sg;
	else
		store_rlx(&q->first, sg);
	q->last = sg;
}

// dequeuesudog removes sg, which may have been removed already.
void
dequeuesudog(struct go_waitq *q, struct sudog *sg)
{
	if (sg->prev == NULL && sg->next == NULL && q->first != sg)
		return;
	if (sg->prev != NULL)
		sg->prev->next = sg->next;
	else
		store_rlx(&q->first, sg->next);
	if (sg->next != NULL)
		sg->next->prev = sg->prev;
	else
		q->last = sg->prev;
	sg->next = sg->prev = NULL;
}

// dequeue takes the first waiter that can still be served: a select that another
// channel has won meanwhile is passed over.
struct sudog *
dequeue(struct go_waitq *q)
{
	struct sudog *sg;

	while ((sg = q->first) != NULL) {
		dequeuesudog(q, sg);
		RACE_POINT(dequeue_off);
		if (!sg->isselect || cas(&sg->g->selectdone, 0, 1))
			return sg;
	}
	return NULL;
}

// ---- Elements -------------------------------------------------------------------

static void
elemcopy(void *dst, const void *src, size_t size)
{
	if (size > 0)
		memcpy(dst, src, size);
}

static inline unsigned char *
slot(const struct hchan *c, uintptr_t i)
{
	return c->buf + i * c->elemsize;
}

// bufput and bufget move one element into and out of the ring.
void
bufput(struct hchan *c, const void *elem)
{
	elemcopy(slot(c, c->sendx), elem, c->elemsize);
	if (++c->sendx == c->dataqsiz)
		c->sendx = 0;
	store_rlx(&c->qcount, c->qcount + 1);
}

void
bufget(struct hchan *c, void *elem)
{
	if (elem != NULL)
		elemcopy(elem, slot(c, c->recvx), c->elemsize);
	if (++c->recvx == c->dataqsiz)
		c->recvx = 0;
	store_rlx(&c->qcount, c->qcount - 1);
}

// bufturn takes the head of a full ring and puts next in its place, at the tail.
// qcount stays as it is: chan_len looks without the lock and would see a room that
// there never was.
static void
bufturn(struct hchan *c, void *elem, const void *next)
{
	unsigned char *p = slot(c, c->recvx);

	if (elem != NULL)
		elemcopy(elem, p, c->elemsize);
	elemcopy(p, next, c->elemsize);
	if (++c->recvx == c->dataqsiz)
		c->recvx = 0;
	c->sendx = c->recvx;
}

void
elemcheck(const struct hchan *c, size_t size, const char *call)
{
	if (size != c->elemsize)
		fatal("%s: value of %zu bytes on a channel of elements of %u "
		      "bytes",
		      call, size, (unsigned)c->elemsize);
}

// valuecheck is elemcheck for a send, whose value must be one that can be read.
void
valuecheck(const struct hchan *c, const void *v, size_t size, const char *call)
{
	elemcheck(c, size, call);
	if (size > 0)
		touch(v);
}

// ---- Make and free ---------------------------------------------------------------

// trymake returns NULL if a pool is exhausted; *setting names it then.
static chan *
trymake(size_t elemsize, intptr_t cap, const char **setting)
{
	struct hchan *c;
	size_t bytes;
	void *buf = NULL;

	if (elemsize > CHAN_ELEM_MAX)
		panic("makechan: element of %zu bytes; at most %d "
		      "(CHAN_ELEM_MAX)",
		      elemsize, CHAN_ELEM_MAX);
	if (cap < 0 || cap > INT32_MAX ||
	    __builtin_mul_overflow(elemsize, (size_t)cap, &bytes))
		panic("makechan: size out of range");
	*setting = "NCHAN";
	c = poolget(&chanpool);
	if (c == NULL)
		return NULL;
	*setting = "CHANBUF_BYTES";
	if (bytes > 0 && (buf = chanbufalloc(bytes)) == NULL) {
		poolput(&chanpool, c);
		return NULL;
	}
	*c = (struct hchan){ .dataqsiz = (uintptr_t)cap,
			     .elemsize = (uint32_t)elemsize,
			     .open4 = elemsize == 4,
			     .open8 = elemsize == 8,
			     .buf = buf };
	if (RACE)
		racechannew(c);
	return c;
}

// chaninit makes a channel in storage of the caller's: see hooks.h.
void
chaninit(struct hchan *c, size_t elemsize, uint32_t cap, void *buf)
{
	*c = (struct hchan){ .dataqsiz = cap,
			     .elemsize = (uint32_t)elemsize,
			     .open4 = elemsize == 4,
			     .open8 = elemsize == 8,
			     .fixed = 1,
			     .buf = buf };
}

chan *
chan_try_make_(size_t elemsize, intptr_t cap)
{
	const char *setting;

	mustgoroutine("chan_try_make");
	return trymake(elemsize, cap, &setting);
}

chan *
chan_make_(size_t elemsize, intptr_t cap)
{
	const char *setting;
	chan *c;

	mustgoroutine("chan_make");
	c = trymake(elemsize, cap, &setting);
	if (c == NULL)
		fatal("chan_make: no room for %ld elements of %zu bytes: %u of "
		      "%d channels and %u of %d buffer bytes are in use; "
		      "raise %s",
		      (long)cap, elemsize, chanpool.used, NCHAN, chanbufused(),
		      CHANBUF_BYTES, setting);
	return c;
}

void
chan_free(chan *c)
{
	void *buf;
	bool busy;

	mustgoroutine("chan_free");
	if (c == NULL)
		return;
	if (c->fixed)
		panic("chan_free: the channel is not from chan_make (static, "
		      "or part of a ticker or context)");
	isrsettle(c);
	lockas(chanlock(c), RANKCHAN);
	busy = c->recvq.first != NULL || c->sendq.first != NULL;
	buf = c->buf;
	unlock(chanlock(c));
	if (busy)
		panic("chan_free: somebody waits on the channel");
	if (buf != NULL)
		chanbuffree(buf);
	poolput(&chanpool, c);
}

int
chan_len(const chan *c)
{
	return c == NULL ? 0 : (int)load_rlx(&c->qcount);
}

int
chan_cap(const chan *c)
{
	return c == NULL ? 0 : (int)c->dataqsiz;
}

// ---- Send ---------------------------------------------------------------------

static void
unlockchan(void *c)
{
	unlock(chanlock(c));
}

// handover gives elem to the receiver sg, who is then to be made ready.
void
handover(struct sudog *sg, const void *elem)
{
	if (sg->elem != NULL)
		elemcopy(sg->elem, elem, sg->c->elemsize);
	sg->success = true;
	sg->g->param = sg; // for a select
	if (RACE)
		racechan(sg->c, true);
}

// sendto hands elem to the receiver sg, and wakes it.
void
sendto(struct sudog *sg, const void *elem, void (*unlockf)(void *), void *arg)
{
	struct g *gp = sg->g;

	handover(sg, elem);
	unlockf(arg);
	RACE_POINT(send_unlocked);
	goready(gp);
}

static void
blockforever(const char *reason)
{
	if (getg()->locks != 0)
		fatal("%s with preemption disabled", reason);
	gopark(NULL, NULL, reason);
	throw("blockforever: somebody readied it");
}

// waitin queues the running goroutine on q and parks it, which unlocks c.
// Returns what its waker said: false if c was closed.
static inline bool
waitin(struct hchan *c, struct go_waitq *q, void *elem, bool word,
       const char *reason)
{
	struct sudog sg;

	sg.g = getg();
	sg.elem = elem;
	sg.c = c;
	sg.isselect = sg.success = false;
	sg.word = word;
	sg.next = NULL;
	sg.prev = q->last;
	if (__builtin_expect(sg.prev == NULL, 1))
		store_rlx(&q->first, &sg);
	else
		sg.prev->next = &sg;
	q->last = &sg;
	RACE_POINT(wait_queued);
	if (word) // of a goroutine that holds nothing else
		parkquick(sg.g, chanlock(c), reason);
	else
		goparkunlock(chanlock(c), reason);
	return *(volatile bool *)&sg.success;
}

__attribute__((noinline)) static void
sendwait(struct hchan *c, const void *elem)
{
	if (!waitin(c, &c->sendq, (void *)(uintptr_t)elem, false, "chan send"))
		panic("send on closed channel");
}

// sendlocked sends to c, which is locked, and unlocks it; false if it would block and
// must not.
__attribute__((noinline)) static bool
sendlocked(struct hchan *c, const void *elem, bool block)
{
	struct sudog *sg;

	if (c->closed) {
		unlock(chanlock(c));
		panic("send on closed channel");
	}
	sg = dequeue(&c->recvq);
	if (RACE && (sg != NULL || c->qcount < c->dataqsiz))
		racechan(c, false);
	if (sg != NULL) {
		sendto(sg, elem, unlockchan, c);
		return true;
	}
	if (c->qcount < c->dataqsiz) {
		bufput(c, elem);
		unlock(chanlock(c));
		return true;
	}
	if (!block) {
		unlock(chanlock(c));
		return false;
	}
	sendwait(c, elem);
	return true;
}

// chansend sends; false if it would block and must not.
bool
chansend(struct hchan *c, const void *elem, bool block)
{
	if (c == NULL) {
		if (!block)
			return false;
		blockforever("chan send (nil chan)");
	}
	lockas(chanlock(c), RANKCHAN);
	return sendlocked(c, elem, block);
}

// ---- The quick ways ---------------------------------------------------------------
// Sends and receives of elements of 4 or 8 bytes, aligned, to and from a goroutine
// that waits in the same way, or the buffer, by a goroutine that holds nothing.
// Everything else, and everything in builds that look, is chansend's and chanrecv's.

// quickfor tells whether self may go the quick way with c.
static inline bool
quickfor(const struct g *self, const struct hchan *c)
{
	return INLINE && __builtin_expect(c != NULL, 1) &&
	       __builtin_expect(!gbusy(self), 1);
}

// quickin tells whether the quick way goes on, now that c is locked: it is open, and
// its elements are of that size.
static inline bool
quickin(const struct hchan *c, size_t size)
{
	return __builtin_expect((size == 4 ? c->open4 : c->open8) != 0, 1);
}

// An element of size bytes on its way.
struct word {
	int32_t v4;
	int64_t v8;
};

static inline struct word
pick(const void *p, size_t size)
{
	struct word w = { 0 };

	if (size == 4)
		w.v4 = *(const word4 *)p;
	else
		w.v8 = *(const word8 *)p;
	return w;
}

static inline void
place(void *p, struct word w, size_t size)
{
	if (size == 4)
		*(word4 *)p = w.v4;
	else
		*(word8 *)p = w.v8;
}

// got locks c for self; false if that takes longer: then it is counted only.
static inline bool
got(struct g *self, struct hchan *c)
{
	self->locks = 1;
	barrier();
	return MAXHARTS == 1 || __builtin_expect(xchg_lock(&c->lock) == 0, 1);
}

// off takes sg, the first, off q.
static inline void
off(struct go_waitq *q, const struct sudog *sg)
{
	struct sudog *next = sg->next;

	store_rlx(&q->first, next);
	if (__builtin_expect(next != NULL, 0))
		next->prev = NULL;
	else
		q->last = NULL;
}

// sizelocked is elemcheck for a locked c.
static void
sizelocked(struct hchan *c, size_t size, const char *call)
{
	if (__builtin_expect(c->elemsize == size, 1))
		return;
	unlock(chanlock(c));
	elemcheck(c, size, call);
}

RARE static void
sendany(struct hchan *c, const void *elem, size_t size)
{
	sizelocked(c, size, "chan_send");
	sendlocked(c, elem, true);
}

RARE static void
sendlate(struct hchan *c, const void *elem, size_t size)
{
	lockwait(chanlock(c));
	sendany(c, elem, size);
}

__attribute__((noinline)) static void
sendwaitword(struct hchan *c, const void *elem)
{
	if (!waitin(c, &c->sendq, (void *)(uintptr_t)elem, true, "chan send"))
		panic("send on closed channel");
}

static inline __attribute__((always_inline)) void
sendword(struct hchan *c, const void *elem, size_t size)
{
	struct g *self = getg();
	struct sudog *sg;
	uintptr_t n, room;
	struct word v;

	if (!quickfor(self, c)) {
		chan_send_(c, elem, size);
		return;
	}
	v = pick(elem, size); // faults, if it does, before anything is held
	if (!got(self, c)) {
		sendlate(c, elem, size);
		return;
	}
	if (!quickin(c, size)) {
		sendany(c, elem, size);
		return;
	}
	sg = c->recvq.first;
	if (sg != NULL) {
		if (__builtin_expect(!sg->word, 0)) {
			sendany(c, elem, size);
			return;
		}
		off(&c->recvq, sg);
		place(sg->elem, v, size);
		sg->success = true;
		release(chanlock(c));
		goreadyq(sg->g);
		return;
	}
	n = c->qcount;
	room = c->dataqsiz;
	if (n < room) {
		uintptr_t x = c->sendx;

		place(c->buf + x * size, v, size);
		x++;
		c->sendx = x == room ? 0 : x;
		store_rlx(&c->qcount, n + 1);
		release(chanlock(c));
		releaseq(self);
		return;
	}
	sendwaitword(c, elem);
}

void
chan_send4_(chan *c, const void *v)
{
	sendword(c, v, 4);
}

void
chan_send8_(chan *c, const void *v)
{
	sendword(c, v, 8);
}

__attribute__((noinline)) void
chan_send_(chan *c, const void *v, size_t size)
{
	mustgoroutine("chan_send");
	if (c != NULL)
		valuecheck(c, v, size, "chan_send");
	chansend(c, v, true);
}

bool
chan_try_send_(chan *c, const void *v, size_t size)
{
	mustgoroutine("chan_try_send");
	if (c != NULL)
		valuecheck(c, v, size, "chan_try_send");
	return chansend(c, v, false);
}

// ---- Receive --------------------------------------------------------------------

// recvfrom takes from the waiting sender sg: directly if c is unbuffered, else
// the head of the full ring, and the sender's value takes its place at the tail.
void
recvfrom(struct hchan *c, struct sudog *sg, void *elem, void (*unlockf)(void *),
	 void *arg)
{
	struct g *gp = sg->g;

	if (RACE)
		racechan(c, false);
	if (c->dataqsiz == 0) {
		if (elem != NULL)
			elemcopy(elem, sg->elem, c->elemsize);
	} else {
		bufturn(c, elem, sg->elem);
	}
	if (gp == NULL) { // a handler's send
		isrdone(sg);
		unlockf(arg);
		return;
	}
	sg->success = true;
	gp->param = sg;
	unlockf(arg);
	RACE_POINT(recv_unlocked);
	goready(gp);
}

__attribute__((noinline)) static bool
recvwait(struct hchan *c, void *elem)
{
	return waitin(c, &c->recvq, elem, false, "chan receive");
}

__attribute__((noinline)) static bool
recvwaitword(struct hchan *c, void *elem)
{
	return waitin(c, &c->recvq, elem, true, "chan receive");
}

// What came of a receive.
enum { WOULDBLOCK, CLOSED, RECEIVED };

// recvlocked receives from c, which is locked, and unlocks it.
__attribute__((noinline)) static int
recvlocked(struct hchan *c, void *elem, bool block)
{
	struct sudog *sg;

	if (c->closed && c->qcount == 0) {
		unlock(chanlock(c));
		if (elem != NULL && c->elemsize > 0)
			memset(elem, 0, c->elemsize);
		return CLOSED;
	}
	sg = dequeue(&c->sendq);
	if (RACE && (sg != NULL || c->qcount > 0))
		racechan(c, true);
	if (sg != NULL) {
		recvfrom(c, sg, elem, unlockchan, c);
		return RECEIVED;
	}
	if (c->qcount > 0) {
		bufget(c, elem);
		unlock(chanlock(c));
		return RECEIVED;
	}
	if (!block) {
		unlock(chanlock(c));
		return WOULDBLOCK;
	}
	return recvwait(c, elem) ? RECEIVED : CLOSED;
}

static inline __attribute__((always_inline)) int
recvfor(struct hchan *c, void *elem, bool block)
{
	if (c == NULL) {
		if (!block)
			return WOULDBLOCK;
		blockforever("chan receive (nil chan)");
	}
	lockas(chanlock(c), RANKCHAN);
	return recvlocked(c, elem, block);
}

// chanrecv receives; *ok is false if c is closed and drained. Returns false if
// it would block and must not.
bool
chanrecv(struct hchan *c, void *elem, bool block, bool *ok)
{
	int what = recvfor(c, elem, block);

	*ok = what != CLOSED;
	return what != WOULDBLOCK;
}

// tryrecvany is tryrecvnow of everything.
__attribute__((noinline)) static bool
tryrecvany(struct hchan *c, void *elem)
{
	lockas(chanlock(c), RANKCHAN);
	if (__builtin_expect(c->closed && c->qcount == 0, 0)) {
		unlock(chanlock(c));
		return false;
	}
	return recvlocked(c, elem, false) == RECEIVED;
}

RARE static bool
recvany(struct hchan *c, void *elem, size_t size, bool block)
{
	sizelocked(c, size, "chan_recv");
	if (!block && c->closed && c->qcount == 0) {
		unlock(chanlock(c));
		return false;
	}
	return recvlocked(c, elem, block) == RECEIVED;
}

RARE static bool
recvlate(struct hchan *c, void *elem, size_t size, bool block)
{
	lockwait(chanlock(c));
	return recvany(c, elem, size, block);
}

static inline __attribute__((always_inline)) bool
recvword(struct hchan *c, void *elem, size_t size, bool block)
{
	struct g *self = getg();
	struct sudog *sg;
	uintptr_t n;

	if (!quickfor(self, c) || __builtin_expect(elem == NULL, 0))
		return block ? chan_recv_(c, elem, size) : tryrecvany(c, elem);
	if (!got(self, c))
		return recvlate(c, elem, size, block);
	if (!quickin(c, size))
		return recvany(c, elem, size, block);
	sg = c->sendq.first;
	if (sg != NULL) {
		if (__builtin_expect(!sg->word || c->dataqsiz != 0, 0))
			return recvany(c, elem, size, block);
		off(&c->sendq, sg);
		place(elem, pick(sg->elem, size), size);
		sg->success = true;
		release(chanlock(c));
		return goreadyq(sg->g);
	}
	n = c->qcount;
	if (n > 0) {
		uintptr_t x = c->recvx, room = c->dataqsiz;

		place(elem, pick(c->buf + x * size, size), size);
		x++;
		c->recvx = x == room ? 0 : x;
		store_rlx(&c->qcount, n - 1);
		release(chanlock(c));
		return releaseq(self);
	}
	if (block)
		return recvwaitword(c, elem);
	release(chanlock(c));
	releaseq(self);
	return false;
}

bool
chan_recv4_(chan *c, void *v)
{
	return recvword(c, v, 4, true);
}

bool
chan_recv8_(chan *c, void *v)
{
	return recvword(c, v, 8, true);
}

__attribute__((noinline)) bool
chan_recv_(chan *c, void *v, size_t size)
{
	mustgoroutine("chan_recv");
	if (c != NULL)
		elemcheck(c, size, "chan_recv");
	return recvfor(c, v, true) == RECEIVED;
}

bool
chan_try_recv_(chan *c, void *v, size_t size)
{
	mustgoroutine("chan_try_recv");
	if (c != NULL)
		elemcheck(c, size, "chan_try_recv");
	return recvfor(c, v, false) == RECEIVED;
}

bool
trysendnow(struct hchan *c, const void *elem)
{
	lockas(chanlock(c), RANKCHAN);
	if (__builtin_expect(c->closed, 0)) {
		unlock(chanlock(c));
		return false;
	}
	return sendlocked(c, elem, false);
}

bool
tryrecvnow(struct hchan *c, void *elem)
{
	if (c->elemsize == 4 && (uintptr_t)elem % 4 == 0)
		return recvword(c, elem, 4, false);
	if (c->elemsize == 8 && (uintptr_t)elem % 8 == 0)
		return recvword(c, elem, 8, false);
	return tryrecvany(c, elem);
}

// ---- Close ----------------------------------------------------------------------

// closeq collects the waiters of one queue in a list linked by schedlink.
static struct g **
closeq(struct go_waitq *q, struct g **tail)
{
	struct sudog *sg;

	while ((sg = dequeue(q)) != NULL) {
		if (sg->g ==
		    NULL) { // a handler's send: there is nobody to tell
			isrdone(sg);
			continue;
		}
		if (q == &sg->c->recvq && sg->elem != NULL)
			memset(sg->elem, 0, sg->c->elemsize);
		sg->success = false;
		sg->g->param = sg;
		*tail = sg->g;
		tail = &sg->g->schedlink;
	}
	return tail;
}

// chanclose closes c and appends those who waited to the list at tail, whose new
// end it returns; NULL if c is closed already. See hooks.h.
struct g **
chanclose(struct hchan *c, struct g **tail)
{
	lockas(chanlock(c), RANKCHAN);
	if (c->closed) {
		unlock(chanlock(c));
		return NULL;
	}
	store_rlx(&c->closed, 1);
	c->open4 = c->open8 = 0;
	tail = closeq(&c->recvq, tail);
	tail = closeq(&c->sendq, tail);
	*tail = NULL;
	unlock(chanlock(c));
	return tail;
}

// readyall readies the goroutines of a list of chanclose.
void
readyall(struct g *list)
{
	while (list != NULL) {
		struct g *gp = list;

		list = gp->schedlink;
		goready(gp);
	}
}

void
chan_close(chan *c)
{
	struct g *list = NULL;

	mustgoroutine("chan_close");
	if (c == NULL)
		panic("close of nil channel");
	if (chanclose(c, &list) == NULL)
		panic("close of closed channel");
	RACE_POINT(close_unlocked);
	readyall(list);
}
