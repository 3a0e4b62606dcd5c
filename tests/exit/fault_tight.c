// fault_tight: a goroutine that faults with hardly any stack left cannot panic,
// for that needs stack. The fault is reported, and not an overflow by the panic.
// It takes stack in small pieces and faults at each size.
// expect-status: 2
// expect: ^fatal error: .* with too little stack left for a panic$
// expect: ^\[.*\(poke\+.*address 0x0\b
// expect: ^goroutine [0-9]+ \[running\] tight:
// expect-not: overflow
// expect-not: goes on
// harts: 1 4
#include <go.h>
#include <stdint.h>
#include <stdio.h>

__attribute__((noinline)) static void
poke(void *arg)
{
	volatile int *volatile p = arg;

	*p = 1;
}

static void
tight(void *arg)
{
	const char *text;

	do {
		char *p = __builtin_alloca(64);

		__asm__ volatile("" : : "r"(p) : "memory");
		text = panic_catch(poke, arg);
	} while (text != NULL);
	printf("tight goes on\n");
}

int
main(void)
{
	go_with((struct go_attr){ .name = "tight" }, tight, NULL);
	time_sleep(SECOND);
	printf("main goes on\n");
	return 0;
}
