// last_panic: a machine dies in one way after the other and is reset each time. The
// next boot says what the one before it said, once, and the program can read it; a
// reset without a report leaves nothing, and so does a record that was changed.
// only-arch: armv7m
// expect-status: 0
// expect: ^panic: first$
// expect: ^last: panic: first$
// expect: ^last: goroutine [0-9]+ \[running\]:$
// expect: ^boot 2: panic: first$
// expect: ^boot 3: nothing$
// expect: ^gzero: the last run died after 7 s \(2 so far\); it said:$
// expect: ^last: fatal error: all goroutines are asleep - deadlock!$
// expect: ^boot 4: fatal error: all goroutines are asleep - deadlock!$
// expect: ^boot 5: panic: runtime error: invalid memory address
// expect: ^boot 6: fatal error: .*access violation
// expect: ^boot 7: nothing$
// expect: ^ends$
// expect-not: boot 8
#include <string.h>

#include "with/board.h"

// The record's state (docs/cortex-m.md).
#define STATE 0x20000008u
enum { REPORT = 1, SHOWN = 2 };

static void
dies(void *arg)
{
	(void)arg;
	panic("first");
}

static void
pokes(void *arg)
{
	*(volatile int *volatile)arg = 1;
}

// said prints the first line that the run before this one left.
static void
said(unsigned boot)
{
	const char *s = runtime_last_panic();

	if (s == NULL)
		printf("boot %u: nothing\n", boot);
	else
		printf("boot %u: %.*s\n", boot, (int)strcspn(s, "\n"), s);
}

int
main(void)
{
	unsigned boot = ++KEPT(0);
	chan *c = chan_make(int, 0);
	int v;

	said(boot);
	if (strcmp(runtime_reset_reason(), "") != 0)
		return 1; // QEMU's board does not tell
	switch (boot) {
	case 1:
		go(dies, NULL);
		time_sleep(SECOND);
		break;
	case 2:
		arch_reset();
		break;
	case 3:
		time_sleep(7 * SECOND + SECOND / 2);
		chan_recv(c, &v);
		break;
	case 4:
		pokes(NULL);
		break;
	case 5: // in a handler: nothing to recover
		irq_handle(TIMER0_IRQ, pokes, NULL);
		timer0_start(MILLISECOND);
		time_sleep(SECOND);
		break;
	case 6:
		if (runtime_last_panic() == NULL)
			return 1;
		if (REG(STATE) != SHOWN)
			return 1;
		REG(STATE) = REPORT; // which the checksum says it is not
		arch_reset();
		break;
	case 7:
		printf("ends\n");
		return 0;
	}
	printf("goes on\n");
	return 1;
}
