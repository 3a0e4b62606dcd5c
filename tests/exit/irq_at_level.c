// irq_at_level: a line that stays up until its device is served (ACPI's, which QEMU's
// power management timer pulls when its highest bit changes) comes once for each
// irq_wait, and who was running when it came finds its registers.
// only-arch: x86_64
// harts: 1
// expect: ^3 times, 3 seen$
#include <go.h>
#include <stdio.h>

enum {
	SCI = 9,
	STATUS = 0x600,
	ENABLE = 0x602,
	CONTROL = 0x604,
	TIMER = 0x608
};
enum { TIMES = 3 };

static uint32_t
in(unsigned port)
{
	uint32_t v;

	__asm__ volatile("inl %w1, %0" : "=a"(v) : "d"(port));
	return v;
}

static void
out(unsigned port, unsigned v)
{
	__asm__ volatile("outw %w0, %w1" : : "a"(v), "d"(port));
}

static volatile int served;

static void
server(void *arg)
{
	(void)arg;
	for (;;) {
		irq_wait(SCI);
		out(STATUS, 1); // down again
		__asm__ volatile("xorl %%ecx, %%ecx\n\txorl %%ebx, %%ebx\n\t"
				 "xorl %%r11d, %%r11d\n\txorl %%r15d, %%r15d"
				 :
				 :
				 : "rcx", "rbx", "r11", "r15");
		served = served + 1;
	}
}

// keep spins until *word is not n and returns the sum of what it had in registers.
static long
keep(volatile int *word, int n)
{
	long sum = 0;

	__asm__ volatile("movl $1000, %%ecx\n\tmovl $200, %%ebx\n\t"
			 "movl $30, %%r11d\n\tmovl $4, %%r15d\n"
			 "1:\tcmpl %2, (%1)\n\t"
			 "je 1b\n\t"
			 "leaq (%%rcx,%%rbx), %0\n\t"
			 "addq %%r11, %0\n\t"
			 "addq %%r15, %0"
			 : "=&r"(sum)
			 : "r"(word), "r"(n)
			 : "rcx", "rbx", "r11", "r15", "memory", "cc");
	return sum;
}

int
main(void)
{
	int seen = 0;

	out(STATUS, 1);
	out(ENABLE, 1);
	out(CONTROL, in(CONTROL) | 1);
	go(server, NULL);
	runtime_gosched();
	for (int i = 0; i < TIMES; i++) {
		// 3.579545 MHz, 23 bits; all but the last millisecond asleep
		uint64_t left = 0x800000 - (in(TIMER)&0x7fffff);

		if (left > 4000)
			time_sleep((int64_t)(left - 4000) * 279);
		seen += keep(&served, i) == 1234;
	}
	time_sleep(10 * MILLISECOND);
	printf("%d times, %d seen\n", served, seen);
	return 0;
}
