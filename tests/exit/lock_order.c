// lock_order: a channel's lock is taken while a lock is held that comes after it:
// both are named, though nobody else is there to wait for.
// torture: only
// expect-status: 2
// expect: ^lock: channel 0x[0-9a-f]+ is taken while pool 0x[0-9a-f]+ is held$
// expect: ^fatal error: lock: out of order$
// expect-not: here
#include <go.h>
#include <stdio.h>

void lock(void *l); // the kernel's own

int
main(void)
{
	static uint32_t mine; // a lock with no place in the order comes last
	chan *c = chan_make(int, 1);
	int v = 1;

	chan_try_send(c, &v);
	lock(&mine);
	chan_try_recv(c, &v);
	printf("here\n");
	return 0;
}
