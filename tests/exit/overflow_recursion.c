// overflow_recursion: a recursion without an end stops at the instruction that
// leaves the stack. The report names the goroutine, the function, the stack and
// where sp was, and shows both ends of the recursion (a machine that stores the
// interrupted pc on the stack that has ended may have lost it, and says so).
// Nobody can recover from it.
// expect-status: 2
// expect: ^goroutine [0-9]+ \(bottomless\) overflowed its stack of [0-9]{3,} bytes, 0x[0-9a-f]+ to 0x[0-9a-f]+, sp 0x[0-9a-f]+$
// expect: ^fatal error: stack overflow$
// expect: ^\[.*goroutine [0-9]+, pc 0x[0-9a-f]+ \(dig\+0x|^\[.*pc lost
// expect: ^goroutine [0-9]+ \[running\] bottomless:\n(dig|\?)\(\.\.\.\)\n
// expect: frames elided\.\.\.\n(dig.*\n.*\n)+caught\(|pc lost
// expect: ^created by main in goroutine 1$
// expect-not: went on|call ran|was stopped
// harts: 1 4
#include <go.h>
#include <stdio.h>

static volatile int bottom = -1;

__attribute__((noinline)) static int
dig(int n)
{
	volatile int here = n;

	if (n == bottom)
		return 0;
	return dig(n + 1) + here;
}

static void
told(void *arg)
{
	(void)arg;
	recover();
	printf("a deferred call ran\n");
}

static void
caught(void *arg)
{
	defer(told, NULL);
	*(int *)arg = dig(0);
}

static void
bottomless(void *arg)
{
	if (panic_catch(caught, arg) != NULL)
		printf("it was stopped\n");
}

int
main(void)
{
	static int n;

	go_with((struct go_attr){ .name = "bottomless" }, bottomless, &n);
	time_sleep(SECOND);
	printf("main went on\n");
	return 0;
}
