// The record of the last run (kernel/lastrun.c): what was said comes back at the next
// boot, once; a record with one bit turned over does not, whichever it is; nor does
// one that was being written; and what is longer than the room is cut.
#define LASTRUN_BYTES 128
#include <stdio.h>
#include <string.h>

#include "../../kernel/lastrun.c"

__thread struct g *hostg;
uint32_t dying;

static int64_t now;
static char printed[4096];
static size_t nprinted;

int64_t
nanotime(void)
{
	return now;
}

unsigned
arch_cpuid(void)
{
	return 0;
}

void
kprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	nprinted += (size_t)vsnprintf(printed + nprinted,
				      sizeof printed - nprinted, fmt, ap);
	va_end(ap);
}

static int checks, failures;

static void
check(bool ok, const char *name)
{
	checks++;
	failures += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", checks, name);
}

static void
boot(void)
{
	shown = NULL;
	open = false;
	dying = 0;
	nprinted = 0;
	printed[0] = 0;
	lastrunboot();
}

static void
says(const char *s)
{
	while (*s)
		lastrunputc(*s++);
}

static void
dies(const char *s)
{
	dying = 1;
	lastrunbegin();
	says(s);
	lastrunend(true);
}

static bool
left(const char *s)
{
	const char *p = runtime_last_panic();

	return s == NULL ? p == NULL : p != NULL && strcmp(p, s) == 0;
}

// flips turns one bit of the record over after the other, up to its end.
static bool
flips(size_t bytes)
{
	struct lastrun good = last;
	bool all = true;

	for (size_t i = 0; i < bytes * 8; i++) {
		last = good;
		((unsigned char *)&last)[i / 8] ^= (unsigned char)(1 << i % 8);
		boot();
		all = all && left(NULL) && nprinted == 0 && last.deaths == 0;
	}
	last = good;
	return all;
}

int
main(void)
{
	char longtext[300];
	struct lastrun kept;

	for (int fill = 0; fill < 256; fill += 51) {
		memset(&last, fill, sizeof last);
		boot();
		check(left(NULL) && nprinted == 0, "RAM as it comes");
	}
	now = 75 * SECOND;
	dies("panic: one\n\nmain:\n");
	check(flips(offsetof(struct lastrun, text) + 19), "any bit");
	boot();
	check(left("panic: one\n\nmain:\n"), "what was said");
	check(strcmp(printed, "gzero: the last run died after 75 s (1 so "
			      "far); it said:\nlast: panic: one\nlast: \n"
			      "last: main:\n") == 0,
	      "and is printed");
	boot();
	check(left(NULL) && nprinted == 0, "once");
	dies("a");
	boot();
	check(left("a") && strstr(printed, "(2 so far)") != NULL &&
		      strstr(printed, "last: a\n") != NULL,
	      "a line without an end");
	// The power goes in the middle of a line.
	dying = 1;
	lastrunbegin();
	says("first\n");
	kept = last;
	says("sec");
	check(memcmp(&kept, &last, sizeof last) != 0, "it goes on");
	boot();
	check(left(NULL), "cut inside a line");
	dying = 1;
	lastrunbegin();
	says("first\n");
	boot();
	check(left("first\n"), "cut behind a line");
	// An orderly end is none.
	dying = 1;
	lastrunbegin();
	says("seeds\n");
	lastrunend(false);
	boot();
	check(left(NULL) && last.deaths == 1, "an orderly end");
	says("nobody dies\n");
	check(last.len == 0, "what is printed otherwise");
	memset(longtext, 'x', sizeof longtext);
	longtext[sizeof longtext - 1] = 0;
	dies(longtext);
	boot();
	check(runtime_last_panic() != NULL &&
		      strlen(runtime_last_panic()) == LASTRUN_BYTES - 24 - 1,
	      "as much as there is room for");
	dying = 2; // another hart's
	lastrunbegin();
	says("not ours\n");
	check(last.len == 0, "another hart prints");
	check(strcmp(runtime_reset_reason(), "") == 0, "no reason known");
	printf("1..%d\n", checks);
	return failures != 0;
}
