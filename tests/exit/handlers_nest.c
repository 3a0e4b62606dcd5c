// handlers_nest: a handler above the kernel's level interrupts one of the kernel's,
// which goes on where it was; and goroutines that talk, at whatever instruction. The
// levels come back to none, and every message arrives.
// only-arch: armv7m
// expect-status: 0
// expect: ^[0-9]+ in handlers, more than 50 in all, depth 0$
// expect-not: wrong
// harts: 1
#include <go.h>
#include <stdint.h>
#include <stdio.h>

#include "../target/device.h"

static volatile int depth, nested, all, inside;

void
irq5_vector(void)
{
	depth++;
	all++;
	nested += inside;
	depth--;
}

static void
trigger(void)
{
	REG(0xe000ef00) = 5;
}

static void
handler(void *arg)
{
	volatile int *left = arg;

	depth++;
	inside = 1;
	devquiet();
	trigger();
	for (volatile int i = 0; i < 100; i++)
		;
	inside = 0;
	if (depth != 1)
		printf("wrong: depth\n");
	depth--;
	if (--*left > 0)
		devstart(300 * MICROSECOND);
}

static void
echo(void *c)
{
	int v;

	while (chan_recv(c, &v))
		chan_send(c, &(int){ v + 1 });
}

int
main(void)
{
	chan *c = chan_make(int, 0);
	int left = 50, v;

	*(volatile uint8_t *)0xe000e405 = 0x20; // its priority
	REG(0xe000e100) = 1 << 5;
	irq_handle(DEV_IRQ, handler, &left);
	go(echo, c);
	devstart(300 * MICROSECOND);
	for (int i = 0; *(volatile int *)&left > 0; i++) {
		chan_send(c, &i);
		if (i % 16 == 0)
			trigger();
		chan_recv(c, &v);
		if (v != i + 1)
			printf("wrong: %d, not %d\n", v, i + 1);
	}
	irq_handle(DEV_IRQ, NULL, NULL);
	chan_close(c);
	if (nested < 50)
		printf("wrong: %d in handlers\n", nested);
	if (all <= 50)
		printf("wrong: %d in all\n", all);
	printf("%d in handlers, more than 50 in all, depth %d\n", nested,
	       depth);
	return 0;
}
