// overflow_creep: what overflows a stack may be the frame of an interrupt or of
// a preemption and no instruction of the goroutine's. It takes stack in small
// pieces, touches none of it and is interrupted at each size.
// expect-status: 2
// expect: goroutine [0-9]+ \(creeper\) overflowed its stack
// expect: ^goroutine [0-9]+ \[(running|preempted)\] creeper:
// expect: created by main
// expect-not: goes on
// args: gz.chaos=256000,1000000
// harts: 1 4
#include <go.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_uint turns;

static void
creeper(void *arg)
{
	for (;;) {
		char *p = __builtin_alloca(8);

		__asm__ volatile("" : : "r"(p), "r"(arg) : "memory");
		for (volatile int i = 0; i < 30000; i++)
			;
	}
}

static void
other(void *arg)
{
	(void)arg;
	for (;;)
		turns++;
}

int
main(void)
{
	go(other, NULL);
	if (!go_with((struct go_attr){ .name = "creeper", .stack = 512 },
		     creeper, NULL))
		return 1;
	time_sleep(3600 * SECOND);
	printf("main goes on\n");
	return 0;
}
