// overflow_guards: below the stacks of many goroutines that wait, of each size,
// there is a guard. To touch another goroutine's is a fault like any other: a
// panic, that can be recovered, at an address in the page below the stack. What
// the stacks hold is still there afterwards.
// expect-status: 0
// expect: ^257 guards, 0 missing, 0 elsewhere, 0 stacks changed$
// only-arch: riscv64 x86_64
// harts: 1 4
#include <go.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EACH = 64, MAXWORDS = 300 };

static chan *go_on;
static struct wait_group standing, done;
static int changed;

struct stack {
	uintptr_t here;
	size_t bytes;
};

// The pattern fills a good part of the stack. It is the goroutine's own, so that
// a word from another stack would be seen.
static void
fill(struct stack *s)
{
	volatile uintptr_t pattern[MAXWORDS];
	int v;

	for (unsigned i = 0; i < MAXWORDS; i++)
		pattern[i] = (uintptr_t)s + i;
	s->here = (uintptr_t)&pattern[0];
	wait_group_done(&standing);
	chan_recv(go_on, &v);
	for (unsigned i = 0; i < MAXWORDS; i++)
		if (pattern[i] != (uintptr_t)s + i) {
			__atomic_fetch_add(&changed, 1, __ATOMIC_RELAXED);
			break;
		}
}

static void
stander(void *arg)
{
	fill(arg);
	wait_group_done(&done);
}

static void
touch(void *arg)
{
	*(volatile char *)arg = *(volatile char *)arg;
}

// guard_below walks down from s until it faults, and returns where.
static uintptr_t
guard_below(const struct stack *s)
{
	for (uintptr_t a = s->here & ~(uintptr_t)7; a > s->here - s->bytes;
	     a -= 8) {
		const char *text = panic_catch(touch, (void *)a);

		if (text != NULL) {
			const char *at = strstr(text, "address 0x");

			return at ? strtoul(at + 10, NULL, 16) : 1;
		}
	}
	return 0;
}

int
main(void)
{
	static const size_t size[] = { 4096, 8192, 32768, 131072 };
	static struct stack s[4 * EACH + 1];
	int n = 0, missing = 0, elsewhere = 0;

	go_on = chan_make(int, 0);
	for (int k = 0; k < 4; k++)
		for (int i = 0; i < (k < 2  ? EACH - 4 :
				     k == 2 ? EACH - 8 :
					      8);
		     i++, n++) {
			s[n].bytes = size[k];
			wait_group_add(&standing, 1);
			wait_group_add(&done, 1);
			go_with((struct go_attr){ .stack = size[k] }, stander,
				&s[n]);
		}
	for (; n < 4 * EACH + 1; n++) {
		s[n].bytes = 8192;
		wait_group_add(&standing, 1);
		wait_group_add(&done, 1);
		go(stander, &s[n]);
	}
	wait_group_wait(&standing);
	for (int i = 0; i < n; i++) {
		uintptr_t a = guard_below(&s[i]);

		if (a == 0)
			missing++;
		else if ((a & 4095) != 4088)
			elsewhere++;
	}
	chan_close(go_on);
	wait_group_wait(&done);
	printf("%d guards, %d missing, %d elsewhere, %d stacks changed\n", n,
	       missing, elsewhere, changed);
	return 0;
}
