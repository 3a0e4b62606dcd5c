// works.c: does the smallest kernel (make MINI=1) do what go.h says of what it has?
// The status is the number of the check that failed, 0 if none did.
#include <go.h>

#define CHECK(n, what) \
	do { \
		if (!(what)) \
			os_exit(n); \
	} while (0)

CHAN_STATIC(ints, int, 0);
CHAN_STATIC(three, int, 3);
CHAN_STATIC(done, char, 8);

static struct mutex mutex;
static struct semaphore sem = SEMAPHORE(0);
static volatile bool stop;
static volatile int entered, inside;
static int order[4], norder;

// ---- Channels -------------------------------------------------------------------

static void
receiver(void *arg)
{
	int v, sum = 0;

	(void)arg;
	while (chan_recv(ints, &v))
		sum += v;
	CHECK(1, sum == 15 && v == 0);
	chan_send(done, &(char){ 1 });
}

static void
sender(void *arg)
{
	for (int i = 0; i < 3; i++)
		chan_send(three, (int *)arg);
	chan_send(three, &(int){ 9 }); // waits for room
	chan_send(done, &(char){ 1 });
}

static void
channels(void)
{
	static int seven = 7;
	char c;
	int v;

	go(receiver, NULL);
	for (int i = 1; i <= 5; i++)
		chan_send(ints, &i);
	chan_close(ints);
	CHECK(2, chan_recv(done, &c));
	CHECK(2, !chan_try_recv(three, &v) && chan_len(three) == 0);
	go(sender, &seven);
	while (chan_len(three) < 3)
		runtime_gosched();
	runtime_gosched();
	CHECK(3, chan_try_send(three, &v) == false);
	for (int i = 0; i < 3; i++)
		CHECK(4, chan_recv(three, &v) && v == 7);
	CHECK(5, chan_recv(three, &v) && v == 9);
	CHECK(6, chan_recv(done, &c));
}

static void
closing(void)
{
	chan *c = chan_make(int, 2);
	int v;

	CHECK(7,
	      chan_try_send(c, &(int){ 1 }) && chan_try_send(c, &(int){ 2 }));
	chan_close(c);
	CHECK(8, chan_recv(c, &v) && v == 1 && chan_recv(c, &v) && v == 2);
	CHECK(9, !chan_recv(c, &v) && v == 0);
	chan_free(c);
}

// ---- Select ---------------------------------------------------------------------

static void
later(void *arg)
{
	time_sleep(3 * MILLISECOND);
	chan_send((chan *)arg, &(int){ 5 });
}

static void
selects(void)
{
	chan *c = chan_make(int, 1), *d = chan_make(int, 1);
	int v, n[2] = { 0, 0 };
	int64_t start;
	bool ok = true;

	CHECK(10, chan_select(RECV(c, &v), DEFAULT) == 1);
	for (int i = 0; i < 200; i++) {
		chan_try_send(c, &i);
		chan_try_send(d, &i);
		n[chan_select(RECV(c, &v), RECV(d, &v), DEFAULT)]++;
	}
	CHECK(11, n[0] > 60 && n[1] > 60);
	chan_try_recv(c, &v);
	chan_try_recv(d, &v);
	CHECK(12, chan_select(RECV(NULL, &v), SEND(c, &v), RECV(d, &v)) == 1);
	start = time_now();
	CHECK(13, chan_select(SEND(c, &v), TIMEOUT(2 * MILLISECOND)) == 1);
	CHECK(14, time_now() - start >= 2 * MILLISECOND);
	CHECK(15, chan_select(SEND(c, &v), TIMEOUT(0)) == 1);
	go(later, d);
	CHECK(16, chan_select(SEND(c, &v), RECV(d, &v), TIMEOUT(SECOND)) == 1 &&
			  v == 5);
	CHECK(17, c->sendq.first == NULL && d->recvq.first == NULL);
	chan_close(d);
	CHECK(18, chan_select(RECV_OK(d, &v, &ok), SEND(c, &v)) == 0 && !ok);
}

// A channel wins, and the timeout is due before the winner runs.
static void
latesender(void *arg)
{
	int64_t end = time_now() + 5 * MILLISECOND;

	preempt_disable();
	while (time_now() < end)
		;
	CHECK(50, chan_try_send((chan *)arg, &(int){ 6 }));
	preempt_enable();
}

static void
latewin(void)
{
	chan *c = chan_make(int, 0);
	int v = 0;

	go(latesender, c);
	CHECK(51, chan_select(RECV(c, &v), TIMEOUT(2 * MILLISECOND)) == 0);
	CHECK(52, v == 6);
	chan_free(c);
}

// ---- Sync -----------------------------------------------------------------------

static void
worker(void *arg)
{
	(void)arg;
	for (int i = 0; i < 300; i++) {
		mutex_lock(&mutex);
		CHECK(20, inside++ == 0);
		if (i % 50 == 0)
			runtime_gosched();
		for (volatile int k = 0; k < 20; k++)
			;
		entered++;
		inside--;
		mutex_unlock(&mutex);
	}
	semaphore_release(&sem);
}

static void
sync(void)
{
	struct wait_group wg = { 0 };
	int64_t start = time_now();

	for (int i = 0; i < 3; i++)
		go(worker, NULL);
	for (int i = 0; i < 3; i++)
		semaphore_acquire(&sem);
	CHECK(21, entered == 900 && !semaphore_try_acquire(&sem));
	CHECK(22, !semaphore_acquire_timeout(&sem, 2 * MILLISECOND));
	CHECK(23, time_now() - start >= 2 * MILLISECOND);
	semaphore_release(&sem);
	CHECK(24, semaphore_acquire_timeout(&sem, 0));
	wait_group_add(&wg, 1);
	wait_group_done(&wg);
	wait_group_wait(&wg);
}

static struct rwmutex rw;
static struct cond cond;
static struct once once;
static int ready;

static void
reader(void *arg)
{
	(void)arg;
	rwmutex_rlock(&rw);
	CHECK(25, entered == 900);
	rwmutex_runlock(&rw);
	mutex_lock(&mutex);
	ready++;
	mutex_unlock(&mutex);
	cond_signal(&cond);
}

static void
count(void *arg)
{
	++*(int *)arg;
}

static void
more(void)
{
	struct context parent, child;
	int n = 0, v;
	int64_t start = time_now();

	rwmutex_lock(&rw);
	go_with((struct go_attr){ .name = "reader" }, reader, NULL);
	go(reader, NULL);
	runtime_gosched();
	rwmutex_unlock(&rw);
	mutex_lock(&mutex);
	while (ready < 2)
		cond_wait(&cond, &mutex);
	mutex_unlock(&mutex);
	once_do(&once, count, &n);
	once_do(&once, count, &n);
	CHECK(26, n == 1);
	context_with_cancel(&parent, context_background());
	context_with_timeout(&child, &parent, 2 * MILLISECOND);
	CHECK(27, context_err(&child) == NULL);
	CHECK(28, !chan_recv(context_done(&child), (char *)&v) &&
			  time_now() - start >= 2 * MILLISECOND &&
			  context_err(&child) != NULL &&
			  context_err(&parent) == NULL);
	context_cancel(&child);
	context_cancel(&parent);
}

// ---- Time -----------------------------------------------------------------------

static void
note(void *arg)
{
	order[norder++] = (int)(intptr_t)arg;
}

static void
again(void *arg)
{
	if (++norder < 6)
		timer_start(arg, MILLISECOND, again, arg);
}

static void
time(void)
{
	static struct timer a, b, c, d;

	timer_start(&a, 4 * MILLISECOND, note, (void *)1);
	timer_start(&b, 2 * MILLISECOND, note, (void *)2);
	timer_start(&c, 4 * MILLISECOND, note, (void *)3);
	timer_start(&d, 3 * MILLISECOND, note, (void *)4);
	CHECK(30, timer_stop(&d) && !timer_stop(&d));
	time_sleep(8 * MILLISECOND);
	CHECK(31, norder == 3);
	CHECK(32, order[0] == 2 && order[1] == 1 && order[2] == 3);
	CHECK(33, !timer_stop(&a) && !timer_reset(&d, MILLISECOND));
	time_sleep(3 * MILLISECOND);
	CHECK(34, norder == 4 && order[3] == 4);
	timer_start(&a, 0, again, &a);
	time_sleep(10 * MILLISECOND);
	CHECK(35, norder == 6);
}

// What is left of SysTick's period, in ns: time_now is a count of periods.
#define SYST_RVR (*(volatile uint32_t *)0xe000e014)
#define SYST_CVR (*(volatile uint32_t *)0xe000e018)

static int64_t
left(void)
{
	return (int64_t)SYST_CVR * MILLISECOND / (SYST_RVR + 1);
}

static void
notearly(void)
{
	int64_t start, early;

	start = time_now();
	while (time_now() == start)
		;
	while (left() > MILLISECOND / 20)
		;
	early = left();
	start = time_now();
	time_sleep(MILLISECOND);
	CHECK(36, time_now() - start - left() + early >= MILLISECOND);
}

// A timer's turn comes while a goroutine has the machine for itself.
static void
alone(void)
{
	static struct timer a;
	int64_t end = time_now() + 20 * MILLISECOND;

	norder = 0;
	timer_start(&a, MILLISECOND, note, NULL);
	while (*(volatile int *)&norder == 0)
		CHECK(37, time_now() < end);
}

// ---- Goroutines -----------------------------------------------------------------

static void
spinner(void *arg)
{
	(void)arg;
	while (!stop)
		;
	semaphore_release(&sem);
}

static void
copied(void *arg)
{
	int *p = arg;

	CHECK(40, p[0] == 3 && p[1] == 4);
	semaphore_release(&sem);
}

static void
enter(void *arg)
{
	(void)arg;
	entered++;
}

static void
waiter(void *arg)
{
	(void)arg;
	semaphore_acquire(&sem);
}

static void
goroutines(void)
{
	struct {
		int a[2];
	} args = { { 3, 4 } };
	int n = 0;
	int64_t start;

	go(spinner, NULL);
	go(spinner, NULL);
	start = time_now();
	time_sleep(5 * MILLISECOND);
	CHECK(41, time_now() - start < 20 * MILLISECOND);
	stop = true;
	go_copy(copied, args);
	for (int i = 0; i < 3; i++)
		semaphore_acquire(&sem);
	entered = 0;
	go(enter, NULL);
	preempt_disable();
	start = time_now();
	while (time_now() - start < 3 * MILLISECOND)
		;
	CHECK(44, entered == 0);
	preempt_enable();
	CHECK(45, entered == 1);
	while (go_try(waiter, NULL))
		n++;
	CHECK(42, n > 4);
	for (int i = 0; i < n; i++)
		semaphore_release(&sem);
	runtime_gosched();
	CHECK(43, go_try(waiter, NULL));
}

int
main(void)
{
	channels();
	closing();
	selects();
	latewin();
	sync();
	more();
	time();
	notearly();
	alone();
	goroutines();
	return 0;
}
