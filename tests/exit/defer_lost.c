// defer_lost: a block that is left by longjmp leaves its deferred call behind; the
// kernel notices at the end of the next block that has one.
// expect-status: 2
// expect: ^fatal error: defer: the block that ends is not the innermost$
// expect-not: wrong
#include <go.h>
#include <setjmp.h>
#include <stdio.h>

static jmp_buf env;

static void
wrong(void *arg)
{
	(void)arg;
	printf("wrong\n");
}

static __attribute__((noinline)) void
leaves(void)
{
	defer(wrong, NULL);
	longjmp(env, 1);
}

static void
nothing(void *arg)
{
	(void)arg;
}

static __attribute__((noinline)) void
outer(void)
{
	defer(nothing, NULL);
	if (setjmp(env) == 0)
		leaves();
}

int
main(void)
{
	outer();
	printf("wrong\n");
	return 0;
}
