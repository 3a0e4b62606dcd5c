// fuzzmain.c: who gives fuzz.c its inputs: libFuzzer, or (SIM_REPLAY) a program that
// runs those of corpus.txt, one a line in hexadecimal, and random ones:
//
//   replay [-s FIRST] [-n HOWMANY] [-x HEX] [FILE]
//
// Each input finds the kernel as it is at boot: its data, which sim.mk has put into
// sections of their own, is put back. An input that fails is printed as the calls
// that it makes, and in hexadecimal, for -x.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arch.h>
#include <config.h>

#include "sim.h"

#ifdef SIM_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

extern char __start_kdata[], __stop_kdata[], __start_kbss[], __stop_kbss[];

static const uint8_t *current;
static size_t currentsize;

static void
showinput(void)
{
	fprintf(stderr, "%s%s\ninput: ", sim_listing(), sim_output());
	for (size_t i = 0; i < currentsize; i++)
		fprintf(stderr, "%02x", current[i]);
	fprintf(stderr, "\n");
}

// copy moves bytes, redzones and all: no function that a sanitizer watches.
static void
copy(void *to, const void *from, size_t n)
{
	__asm__ volatile("rep movsb"
			 : "+D"(to), "+S"(from), "+c"(n)
			 :
			 : "memory");
}

static void
zero(void *to, size_t n)
{
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(0) : "memory");
}

// reboot puts the kernel's memory back.
static void
reboot(void)
{
	static char *data;
	size_t n = (size_t)(__stop_kdata - __start_kdata);

	if (data == NULL) {
		data = malloc(n);
		copy(data, __start_kdata, n);
	}
	copy(__start_kdata, data, n);
	zero(__start_kbss, (size_t)(__stop_kbss - __start_kbss));
#ifdef SIM_ASAN
	__asan_unpoison_memory_region(g0stacks, MAXHARTS * G0_STACK_BYTES);
	for (unsigned i = 0; i < NSTACKAREAS; i++)
		__asan_unpoison_memory_region((void *)stackareas[i].lo,
					      stackareas[i].n *
						      stackareas[i].stride);
#endif
}

// one runs an input and ends the program if it fails.
static void
one(const uint8_t *data, size_t size)
{
	current = data;
	currentsize = size;
	sim_quiet = true;
	reboot();
	if (sim_fuzz(data, size))
		return;
#ifndef SIM_REPLAY
	showinput(); // libFuzzer keeps SIGABRT for itself
#endif
	abort();
}

static void
onabort(void)
{
	showinput();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
#ifdef SIM_ASAN
	__sanitizer_set_death_callback(onabort);
#endif
	one(data, size);
	return 0;
}

#ifdef SIM_REPLAY
#include <signal.h>

static void
onsignal(int sig)
{
	showinput();
	signal(sig, SIG_DFL);
	raise(sig);
}

static size_t
unhex(const char *s, uint8_t *to, size_t most)
{
	size_t n = 0;
	unsigned v;

	for (; n < most && isxdigit((unsigned char)s[0]) &&
	       isxdigit((unsigned char)s[1]);
	     s += 2) {
		sscanf(s, "%2x", &v);
		to[n++] = (uint8_t)v;
	}
	return n;
}

int
main(int argc, char **argv)
{
	static uint8_t data[512];
	static char line[2048];
	unsigned first = 1, many = 0, done = 0;
	uint64_t x;
	int opt;

#ifdef SIM_ASAN
	__sanitizer_set_death_callback(onabort);
#endif
	signal(SIGABRT, onsignal);
	while ((opt = getopt(argc, argv, "s:n:x:")) != -1)
		if (opt == 's')
			first = (unsigned)atoi(optarg);
		else if (opt == 'n')
			many = (unsigned)atoi(optarg);
		else if (opt == 'x')
			one(data, unhex(optarg, data, sizeof data)), done++;
		else
			return 2;
	for (; optind < argc; optind++) {
		FILE *f = fopen(argv[optind], "r");

		if (f == NULL) {
			perror(argv[optind]);
			return 2;
		}
		for (; fgets(line, sizeof line, f) != NULL; done++)
			one(data, unhex(line, data, sizeof data));
		fclose(f);
	}
	for (unsigned i = 0; i < many; i++, done++) {
		size_t n;

		x = (first + i) * UINT64_C(0x9e3779b97f4a7c15) + 1;
		n = 20 + x % 200;
		for (size_t k = 0; k < n; k++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			data[k] = (uint8_t)(x >> 24);
		}
		one(data, n);
	}
	printf("1..1\nok 1 - %u inputs, %lu calls, %lu given up\n", done,
	       sim_calls, sim_given_up);
	return 0;
}
#endif
