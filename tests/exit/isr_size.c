// isr_size: a handler that sends a value of another size than the channel's
// elements ends the machine, and the message names both sizes.
// expect-status: 2
// expect: ^chan_try_send_isr: value of 1 bytes on a channel of elements of 4 bytes
// expect-not: wrong
#include <stdio.h>

#include "../target/device.h"

static chan *c;

static void
handler(void *arg)
{
	char v = 1;

	(void)arg;
	devquiet();
	chan_try_send_isr(c, &v);
}

int
main(void)
{
	c = chan_make(uint32_t, 1);
	irq_handle(DEV_IRQ, handler, NULL);
	devstart(MILLISECOND);
	time_sleep(10 * MILLISECOND);
	printf("wrong\n");
	return 0;
}
