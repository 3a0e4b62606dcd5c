// tour.c shows what the kernel is about, one scene after the other: how a
// goroutine starts, what its stack looks like, how it ends, how it is told to
// stop, what becomes of it afterwards, and what happens to one that never
// gives its hart back. `make run-qemu` runs it.
//
// The first three scenes are the three demos of the articles on how a goroutine
// starts and exits. The hogs come last because they stay until the end of the
// program: whatever came after them would have to share every hart with them.
#include <go.h>
#include <stdio.h>

static void
scene(const char *what)
{
	static int n;

	printf("\n%d. %s\n", ++n, what);
}

// ---- A goroutine and a WaitGroup
// go() only queues the new goroutine: it runs when main waits, or at once if
// another hart is idle and steals it. So main's line comes first *usually*, in
// Go as here, and a slice that ends between go() and printf could also turn it
// round. What must be certain has to be said: the goroutine waits for `spoken`.
struct first {
	struct wait_group done, spoken;
};

static void
say(void *arg)
{
	struct first *f = arg;

	defer(wait_group_done, &f->done);
	wait_group_wait(&f->spoken);
	printf("   goroutine is running...\n");
}

static void
start(void)
{
	struct first f = { 0 };

	scene("go f(): main goes on, the goroutine runs when its turn comes");
	wait_group_add(&f.done, 1);
	wait_group_add(&f.spoken, 1);
	go(say, &f);
	printf("   main is running...\n");
	wait_group_done(&f.spoken);
	wait_group_wait(&f.done);
}

// ---- A goroutine's own call stack
// The functions use what they called after the call, so that no call of theirs
// is a jump (a tail call leaves no frame behind).
__attribute__((noinline)) static int
print_callers(void)
{
	struct frame f;
	int n = 0;

	for (; runtime_caller(n, &f); n++)
		printf("   %d %s %s:%d\n", n, f.func,
		       f.file != NULL ? f.file : "?", f.line);
	return n;
}

__attribute__((noinline)) static int
inner(void)
{
	return print_callers() + 1;
}

static void
outer(void *arg)
{
	int n = inner();

	printf("   %d frames, goexit is the last\n", n - 1);
	wait_group_done(arg);
}

static void
stack(void)
{
	struct wait_group wg = { 0 };

	scene("the stack of a goroutine: its function returns into goexit");
	wait_group_add(&wg, 1);
	go(outer, &wg);
	wait_group_wait(&wg);
}

// ---- Goexit
static void
leave(void *arg)
{
	defer(wait_group_done, arg);
	printf("   leaving by runtime_goexit\n");
	runtime_goexit();
	printf("   this line is never printed\n");
}

static void
early_end(void)
{
	struct wait_group wg = { 0 };

	scene("runtime_goexit: the deferred call runs, the next line does not");
	wait_group_add(&wg, 1);
	go(leave, &wg);
	wait_group_wait(&wg);
	printf("   the deferred wait_group_done has run\n");
}

// ---- A worker that is told to stop
struct worker {
	chan *done;
	struct wait_group *wg;
	long rounds;
};

static void
work(void *arg)
{
	struct worker *w = arg;
	char nothing;

	defer(wait_group_done, w->wg);
	for (;;) {
		switch (chan_select(RECV(w->done, &nothing), DEFAULT)) {
		case 0:
			return;
		default:
			w->rounds++; // the work of one round
			runtime_gosched();
		}
	}
}

static void
told_to_stop(void)
{
	struct wait_group wg = { 0 };
	struct worker w = { chan_make(char, 0), &wg, 0 };

	scene("a worker selects on `done` and a default, until done is closed");
	wait_group_add(&wg, 1);
	go(work, &w);
	time_sleep(5 * MILLISECOND);
	chan_close(w.done);
	wait_group_wait(&wg);
	chan_free(w.done);
	printf("   the worker %s and has stopped\n",
	       w.rounds > 0 ? "worked" : "DID NOTHING");
}

// ---- Ten thousand lives
enum { ROUNDS = 100, ATONCE = 100 };

struct storm {
	struct wait_group wg;
	struct mutex mu;
	long sum; // under mu
};

static void
live(void *arg)
{
	struct storm *s = arg;

	mutex_lock(&s->mu);
	s->sum++;
	mutex_unlock(&s->mu);
	wait_group_done(&s->wg);
}

static void
lives(void)
{
	static struct storm s;

	scene("dead goroutines are kept and used again");
	for (int i = 0; i < ROUNDS; i++) {
		wait_group_add(&s.wg, ATONCE);
		for (int j = 0; j < ATONCE; j++)
			go(live, &s);
		wait_group_wait(&s.wg);
	}
	printf("   %ld goroutines lived, at most %d at once\n", s.sum, ATONCE);
}

// ---- The hogs
// One bare loop for every hart: no call in it, nothing that could yield. When
// main wakes up there is no free hart left for it anywhere.
static void
hog(void *arg)
{
	(void)arg;
	for (;;)
		;
}

static void
hogs(void)
{
	int n = runtime_gomaxprocs(0);

	scene("for (;;) on every hart: preemption gives main its time back");
	for (int i = 0; i < n; i++)
		go(hog, NULL);
	for (int i = 1; i <= 3; i++) {
		time_sleep(20 * MILLISECOND);
		printf("   main woke up beside the hogs, time %d\n", i);
	}
}

// ---- What the kernel counted
static void
count(void)
{
	static struct runtime_stats s;

	runtime_read_stats(&s);
	scene("what the kernel has counted");
	printf("   pool                      used     high     size  set by\n");
	for (unsigned i = 0; i < s.npools; i++)
		printf("   %-20s %9u%9u%9u  %s\n", s.pool[i].name,
		       s.pool[i].used, s.pool[i].high, s.pool[i].size,
		       s.pool[i].setting);
	printf("   hart   spawned     lives    reused  switches  stolen"
	       "  preempted\n");
	for (unsigned i = 0; i < s.nharts; i++) {
		const struct runtime_hart *h = &s.hart[i];

		printf("   %4u%10lu%10lu%10lu%10lu%8lu%11lu\n", i,
		       (unsigned long)h->spawned, (unsigned long)h->lives,
		       (unsigned long)h->reused, (unsigned long)h->switches,
		       (unsigned long)h->steals, (unsigned long)h->preemptions);
	}
}

int
main(void)
{
	printf("gzero: %d hart(s), goroutine %d is main\n", runtime_num_cpu(),
	       (int)runtime_goid());
	start();
	stack();
	early_end();
	told_to_stop();
	lives();
	hogs();
	count();
	printf("\nmain returns, and the machine stops, hogs and all.\n");
	return 0;
}
