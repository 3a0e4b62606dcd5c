// console_lines: a read gets a line at most, also when more is there, and the rest
// of a line that is longer than its room comes with the next.
// type: ^ready$ => one\ntwo three\nfour\n
// expect: ^4 one$
// expect: ^4 two $
// expect: ^6 three$
// expect: ^5 four$
// expect-not: wrong
#include <go.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
piece(size_t room)
{
	char s[80];
	ssize_t n = read(0, s, room);

	if (n <= 0)
		printf("wrong: read %ld\n", (long)n);
	else
		printf("%ld %.*s\n", (long)n, (int)(n - (s[n - 1] == '\n')), s);
}

int
main(void)
{
	static struct runtime_stats stats;

	printf("ready\n");
	do {
		time_sleep(MILLISECOND);
		runtime_read_stats(&stats);
	} while (stats.console_in < 19); // all is there
	piece(80);
	piece(4);
	piece(80);
	piece(80);
	return 0;
}
