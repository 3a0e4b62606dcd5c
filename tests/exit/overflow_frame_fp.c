// overflow_frame_fp: as overflow_frame, for a goroutine that uses floating
// point: its frames are larger.
// board: mps2-an386
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
	volatile float *sum = arg;

	for (;;) {
		char *p = __builtin_alloca(8);

		__asm__ volatile("" : : "r"(p) : "memory");
		for (int i = 0; i < 10000; i++)
			*sum = *sum * 0.5f + 1;
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
	static float sum;

	go(other, NULL);
	if (!go_with((struct go_attr){ .name = "creeper", .stack = 512 },
		     creeper, &sum))
		return 1;
	time_sleep(3600 * SECOND);
	printf("main goes on\n");
	return 0;
}
