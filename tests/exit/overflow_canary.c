// overflow_canary: who has written over the last word of his stack, and stepped over
// the guard or undone it, is told when he ends.
// only-arch: riscv64 x86_64
// harts: 1 4
// expect-status: 2
// expect: ^goroutine [0-9]+ \(victim\) overflowed its stack of 8192 bytes
// expect: ^fatal error: stack overflow
// expect-not: went on
#include <go.h>
#include <stdint.h>
#include <stdio.h>

static chan *go_on;
static volatile uintptr_t here;

static void
victim(void *arg)
{
	int v;

	(void)arg;
	here = (uintptr_t)&v & ~(uintptr_t)7;
	chan_recv(go_on, &v);
}

static void
touch(void *arg)
{
	*(volatile char *)arg = *(volatile char *)arg;
}

int
main(void)
{
	uintptr_t a;

	go_on = chan_make(int, 0);
	go_with((struct go_attr){ .name = "victim", .stack = 8192 }, victim,
		NULL);
	time_sleep(10 * MILLISECOND);
	for (a = here; panic_catch(touch, (void *)a) == NULL; a -= 8)
		if (here - a > 8192)
			return 1; // no guard
	*(volatile uintptr_t *)(a + 8) = 0;
	chan_send(go_on, &(int){ 1 });
	time_sleep(10 * MILLISECOND);
	printf("main went on\n");
	return 0;
}
