// overflow_guard: the fault is at the first byte below the stack's lowest, not
// somewhere later: what it hits is in the page that the goroutine computes from
// where it stands, and nothing below that page was written. The goroutine has
// just been switched to from one that was taken off by an interrupt.
// expect-status: 2
// expect: ^below 0x([0-9a-f]+)000$[\s\S]*overflowed its stack of 8192 bytes[\s\S]*, address 0x\1f[0-9a-f]{2}\]$
// expect-not: went on
// only-arch: riscv64 x86_64
// harts: 1 4
#include <go.h>
#include <stdint.h>
#include <stdio.h>

static volatile int bottom = -1;
static volatile unsigned turns;

__attribute__((noinline)) static int
dig(int n)
{
	volatile int here = n;

	if (n == bottom)
		return 0;
	return dig(n + 1) + here;
}

static void
hog(void *arg)
{
	(void)arg;
	for (;;)
		turns++;
}

static void
digger(void *arg)
{
	uintptr_t top = ((uintptr_t)__builtin_frame_address(0) + 4095) &
			~(uintptr_t)4095;

	go(hog, NULL);
	printf("below 0x%lx\n", (unsigned long)(top - 8192 - 4096));
	while (turns == 0)
		runtime_gosched(); // comes back when hog's slice is over
	*(int *)arg = dig(0);
}

static void
sleeper(void *arg)
{
	int v;

	chan_recv((chan *)arg, &v);
}

int
main(void)
{
	chan *c = chan_make(int, 0);
	static int n;

	runtime_gomaxprocs(1);
	go_with((struct go_attr){ .stack = 8192 }, sleeper, c);
	go_with((struct go_attr){ .stack = 8192 }, digger, &n);
	go_with((struct go_attr){ .stack = 8192 }, sleeper, c);
	time_sleep(SECOND);
	printf("main went on\n");
	return 0;
}
