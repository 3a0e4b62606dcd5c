// g0_fault: a fault on the system stack is the kernel's and ends the machine,
// whatever the goroutine for which it worked would catch.
// expect-status: 2
// expect: ^fatal error:
// expect: hart [0-9]+, system stack, pc 0x[0-9a-f]+ \(onstack\+.*address 0x0\b
// expect: ^runtime stack of hart [0-9]+:
// expect: ^onstack\(
// expect: ^goroutine [0-9]+ \[running\] poker:
// expect-not: goes on
// harts: 1 4
#include <go.h>
#include <stdio.h>

// The kernel's; not in go.h, for a program has no business there.
void systemstack(void (*fn)(void *), void *arg);

static void
onstack(void *arg)
{
	volatile int *volatile p = arg;

	*p = 1;
}

static void
poke(void *arg)
{
	systemstack(onstack, arg);
}

static void
poker(void *arg)
{
	panic_catch(poke, arg);
	printf("poker goes on\n");
}

int
main(void)
{
	go_with((struct go_attr){ .name = "poker" }, poker, NULL);
	time_sleep(SECOND);
	printf("main goes on\n");
	return 0;
}
