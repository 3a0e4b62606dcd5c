// The kernel's printf against the host's: every conversion, length, flag and
// width that it knows, with edge values; cutting; what it does not know.
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../../kernel/print.h"

static char console[256];
static size_t nconsole;

void arch_putc(int c);

void
arch_putc(int c)
{
	if (nconsole < sizeof console)
		console[nconsole++] = (char)c;
}

#define GZERO_ARCH_H // print.c wants arch_putc of it, no more
#include "../../kernel/print.c"

static int checks, failures;

static void
check(bool ok, const char *name)
{
	checks++;
	failures += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", checks, name);
}

static int wrong;

#define SAME(fmt, ...) \
	do { \
		char a_[200], b_[200]; \
		int n_ = snprintf(a_, sizeof a_, (fmt), __VA_ARGS__); \
		size_t m_ = ksnprintf(b_, sizeof b_, (fmt), __VA_ARGS__); \
		if ((size_t)n_ != m_ || strcmp(a_, b_) != 0) { \
			printf("# %s: <%s>, not <%s>\n", (fmt), b_, a_); \
			wrong++; \
		} \
	} while (0)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

static const char *const prefix[] = { "",   "0",  "-",   "5",   "05",
				      "-5", "25", "025", "-25", "1" };

static bool
integers(void)
{
	static const long long v[] = { 0,
				       1,
				       -1,
				       9,
				       10,
				       255,
				       -128,
				       INT_MAX,
				       INT_MIN,
				       UINT_MAX,
				       LLONG_MAX,
				       LLONG_MIN,
				       123456789012345 };
	char fmt[32];

	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++)
		for (size_t p = 0; p < sizeof prefix / sizeof prefix[0]; p++)
			for (const char *c = "diux"; *c; c++) {
				sprintf(fmt, "<%%%s%c>", prefix[p], *c);
				SAME(fmt, (int)v[i]);
				sprintf(fmt, "<%%%sl%c>", prefix[p], *c);
				SAME(fmt, (long)v[i]);
				sprintf(fmt, "<%%%sll%c>", prefix[p], *c);
				SAME(fmt, v[i]);
				sprintf(fmt, "<%%%sz%c>", prefix[p], *c);
				SAME(fmt, (size_t)v[i]);
			}
	return wrong == 0;
}

static bool
strings(void)
{
	static const char *const v[] = { "", "a", "hello", "hello, world" };
	static const char *const w[] = { "", "-", "5", "-5", "12", "-20" };
	char fmt[32];

	for (size_t p = 0; p < sizeof w / sizeof w[0]; p++) {
		for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
			sprintf(fmt, "<%%%ss>", w[p]);
			SAME(fmt, v[i]);
		}
		sprintf(fmt, "<%%%sc>", w[p]);
		SAME(fmt, 'x');
	}
	SAME("%*d %0*x %-*s|", 7, -3, 9, 0xabc, 6, "ab");
	SAME("%p %p %%", (void *)(uintptr_t)0x1234, (void *)&wrong);
	return wrong == 0;
}

static bool
null(void)
{
	char s[20];
	const char *volatile none = NULL;

	ksnprintf(s, sizeof s, "%s", none);
	return strcmp(s, "(null)") == 0;
}

static bool
cut(void)
{
	char s[8];

	for (size_t n = 0; n <= sizeof s; n++) {
		memset(s, '#', sizeof s);
		size_t len = ksnprintf(s, n, "%s%d", "abcd", 123456);
		size_t want = n == 0 ? 0 : n - 1;

		if (len != want || memcmp(s, "abcd123", want) != 0)
			return false;
		if (n > 0 && s[want] != '\0')
			return false;
		if (n < sizeof s && s[n] != '#')
			return false;
	}
	return true;
}

// A format that ends in the middle of a conversion, and letters that it does
// not know, come out as they are; a width is bounded.
static bool
unknown(void)
{
	char s[300];
	const char *volatile f;

	f = "100%";
	ksnprintf(s, sizeof s, f);
	if (strcmp(s, "100%") != 0)
		return false;
	f = "%q%";
	ksnprintf(s, sizeof s, f);
	if (strcmp(s, "%q%") != 0)
		return false;
	f = "%*d";
	return ksnprintf(s, sizeof s, f, -1, 5) == WIDTH_MAX;
}

static bool
toconsole(void)
{
	kprintf("%s %5u\n", "line", 42u);
	return nconsole == 11 && memcmp(console, "line    42\n", 11) == 0;
}

int
main(void)
{
	check(integers(), "integers");
	check(strings(), "strings, characters, pointers");
	check(null(), "a NULL string");
	check(cut(), "cut at every length");
	check(unknown(), "what it does not know");
	check(toconsole(), "the console");
	printf("1..%d\n", checks);
	return failures != 0;
}
