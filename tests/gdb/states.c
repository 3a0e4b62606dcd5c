// states.c: a goroutine in every state there is, for tests/gdb/run.py, which
// stops the machine in states_ready and asks gdb what it sees. Afterwards all of
// them end, and the program says so.
//
// The spinners keep every hart busy, so whoever is started just before the stop
// has not run yet.
#include <go.h>
#include <stdio.h>

enum { SPINNERS = 6, DEPTH = 20, DEAD = 5 };

static struct wait_group all;
static struct mutex held;
static struct semaphore none;
static chan *empty, *full, *closed, *never, *go_on;
CHAN_STATIC(letters, char, 3);
static volatile bool stop;
static volatile uint64_t spun[SPINNERS];

void states_ready(void);

__attribute__((noinline)) void
states_ready(void)
{
	__asm__ volatile("" : : : "memory");
}

static void
begin(const char *name, void (*fn)(void *), void *arg)
{
	wait_group_add(&all, 1);
	if (!go_with((struct go_attr){ .name = name }, fn, arg))
		printf("states: no room for %s\n", name);
}

static void
receiver(void *arg)
{
	volatile float sum = 1;
	int v;

	sum = sum * 0.5f + 1; // what parks has such registers, too
	chan_recv(arg, &v);
	wait_group_done(&all);
}

static void
sender(void *arg)
{
	int v = 7;

	chan_send(arg, &v);
	wait_group_done(&all);
}

static void
selector(void *arg)
{
	int v;

	(void)arg;
	chan_select(RECV(empty, &v), RECV(never, &v), TIMEOUT(HOUR));
	wait_group_done(&all);
}

static void
sleeper(void *arg)
{
	(void)arg;
	time_sleep(2 * SECOND);
	wait_group_done(&all);
}

static void
locker(void *arg)
{
	(void)arg;
	mutex_lock(&held);
	mutex_unlock(&held);
	wait_group_done(&all);
}

static void
permitted(void *arg)
{
	(void)arg;
	semaphore_acquire(&none);
	wait_group_done(&all);
}

static void
pinned(void *arg)
{
	int v;

	(void)arg;
	runtime_lock_os_thread();
	chan_recv(empty, &v);
	runtime_unlock_os_thread();
	wait_group_done(&all);
}

// Arithmetic and nothing else: only an interrupt takes it off. Half of them use
// floating point, whose registers lie in the frame, too.
static void
spinner(void *arg)
{
	volatile uint64_t *count = arg;
	volatile float sum = 1;
	bool floats = ((count - spun) & 1) != 0;

	while (!stop) {
		*count = *count * 3 + 1;
		if (floats)
			sum = sum * 0.5f + 1;
	}
	wait_group_done(&all);
}

static __attribute__((noinline)) int
deep(int n)
{
	volatile int here = 1; // nothing to make a loop of
	int v;

	if (n > 0)
		return deep(n - 1) + here;
	chan_recv(empty, &v);
	return here;
}

static void
digger(void *arg)
{
	(void)arg;
	if (deep(DEPTH) != DEPTH + 1)
		printf("states: not so deep\n");
	wait_group_done(&all);
}

static void
waits(void *arg)
{
	int v;

	chan_recv(arg, &v);
	if (recover() == NULL)
		printf("states: nothing to recover\n");
	wait_group_done(&all);
}

static void
panics(void *arg)
{
	defer(waits, arg);
	panic("for the debugger");
}

// A fault in the middle of a program: its panic waits in a deferred call.
static void
faults(void *arg)
{
	static volatile int *volatile nowhere;

	defer(waits, arg);
	*nowhere = 1;
}

static void
ends(void *arg)
{
	(void)arg;
	wait_group_done(&all);
}

static void
fresh(void *arg)
{
	int v = *(int *)arg;

	if (v != 42)
		printf("states: %d, not 42\n", v);
	wait_group_done(&all);
}

int
main(void)
{
	static int answer = 42;
	int v = 1;
	char letter = 'a';

	empty = chan_make(int, 0);
	full = chan_make(int, 2);
	closed = chan_make(uint64_t, 4);
	never = chan_make(int, 0);
	go_on = chan_make(int, 1);
	chan_send(full, &v);
	chan_send(full, &v);
	chan_send(letters, &letter);
	chan_close(closed);
	mutex_lock(&held);

	for (int i = 0; i < DEAD; i++)
		begin("ends", ends, NULL);
	wait_group_wait(&all);
	begin("receiver", receiver, empty);
	begin("sender", sender, full);
	begin("selector", selector, NULL);
	begin("sleeper", sleeper, NULL);
	begin("locker", locker, NULL);
	begin("permitted", permitted, NULL);
	begin("pinned", pinned, NULL);
	begin("digger", digger, NULL);
	begin("panics", panics, empty);
	begin("faults", faults, empty);
	time_sleep(10 * MILLISECOND);
	for (int i = 0; i < SPINNERS; i++)
		begin("spinner", spinner, (void *)(uintptr_t)&spun[i]);
	time_sleep(300 * MILLISECOND);
	begin("fresh", fresh, &answer);
	states_ready();

	stop = true;
	chan_close(empty);
	chan_recv(full, &v);
	mutex_unlock(&held);
	semaphore_release(&none);
	wait_group_wait(&all);
	printf("states: all well\n");
	return 0;
}
