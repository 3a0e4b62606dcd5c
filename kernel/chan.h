// chan.h: a channel, for chan.c and select.c.
#ifndef GZERO_CHAN_H
#define GZERO_CHAN_H

#include "runtime.h"

struct waitq {
	struct sudog *first, *last;
};

// hchan. Everything is guarded by lock, except that closed and qcount are also
// read without it, as hints. elemsize, dataqsiz and buf never change.
struct hchan {
	struct lock lock;
	uint32_t qcount, dataqsiz;
	uint32_t elemsize;
	uint32_t sendx, recvx; // where in buf the next send and receive go
	uint32_t closed;
	unsigned char *buf;
	struct waitq recvq, sendq;
};

void enqueuesudog(struct waitq *q, struct sudog *sg);
struct sudog *dequeue(struct waitq *q);
void dequeuesudog(struct waitq *q, struct sudog *sg);
void bufput(struct hchan *c, const void *elem);
void bufget(struct hchan *c, void *elem);
// sendto and recvfrom serve a waiter that was dequeued; c is locked and they
// unlock it, with unlockf(arg).
void sendto(struct sudog *sg, const void *elem, void (*unlockf)(void *),
	    void *arg);
void recvfrom(struct hchan *c, struct sudog *sg, void *elem,
	      void (*unlockf)(void *), void *arg);
void elemcheck(const struct hchan *c, size_t size, const char *call);

#endif
