// size.c: a program that uses goroutines, channels, select, a mutex, a semaphore,
// timers and preemption, and nothing else, so that its image shows what those
// cost: `make size APP=tests/size/size.c`, and MINI=1 for the smallest kernel. It takes
// no libc but what gcc itself may call (memcpy, memset).
//
// It ends with status 0 if all of it worked; what did not is in the status.
#include <go.h>

#define ROUNDS 200

CHAN_STATIC(numbers, int, 0); // a rendezvous
CHAN_STATIC(sums, int, 2);    // a buffer

static struct mutex mutex;
static struct semaphore semaphore = SEMAPHORE(0);
static volatile unsigned spins;
static volatile bool stop;
static volatile bool fired;
static int shared;

// producer sends what a receiver adds up.
static void
producer(void *arg)
{
	(void)arg;
	for (int i = 1; i <= ROUNDS; i++)
		chan_send(numbers, &i);
	semaphore_release(&semaphore);
}

static void
adder(void *arg)
{
	int sum = 0, n;

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		chan_recv(numbers, &n);
		mutex_lock(&mutex);
		shared += n;
		mutex_unlock(&mutex);
		sum += n;
	}
	chan_send(sums, &sum);
	semaphore_release(&semaphore);
}

// spinner never calls anything: only preemption takes the hart from it.
static void
spinner(void *arg)
{
	(void)arg;
	while (!stop)
		spins++;
	semaphore_release(&semaphore);
}

static void
fire(void *arg)
{
	(void)arg;
	fired = true;
}

int
main(void)
{
	static struct timer timer;
	int sum = 0, none;

	go(spinner, NULL);
	go(producer, NULL);
	go(adder, NULL);
	timer_start(&timer, 5 * MILLISECOND, fire, NULL);
	if (chan_select(RECV(sums, &sum), TIMEOUT(10 * SECOND)) != 0 ||
	    sum != ROUNDS * (ROUNDS + 1) / 2)
		return 1;
	if (chan_select(RECV(sums, &none), TIMEOUT(20 * MILLISECOND)) != 1)
		return 2;
	time_sleep(MILLISECOND);
	if (!fired || timer_stop(&timer))
		return 3;
	stop = true;
	for (int i = 0; i < 3; i++)
		semaphore_acquire(&semaphore);
	return spins == 0 ? 4 : shared == sum ? 0 : 5;
}
