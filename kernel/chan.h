// chan.h: a channel, for chan.c and select.c.
#ifndef GZERO_CHAN_H
#define GZERO_CHAN_H

#include "runtime.h"

typedef int32_t __attribute__((may_alias)) word4;
typedef int64_t __attribute__((may_alias)) word8;

// Of a struct hchan (go.h) everything is guarded by its lock, except that closed
// and qcount are also read without it, as hints. elemsize, dataqsiz, fixed and
// buf never change.
static inline struct lock *
chanlock(struct hchan *c)
{
	return (struct lock *)(void *)&c->lock;
}

void enqueuesudog(struct go_waitq *q, struct sudog *sg);
struct sudog *dequeue(struct go_waitq *q);
void dequeuesudog(struct go_waitq *q, struct sudog *sg);
void bufput(struct hchan *c, const void *elem);
void bufget(struct hchan *c, void *elem);
// sendto and recvfrom serve a waiter that was dequeued; c is locked and they
// unlock it, with unlockf(arg).
void sendto(struct sudog *sg, const void *elem, void (*unlockf)(void *),
	    void *arg);
void recvfrom(struct hchan *c, struct sudog *sg, void *elem,
	      void (*unlockf)(void *), void *arg);
// trysendnow and tryrecvnow send and receive if that is possible now; c is not NULL.
// False also if c is closed, and nothing has happened then.
bool trysendnow(struct hchan *c, const void *elem);
bool tryrecvnow(struct hchan *c, void *elem);
void handover(struct sudog *sg, const void *elem);
void elemcheck(const struct hchan *c, size_t size, const char *call);
void valuecheck(const struct hchan *c, const void *v, size_t size,
		const char *call);

#endif
