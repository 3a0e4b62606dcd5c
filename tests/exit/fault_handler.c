// fault_handler: the timer interrupt's handler faults. Whoever was interrupted
// cannot help it: the report says that it was the system stack, and shows the
// handler.
// expect-status: 2
// expect: ^fatal error:
// expect: ^\[.*: hart 0, system stack, pc .*
// expect: ^runtime stack of hart 0:\n
// expect: ^(timerintr|intrexit)\(
// expect: ^goroutine 1 \[running\]
// expect-not: ^panic:|recovered
// harts: 1
#include <go.h>
#include <stdint.h>
#include <stdio.h>

// The hart's struct m: g0, curg, id, eight words of the arch, and then the P, in
// which the handler looks how long the goroutine may run.
extern uintptr_t allm[];
enum { P = 3 + 8 };

static volatile bool never;

static void
saves(void *arg)
{
	(void)arg;
	recover();
	printf("recovered\n");
}

static void
waits(void *arg)
{
	(void)arg;
}

int
main(void)
{
	defer(saves, NULL);
	go(waits, NULL); // somebody waits, so the slice will end
	((volatile uintptr_t *)allm)[P] = ~(uintptr_t)0xfff;
	while (!never)
		;
	return 0;
}
