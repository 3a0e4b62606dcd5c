// shell.c: a line shell on the console, and what a program can ask the kernel about
// itself. The shell is a goroutine like any other: while it waits for a key, the
// cores run the others, or sleep.
//
//	make run-qemu ARCH=riscv64 RAW=1 APP=examples/shell.c
//
// RAW=1 sends every key as it is typed (Ctrl-] ends the run); the echo and the
// editing, backspace and Ctrl-C, are readline's below.
#include <go.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CTRL_C = 3, BACKSPACE = 8, DELETE = 127, LINE = 80, MANY = 40 };

// readline reads a line of less than LINE characters; false at Ctrl-D.
static bool
readline(char *s)
{
	int c, n = 0;
	bool more = false; // than fits

	while (fflush(stdout), (c = getchar()) != '\n') {
		if (c == EOF)
			return false;
		if (c == CTRL_C) {
			n = 0, more = false;
			printf("^C\n> ");
		} else if ((c == BACKSPACE || c == DELETE) && n > 0) {
			n--;
			printf("\b \b");
		} else if (c >= ' ' && c != DELETE && n < LINE - 1) {
			putchar(s[n++] = (char)c);
		} else {
			more |= n == LINE - 1;
		}
	}
	s[more ? 0 : n] = '\0';
	printf(more ? "\nlonger than %d: ignored\n" : "\n", LINE - 1);
	return true;
}

static void
ps(char *arg)
{
	static struct goroutine_info table[MANY];
	unsigned n = runtime_goroutines(table, MANY);
	struct frame f;

	printf("  id name    state    waits for          ms stack: used   high"
	       "   size created at%s\n",
	       arg);
	for (struct goroutine_info *p = table; n-- > 0 && p < table + MANY; p++)
		printf("%4u %-7s %-8s %-13s %7ld %11zu %6zu %6zu %s:%d\n",
		       (unsigned)p->id, p->name ? p->name : "-", p->state,
		       p->reason ? p->reason : "-",
		       (long)(p->waiting / MILLISECOND), p->stack_used,
		       p->stack_high, p->stack_size,
		       runtime_func_for_pc(p->created_pc, &f) ? f.func : "boot",
		       f.line);
}

static void
stats(char *arg)
{
	static struct runtime_stats s;

	runtime_read_stats(&s);
	printf("hart switches  spawned   stolen preempted interrupts  idle ms"
	       "%s\n",
	       arg);
	for (unsigned i = 0; i < s.nharts; i++)
		printf("%4u %8u %8u %8u %9u %10u %8ld\n", i,
		       (unsigned)s.hart[i].switches,
		       (unsigned)s.hart[i].spawned, (unsigned)s.hart[i].steals,
		       (unsigned)s.hart[i].preemptions,
		       (unsigned)s.hart[i].interrupts,
		       (long)(s.hart[i].idle_ns / MILLISECOND));
	printf("%-22s %7s %7s %7s\n", "pool", "used", "at most", "size");
	for (struct runtime_pool *p = s.pool; p < s.pool + s.npools; p++)
		printf("%-22s %7u %7u %7u\n", p->name, p->used, p->high,
		       p->size);
	printf("console: %u bytes in, %u lost\n", (unsigned)s.console_in,
	       (unsigned)s.console_lost);
}

// worker computes a little and sleeps a little, for so many milliseconds.
static void
worker(void *ms)
{
	int64_t end = time_now() + (intptr_t)ms * MILLISECOND;

	while (time_now() < end) {
		for (volatile int i = 0; i < 10000; i++)
			;
		time_sleep(5 * MILLISECOND);
	}
}

static void
spawn(char *arg)
{
	long n = strtol(arg, &arg, 10), ms = strtol(arg, NULL, 10), i = 0;
	struct go_attr attr = { .name = "worker" };

	while (i < n && go_with(attr, worker, (void *)(intptr_t)ms))
		i++;
	printf("%ld of %ld workers started, for %ld ms\n", i, n, ms);
}

// alarm says its text, "MS WORDS", in time.
static void
alarm(void *text)
{
	char *words;

	time_sleep(strtol(text, &words, 10) * MILLISECOND);
	printf("timer:%s\n", words);
	free(text);
}

static void
timer(char *arg)
{
	struct go_attr attr = { .name = "timer", .stack = 4096 };
	char *text = malloc(strlen(arg) + 1);

	if (!text || !go_with(attr, alarm, strcpy(text, arg)))
		printf("no room for another timer\n");
}

static void
nap(char *arg)
{
	time_sleep(strtol(arg, NULL, 10) * MILLISECOND);
}

static void
boom(void *why)
{
	panic("%s", (char *)why);
}

static void
panics(char *arg)
{
	printf("recovered: %s\n", panic_catch(boom, arg));
}

static void
quit(char *arg)
{
	exit((int)strtol(arg, NULL, 10));
}

static const struct {
	const char *name, *usage;
	void (*fn)(char *arg);
} command[] = {
	{ "ps", "            the goroutines", ps },
	{ "stats", "         harts, pools, console", stats },
	{ "spawn", "N MS     N workers for MS milliseconds", spawn },
	{ "timer", "MS TEXT  says TEXT in MS milliseconds", timer },
	{ "sleep", "MS       the shell does", nap },
	{ "panic", "TEXT     panics, and recovers", panics },
	{ "exit", "[STATUS] stops the machine", quit },
};

static void
run(char *line)
{
	char *name = strtok(line, " "), *arg = strtok(NULL, ""), none[] = "";
	bool help = name && strcmp(name, "help") == 0;

	for (size_t i = 0; i < sizeof command / sizeof command[0]; i++)
		if (help)
			printf("%-5s %s\n", command[i].name, command[i].usage);
		else if (name && strcmp(name, command[i].name) == 0) {
			command[i].fn(arg ? arg : none);
			return;
		}
	if (name && !help)
		printf("%s: no such command; try help\n", name);
}

int
main(void)
{
	char line[LINE];

	printf("gzero shell, %d harts; try help\n", runtime_num_cpu());
	while (printf("> "), readline(line))
		run(line);
	printf("\nend of input\n");
	return 0;
}
