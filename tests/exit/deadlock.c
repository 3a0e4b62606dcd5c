// deadlock (Go: SimpleDeadlock): when nothing can ever run again the machine
// says so, with every goroutine, what it waits for and who made it.
// expect-status: 2
// expect: ^fatal error: all goroutines are asleep - deadlock!$
// expect: ^goroutine 1 \[chan receive[^]]*\].*:$
// expect: ^goroutine [0-9]+ \[chan send[^]]*\] sender:$
// expect: ^goroutine [0-9]+ \[select[^]]*\] selector:$
// expect: wait_for_ever.*\n.*deadlock\.c:[0-9]+
// expect: created by main
// expect-not: main woke up
// harts: 1 4
#include <go.h>
#include <stdio.h>

static void
sender(void *arg)
{
	int v = 1;

	chan_send(arg, &v);
}

static void
selector(void *arg)
{
	int v;

	chan_select(RECV(arg, &v), RECV((chan *)NULL, &v));
}

__attribute__((noinline)) static int
wait_for_ever(chan *c)
{
	int v;

	chan_recv(c, &v);
	return v + 1;
}

int
main(void)
{
	chan *c = chan_make(int, 0), *d = chan_make(int, 0);
	chan *e = chan_make(int, 0);

	go_with((struct go_attr){ .name = "sender" }, sender, c);
	go_with((struct go_attr){ .name = "selector" }, selector, d);
	printf("main woke up %d\n", wait_for_ever(e));
	return 0;
}
