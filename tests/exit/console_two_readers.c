// console_two_readers: goroutines that read at once get bytes in the order of
// their calls, each byte goes to exactly one of them, and all of them wait for
// input while others run.
// type: ^in turn$ => abcd
// type: ^at once$ =>100 0123456789
// expect: ^0:a 1:b 2:c 3:d$
// expect: ^1000 bytes: 100 100 100 100 100 100 100 100 100 100$
// expect: ^all read$
// expect-not: ^wrong
#include <go.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { READERS = 4, EACH = 250 };

static struct wait_group done;
static char got[READERS][EACH];

static unsigned
waiting(void)
{
	static struct goroutine_info p[READERS + 8];
	unsigned n = runtime_goroutines(p, READERS + 8), k = 0;

	for (unsigned i = 0; i < n; i++)
		k += p[i].reason && strcmp(p[i].reason, "console input") == 0;
	return k;
}

struct job {
	int id, n;
};

static void
reader(void *arg)
{
	struct job *j = arg;

	for (int i = 0; i < j->n; i++)
		if (read(0, &got[j->id][i], 1) != 1)
			printf("wrong: reader %d\n", j->id);
	wait_group_done(&done);
}

// start starts the readers, each when the one before it waits.
static void
start(int n)
{
	wait_group_add(&done, READERS);
	for (int i = 0; i < READERS; i++) {
		go_copy(reader, (struct job){ i, n });
		while (waiting() != (unsigned)i + 1)
			runtime_gosched();
	}
}

int
main(void)
{
	int count[256] = { 0 }, all = 0;

	start(1);
	printf("in turn\n");
	wait_group_wait(&done);
	printf("0:%c 1:%c 2:%c 3:%c\n", got[0][0], got[1][0], got[2][0],
	       got[3][0]);

	start(EACH);
	printf("at once\n");
	wait_group_wait(&done);
	for (int r = 0; r < READERS; r++)
		for (int i = 0; i < EACH; i++)
			all++, count[(unsigned char)got[r][i]]++;
	printf("%d bytes:", all);
	for (int c = '0'; c <= '9'; c++)
		printf(" %d", count[c]);
	printf("\nall read\n");
	return 0;
}
