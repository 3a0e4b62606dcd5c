// pools.c counts what pools of one, two and three give, three times over; its image
// is built with such pools by tests/tools/run.py.
#include <go.h>
#include <stdio.h>

static void
wait(void *arg)
{
	char v;

	chan_recv(arg, &v);
}

static void
panics(void *arg)
{
	panic("%s", (const char *)arg);
}

// goroutines counts those that can be had with a stack of so many bytes; they wait
// for c, and end.
static int
goroutines(size_t stack)
{
	chan *c = chan_make(char, 0);
	int n = 0;

	while (go_with((struct go_attr){ .stack = stack }, wait, c))
		n++;
	chan_close(c);
	while (runtime_num_goroutine() > 1)
		time_sleep(MILLISECOND);
	chan_free(c);
	return n;
}

static int
channels(intptr_t cap)
{
	chan *c[4];
	int n = 0;

	while (n < 4 && (c[n] = chan_try_make(char, cap)) != NULL)
		n++;
	for (int i = 0; i < n; i++)
		chan_free(c[i]);
	return n;
}

int
main(void)
{
	for (int round = 0; round < 3; round++) {
		int chans = channels(0), most = channels(64);
		int halves = channels(32), over = channels(65);
		int std = goroutines(0), small = goroutines(1);

		printf("%d channels, %d of 64, %d of 32, %d of 65 bytes; "
		       "%d goroutines, %d small; %s\n",
		       chans, most, halves, over, std, small,
		       panic_catch(panics, "a panic"));
	}
	return 0;
}
