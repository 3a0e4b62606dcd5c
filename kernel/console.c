// console.c: input from the console. The receive interrupt's handler drains the
// device into a ring, and a goroutine that waits for input is made ready.
//
// What always holds:
//  - The handler runs on the one hart that takes device interrupts, and only it
//    moves head; only the reader whose turn it is moves tail. So neither takes a
//    lock, and an overrun of the ring loses the newest byte, never an old one.
//  - Each byte that the device gave is in the ring or counted as lost. What the
//    device itself drops, because the handler came too late, nobody counts.
//  - The handler takes at most BURST bytes; a device that has more asks again.
//    That bounds the time with interrupts masked, and between two bursts the
//    end of the interrupt looks at timers and slices.
//  - waiter is the goroutine that waits, and whoever takes it out (the handler by
//    an exchange, the goroutine's own commit by a CAS) decides how it goes on.
//    StoreLoad on both sides: the handler stores head and then looks for a
//    waiter, commit stores waiter and then looks at head.
//  - A waiter counts in sched.nwaiters, so a program that waits for input is not
//    dead. Those behind it wait for their turn and need no count.
//
// A read gives what is there, a line at most, so that goroutines which read at
// once get whole lines when they are typed faster than read. The little that a
// terminal's line does besides, so that C programs feel at home: a carriage
// return reads as newline, and Ctrl-D ends a read; one that has nothing yet
// returns 0, the end of the file, and the next one waits again. It is the only
// end there is: a serial line cannot tell that the other side has gone. There is
// no echo and no editing; examples/shell.c does its own.
//
// Turned down: reading the device from the goroutine (its FIFO, one byte on a
// Cortex-M, was the only buffer, and full speed needs a goroutine to run every 87
// us); masking the line while the ring is full (the device would drop bytes
// instead of us, uncounted); a channel of bytes (a handler cannot send).
//
// Contexts: consoleintr is a handler, consoleread for goroutines. Output is
// consolewrite in proc.c, and polls.
#include "runtime.h"

#define BURST 32 // more than a 16550's FIFO
#define CTRL_D 0x04

_Static_assert((CONSOLE_INPUT & (CONSOLE_INPUT - 1)) == 0,
	       "CONSOLE_INPUT must be a power of two, or 0");

#define SIZE (CONSOLE_INPUT > 0 ? CONSOLE_INPUT : 1)
static unsigned char ring[SIZE];
static uint32_t head, tail; // of the ring; they count on, their difference is
			    // what it holds
static struct g *waiter;
static struct go_sema turn = { .count = 1 };
static int64_t nin, nlost; // the handler's

// ---- The handler ----------------------------------------------------------------

static void
consoleintr(void *unused)
{
	uint32_t h = head, room = CONSOLE_INPUT - (h - load_acq(&tail));
	uint32_t in = 0, lost = 0;
	struct g *gp;
	int c;

	(void)unused;
	while (in + lost < BURST && (c = arch_getc()) >= 0) {
		if (in < room)
			ring[h++ % SIZE] = (unsigned char)c, in++;
		else
			lost++;
	}
	store64(&nin, nin + in);
	store64(&nlost, nlost + lost);
	if (in == 0)
		return;
	store(&head, h); // the bytes are in place
	fence();
	if ((gp = load(&waiter)) != NULL && cas(&waiter, gp, NULL))
		pushready(gp);
}

// consoleinit begins to listen. At boot, interrupts masked.
void
consoleinit(void)
{
	if (CONSOLE_INPUT > 0)
		irqattach(arch_console_irq(), consoleintr, NULL);
}

int64_t
consolein(void)
{
	return load64(&nin);
}

int64_t
consolelost(void)
{
	return load64(&nlost);
}

// ---- Readers ---------------------------------------------------------------------

static bool
empty(void)
{
	return load(&head) == tail;
}

// commit leaves gp to the handler, unless bytes came meanwhile and the handler
// has not seen gp.
static bool
commit(struct g *gp, void *unused)
{
	(void)unused;
	store(&waiter, gp);
	fence();
	return empty() ? true : !cas(&waiter, gp, NULL);
}

static void
waitinput(void)
{
	xadd(&sched.nwaiters, 1);
	while (empty())
		gopark(commit, NULL, "console input");
	xadd(&sched.nwaiters, -1u);
}

// take moves what is there to s, at most n bytes and at most a line. There is
// something. 0: a Ctrl-D.
static size_t
take(char *s, size_t n)
{
	uint32_t t = tail, h = load_acq(&head);
	size_t i = 0;
	int c = 0;

	while (i < n && t != h && c != '\n' && c != CTRL_D) {
		c = ring[t++ % SIZE];
		if (c == '\r')
			c = '\n';
		if (c != CTRL_D)
			s[i++] = (char)c;
	}
	store_rel(&tail, t); // the bytes are out
	return i;
}

size_t
consoleread(char *s, size_t n)
{
	size_t got;

	mustgoroutine("read");
	if (CONSOLE_INPUT == 0)
		return 0;
	semacquire(&turn, false, "console input");
	waitinput();
	got = take(s, n);
	semrelease(&turn, false);
	return got;
}
