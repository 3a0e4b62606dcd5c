// soak.c lives long: hours of virtual time, mostly asleep, with a burst of work
// each time it wakes. make soak and make nightly run it under -icount, where
// sleeping costs next to nothing.
//
// Boot arguments:
//   hours=N    virtual hours of bursts and sleeps of 1 s to 10 min (1)
//   cross=1    then sleeps of 1 h to 3 days until the clock is an hour beyond
//              2^32 ms (49.7 days); it must then have been in front of it
//   seed=N     start of the pseudo-random numbers (1)
//
// A round is a burst and a sleep. A burst uses channels, select, mutexes,
// semaphores, wait groups, contexts and timers in one of several ways, and the
// books must balance when it is over:
//   - every value that was sent was received, once, in its sender's order
//   - every timer that was set has fired or was stopped, never both
//   - as many goroutines, channels, buffers and timers as before, and no pool's
//     high-water mark above that of the first rounds: nothing leaks
// In flight meanwhile, from the start to the end, are the clock's witnesses:
//   - tickers of 1 h, of 7 min 13 s and of 1 day tick exactly as often as their
//     periods fit into the time, at the right moments
//   - sleepers: never early, late within the bound, and the sum of what they
//     slept is the clock's distance but for the lateness: no drift
//   - timers that set themselves again, contexts with deadlines, selects with
//     timeouts: ten distances from 1 ms to days, each moment checked
//   - timers at the edges: the nanoseconds around 2^n ms, us and ticks that lie
//     ahead, all set at the start; they must come in order and on time
//   - one timer at the end of time, which must never come
//
// What always holds: everything printed follows from the seed, and under -icount
// with one hart the hash of the moments at which rounds ended does too.
#include <config.h>
#include <go.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY (24 * HOUR)
#define CROSSING ((int64_t)1 << 32) // in ms
#define NTIMER 10
#define MOST_ALIVE 80 // a burst's 64, the witnesses, main, the system's
#define NEDGE 192

static struct {
	int64_t start, bursts, last, end; // of the rounds; of the witnesses
	uint32_t seed;
	long hours;
	bool cross;
	int64_t bound, fnbound; // a goroutine may be so late, a timer's fn
} run = { .seed = 1, .hours = 1 };

// What was counted. Only atomics are shared.
static atomic_uint_fast32_t early, late, wrong;
static atomic_ulong maxlate, maxfnlate; // ns; 4 s stand for more
static atomic_ulong nops, nticks, nsleeps, nfired, ncontexts, ntimeouts, nedges;
static struct wait_group witnesses;
static uint64_t hash = 14695981039346656037u;

static uint32_t
rnd(uint32_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 17;
	*s ^= *s << 5;
	return *s;
}

// between is a random duration, evenly spread by order of magnitude.
static duration
between(uint32_t *s, duration lo, duration hi)
{
	unsigned octaves = 0;
	duration d;

	while (hi >> (octaves + 1) >= lo)
		octaves++;
	d = lo << rnd(s) % (octaves + 1);
	d += (duration)(((uint64_t)rnd(s) << 32 | rnd(s)) % (uint64_t)d);
	return d < hi ? d : hi;
}

static void
mix(uint64_t v)
{
	for (int i = 0; i < 8; i++, v >>= 8)
		hash = (hash ^ (v & 0xff)) * 1099511628211u;
}

// bad says what went wrong, at what time; the first few only.
static void
bad(const char *what, long long got, long long want)
{
	if (atomic_fetch_add(&wrong, 1) < 10)
		printf("wrong at %lld ns: %s: %lld, not %lld\n",
		       (long long)time_now(), what, got, want);
}

static void
most(atomic_ulong *m, int64_t ns)
{
	unsigned long v = ns > 4 * SECOND ? (unsigned long)(4 * SECOND) :
					    (unsigned long)ns;
	unsigned long old = atomic_load(m);

	while (v > old && !atomic_compare_exchange_weak(m, &old, v))
		;
}

// moment checks that it is `when` now, or a little later. Returns the lateness.
static int64_t
moment(const char *what, int64_t when)
{
	int64_t d = time_now() - when;

	if (d < 0) {
		atomic_fetch_add(&early, 1);
		bad(what, -d, 0);
	}
	if (d > run.bound) {
		atomic_fetch_add(&late, 1);
		bad(what, d, run.bound);
	}
	most(&maxlate, d > 0 ? d : 0);
	return d;
}

// ---- Witnesses of the clock ------------------------------------------------

// distance is a random one; on the long way to the crossing the short ones are left
// out.
static duration
distance(uint32_t *s, duration lo, duration hi)
{
	return between(s, time_now() > run.bursts ? 20 * MINUTE : lo, hi);
}

static bool
going(int64_t d)
{
	return time_now() < run.end - d;
}

struct beat {
	duration period;
	struct ticker tk;
	chan *stop;
};

static void
metronome(void *arg)
{
	struct beat *b = arg;
	int64_t t0 = time_now(), t, n = 0;
	char c;

	ticker_start(&b->tk, b->period);
	// The deadline was computed a little after t0.
	while (chan_select(RECV(b->tk.c, &t), RECV(b->stop, &c)) == 0) {
		n++;
		moment("tick", t0 + n * b->period);
		if (t < t0 + n * b->period || t > time_now())
			bad("time in a tick", t, t0 + n * b->period);
		atomic_fetch_add(&nticks, 1);
	}
	t = time_now();
	ticker_stop(&b->tk);
	if (n != (t - t0) / b->period)
		bad("ticks", n, (t - t0) / b->period);
	wait_group_done(&witnesses);
}

static void
sleeper(void *arg)
{
	uint32_t s = *(uint32_t *)arg;
	int64_t t0 = time_now(), slept = 0, lateness = 0, n = 0;

	while (going(0)) {
		int64_t t = time_now();
		duration d =
			distance(&s, MILLISECOND, s % 64 == 0 ? DAY : HOUR);

		if (t + d > run.end)
			d = run.end - t;
		time_sleep(d);
		lateness += moment("sleep", t + d);
		slept += d;
		n++;
	}
	// What is not sleep is the few instructions between two of them, and
	// when others ran then.
	t0 = time_now() - t0 - slept - lateness;
	if (t0 < 0 || t0 > (n + 1) * run.bound)
		bad("drift of a sleeper", t0, 0);
	atomic_fetch_add(&nsleeps, (unsigned long)n);
	wait_group_done(&witnesses);
}

struct repeat {
	struct timer t;
	int64_t when;
	uint32_t s;
	bool stop;
};

static void
fired(void *arg)
{
	struct repeat *r = arg;
	int64_t now = time_now();
	duration d = distance(&r->s, MILLISECOND, HOUR);

	if (now < r->when)
		atomic_fetch_add(&early, 1);
	most(&maxfnlate, now > r->when ? now - r->when : 0);
	atomic_fetch_add(&nfired, 1);
	r->when = now + d;
	if (!r->stop)
		timer_reset(&r->t, d);
}

static struct repeat repeats[NTIMER];

static void
deadlines(void *arg)
{
	uint32_t s = *(uint32_t *)arg;

	while (going(MINUTE)) {
		struct context parent, child;
		int64_t t = time_now();
		duration d =
			distance(&s, MILLISECOND, s % 32 == 0 ? DAY : HOUR);
		duration e = distance(&s, MILLISECOND, HOUR);
		const char *want = "context deadline exceeded";
		char c;

		if (t + d > run.end)
			d = run.end - t;
		context_with_deadline(&parent, context_background(), t + d);
		context_with_timeout(&child, &parent, e);
		chan_recv(context_done(&child), &c);
		moment("a child's deadline", t + (e < d ? e : d));
		if (strcmp(context_err(&child), want) != 0)
			bad("a child's end", 1, 0);
		context_cancel(&child);
		if (s % 4 == 0) {
			want = "context canceled";
			if (context_err(&parent) == NULL)
				context_cancel(&parent);
			else
				want = context_err(&parent);
		} else {
			chan_recv(context_done(&parent), &c);
			moment("a deadline", t + d);
		}
		if (strcmp(context_err(&parent), want) != 0)
			bad("a context's end", 1, 0);
		context_cancel(&parent);
		atomic_fetch_add(&ncontexts, 2);
	}
	wait_group_done(&witnesses);
}

static void
timeouts(void *arg)
{
	uint32_t s = *(uint32_t *)arg;
	chan *never = chan_make(int, 0);
	int v;

	while (going(0)) {
		int64_t t = time_now();
		duration d = distance(&s, MICROSECOND, HOUR);

		if (t + d > run.end)
			d = run.end - t;
		if (chan_select(RECV(never, &v), TIMEOUT(d)) != 1)
			bad("select", 0, 1);
		moment("a timeout", t + d);
		atomic_fetch_add(&ntimeouts, 1);
	}
	chan_free(never);
	wait_group_done(&witnesses);
}

// Timers at moments where a counter of 32 bits, or the upper half of one of 64,
// would turn over.
struct edge {
	struct timer t;
	int64_t when;
};

static struct edge edges[NEDGE];
static int nedge;
static _Atomic(struct edge *) lastedge;

static void
edge_fired(void *arg)
{
	struct edge *e = arg, *before;
	int64_t now = time_now();

	if (now < e->when)
		atomic_fetch_add(&early, 1);
	most(&maxfnlate, now > e->when ? now - e->when : 0);
	before = atomic_exchange(&lastedge, e);
	if (runtime_num_cpu() == 1 && before != NULL && e->when < before->when)
		atomic_fetch_add(&wrong, 1);
	atomic_fetch_add(&nedges, 1);
}

static void
set_edge(int64_t when)
{
	struct edge *e = &edges[nedge];

	if (nedge == NEDGE || when <= time_now() + SECOND || when >= run.last)
		return;
	timer_start(&e->t, when - time_now(), edge_fired, e);
	e->when = e->t.when; // the clock has gone on since it was read
	nedge++;
}

static void
set_edges(void)
{
	static const duration around[] = { 0, -1, 1, MICROSECOND,
					   -MILLISECOND };
	// ms, us, and ticks of the clocks of the machines that there are
	static const duration unit[] = { MILLISECOND, MICROSECOND, 100, 40, 1 };

	for (unsigned u = 0; u < sizeof unit / sizeof unit[0]; u++)
		for (int bits = 31; bits <= 33; bits++)
			for (unsigned a = 0; a < 5; a++)
				set_edge(((int64_t)1 << bits) * unit[u] +
					 around[a]);
}

static void
never_fires(void *arg)
{
	(void)arg;
	atomic_fetch_add(&wrong, 1);
}

// ---- Bursts ----------------------------------------------------------------

struct burst {
	struct wait_group wg;
	struct mutex mu;
	struct rwmutex rw;
	struct semaphore sem;
	chan *c, *d;
	uint32_t s;
	int n, k;
	long sum; // under mu
	atomic_long sent, got;
};

static void
producer(void *arg)
{
	struct burst *b = arg;

	for (int i = 1; i <= b->n; i++) {
		chan_send(b->c, &i);
		atomic_fetch_add(&b->sent, i);
		atomic_fetch_add(&nops, 1);
	}
	wait_group_done(&b->wg);
}

static void
consumer(void *arg)
{
	struct burst *b = arg;
	int v;

	while (chan_recv(b->c, &v))
		atomic_fetch_add(&b->got, v);
	wait_group_done(&b->wg);
}

// Channels with all kinds of room, several at both ends.
static void
channels(struct burst *b)
{
	int senders = 1 + (int)(rnd(&b->s) % 4);
	int receivers = 1 + (int)(rnd(&b->s) % 4);

	b->c = chan_make(int, (intptr_t)(rnd(&b->s) % 5));
	wait_group_add(&b->wg, senders);
	for (int i = 0; i < senders; i++)
		go(producer, b);
	for (int i = 0; i < receivers; i++) {
		wait_group_add(&b->wg, 1);
		go(consumer, b);
	}
	// The senders first: a receiver ends by the close. Never the same distance
	// twice: with one, QEMU's turns (-icount, four harts) fall into step and
	// pass a hart by for minutes.
	while (atomic_load(&b->sent) < (long)senders * b->n * (b->n + 1) / 2)
		time_sleep(between(&b->s, 50 * MICROSECOND, MILLISECOND));
	chan_close(b->c);
	wait_group_wait(&b->wg);
	if (b->got != b->sent)
		bad("sum received", b->got, b->sent);
	chan_free(b->c);
}

static void
chooser(void *arg)
{
	struct burst *b = arg;

	for (int i = 0; i < b->n; i++) {
		int one = 1, v = 0;

		switch (chan_select(SEND(b->c, &one), RECV(b->c, &v),
				    SEND(b->d, &one), RECV(b->d, &v),
				    TIMEOUT(MILLISECOND))) {
		case 0:
		case 2:
			atomic_fetch_add(&b->sent, 1);
			break;
		case 1:
		case 3:
			atomic_fetch_add(&b->got, v);
			break;
		}
		atomic_fetch_add(&nops, 1);
	}
	wait_group_done(&b->wg);
}

// Select against select, on two channels and the clock.
static void
selects(struct burst *b)
{
	int v;

	b->c = chan_make(int, (intptr_t)(rnd(&b->s) % 2));
	b->d = chan_make(int, (intptr_t)(rnd(&b->s) % 2));
	wait_group_add(&b->wg, 4);
	for (int i = 0; i < 4; i++)
		go(chooser, b);
	wait_group_wait(&b->wg);
	while (chan_try_recv(b->c, &v))
		b->got += v;
	while (chan_try_recv(b->d, &v))
		b->got += v;
	if (b->got != b->sent)
		bad("received by select", b->got, b->sent);
	chan_free(b->c);
	chan_free(b->d);
}

static void
locker(void *arg)
{
	struct burst *b = arg;

	for (int i = 0; i < b->n; i++) {
		mutex_lock(&b->mu);
		b->sum++;
		if (i % 7 == 0)
			runtime_gosched();
		mutex_unlock(&b->mu);
		rwmutex_rlock(&b->rw);
		rwmutex_runlock(&b->rw);
		if (i % 5 == 0) {
			rwmutex_lock(&b->rw);
			rwmutex_unlock(&b->rw);
		}
		if (semaphore_acquire_timeout(&b->sem, 20 * MICROSECOND)) {
			atomic_fetch_add(&b->got, 1);
			if (i % 3 == 0)
				runtime_gosched();
			atomic_fetch_sub(&b->got, 1);
			semaphore_release(&b->sem);
		}
		atomic_fetch_add(&nops, 4);
	}
	wait_group_done(&b->wg);
}

static void
locks(struct burst *b)
{
	int n = 2 + (int)(rnd(&b->s) % 6);

	b->sem = (struct semaphore)SEMAPHORE(2);
	wait_group_add(&b->wg, n);
	for (int i = 0; i < n; i++)
		go(locker, b);
	wait_group_wait(&b->wg);
	if (b->sum != (long)n * b->n)
		bad("additions under a mutex", b->sum, (long)n * b->n);
	for (int i = 0; i < 2; i++)
		if (!semaphore_try_acquire(&b->sem))
			bad("permits", i, 2);
}

static void
child(void *arg)
{
	struct burst *b = arg;

	atomic_fetch_add(&b->got, 1);
	wait_group_done(&b->wg);
}

static void
births(struct burst *b)
{
	int n = b->n;

	wait_group_add(&b->wg, n);
	for (int i = 0; i < n; i++)
		go(child, b);
	wait_group_wait(&b->wg);
	if (b->got != n)
		bad("goroutines that ran", b->got, n);
	atomic_fetch_add(&nops, (unsigned long)n);
}

static void
count(void *arg)
{
	atomic_fetch_add((atomic_long *)arg, 1);
}

// Timers: some fire, some are taken back, some set anew, and the sum is right.
static void
timers(struct burst *b)
{
	struct timer t[16] = { 0 };
	long stopped = 0, again = 0;

	for (int i = 0; i < 16; i++)
		timer_start(&t[i], between(&b->s, MICROSECOND, 5 * MILLISECOND),
			    count, &b->got);
	for (int i = 0; i < b->n; i++) {
		int k = (int)(rnd(&b->s) % 16);

		if (!timer_reset(&t[k],
				 between(&b->s, MICROSECOND, 5 * MILLISECOND)))
			again++; // it had fired, or was taken back
		if (i % 4 == 0 && timer_stop(&t[k]))
			stopped++;
		if (i % 8 == 0)
			time_sleep(100 * MICROSECOND);
		atomic_fetch_add(&nops, 2);
	}
	for (int i = 0; i < 16; i++)
		if (timer_stop(&t[i]))
			stopped++;
	if (b->got + stopped != 16 + again)
		bad("timers fired and stopped", b->got + stopped, 16 + again);
}

static void
obedient(void *arg)
{
	struct context *ctx = arg;
	char c;

	chan_recv(context_done(ctx), &c);
	wait_group_done(context_value(ctx, &witnesses));
}

static void
contexts(struct burst *b)
{
	struct context root, named, leaf[6];

	context_with_cancel(&root, context_background());
	context_with_value(&named, &root, &witnesses, &b->wg);
	wait_group_add(&b->wg, 6);
	for (int i = 0; i < 6; i++) {
		context_with_timeout(&leaf[i],
				     i % 2 != 0 ? &leaf[i - 1] : &named,
				     between(&b->s, MICROSECOND, SECOND));
		go(obedient, &leaf[i]);
	}
	time_sleep(between(&b->s, MICROSECOND, 2 * SECOND));
	context_cancel(&root);
	wait_group_wait(&b->wg);
	for (int i = 5; i >= 0; i--)
		context_cancel(&leaf[i]);
	atomic_fetch_add(&nops, 8);
}

static void (*const kinds[])(struct burst *) = { channels, selects, locks,
						 births,   timers,  contexts };
enum { NKINDS = sizeof kinds / sizeof kinds[0] };

// ---- The books --------------------------------------------------------------

static struct runtime_stats stats; // too large for a stack

// pool finds a pool by the setting that sizes it; all zero if it is not in use
// yet.
static struct runtime_pool
pool(const char *setting)
{
	runtime_read_stats(&stats);
	for (unsigned i = 0; i < stats.npools; i++)
		if (strcmp(stats.pool[i].setting, setting) == 0)
			return stats.pool[i];
	return (struct runtime_pool){ 0 };
}

struct books {
	int alive;
	uint64_t born; // spawned - ended
	unsigned chans, bufs, panics;
};

static struct books
take_stock(void)
{
	struct books b = { .alive = runtime_num_goroutine(),
			   .chans = pool("NCHAN").used,
			   .bufs = pool("CHANBUF_BYTES").used,
			   .panics = pool("NPANIC").used };

	for (unsigned i = 0; i < stats.nharts; i++)
		b.born += stats.hart[i].spawned - stats.hart[i].lives;
	return b;
}

static bool
balanced(const struct books *a, const struct books *b)
{
	return a->alive == b->alive && a->born == b->born &&
	       a->chans == b->chans && a->bufs == b->bufs &&
	       a->panics == b->panics;
}

// audit waits a little for what has said that it ends, and then compares.
static void
audit(const struct books *before)
{
	struct books now;

	for (int i = 0; i < 100; i++) {
		now = take_stock();
		if (balanced(before, &now))
			return;
		time_sleep(100 * MICROSECOND);
	}
	bad("goroutines alive", now.alive, before->alive);
	bad("spawned - ended", (long long)now.born, (long long)before->born);
	bad("channels", now.chans, before->chans);
	bad("channel buffers", now.bufs, before->bufs);
	bad("panics", now.panics, before->panics);
}

// ---- Rounds -----------------------------------------------------------------

static uint64_t
interrupts(int64_t *idle)
{
	uint64_t n = 0;

	runtime_read_stats(&stats);
	*idle = 0;
	for (unsigned i = 0; i < stats.nharts; i++) {
		n += stats.hart[i].interrupts;
		*idle += stats.hart[i].idle_ns;
	}
	return n;
}

static void
round_of(uint32_t *s, duration lo, duration hi)
{
	static struct burst b;
	int64_t t, d;

	memset(&b, 0, sizeof b);
	b.s = rnd(s);
	b.n = 8 + (int)(rnd(s) % 56);
	kinds[rnd(s) % NKINDS](&b);
	t = time_now();
	d = between(s, lo, hi);
	if (t + d > run.last)
		d = run.last > t ? run.last - t : 0;
	time_sleep(d);
	moment("main's sleep", t + d);
	mix((uint64_t)time_now());
	mix((uint64_t)b.got);
}

static void
say(long rounds)
{
	int64_t idle, ran = time_now() - run.start;
	uint64_t n = interrupts(&idle);

	printf("%lld.%02lld virtual hours, clock at %lld ms\n",
	       (long long)(ran / HOUR), (long long)(ran % HOUR * 100 / HOUR),
	       (long long)(time_now() / MILLISECOND));
	printf("%ld rounds, %lu operations, %lu sleeps, %lu ticks, %lu timers, "
	       "%lu contexts, %lu timeouts, %lu of %d edges\n",
	       rounds, nops, nsleeps, nticks, nfired, ncontexts, ntimeouts,
	       nedges, nedge);
	// A hart that is asleep now has not counted that yet.
	if (runtime_num_cpu() == 1)
		printf("awake %lld ms, %lld us an hour; ",
		       (long long)((ran - idle) / MILLISECOND),
		       (long long)((ran - idle) / MICROSECOND * MINUTE /
				   (ran / 60)));
	printf("%llu interrupts, %llu an hour\n", (unsigned long long)n,
	       (unsigned long long)(n * 60 / (uint64_t)(ran / MINUTE)));
	printf("latest: a timer's function %lu ns, a goroutine %lu ns; early "
	       "%u\n",
	       maxfnlate, maxlate, (unsigned)early);
}

static void
parse(const char *word)
{
	if (strncmp(word, "hours=", 6) == 0)
		run.hours = atol(word + 6);
	else if (strncmp(word, "seed=", 5) == 0)
		run.seed = (uint32_t)atol(word + 5);
	else if (strncmp(word, "cross=", 6) == 0)
		run.cross = atol(word + 6) != 0;
	else
		printf("what is \"%s\"?\n", word);
}

static void
witness(void (*fn)(void *), void *arg)
{
	wait_group_add(&witnesses, 1);
	go(fn, arg);
}

int
main(int argc, char **argv)
{
	static struct beat beats[] = { { .period = HOUR },
				       { .period = 433 * SECOND },
				       { .period = DAY } };
	static uint32_t seeds[8];
	static struct timer never;
	struct books atstart, before;
	int64_t crossing = CROSSING * MILLISECOND;
	long rounds = 0;
	int most_g;
	uint32_t s;

	for (int i = 1; i < argc; i++)
		parse(argv[i]);
	s = run.seed * 2654435761u | 1;
	run.start = time_now();
	run.bound = 100 * MILLISECOND * runtime_num_cpu();
	run.fnbound = 2 * MILLISECOND;
	if (runtime_num_cpu() > 1) // QEMU lets them take turns of up to 100 ms
		run.fnbound = run.bound;
	run.bursts = run.start + run.hours * HOUR;
	run.last = run.cross && run.bursts < crossing + HOUR ? crossing + HOUR :
							       run.bursts;
	run.end = run.last + 20 * MINUTE;
	if (run.cross && run.start >= crossing)
		bad("the start is behind 2^32 ms", 1, 0);
	printf("harts=%d seed=%lu hours=%ld, from %lld ms to %lld ms\n",
	       runtime_num_cpu(), (unsigned long)run.seed, run.hours,
	       (long long)(run.start / MILLISECOND),
	       (long long)(run.end / MILLISECOND));

	atstart = take_stock();
	set_edges();
	timer_start(&never, INT64_MAX, never_fires, NULL);
	for (int i = 0; i < 8; i++)
		seeds[i] = rnd(&s);
	for (int i = 0; i < 3; i++) {
		beats[i].stop = chan_make(char, 0);
		witness(metronome, &beats[i]);
	}
	for (int i = 0; i < 2; i++) {
		witness(sleeper, &seeds[i]);
		witness(deadlines, &seeds[2 + i]);
		witness(timeouts, &seeds[4 + i]);
	}
	for (int i = 0; i < NTIMER; i++) {
		repeats[i].s = rnd(&s);
		repeats[i].when = time_now() + (i + 1) * MILLISECOND;
		timer_start(&repeats[i].t, (i + 1) * MILLISECOND, fired,
			    &repeats[i]);
	}
	time_sleep(SECOND);

	before = take_stock();
	while (time_now() < run.bursts) {
		round_of(&s, SECOND, 10 * MINUTE);
		audit(&before);
		rounds++;
	}
	while (time_now() < run.last) {
		round_of(&s, HOUR, 3 * DAY);
		audit(&before);
		rounds++;
	}

	for (int i = 0; i < 3; i++)
		chan_close(beats[i].stop);
	for (int i = 0; i < NTIMER; i++) {
		repeats[i].stop = true;
		timer_stop(&repeats[i].t);
	}
	if (!timer_stop(&never))
		bad("the timer at the end of time", 0, 1);
	wait_group_wait(&witnesses);
	for (int i = 0; i < 3; i++)
		chan_free(beats[i].stop);
	audit(&atstart);
	if (stats.ntimers != 0)
		bad("timers set at the end", stats.ntimers, 0);
	// Each hart may keep some dead ones.
	most_g = MOST_ALIVE + (runtime_num_cpu() - 1) * GFREE_HIGH;
	if (pool("NG").high > (unsigned)most_g)
		bad("goroutines at once", pool("NG").high, most_g);
	if ((int64_t)maxfnlate > run.fnbound)
		bad("a timer's function late", (long long)maxfnlate,
		    run.fnbound);
	if (nedges != (unsigned long)nedge)
		bad("edges", (long long)nedges, nedge);
	if (run.cross && time_now() < crossing)
		bad("2^32 ms crossed", 0, 1);
	say(rounds);
	printf("hash %016llx\n", (unsigned long long)hash);
	printf("%s\n", wrong != 0 || early != 0 || late != 0 ? "FAILED" :
							       "all is well");
	return wrong != 0 || early != 0 || late != 0;
}
