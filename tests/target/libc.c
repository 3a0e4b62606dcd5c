// libc.c: newlib from many goroutines on all harts.
#undef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L // fmemopen
#include "test.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// A goroutine that formats floating point needs more than the smallest stacks.
static const struct go_attr roomy = { .name = "libc", .stack = 8192 };

struct user {
	struct wait_group *wg;
	atomic_int *bad;
	int id;
};

// team runs fn in n roomy goroutines and returns how often something was wrong.
static int
team(int n, void (*fn)(void *))
{
	static struct user u[16];
	struct wait_group wg = { 0 };
	atomic_int bad = 0;
	int started = 0;

	for (int i = 0; i < n; i++) {
		u[i] = (struct user){ &wg, &bad, i };
		wait_group_add(&wg, 1);
		if (go_with(roomy, fn, &u[i]))
			started++;
		else
			wait_group_done(&wg);
	}
	wait_group_wait(&wg);
	CHECK(started >= 2);
	return bad;
}

static void
wrong(struct user *u, const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		atomic_fetch_add(u->bad, 1);
}

// ---- Formatting ------------------------------------------------------------

static void
format(void *arg)
{
	struct user *u = arg;
	char s[64], w[64];

	for (int i = 0; i < 60; i++) {
		snprintf(s, sizeof s, "%d %zu %lld %llu", -5, (size_t)77,
			 -1234567890123ll, 18446744073709551615ull);
		wrong(u, s, "-5 77 -1234567890123 18446744073709551615");
		snprintf(s, sizeof s, "%.3f %g %e", 3.14159, 0.5, 12345.0);
		wrong(u, s, "3.142 0.5 1.234500e+04");
		snprintf(s, sizeof s, "%x %#o %08.2f|%-6s|%6s|%c %hhd", 0xbeefu,
			 8u, -2.5, "ab", "cd", 'z', (signed char)7);
		wrong(u, s, "beef 010 -0002.50|ab    |    cd|z 7");
		snprintf(s, sizeof s, "%d", u->id * 1000 + i);
		snprintf(w, sizeof w, "%ld", (long)u->id * 1000 + i);
		wrong(u, s, w);
		if (i % 8 == 0)
			runtime_gosched();
	}
	wait_group_done(u->wg);
}

static void
Snprintf(void)
{
	CHECK_EQ(team(12, format), 0);
}

// ---- Parsing ---------------------------------------------------------------

static void
parse(void *arg)
{
	struct user *u = arg;
	char text[40];

	for (int i = 0; i < 60; i++) {
		double d = u->id + i / 16.0;
		int a = 0, b = 0;

		snprintf(text, sizeof text, "%.17g", d);
		if (strtod(text, NULL) != d)
			atomic_fetch_add(u->bad, 1);
		snprintf(text, sizeof text, "%d:%x", i, u->id);
		if (sscanf(text, "%d:%x", &a, (unsigned *)&b) != 2 || a != i ||
		    b != u->id)
			atomic_fetch_add(u->bad, 1);
	}
	wait_group_done(u->wg);
}

static void
StrtodSscanf(void)
{
	CHECK_EQ(team(8, parse), 0);
}

// ---- malloc ----------------------------------------------------------------

static void
allocate(void *arg)
{
	struct user *u = arg;
	unsigned char *p[8] = { 0 };
	size_t size[8] = { 0 };
	uint32_t r = seed();

	for (int i = 0; i < scaled(1500); i++) {
		unsigned k = rnd(&r) % 8;
		unsigned char mark = (unsigned char)(u->id * 8 + (int)k);

		for (size_t j = 0; j < size[k]; j++)
			if (p[k][j] != mark) {
				atomic_fetch_add(u->bad, 1);
				break;
			}
		if (rnd(&r) % 3 == 0) {
			free(p[k]);
			p[k] = NULL;
			size[k] = 0;
			continue;
		}
		size[k] = 1 + rnd(&r) % 300;
		p[k] = realloc(p[k], size[k]);
		if (p[k] == NULL) {
			atomic_fetch_add(u->bad, 1);
			size[k] = 0;
		}
		for (size_t j = 0; j < size[k]; j++)
			p[k][j] = mark;
	}
	for (int k = 0; k < 8; k++)
		free(p[k]);
	wait_group_done(u->wg);
}

static void
Malloc(void)
{
	CHECK_EQ(team(10, allocate), 0);
}

// What there is not cannot be had, and that is an error code, not an end.
static void
MallocTooMuch(void)
{
	volatile size_t most = SIZE_MAX / 4;
	void *p;

	errno = 0;
	p = malloc(most);
	CHECK(p == NULL);
	CHECK_EQ(errno, ENOMEM);
	free(p);
	p = malloc(1000);
	CHECK(p != NULL);
	free(p);
}

// ---- errno -----------------------------------------------------------------

static void
make_errors(void *arg)
{
	struct user *u = arg;
	bool range = u->id % 2 == 0;

	for (int i = 0; i < 200; i++) {
		errno = 0;
		if (range)
			strtol("999999999999999999999999", NULL, 10);
		else
			errno = EDOM;
		if (i % 4 == 0)
			runtime_gosched();
		if (errno != (range ? ERANGE : EDOM))
			atomic_fetch_add(u->bad, 1);
	}
	wait_group_done(u->wg);
}

// errno is each goroutine's own.
static void
Errno(void)
{
	errno = 44;
	CHECK_EQ(team(12, make_errors), 0);
	CHECK_EQ(errno, 44);
}

// So is everything else that C keeps for a thread: strtok's place, for one.
static void
tokens(void *arg)
{
	struct user *u = arg;

	for (int i = 0; i < 50; i++) {
		char text[] = "a,b,c,d";
		const char *want = "abcd";

		for (char *t = strtok(text, ","); t != NULL;
		     t = strtok(NULL, ",")) {
			if (*t != *want++)
				atomic_fetch_add(u->bad, 1);
			runtime_gosched();
		}
		if (*want != '\0')
			atomic_fetch_add(u->bad, 1);
	}
	wait_group_done(u->wg);
}

static void
Strtok(void)
{
	CHECK_EQ(team(8, tokens), 0);
}

// ---- Mathematics under preemption ------------------------------------------

static void
calculate(void *arg)
{
	struct user *u = arg;
	double x = 0.1 * (u->id + 1), want = sin(x) * exp(x) + sqrt(x);

	for (int i = 0; i < scaled(4000); i++)
		if (sin(x) * exp(x) + sqrt(x) != want)
			atomic_fetch_add(u->bad, 1);
	wait_group_done(u->wg);
}

static void
Libm(void)
{
	CHECK_EQ(team(10, calculate), 0);
}

// ---- stdio -----------------------------------------------------------------

// Lines of many goroutines come out as TAP comments; that they are whole is
// tests/exit/printing.c's business, that nobody is stuck or lost is ours.
static void
print(void *arg)
{
	struct user *u = arg;

	for (int i = 0; i < 5; i++)
		if (printf("# goroutine %d prints line %d of %.1f\n", u->id, i,
			   5.0) < 20)
			atomic_fetch_add(u->bad, 1);
	wait_group_done(u->wg);
}

static void
Printf(void)
{
	CHECK_EQ(team(4, print), 0);
}

// A stream into memory has a lock of its own, which goes when it is closed.
static void
stream(void *arg)
{
	struct user *u = arg;

	for (int i = 0; i < 20; i++) {
		char text[32] = "", want[32];
		FILE *f = fmemopen(text, sizeof text, "w");

		if (f == NULL) {
			atomic_fetch_add(u->bad, 1);
			break;
		}
		fprintf(f, "%d of goroutine %d", i, u->id);
		runtime_gosched();
		fclose(f);
		snprintf(want, sizeof want, "%d of goroutine %d", i, u->id);
		if (strcmp(text, want) != 0)
			atomic_fetch_add(u->bad, 1);
	}
	wait_group_done(u->wg);
}

static void
MemoryStreams(void)
{
	unsigned used = pool("NLOCK").used;

	CHECK_EQ(team(6, stream), 0);
	CHECK_EQ(pool("NLOCK").used, used);
}

const struct test libc_tests[] = {
	T(Snprintf), T(StrtodSscanf), T(Malloc), T(MallocTooMuch), T(Errno),
	T(Strtok),   T(Libm),         T(Printf), T(MemoryStreams), { 0 },
};
