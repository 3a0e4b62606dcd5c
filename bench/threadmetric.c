// threadmetric.c: the workloads of Thread-Metric, a suite that Express Logic
// described for comparing kernels, written anew for goroutines: rows of `make
// bench`. docs/thread-metric.md says of each what it is there and what it is here.
//
// What always holds: an operation counts itself in a variable of its goroutine, as
// there. The counting is taken off with the loop around it (row tm_basic), and
// afterwards it must come out even: who did not run, or ran twice, is a panic.
#include "../tests/target/device.h"
#include "bench.h"

enum { GS = 5, ROUND_OPS = N / GS };

static volatile unsigned counter[GS];

// even tells whether the first n goroutines have done as much as they should.
static void
even(const char *what, int n, unsigned each)
{
	for (int i = 0; i < n; i++) {
		if (counter[i] != each)
			panic("%s: goroutine %d has done %u of %u", what, i,
			      counter[i], each);
		counter[i] = 0;
	}
}

static void
basic(void)
{
	ROUNDS(N)
	counter[0]++;
}

static void
basicfinish(void)
{
	even("basic", 1, N);
}

// ---- Cooperative: five that yield to each other in turn --------------------------

static void
yields(void *arg)
{
	volatile unsigned *c = arg;

	ROUNDS(ROUND_OPS)
	{
		runtime_gosched();
		++*c;
	}
}

static void
coopprepare(void)
{
	for (int i = 1; i < GS; i++)
		go(yields, (void *)(uintptr_t)&counter[i]);
}

static void
cooperative(void)
{
	yields((void *)(uintptr_t)&counter[0]);
}

static void
ended(void)
{
	while (runtime_num_goroutine() > 1)
		runtime_gosched();
}

static void
allfinish(void)
{
	ended();
	even("all", GS, ROUND_OPS);
}

// ---- Preemptive: each makes the next one ready, which runs at once -----------------
// Who is resumed has no higher priority here, so its resumer waits for it: the same
// two switches for each of the chain, and a second semaphore.

static struct semaphore resume[GS], suspended[GS];

static void
preempted(int i)
{
	semaphore_release(&resume[i + 1]);
	semaphore_acquire(&suspended[i + 1]);
	counter[i]++;
}

static void
links(void *arg)
{
	int i = *(int *)arg;

	ROUNDS(ROUND_OPS)
	{
		semaphore_acquire(&resume[i]);
		if (i + 1 < GS)
			preempted(i);
		else
			counter[i]++;
		semaphore_release(&suspended[i]);
	}
}

static void
preemptprepare(void)
{
	for (int i = 1; i < GS; i++)
		go_copy(links, (int){ i });
	runtime_gosched(); // until each of them waits
	runtime_gosched();
}

static void
preemptive(void)
{
	ROUNDS(ROUND_OPS)
	preempted(0);
}

// ---- Message: 16 bytes into a queue and out of it ----------------------------------

struct message {
	uint32_t word[4];
};
static chan *queue;

static void
msgprepare(void)
{
	queue = chan_make(struct message, 10);
}

static void
message(void)
{
	struct message sent = { { 0, 1, 2, 3 } }, got;

	ROUNDS(N)
	{
		chan_send(queue, &sent);
		chan_recv(queue, &got);
		counter[0]++;
	}
}

static void
msgfinish(void)
{
	chan_free(queue);
	even("message", 1, N);
}

// ---- Synchronisation ----------------------------------------------------------------

static struct semaphore sync = SEMAPHORE(1);

static void
synchronisation(void)
{
	ROUNDS(N)
	{
		semaphore_acquire(&sync);
		semaphore_release(&sync);
		counter[0]++;
	}
}

static void
syncfinish(void)
{
	even("synchronisation", 1, N);
}

// ---- Memory: a block of 128 bytes from a pool ----------------------------------------
// The pool is a channel of free blocks, as in Go: who finds none waits for one.

enum { BLOCK = 128, BLOCKS = 16 };
static unsigned char blocks[BLOCKS][BLOCK];
static chan *pool;

static void
memprepare(void)
{
	pool = chan_make(void *, BLOCKS);
	for (int i = 0; i < BLOCKS; i++)
		chan_send(pool, &(void *){ blocks[i] });
}

static void
memory(void)
{
	void *block;

	ROUNDS(N)
	{
		chan_recv(pool, &block);
		chan_send(pool, &block);
		counter[0]++;
	}
}

static void
memfinish(void)
{
	chan_free(pool);
	even("memory", 1, N);
}

// ---- Interrupt, without and with a goroutine that it wakes ----------------------------

static struct semaphore happened;
static struct note wake;
static bool over;

static void
releases(void *arg)
{
	(void)arg;
	devquiet();
	semaphore_release_isr(&happened);
}

static void
irqprepare(void)
{
	irq_handle(DEV_IRQ, releases, NULL);
	devnow(); // what was there before comes with the first
	semaphore_acquire(&happened);
}

static void
interrupt(void)
{
	ROUNDS(N)
	{
		devnow();
		semaphore_acquire(&happened);
		counter[0]++;
	}
}

static void
irqfinish(void)
{
	irq_handle(DEV_IRQ, NULL, NULL);
	even("interrupt", 1, N);
}

static void
wakes(void *arg)
{
	(void)arg;
	devquiet();
	ready_isr(&wake);
}

static void
woken(void *arg)
{
	(void)arg;
	for (;;) {
		note_wait(&wake);
		if (over)
			return;
		counter[1]++;
	}
}

static void
wakeprepare(void)
{
	over = false;
	go(woken, NULL);
	runtime_gosched();
	irq_handle(DEV_IRQ, wakes, NULL);
}

static void
wakeup(void)
{
	ROUNDS(N)
	{
		unsigned before = counter[1];

		devnow();
		while (counter[1] == before) // each 64th time: preempt.c
			runtime_gosched();
		counter[0]++;
	}
}

static void
wakefinish(void)
{
	irq_handle(DEV_IRQ, NULL, NULL);
	over = true;
	ready_isr(&wake);
	ended();
	even("interrupt with preemption", 2, N);
}

// ---- The rows ------------------------------------------------------------------------

static const struct row rows[] = {
	{ "tm_basic", basic, NULL, basicfinish, N, "loop", 1 },
	{ "tm_cooperative", cooperative, coopprepare, allfinish, N, "tm_basic",
	  0 },
	{ "tm_preemptive", preemptive, preemptprepare, allfinish, N, "tm_basic",
	  0 },
	{ "tm_interrupt", interrupt, irqprepare, irqfinish, N, "tm_basic", 0 },
	{ "tm_interrupt_preempt", wakeup, wakeprepare, wakefinish, N,
	  "tm_basic", 0 },
	{ "tm_message", message, msgprepare, msgfinish, N, "tm_basic", 0 },
	{ "tm_synchronisation", synchronisation, NULL, syncfinish, N,
	  "tm_basic", 0 },
	{ "tm_memory", memory, memprepare, memfinish, N, "tm_basic", 0 },
	{ 0 },
};

int
main(void)
{
	bench_rows(bench_bases);
	bench_rows(rows);
	return 0;
}
