// console_idle: a goroutine that waits for input costs nothing: in a second of
// virtual time with nobody else to run, no hart runs a goroutine, wakes another or
// takes more interrupts than the clock itself needs.
// harts: 1
// expect: ^idle$
// expect: ^reader waits for console input, 10[0-9][0-9] ms$
// expect-not: ^wrong
#include <go.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
reader(void *arg)
{
	char c;

	(void)arg;
	read(0, &c, 1);
	printf("wrong: read came back\n");
}

int
main(void)
{
	static struct runtime_stats a, b;
	static struct goroutine_info p[4];
	unsigned n;

	go_with((struct go_attr){ .name = "reader" }, reader, NULL);
	time_sleep(MILLISECOND);
	runtime_read_stats(&a);
	time_sleep(SECOND);
	runtime_read_stats(&b);
	// One wake-up, main's. A counter of 24 bits adds a few interrupts.
	if (b.hart[0].switches - a.hart[0].switches > 1 ||
	    b.hart[0].interrupts - a.hart[0].interrupts > 4 ||
	    b.hart[0].idle_ns - a.hart[0].idle_ns < 999 * MILLISECOND)
		printf("wrong: %u switches, %u interrupts, %ld us idle\n",
		       (unsigned)(b.hart[0].switches - a.hart[0].switches),
		       (unsigned)(b.hart[0].interrupts - a.hart[0].interrupts),
		       (long)((b.hart[0].idle_ns - a.hart[0].idle_ns) / 1000));
	else
		printf("idle\n");
	n = runtime_goroutines(p, 4);
	for (unsigned i = 0; i < n; i++)
		if (p[i].name && strcmp(p[i].name, "reader") == 0)
			printf("reader waits for %s, %ld ms\n", p[i].reason,
			       (long)(p[i].waiting / MILLISECOND));
	return 0;
}
