// console_flood: more is typed, as fast as the machine takes it, than anybody
// reads. What finds room is kept, from the first byte on and in order; the rest is
// counted; meanwhile timers fire and others run. Whoever keeps up loses nothing.
// type: ^flood$ =>2000 0123456789
// type: ^next 0$ =>50 0123456789
// type: ^next 1$ =>50 0123456789
// type: ^next 2$ =>50 0123456789
// type: ^next 3$ =>50 0123456789
// type: ^next 4$ =>50 0123456789
// expect: ^flood over$
// expect: ^kept up$
// expect-not: ^wrong
#include <go.h>
#include <stdio.h>
#include <unistd.h>

enum { FLOOD = 20000, PIECE = 500, PIECES = 5 };

static struct runtime_stats s;
static volatile unsigned ticks, turns;
static volatile bool stop;

static void
ticker(void *arg)
{
	(void)arg;
	for (; !stop; ticks++)
		time_sleep(MILLISECOND);
}

static void
runner(void *arg)
{
	(void)arg;
	for (; !stop; turns++)
		;
}

// bytes reads n bytes of the pattern.
static void
bytes(unsigned n)
{
	char buf[64];

	for (unsigned i = 0; i < n;) {
		ssize_t k = read(0, buf, n - i < 64 ? n - i : 64);

		for (ssize_t j = 0; j < k; j++, i++)
			if (buf[j] != (char)('0' + i % 10)) {
				printf("wrong: byte %u is %d\n", i, buf[j]);
				return;
			}
	}
}

// flood waits until all has arrived; half way, timers and others must have got on
// since the beginning, and at the end since then.
static void
flood(void)
{
	unsigned t = ticks, r = turns;
	uint64_t seen = 0, half = FLOOD / 2;

	while (seen < FLOOD) {
		time_sleep(100 * MICROSECOND);
		runtime_read_stats(&s);
		seen = s.console_in + s.console_lost;
		if (seen < half)
			continue;
		half = FLOOD;
		if (ticks == t || turns == r)
			printf("wrong: the flood stops others\n");
		t = ticks, r = turns;
	}
}

int
main(void)
{
	go(ticker, NULL);
	go(runner, NULL);
	printf("flood\n");
	flood();
	if (s.console_in + s.console_lost != FLOOD || s.console_lost == 0 ||
	    s.console_in == 0)
		printf("wrong: %u in, %u lost\n", (unsigned)s.console_in,
		       (unsigned)s.console_lost);
	bytes((unsigned)s.console_in);
	printf("flood over\n");
	for (int i = 0; i < PIECES; i++) {
		printf("next %d\n", i);
		bytes(PIECE);
	}
	uint64_t lost = s.console_lost;

	runtime_read_stats(&s);
	if (s.console_lost != lost)
		printf("wrong: %u more lost\n",
		       (unsigned)(s.console_lost - lost));
	stop = true;
	printf("kept up\n");
	return 0;
}
