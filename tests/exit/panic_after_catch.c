// panic_after_catch: a panic_catch that has returned catches nothing more.
// expect-status: 2
// expect: ^panic: later$
// expect-not: wrong
#include <go.h>
#include <stdio.h>

static void
nothing(void *arg)
{
	(void)arg;
}

static void
caught(void *arg)
{
	(void)arg;
	panic("earlier");
}

static __attribute__((noinline)) const char *
catches(void (*fn)(void *))
{
	const char *text = panic_catch(fn, NULL);

	return text;
}

int
main(void)
{
	if (catches(nothing) != NULL || catches(caught) == NULL)
		printf("wrong\n");
	panic("later");
}
