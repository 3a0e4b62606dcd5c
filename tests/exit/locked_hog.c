// locked_hog: a goroutine that runs alone, without a slice clock, makes a locked one
// ready whose hart has no P, and runs on: its clock must start, for nobody else can
// make room. On the host's clock (type:), as locked_slice.
// harts: 2
// only-arch: riscv64 x86_64
// type: ^waits => x
// expect: ^the locked one has run
// expect-not: never
// timeout: 30
#include <go.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_int waits, ran;

static void
locked(void *arg)
{
	int v;

	runtime_lock_os_thread();
	atomic_store(&waits, 1);
	chan_recv(arg, &v);
	atomic_store(&ran, 1);
}

int
main(void)
{
	chan *c = chan_make(int, 0);
	int64_t end;
	int v = 0;

	go(locked, c);
	while (!atomic_load(&waits))
		time_sleep(10 * MILLISECOND);
	runtime_gomaxprocs(1);
	puts("waits");
	time_sleep(100 * MILLISECOND);
	chan_send(c, &v);
	end = time_now() + 2 * SECOND;
	while (!atomic_load(&ran) && time_now() < end)
		;
	puts(atomic_load(&ran) ? "the locked one has run" : "it never ran");
	return 0;
}
