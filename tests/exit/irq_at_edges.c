// irq_at_edges: what a device's interrupt finds when its frame may not lie on the stack of
// the goroutine that it meets. One with a few bytes left is not written below its
// stack pointer, nor is the end of its stack; one with values in FP registers finds
// them, and its callee-saved ones, after somebody who waits for the line has had others there.
// only-arch: riscv64
// harts: 1
// expect: ^no room: 20 interrupts$
// expect: ^registers: 20 turns$
#include "../target/device.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { TURNS = 20, LEFT = 64 };

static volatile int fired;

static void
quiet(void *arg)
{
	(void)arg;
	devquiet();
	fired = fired + 1;
}

// onedge spins with the stack pointer at sp until *word is not n.
static void
onedge(uintptr_t sp, volatile int *word, int n)
{
	__asm__ volatile("mv s3, sp\n\t"
			 "mv sp, %0\n"
			 "1:\tlw t0, 0(%1)\n\t"
			 "beq t0, %2, 1b\n\t"
			 "mv sp, s3"
			 :
			 : "r"(sp), "r"(word), "r"((long)n)
			 : "s3", "t0", "memory");
}

static void
noroom(void *arg)
{
	uintptr_t lo;
	unsigned char *p;

	__asm__("ld %0, 24(tp)" : "=r"(lo));         // G_STACK_LO
	p = (unsigned char *)lo + sizeof(uintptr_t); // the canary
	for (int i = 0; i < TURNS; i++) {
		memset(p, 0x5a, LEFT);
		devstart(100 * MICROSECOND);
		onedge(lo + LEFT, &fired, i);
		for (unsigned k = 0; k < LEFT - sizeof(uintptr_t); k++)
			if (p[k] != 0x5a)
				panic("turn %d: byte %u is %x", i, k, p[k]);
	}
	chan_close(*(chan **)arg);
}

static volatile int served, last;

static void
server(void *arg)
{
	(void)arg;
	while (!last) {
		irq_wait(DEV_IRQ);
		devquiet();
		__asm__ volatile("fcvt.d.l fs0, %0\n\tfcvt.d.l ft0, %0"
				 :
				 : "r"(1000000L + served)
				 : "fs0", "ft0");
		served = served + 1;
	}
}

// keep spins until *word is not n, with numbers in registers of each kind, and returns
// their sum.
static long
keep(volatile int *word, int n)
{
	long sum, fp, saved;

	__asm__ volatile("fcvt.d.l fs0, %4\n\t"
			 "fcvt.d.l ft0, %5\n\t"
			 "mv s4, %4\n\t"
			 "mv a6, %5\n"
			 "1:\tlw t0, 0(%3)\n\t"
			 "beq t0, %6, 1b\n\t"
			 "fcvt.l.d %0, fs0\n\t"
			 "fcvt.l.d %1, ft0\n\t"
			 "add %2, s4, a6"
			 : "=&r"(sum), "=&r"(fp), "=&r"(saved)
			 : "r"(word), "r"(17L), "r"(400L), "r"((long)n)
			 : "fs0", "ft0", "s4", "a6", "t0", "memory");
	return sum + fp + saved;
}

int
main(void)
{
	chan *done = chan_make(char, 0);
	char c;
	int n;

	irq_handle(DEV_IRQ, quiet, NULL);
	go(noroom, &done);
	chan_recv(done, &c);
	printf("no room: %d interrupts\n", fired);
	irq_handle(DEV_IRQ, NULL, NULL);
	go(server, NULL);
	runtime_gosched();
	for (int i = 0; i < TURNS; i++) {
		long sum;

		n = served;
		last = i == TURNS - 1;
		devstart(100 * MICROSECOND);
		sum = keep(&served, n);
		if (sum != 2 * 417)
			panic("turn %d: the sum is %ld", i, sum);
	}
	printf("registers: %d turns\n", served);
	return 0;
}
