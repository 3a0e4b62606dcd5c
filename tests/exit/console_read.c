// console_read: getchar, fgets, scanf and read each get what has been typed so
// far, without waiting for more; a carriage return reads as newline; Ctrl-D ends a
// read, and without a byte before it is the end of the input, once. A machine on
// which everybody waits for input is not dead (again: the code is warm by then, so
// the machine is idle before the next byte comes).
// type: ^getchar\?$ => x
// type: ^getchar x$ => \n
// type: ^fgets\?$ => one line\n
// type: ^fgets <one line>$ => a return\r
// type: ^fgets <a return>$ => 42 -7\n
// type: ^scanf 42 -7$ => half
// type: ^read <half>$ => \x04
// type: ^end$ => more\x04\x04
// type: ^read <more>$ => no newline
// type: ^again$ => x
// type: ^again$ => x
// type: ^again$ => x
// type: ^again$ => x
// type: ^again$ => x
// type: ^again$ => x
// type: ^again$ => x
// type: ^again$ => x
// expect: ^read <no newline>$
// expect: ^all read$
// expect-not: ^(wrong|fgets: NULL)
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
line(void)
{
	char s[80];

	if (fgets(s, sizeof s, stdin) == NULL)
		printf("fgets: NULL\n");
	else
		printf("fgets <%.*s>\n", (int)strcspn(s, "\n"), s);
}

// piece reads as many bytes as want has, in the pieces in which they come.
static void
piece(const char *want)
{
	char s[80] = "";
	size_t i = 0;
	ssize_t n = 1;

	for (; i < strlen(want); i += (size_t)n) {
		n = read(0, s + i, strlen(want) - i);
		if (n <= 0)
			printf("wrong: read %ld\n", (long)n);
	}
	printf("read <%s>\n", s);
}

static void
end(void)
{
	char c;
	ssize_t n = read(0, &c, 1);

	if (n == 0)
		printf("end\n");
	else
		printf("wrong: read %ld, not the end\n", (long)n);
}

int
main(void)
{
	int a = 0, b = 0;

	printf("getchar?\n");
	printf("getchar %c\n", getchar());
	if (getchar() != '\n')
		printf("wrong: no newline\n");
	printf("fgets?\n");
	line();
	line();
	if (scanf("%d %d", &a, &b) == 2)
		printf("scanf %d %d\n", a, b);
	getchar(); // the newline
	piece("half");
	end();
	piece("more");
	end();
	end();
	piece("no newline");
	for (int i = 0; i < 8; i++) {
		printf("again\n");
		piece("x");
	}
	printf("all read\n");
	return 0;
}
