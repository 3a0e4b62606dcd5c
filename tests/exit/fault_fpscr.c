// fault_fpscr: whoever catches a fault computes with the rounding mode that it had
// set before, though the panic of a fault begins with FP control as a fresh
// goroutine has it.
// only-arch: armv7m
// board: mps2-an386
// expect-status: 0
// expect: ^(kept|no FP here)$
// harts: 1
#include <go.h>
#include <stdint.h>
#include <stdio.h>

#define MVFR0 0xe000ef40 // reads 0 where there is no FP
#define TOWARDS_ZERO 0xc00000u

// By number, for the compiler may have been told that there is no FP.
static uint32_t
fpscr(void)
{
	register uint32_t v __asm__("r0");

	__asm__ volatile(".inst.w 0xeef10a10" : "=r"(v)); // vmrs r0, fpscr
	return v;
}

static void
fpscr_set(uint32_t value)
{
	register uint32_t v __asm__("r0") = value;

	__asm__ volatile(".inst.w 0xeee10a10" : : "r"(v)); // vmsr fpscr, r0
}

static void
poke(void *arg)
{
	volatile int *volatile p = arg;

	*p = 1;
}

int
main(void)
{
	bool kept = true;

	if (*(volatile uint32_t *)MVFR0 == 0) {
		printf("no FP here\n");
		return 0;
	}
	for (int i = 0; i < 100; i++) {
		fpscr_set(i % 2 ? 0 : TOWARDS_ZERO);
		kept = panic_catch(poke, NULL) != NULL && kept;
		kept = (fpscr() & TOWARDS_ZERO) == (i % 2 ? 0 : TOWARDS_ZERO) &&
		       kept;
	}
	fpscr_set(0);
	printf(kept ? "kept\n" : "lost\n");
	return 0;
}
