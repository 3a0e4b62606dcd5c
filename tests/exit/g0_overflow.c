// g0_overflow: the system stack of a hart has an end too. A recursion on it is
// reported, named for what it is, and nobody can recover from it.
// expect-status: 2
// expect: the system stack of hart [0-9]+ overflowed its stack of [0-9]+ bytes, 0x[0-9a-f]+ to 0x[0-9a-f]+, sp 0x[0-9a-f]+
// expect: ^fatal error: stack overflow
// expect: ^runtime stack of hart [0-9]+:
// expect: ^deeper\(
// expect: ^goroutine [0-9]+ \[running\] digger:
// expect-not: goes on
// harts: 1 4
#include <go.h>
#include <stdio.h>

// The kernel's; not in go.h, for a program has no business there.
void systemstack(void (*fn)(void *), void *arg);

static volatile int depth;

__attribute__((noinline)) static int
deeper(int n)
{
	depth = n;
	return depth < 0 ? 0 : deeper(n + 1) + depth;
}

static void
onstack(void *arg)
{
	(void)arg;
	deeper(0);
}

static void
dig(void *arg)
{
	systemstack(onstack, arg);
}

static void
digger(void *arg)
{
	panic_catch(dig, arg);
	printf("digger goes on\n");
}

int
main(void)
{
	go_with((struct go_attr){ .name = "digger" }, digger, NULL);
	time_sleep(SECOND);
	printf("main goes on\n");
	return 0;
}
