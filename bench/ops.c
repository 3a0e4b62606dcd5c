// ops.c: the scheduler's operations, for `make bench`: what one costs when nothing
// comes in between. tools/counts.py runs it and says what each row is
// (bench/rows.json).
#include <string.h>

#include "bench.h"

// ---- Goroutines ------------------------------------------------------------

static void
nothing(void *arg)
{
	(void)arg;
}

static void
yields(void *arg)
{
	(void)arg;
	ROUNDS(N)
	runtime_gosched();
}

// Two that yield to each other: the other one is in its loop when ours begins.
static void
yieldpeer(void)
{
	go(yields, NULL);
}

static void
yield(void)
{
	ROUNDS(N)
	runtime_gosched();
}

// go, and let it run to its end.
static void
gosingle(void)
{
	ROUNDS(N)
	{
		go(nothing, NULL);
		runtime_gosched();
	}
}

// The same a thousand at a time, so that yields are shared: a run queue is shorter
// than a batch, so it takes more than one until all have run.
enum { BATCH = 1000 };

static void
yieldend(void)
{
	do
		runtime_gosched();
	while (runtime_num_goroutine() > 1);
}

static void
gobatch(void)
{
	for (int i = 0; i < N / BATCH; i++) {
		ROUNDS(BATCH)
		go(nothing, NULL);
		yieldend();
	}
}

// ---- Channels --------------------------------------------------------------

static chan *c[4];
static int zero;

static void
sends(void *to)
{
	chan_send(to, &zero);
}

static void
unbuffered(void)
{
	for (int i = 0; i < 4; i++)
		c[i] = chan_make(int, 0);
}

static void
buffered(void)
{
	for (int i = 0; i < 4; i++)
		c[i] = chan_make(int, 1);
}

static void
freechans(void)
{
	for (int i = 0; i < 4; i++)
		chan_free(c[i]);
}

static void
spawnjoin(void)
{
	int v;

	ROUNDS(N)
	{
		go(sends, c[0]);
		chan_recv(c[0], &v);
	}
}

static void
echo(void *arg)
{
	chan **ends = arg;
	int v;

	ROUNDS(N)
	{
		chan_recv(ends[0], &v);
		chan_send(ends[1], &v);
	}
}

static void
pingprepare(void)
{
	unbuffered();
	go(echo, c);
	runtime_gosched();
}

static void
pingpong(void)
{
	int v = 0;

	ROUNDS(N)
	{
		chan_send(c[0], &v);
		chan_recv(c[1], &v);
	}
}

static void
pingfinish(void)
{
	yieldend();
	freechans();
}

static void
sendrecv(void)
{
	int v = 0;

	ROUNDS(N)
	{
		chan_send(c[0], &v);
		chan_recv(c[0], &v);
	}
}

// The ring: each takes from the one before it and gives to the one behind it. A copy
// of an unbuffered channel that nobody uses is another one, so there need not be
// NCHAN enough. Where there is no room for 10,000 goroutines it is one of 1000.
enum { LARGE = 10000, SMALL = 1000 };
static struct hchan links[LARGE];
static int nlinks;
static int waiting; // who has come to its first receive, or is about to

static void
hops(void *arg)
{
	struct hchan *from = arg;
	struct hchan *to = from + 1 < links + nlinks ? from + 1 : links;
	int v;

	waiting++;
	// A negative value ends it.
	while (chan_recv(from, &v)) {
		if (v < 0) {
			if (to != links)
				chan_send(to, &v);
			return;
		}
		chan_send(to, &v);
	}
}

static void
ringprepare(void)
{
	CHAN_STATIC(pattern, int, 0);
	static struct runtime_stats stats;

	runtime_read_stats(&stats);
	nlinks = SMALL;
	for (unsigned i = 0; i < stats.npools; i++)
		if (strcmp(stats.pool[i].setting, "NG") == 0 &&
		    stats.pool[i].size > LARGE)
			nlinks = LARGE;
	// Main is a link too: it takes from the first and gives to the second.
	for (int i = 0; i < nlinks; i++)
		memcpy(&links[i], pattern, sizeof links[i]);
	waiting = 0;
	for (int i = 1; i < nlinks; i++)
		go(hops, &links[i]);
	while (waiting < nlinks - 1)
		runtime_gosched();
}

static void
ring(void)
{
	int v = 0;

	ROUNDS(N / nlinks)
	{
		chan_send(&links[1], &v);
		chan_recv(&links[0], &v);
	}
}

static void
ringfinish(void)
{
	int v = -1;

	chan_send(&links[1], &v);
	yieldend();
}

// ---- Select ----------------------------------------------------------------
// Each round one of four channels has a value, another one each time; what is
// compared with is the same with a plain receive from that one.

static void
selectbase(void)
{
	int v = 0, i = 0;

	ROUNDS(N)
	{
		chan_send(c[i], &v);
		chan_recv(c[i], &v);
		i = (i + 1) & 3;
	}
}

static void
selectone(void)
{
	int v = 0, i = 0;

	ROUNDS(N)
	{
		chan_send(c[i], &v);
		chan_select(RECV(c[0], &v), RECV(c[1], &v), RECV(c[2], &v),
			    RECV(c[3], &v));
		i = (i + 1) & 3;
	}
}

static void
selectnone(void)
{
	int v;

	ROUNDS(N)
	chan_select(RECV(c[0], &v), RECV(c[1], &v), RECV(c[2], &v),
		    RECV(c[3], &v), DEFAULT);
}

// ---- Locks -----------------------------------------------------------------

static struct mutex m;
static struct semaphore one = SEMAPHORE(1), ping, pong;

static void
lockunlock(void)
{
	ROUNDS(N)
	{
		mutex_lock(&m);
		mutex_unlock(&m);
	}
}

static void
acquirerelease(void)
{
	ROUNDS(N)
	{
		semaphore_acquire(&one);
		semaphore_release(&one);
	}
}

static void
pongs(void *arg)
{
	(void)arg;
	ROUNDS(N)
	{
		semaphore_acquire(&ping);
		semaphore_release(&pong);
	}
}

static void
semaprepare(void)
{
	go(pongs, NULL);
	runtime_gosched();
}

static void
semaping(void)
{
	ROUNDS(N)
	{
		semaphore_release(&ping);
		semaphore_acquire(&pong);
	}
}

// ---- The rows --------------------------------------------------------------

static const struct row rows[] = {
	{ "yield", yield, yieldpeer, yieldend, 2 * N, "loop", 2 },
	{ "go_batch", gobatch, NULL, NULL, N, "loop", 1 },
	{ "go_single", gosingle, NULL, NULL, N, "loop", 1 },
	{ "spawn_join", spawnjoin, unbuffered, freechans, N, "loop", 1 },
	{ "ping_pong", pingpong, pingprepare, pingfinish, N, "loop", 2 },
	{ "send_recv", sendrecv, buffered, freechans, N, "loop", 1 },
	{ "mutex", lockunlock, NULL, NULL, N, "loop", 1 },
	{ "sema", acquirerelease, NULL, NULL, N, "loop", 1 },
	{ "sema_ping", semaping, semaprepare, yieldend, N, "loop", 2 },
	{ "select_base", selectbase, buffered, freechans, N, "loop", 1 },
	{ "select_one", selectone, buffered, freechans, N, "select_base", 0 },
	{ "select_none", selectnone, buffered, freechans, N, "loop", 1 },
	{ "ring", ring, ringprepare, ringfinish, N, "mark", 1 },
	{ 0 },
};

int
main(void)
{
	bench_rows(bench_bases);
	bench_rows(rows);
	return 0;
}
