// fault_rounding: a goroutine that catches a fault has the rounding mode that it
// had chosen, as long as no other ran meanwhile (the mode stays with the hart).
// expect-status: 0
// expect: ^mode 1 of 1$
// only-arch: riscv64
// harts: 1
#include <go.h>
#include <stdio.h>

#if defined(__riscv_flen)
static unsigned long
mode(void)
{
	unsigned long v;

	__asm__ volatile("frrm %0" : "=r"(v));
	return v;
}

static void
setmode(unsigned long v)
{
	__asm__ volatile("fsrm %0" : : "r"(v));
}
#else
static unsigned long
mode(void)
{
	return 0;
}

static void
setmode(unsigned long v)
{
	(void)v;
}
#endif

static void
poke(void *arg)
{
	*(volatile int *)arg = 1;
}

int
main(void)
{
	unsigned long caught;

	setmode(1); // towards zero
	if (panic_catch(poke, NULL) == NULL)
		return 1;
	caught = mode();
	setmode(0);
	printf("mode %lu of 1\n", caught);
	return 0;
}
