// ledger_channels: channels of all kinds are left as they are when main returns:
// with values and without, closed, with senders, receivers and selects that wait.
// Nothing here looks at them any more but the ledger (with/ledger.c), which finds a
// ring or a queue that does not hang together though every value was right.
// expect-status: 0
// expect: ^left$
// expect-not: wrong
#include <go.h>
#include <stdio.h>

static chan *never; // nobody sends on it

static void
receiver(void *c)
{
	int v;

	chan_recv(c, &v);
}

static void
send7(void *c)
{
	int v = 7;

	chan_send(c, &v);
}

static void
sender(void *c)
{
	panic_catch(send7, c); // the channel may be closed beneath it
}

// passerby waits for two channels for a while and then leaves both queues.
static void
passerby(void *c)
{
	int v;

	if (chan_select(RECV(c, &v), RECV(never, &v), TIMEOUT(MILLISECOND)) !=
	    2)
		printf("wrong: the passer-by got something\n");
}

static void
settle(void)
{
	time_sleep(2 * MILLISECOND);
}

// wrapped goes once around a ring of three and a bit, and leaves n values.
static void
wrapped(int n)
{
	chan *c = chan_make(int, 3);
	int v;

	for (int i = 0; i < 4 + n; i++) {
		chan_send(c, &i);
		if (i < 4 && (!chan_recv(c, &v) || v != i))
			printf("wrong: %d, not %d\n", v, i);
	}
}

int
main(void)
{
	chan *c;
	int v;

	never = chan_make(int, 0);
	for (int n = 0; n <= 3; n++)
		wrapped(n);

	// A ring that is full, with a sender behind it, of whom one is served.
	c = chan_make(int, 1);
	for (int i = 0; i < 3; i++)
		go(sender, c);
	settle();
	if (!chan_recv(c, &v) || v != 7)
		printf("wrong: value\n");

	// Two receivers; a select was between them for a while.
	c = chan_make(int, 2);
	go(receiver, c);
	settle();
	go(passerby, c);
	time_sleep(MILLISECOND / 2);
	go(receiver, c);
	settle();

	// One; a select was behind it.
	c = chan_make(int, 0);
	go(receiver, c);
	settle();
	go(passerby, c);
	settle();

	// Closed beneath a sender and a receiver.
	c = chan_make(int, 0);
	go(sender, c);
	settle();
	chan_close(c);
	c = chan_make(int, 2);
	go(receiver, c);
	settle();
	chan_close(c);
	settle();
	printf("left\n");
	return 0;
}
