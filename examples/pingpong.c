// pingpong.c: two goroutines hand a counter to and fro over two unbuffered
// channels. Each send finds its receiver waiting and copies the value straight
// into the receiver's variable.
#include <go.h>
#include <stdio.h>

enum { ROUNDS = 10000 };

struct table {
	chan *ping, *pong;
};

static void
player(void *arg)
{
	struct table *t = arg; // a copy on this goroutine's own stack
	int ball;

	while (chan_recv(t->ping, &ball)) {
		ball++;
		chan_send(t->pong, &ball);
	}
	chan_close(t->pong);
}

int
main(void)
{
	chan *ping = chan_make(int, 0), *pong = chan_make(int, 0);
	int ball = 0;

	go_copy(player, (struct table){ ping, pong });
	for (int i = 0; i < ROUNDS; i++) {
		chan_send(ping, &ball);
		chan_recv(pong, &ball);
	}
	chan_close(ping);
	if (chan_recv(pong, &(int){ 0 }))
		panic("a ball too many");
	printf("%d rounds, the ball says %d\n", ROUNDS, ball);
	return ball == ROUNDS ? 0 : 1;
}
