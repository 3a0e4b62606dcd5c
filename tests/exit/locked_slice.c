// locked_slice: a locked goroutine waits for longer than a slice, its hart's slice
// clock having been started, and then runs on while a goroutine that it has started
// waits behind it: the clock must tick again. On the host's clock (type:), for the
// interrupts that come at random otherwise would do what is tested.
// harts: 2
// only-arch: riscv64 x86_64
// type: ^waits => x
// expect: ^the child has run
// expect-not: never
// timeout: 30
#include <go.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_int ran;

static void
nothing(void *unused)
{
	(void)unused;
}

static void
child(void *unused)
{
	(void)unused;
	atomic_store(&ran, 1);
}

static void
hog(void)
{
	int64_t end = time_now() + 2 * SECOND;

	while (!atomic_load(&ran) && time_now() < end)
		;
}

static void
locked(void *arg)
{
	int v;

	runtime_lock_os_thread();
	go(nothing, NULL); // somebody waits: the clock starts
	chan_recv(arg, &v);
	go(child, NULL);
	hog();
}

int
main(void)
{
	chan *c = chan_make(int, 0);
	int v = 0;

	go(locked, c);
	puts("waits");
	time_sleep(100 * MILLISECOND);
	chan_send(c, &v);
	hog(); // so that nobody else can run the child
	puts(atomic_load(&ran) ? "the child has run" : "it never ran");
	return 0;
}
