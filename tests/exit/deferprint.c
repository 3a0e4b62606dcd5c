// deferprint (Go: test/deferprint): deferred calls print in the reverse order, with
// the arguments of the moment when they were deferred.
// expect-status: 0
// expect: \Aprinting: 1 2 3\nthree -3\ntwo 2\none 1\ngzero|\Aprinting: 1 2 3\nthree -3\ntwo 2\none 1\n\Z
#include <go.h>
#include <stdio.h>

struct line {
	const char *word;
	int n;
};

static void
print_line(void *arg)
{
	const struct line *l = arg;

	printf("%s %d\n", l->word, l->n);
}

int
main(void)
{
	struct line l[3] = { { "one", 1 }, { "two", 2 }, { "three", -3 } };
	struct line *p = l;

	defer(print_line, p);
	p++;
	defer(print_line, p);
	p++;
	defer(print_line, p);
	p = NULL;
	printf("printing: %d %d %d\n", 1, 2, 3);
	return 0;
}
