// deadlock_after_handler: a machine with a handler is never dead, since that may
// ready anybody; when the handler has been taken away it is.
// expect-status: 2
// expect: ^fatal error: all goroutines are asleep - deadlock!$
// expect-not: wrong
#include <stdio.h>

#include "../target/device.h"

static void
handler(void *arg)
{
	(void)arg;
	devquiet();
}

int
main(void)
{
	chan *c = chan_make(int, 0);
	int v;

	irq_handle(DEV_IRQ, handler, NULL);
	irq_handle(DEV_IRQ, handler, c); // another one: still one
	irq_handle(DEV_IRQ, NULL, NULL);
	irq_handle(DEV_IRQ, NULL, NULL); // none: none less
	chan_recv(c, &v);
	printf("wrong\n");
	return 0;
}
