// device.c: a device's interrupt as an event: irq_wait, irq_handle, and what a
// handler may do.
#include "device.h"
#include "test.h"

static duration
distance(uint32_t *r)
{
	return 20 * MICROSECOND + rnd(r) % 200000;
}

// ---- irq_wait ----------------------------------------------------------------

static void
quiets(void *arg)
{
	(void)arg;
	devquiet();
}

// Each interrupt ends one wait, also one that fired before the wait began, and
// nothing else does.
static void
IrqWait(void)
{
	uint32_t r = seed();

	// Whatever was there before this test comes here.
	irq_handle(DEV_IRQ, quiets, NULL);
	time_sleep(MILLISECOND);
	irq_handle(DEV_IRQ, NULL, NULL);
	for (int i = 0; i < scaled(50); i++) {
		duration d = distance(&r);
		int64_t start = time_now();

		devstart(d);
		if (i & 1)
			time_sleep(2 * d);
		irq_wait(DEV_IRQ);
		// A controller may remember the level that was up when the
		// line was unmasked last: once.
		if (time_now() - start < d - 2000)
			irq_wait(DEV_IRQ);
		if (virtual_clock())
			CHECK(time_now() - start >= d - 2000);
		devquiet();
	}
}

// ---- A handler -----------------------------------------------------------------

static chan *to;
static struct note note_;
static atomic_int fired, refused;
static int32_t sent;
static duration next;

// Sends what it counted, and sets the device again.
static void
sends(void *arg)
{
	atomic_int *left = arg;
	int32_t v = sent;

	devquiet();
	if (chan_try_send_isr(to, &v))
		sent++;
	else
		atomic_fetch_add(&refused, 1);
	atomic_fetch_add(&fired, 1);
	if (atomic_fetch_sub(left, 1) > 1)
		devstart(next);
}

static void
begin(void (*fn)(void *), void *arg, duration first)
{
	irq_handle(DEV_IRQ, quiets, NULL); // what was left of the last time
	time_sleep(100 * MICROSECOND);
	irq_handle(DEV_IRQ, NULL, NULL);
	atomic_store(&fired, 0);
	atomic_store(&refused, 0);
	sent = 0;
	irq_handle(DEV_IRQ, fn, arg);
	devstart(first);
}

// Every value that was accepted arrives, in order, whoever holds the lock when
// the handler comes, and whether the receiver waits or not.
static void
IsrSend(void)
{
	for (int cap = 0; cap < 3; cap++) {
		atomic_int left = scaled(100);
		int32_t v, want = 0;

		to = chan_make(int32_t, cap);
		next = 500 * MICROSECOND;
		begin(sends, &left, next);
		while (atomic_load(&left) > 0 || chan_len(to) > 0)
			switch (chan_select(RECV(to, &v),
					    TIMEOUT(MILLISECOND))) {
			case 0:
				CHECK_EQ(v, want);
				want++;
				break;
			}
		irq_handle(DEV_IRQ, NULL, NULL);
		// What a record still holds is a waiting sender, or on its
		// way there.
		for (int i = 0; i < 20 && want < sent;)
			switch (chan_select(RECV(to, &v),
					    TIMEOUT(MILLISECOND))) {
			case 0:
				CHECK_EQ(v, want);
				want++;
				break;
			default:
				i++;
				break;
			}
		CHECK_EQ(want, sent);
		CHECK_EQ(sent + refused, fired);
		CHECK(want > 0);
		chan_free(to);
	}
}

// Goroutines that keep the lock busy on all harts: nothing is lost, nothing is
// out of order.
struct busychan {
	chan *c;
	atomic_int stop;
};

static void
busy(void *arg)
{
	struct busychan *b = arg;

	while (!atomic_load(&b->stop)) {
		int32_t v;

		// The other side of the channel is full of try calls.
		if (chan_select(SEND(b->c, &(int32_t){ -1 }), DEFAULT) == 0)
			while (!chan_try_recv(b->c, &v))
				;
		runtime_gosched();
	}
}

static void
IsrSendContended(void)
{
	struct busychan b = { chan_make(int32_t, 4), 0 };
	atomic_int left = scaled(200);
	int32_t v, want = 0;

	// The device's channel is received from by spinning, so that its lock is
	// held much of the time; busy goroutines make harts run.
	to = chan_make(int32_t, 2);
	for (int i = 0; i < 2; i++)
		go(busy, &b);
	next = 100 * MICROSECOND;
	begin(sends, &left, next);
	while (atomic_load(&left) > 0 || want < sent) {
		for (int i = 0; i < 50; i++)
			if (chan_try_recv(to, &v)) {
				CHECK_EQ(v, want);
				want++;
			}
		runtime_gosched();
	}
	irq_handle(DEV_IRQ, NULL, NULL);
	atomic_store(&b.stop, 1);
	wait_idle(0);
	CHECK_EQ(want, sent);
	CHECK_EQ(sent + refused, fired);
	while (chan_try_recv(b.c, &v))
		;
	chan_free(b.c);
	chan_free(to);
}

// A closed channel refuses; so does a full one that nobody receives from.
static void
IsrSendFullClosed(void)
{
	atomic_int left = 3;
	int32_t v;

	to = chan_make(int32_t, 1);
	next = 500 * MICROSECOND;
	begin(sends, &left, next);
	while (atomic_load(&left) > 0)
		time_sleep(100 * MICROSECOND);
	// One that met a held lock was accepted without a look at the room.
	CHECK(sent >= 1);
	CHECK_EQ(sent + refused, fired);
	for (int32_t i = 0; i < sent; i++)
		CHECK(chan_try_recv(to, &v) && v == i);
	CHECK(!chan_try_recv(to, &v));
	chan_close(to);
	left = 2;
	begin(sends, &left, next);
	while (atomic_load(&left) > 0)
		time_sleep(100 * MICROSECOND);
	irq_handle(DEV_IRQ, NULL, NULL);
	CHECK_EQ(sent, 0);
	CHECK_EQ(refused, fired);
	CHECK(!chan_try_send_isr(to, &v)); // in a goroutine too
	CHECK(!chan_try_send_isr((chan *)NULL, &v));
	chan_free(to);
}

// ---- Semaphores -------------------------------------------------------------------

static struct semaphore permits;

static void
releases(void *arg)
{
	atomic_int *left = arg;

	devquiet();
	semaphore_release_isr(&permits);
	atomic_fetch_add(&fired, 1);
	if (atomic_fetch_sub(left, 1) > 1)
		devstart(next);
}

// Permits that a handler gives, to waiters with and without a time limit and to
// nobody: each is taken once.
static void
IsrSemaphore(void)
{
	atomic_int left = scaled(150);
	int got = 0;

	permits = (struct semaphore){ 0 };
	// Not so many that a hart's records (NISR) run out while it is held up.
	next = (tortured() ? 1000 : 60) * MICROSECOND;
	begin(releases, &left, next);
	while (atomic_load(&left) > 0 || got < fired) {
		if (got % 3 == 0)
			got += semaphore_acquire_timeout(&permits,
							 80 * MICROSECOND);
		else if (got % 3 == 1)
			got += semaphore_try_acquire(&permits);
		else if (semaphore_acquire_timeout(&permits, SECOND))
			got++;
	}
	irq_handle(DEV_IRQ, NULL, NULL);
	CHECK_EQ(got, fired);
	CHECK(!semaphore_try_acquire(&permits));
	semaphore_release_isr(&permits); // in a goroutine it is the plain one
	CHECK(semaphore_try_acquire(&permits));
}

// ---- Notes ----------------------------------------------------------------------

static void
wakes(void *arg)
{
	atomic_int *left = arg;

	bool more = atomic_fetch_sub(left, 1) > 1;

	devquiet();
	ready_isr(&note_); // from here on another hart's waiter may go on
	if (more)
		devstart(next);
}

// As many wake-ups as events, if there is no event before the last was taken.
static void
IsrNote(void)
{
	uint32_t r = seed();

	for (int i = 0; i < scaled(100); i++) {
		atomic_int left = 1;
		duration d = distance(&r);

		begin(wakes, &left, d);
		if (i % 3 == 0)
			time_sleep(2 * d); // comes before the wait
		note_wait(&note_);
		CHECK_EQ(left, 0);
	}
	irq_handle(DEV_IRQ, NULL, NULL);
	CHECK_EQ(note_.state, 0);
	ready_isr(&note_);
	ready_isr(&note_); // one is kept
	note_wait(&note_);
	CHECK_EQ(note_.state, 0);
}

static void
readies(void *arg)
{
	ready_isr(arg);
}

static void
NoteGoroutines(void)
{
	struct note n = { 0 };

	for (int i = 0; i < scaled(200); i++) {
		go(readies, &n);
		note_wait(&n);
		CHECK_EQ(n.state, 0);
	}
}

// ---- Refusals -------------------------------------------------------------------

static void
badline(void *arg)
{
	(void)arg;
	irq_handle(100000, sends, NULL);
}

static void
hashandler(void *arg)
{
	(void)arg;
	irq_wait(DEV_IRQ);
}

static void
waits(void *arg)
{
	(void)arg;
	irq_wait(DEV_IRQ);
}

static void
handles(void *arg)
{
	irq_handle(DEV_IRQ, sends, arg);
}

static void
IrqMisuse(void)
{
	atomic_int left = 1;

	CHECK(panic_catch(badline, NULL) != NULL);
	next = HOUR;
	to = chan_make(int32_t, 0);
	irq_handle(DEV_IRQ, sends, &left);
	CHECK(panic_catch(hashandler, NULL) != NULL);
	irq_handle(DEV_IRQ, NULL, NULL);
	go(waits, NULL);
	time_sleep(MILLISECOND);
	CHECK(panic_catch(handles, &left) != NULL);
	devstart(10 * MICROSECOND);
	CHECK(wait_idle(0));
	devquiet();
	chan_free(to);
}

const struct test device_tests[] = {
	T(IrqWait),           T(IsrSend),      T(IsrSendContended),
	T(IsrSendFullClosed), T(IsrSemaphore), T(IsrNote),
	T(NoteGoroutines),    T(IrqMisuse),    { 0 },
};
