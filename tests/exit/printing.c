// printing: goroutines on all harts print at once; every line arrives whole and
// none is lost.
// expect-status: 0
// expect: (?s)(?=(?:.*?<0 [a-z]{20} 0>\n))(?=(?:.*?<7 [a-z]{20} 49>\n))
// expect: ^all printed$
// expect-not: ^(?!<[0-7] abcdefghijklmnopqrst \d+>$).*[<>]
// harts: 1 4
#include <go.h>
#include <stdio.h>

struct job {
	int id;
	struct wait_group *wg;
};

static void
printer(void *arg)
{
	struct job *j = arg;

	for (int i = 0; i < 50; i++)
		printf("<%d %s %d>\n", j->id, "abcdefghijklmnopqrst", i);
	wait_group_done(j->wg);
}

int
main(void)
{
	struct wait_group wg = { 0 };

	wait_group_add(&wg, 8);
	for (int i = 0; i < 8; i++)
		go_copy(printer, (struct job){ i, &wg });
	wait_group_wait(&wg);
	printf("all printed\n");
	return 0;
}
