// fuzz.c: sequences of API calls, made from bytes, against a small model of
// channels, select, timers, mutexes and wait groups.
//
// The machine is booted for each input. Its main goroutine drives up to four
// others. A step gives up to three of them one call each, at the same time, waits
// until 10 ms of virtual time have passed, and looks: who is done, with what
// result; who waits; which timers have fired. Timers are set for half a step more
// than a number of steps, so they fire between looks, after the step's calls.
//
// The model is a set of states: what the kernel may be in after all that was seen.
// A step tries the calls in every order, every choice of select and every moment
// at which a freed mutex may be passed on, and keeps the states that fit what was
// seen. No state left means that the kernel did what it must not. At the end
// main waits for ever: then nobody can run, and the machine must say so.
//
// Values are never used twice, so a result tells which send it is from. The model
// knows nothing of the kernel's code: queues are arrays, values FIFO, waiters FIFO.
//
// Turned down: calls without steps (what is allowed then is a search over all of
// the past); one kernel for all inputs (a failure would depend on those before).
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <go.h>

#include "sim.h"

enum { NW = 4, NC = 3, CAPS = 3, NCASE = 3, BATCH = 3, STEPS = 40 };
#define STEP (10 * MILLISECOND)

enum kind {
	SENDOP,
	RECVOP,
	TRYSEND,
	TRYRECV,
	CLOSE,
	LEN,
	SELECT,
	SLEEP,
	GOSCHED,
	GOEXIT,
	PANIC,
	TSTART,
	TSTOP,
	TRESET,
	LOCK,
	UNLOCK,
	TRYLOCK,
	WGADD,
	WGDONE,
	WGWAIT,
	REMAKE,
	NKIND
};

static const char *const kindname[NKIND] = {
	"send",      "recv",        "try_send",   "try_recv",    "close",
	"len",       "select",      "sleep",      "gosched",     "goexit",
	"panic",     "timer_start", "timer_stop", "timer_reset", "lock",
	"unlock",    "try_lock",    "wg_add",     "wg_done",     "wg_wait",
	"free+make",
};

// Results that are no values.
enum { R_OK = 0, R_PANIC = -1, R_CLOSED = -2, R_FALSE = 0, R_TRUE = 1 };
enum {
	CASE = 1000000
}; // a select's result is (index + 1) * CASE + what it got
enum { GOTCLOSED = CASE - 1 };

struct op {
	uint8_t kind, c, n; // n: cases, or steps
	int32_t v;
	bool dflt, timeout;
	struct {
		bool send;
		uint8_t c;
	} k[NCASE];
};

// ---- The model --------------------------------------------------------------------

struct entry {
	uint8_t w, k; // worker and case
};

struct queue {
	uint8_t n;
	struct entry e[NW * NCASE];
};

struct mchan {
	uint8_t cap, n, closed;
	int32_t buf[CAPS];
	struct queue recv, send;
};

struct mworker {
	bool busy, done;
	int32_t result;
	int16_t due; // step at which it is over; 0: none
	struct op op;
};

struct state {
	struct mchan c[NC];
	struct mworker w[NW];
	struct {
		bool used, set;
		int16_t due, fired;
	} t[NW];
	int8_t owner; // of the mutex; -1: none
	struct queue lockq, wgq;
	int16_t wg;
};

struct todo {
	unsigned n;
	unsigned w[BATCH];
	struct op op[BATCH];
};

enum { MAXSTATES = 600 };
static struct state states[MAXSTATES], next[MAXSTATES];
static int nstates, nnext;
static int step;
static bool truncated;
unsigned long sim_calls, sim_given_up; // of all inputs

static void
push(struct queue *q, unsigned w, unsigned k)
{
	q->e[q->n++] = (struct entry){ (uint8_t)w, (uint8_t)k };
}

static void
drop(struct queue *q, unsigned w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < q->n; i++)
		if (q->e[i].w != w)
			q->e[n++] = q->e[i];
	for (unsigned i = n; i < q->n; i++)
		q->e[i] = (struct entry){ 0, 0 };
	q->n = (uint8_t)n;
}

static void
finish(struct state *s, unsigned w, int32_t result)
{
	for (int i = 0; i < NC; i++) {
		drop(&s->c[i].recv, w);
		drop(&s->c[i].send, w);
	}
	drop(&s->lockq, w);
	drop(&s->wgq, w);
	s->w[w] = (struct mworker){ .done = true, .result = result };
}

// wake ends the wait of the first in q, with what its call returns.
static void
wake(struct state *s, struct entry e, int32_t result)
{
	if (s->w[e.w].op.kind == SELECT && result != R_PANIC)
		result = (e.k + 1) * CASE +
			 (result == R_CLOSED ? GOTCLOSED : result);
	finish(s, e.w, result);
}

static int32_t
valueof(const struct state *s, struct entry e)
{
	return s->w[e.w].op.v + e.k;
}

// msend and mrecv are the parts that do not wait: false if it would.
static bool
msend(struct state *s, struct mchan *c, int32_t v, int32_t *r)
{
	*r = R_OK;
	if (c->closed) {
		*r = R_PANIC;
	} else if (c->recv.n > 0) {
		wake(s, c->recv.e[0], v);
	} else if (c->n < c->cap) {
		c->buf[c->n++] = v;
	} else {
		return false;
	}
	return true;
}

static bool
mrecv(struct state *s, struct mchan *c, int32_t *r)
{
	if (c->n > 0) {
		*r = c->buf[0];
		memmove(c->buf, c->buf + 1, sizeof c->buf - sizeof c->buf[0]);
		c->buf[--c->n] = 0;
		if (c->send.n > 0) {
			c->buf[c->n++] = valueof(s, c->send.e[0]);
			wake(s, c->send.e[0], R_OK);
		}
	} else if (c->send.n > 0) {
		*r = valueof(s, c->send.e[0]);
		wake(s, c->send.e[0], R_OK);
	} else if (c->closed) {
		*r = R_CLOSED;
	} else {
		return false;
	}
	return true;
}

static void
mclose(struct state *s, struct mchan *c)
{
	c->closed = 1;
	while (c->recv.n > 0)
		wake(s, c->recv.e[0], R_CLOSED);
	while (c->send.n > 0)
		wake(s, c->send.e[0], R_PANIC);
}

static void
grant(struct state *s)
{
	if (s->owner < 0 && s->lockq.n > 0) {
		s->owner = (int8_t)s->lockq.e[0].w;
		finish(s, s->lockq.e[0].w, R_OK);
	}
}

// waits puts w's call, which cannot go on, where it waits.
static void
waits(struct state *s, unsigned w)
{
	const struct op *o = &s->w[w].op;

	if (o->kind == SENDOP)
		push(&s->c[o->c].send, w, 0);
	else if (o->kind == RECVOP)
		push(&s->c[o->c].recv, w, 0);
}

static bool
sameend(const struct op *o)
{
	for (unsigned i = 0; i < o->n; i++)
		for (unsigned j = 0; j < i; j++)
			if (o->k[i].c == o->k[j].c &&
			    o->k[i].send == o->k[j].send)
				return true;
	return false;
}

static void explore(const struct state *s, const struct todo *t, unsigned left);

// selectwaits queues the cases of w's select that are left: in their order, or, if
// two wait at the same end of one channel, in any.
static void
selectwaits(const struct state *s, unsigned w, unsigned cases,
	    const struct todo *t, unsigned left)
{
	const struct op *o = &s->w[w].op;

	if (cases == 0)
		explore(s, t, left);
	for (unsigned i = 0; i < o->n; i++) {
		struct state m = *s;

		if (!(cases & 1u << i))
			continue;
		push(o->k[i].send ? &m.c[o->k[i].c].send : &m.c[o->k[i].c].recv,
		     w, i);
		selectwaits(&m, w, cases & ~(1u << i), t, left);
		if (!sameend(o))
			break;
	}
}

static void
keep(const struct state *s)
{
	for (int i = 0; i < nnext; i++)
		if (memcmp(&next[i], s, sizeof *s) == 0)
			return;
	if (nnext == MAXSTATES) {
		truncated = true;
		return;
	}
	memcpy(&next[nnext++], s, sizeof *s);
}

// What was seen after the step.
struct seen {
	bool done[NW];
	int32_t result[NW];
	int fired[NW];
};
static struct seen seen;

static bool
fits(const struct state *s)
{
	for (unsigned i = 0; i < NW; i++) {
		if (s->w[i].done != seen.done[i])
			return false;
		if (s->w[i].done && s->w[i].result != seen.result[i])
			return false;
		if (s->t[i].fired != seen.fired[i])
			return false;
	}
	return true;
}

// endstep lets what is due happen, and keeps the state if it fits.
static void
endstep(struct state s)
{
	grant(&s);
	for (unsigned i = 0; i < NW; i++) {
		if (s.w[i].busy && s.w[i].due == step)
			finish(&s, i,
			       s.w[i].op.kind == SELECT ?
				       (s.w[i].op.n + 1) * CASE :
				       R_OK);
		if (s.t[i].set && s.t[i].due == step) {
			s.t[i].set = false;
			s.t[i].due = 0;
			s.t[i].fired++;
		}
	}
	if (!fits(&s))
		return;
	for (unsigned i = 0; i < NW; i++)
		if (s.w[i].done)
			s.w[i] = (struct mworker){ .done = false };
	keep(&s);
}

// done continues with s, in which w's call has ended.
static void
done(struct state *s, unsigned w, int32_t r, const struct todo *t,
     unsigned left)
{
	finish(s, w, r);
	explore(s, t, left);
}

// selects tries every case that is ready.
static void
selects(const struct state *s, unsigned w, const struct todo *t, unsigned left)
{
	const struct op *o = &s->w[w].op;
	struct state m;
	bool ready = false;
	int32_t r;

	for (unsigned i = 0; i < o->n; i++) {
		m = *s;
		if (o->k[i].send ?
			    !msend(&m, &m.c[o->k[i].c], o->v + (int32_t)i, &r) :
			    !mrecv(&m, &m.c[o->k[i].c], &r))
			continue;
		ready = true;
		if (r != R_PANIC)
			r = (int32_t)(i + 1) * CASE +
			    (r == R_CLOSED ? GOTCLOSED : r);
		done(&m, w, r, t, left);
	}
	m = *s;
	if (ready)
		return;
	if (o->dflt) {
		done(&m, w, (o->n + 1) * CASE, t, left);
		return;
	}
	if (o->timeout)
		m.w[w].due = (int16_t)(step + o->v % 3);
	selectwaits(&m, w, (1u << o->n) - 1, t, left);
}

static void
call(const struct state *before, unsigned w, const struct op *o,
     const struct todo *t, unsigned left)
{
	struct state m = *before;
	struct mchan *c = &m.c[o->c];
	int32_t r = R_OK;

	m.w[w] = (struct mworker){ .busy = true, .op = *o };
	switch (o->kind) {
	case SENDOP:
	case RECVOP:
		if (o->kind == SENDOP ? msend(&m, c, o->v, &r) :
					mrecv(&m, c, &r)) {
			done(&m, w, r, t, left);
		} else {
			waits(&m, w);
			explore(&m, t, left);
		}
		return;
	case TRYSEND:
		r = !msend(&m, c, o->v, &r) ? R_FALSE :
		    r == R_PANIC            ? R_PANIC :
					      R_TRUE;
		break;
	case TRYRECV:
		if (!mrecv(&m, c, &r))
			r = R_CLOSED;
		break;
	case CLOSE:
		r = c->closed ? R_PANIC : R_OK;
		mclose(&m, c);
		break;
	case LEN:
		r = c->n;
		break;
	case SELECT:
		selects(&m, w, t, left);
		return;
	case SLEEP:
		m.w[w].due = (int16_t)(step + o->n);
		explore(&m, t, left);
		return;
	case TSTART:
		r = m.t[w].set ? R_PANIC : R_OK;
		if (r == R_OK) {
			m.t[w].used = m.t[w].set = true;
			m.t[w].due = (int16_t)(step + o->n);
		}
		break;
	case TSTOP:
	case TRESET:
		r = !m.t[w].used ? R_PANIC : m.t[w].set ? R_TRUE : R_FALSE;
		if (r != R_PANIC) {
			m.t[w].set = o->kind == TRESET;
			m.t[w].due =
				o->kind == TRESET ? (int16_t)(step + o->n) : 0;
		}
		break;
	case LOCK:
		if (m.owner >= 0) {
			push(&m.lockq, w, 0);
			explore(&m, t, left);
			return;
		}
		m.owner = (int8_t)w;
		break;
	case TRYLOCK:
		r = m.owner < 0;
		if (r)
			m.owner = (int8_t)w;
		break;
	case UNLOCK: // the first that waits gets it now, or later if still free
		m.owner = -1;
		if (m.lockq.n > 0) {
			struct state now = m;

			grant(&now);
			done(&now, w, r, t, left);
		}
		break;
	case WGADD:
		m.wg++;
		break;
	case WGDONE:
		r = m.wg == 0 ? R_PANIC : R_OK;
		if (m.wg > 0 && --m.wg == 0)
			while (m.wgq.n > 0)
				wake(&m, m.wgq.e[0], R_OK);
		break;
	case WGWAIT:
		if (m.wg > 0) {
			push(&m.wgq, w, 0);
			explore(&m, t, left);
			return;
		}
		break;
	case REMAKE:
		*c = (struct mchan){ .cap = o->n };
		break;
	default: // gosched, goexit, panic
		break;
	}
	done(&m, w, r, t, left);
}

// explore makes the calls that are left (a bit each) in every order.
static void
explore(const struct state *s, const struct todo *t, unsigned left)
{
	if (left == 0) {
		endstep(*s);
		return;
	}
	for (unsigned i = 0; i < t->n; i++)
		if (left & 1u << i)
			call(s, t->w[i], &t->op[i], t, left & ~(1u << i));
}

// ---- The listing ------------------------------------------------------------------

static char listing[16384];
static size_t listed;

__attribute__((format(printf, 1, 2))) static void
list(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(listing + listed, sizeof listing - listed, fmt, ap);
	va_end(ap);
	if (n > 0 && listed + (size_t)n < sizeof listing)
		listed += (size_t)n;
}

static void
listop(unsigned w, const struct op *o)
{
	list("step %d: g%u %s", step, w, kindname[o->kind]);
	if (o->kind <= LEN || o->kind == REMAKE)
		list(" c%u", o->c);
	if (o->kind == SENDOP || o->kind == TRYSEND)
		list(" <- %d", o->v);
	for (unsigned i = 0; o->kind == SELECT && i < o->n; i++)
		if (o->k[i].send)
			list(" [send c%u <- %d]", o->k[i].c, o->v + (int)i);
		else
			list(" [recv c%u]", o->k[i].c);
	if (o->kind == SELECT && o->dflt)
		list(" [default]");
	else if (o->kind == SELECT && o->timeout)
		list(" [timeout %d.5 steps]", o->v % 3);
	if (o->kind == SLEEP || o->kind == TSTART || o->kind == TRESET)
		list(" %u.5 steps", o->n);
	if (o->kind == REMAKE)
		list(" cap %u", o->n);
	list("\n");
}

// ---- The machine's side ---------------------------------------------------------

struct worker {
	struct semaphore go;
	struct op op;
	bool done;
	bool alive;
	int32_t result;
	struct timer t;
	int fired;
};

#define DONE(w) (*(volatile bool *)&(w)->done)

static struct worker worker[NW];
static chan *chans[NC];
static struct mutex mutex;
static struct wait_group wg;
static const uint8_t *input;
static size_t left;
static bool failed;

static uint8_t
byte(void)
{
	if (left == 0)
		return 0;
	left--;
	return *input++;
}

static duration
steps(int n)
{
	return n * STEP + STEP / 2;
}

static void
fires(void *arg)
{
	((struct worker *)arg)->fired++;
}

static int32_t
runselect(const struct op *o)
{
	struct scase k[NCASE + 1];
	int32_t v[NCASE];
	bool ok[NCASE];
	unsigned n = 0;
	int i;

	for (; n < o->n; n++) {
		v[n] = o->v + (int32_t)n;
		k[n] = o->k[n].send ? SEND(chans[o->k[n].c], &v[n]) :
				      RECV_OK(chans[o->k[n].c], &v[n], &ok[n]);
	}
	if (o->dflt)
		k[n++] = DEFAULT;
	else if (o->timeout)
		k[n++] = TIMEOUT(steps(o->v % 3));
	i = chan_selectv(k, n);
	if (i >= o->n)
		return (i + 1) * CASE;
	if (o->k[i].send)
		return (i + 1) * CASE;
	return (i + 1) * CASE + (ok[i] ? v[i] : GOTCLOSED);
}

// A panic that is recovered inside continues behind the catch, not here.
static void
recovers(void *arg)
{
	((struct worker *)arg)->result = recover() != NULL ? R_OK : R_PANIC;
}

static void
panicrecover(struct worker *w)
{
	w->result = R_PANIC;
	defer(recovers, w);
	panic("fuzz");
}

static void
run(void *arg)
{
	struct worker *w = arg;
	const struct op *o = &w->op;
	chan *c = chans[o->c];
	int32_t v = o->v, r = R_OK;

	switch (o->kind) {
	case SENDOP:
		chan_send(c, &v);
		break;
	case RECVOP:
		r = chan_recv(c, &v) ? v : R_CLOSED;
		break;
	case TRYSEND:
		r = chan_try_send(c, &v);
		break;
	case TRYRECV:
		r = chan_try_recv(c, &v) ? v : R_CLOSED;
		break;
	case CLOSE:
		chan_close(c);
		break;
	case LEN:
		r = chan_len(c);
		break;
	case SELECT:
		r = runselect(o);
		break;
	case SLEEP:
		time_sleep(steps(o->n));
		break;
	case GOSCHED:
		runtime_gosched();
		break;
	case PANIC:
		panicrecover(w);
		break;
	case TSTART:
		timer_start(&w->t, steps(o->n), fires, w);
		break;
	case TSTOP:
		r = timer_stop(&w->t);
		break;
	case TRESET:
		r = timer_reset(&w->t, steps(o->n));
		break;
	case LOCK:
		mutex_lock(&mutex);
		break;
	case UNLOCK:
		mutex_unlock(&mutex);
		break;
	case TRYLOCK:
		r = mutex_try_lock(&mutex);
		break;
	case WGADD:
		wait_group_add(&wg, 1);
		break;
	case WGDONE:
		wait_group_done(&wg);
		break;
	case WGWAIT:
		wait_group_wait(&wg);
		break;
	case REMAKE:
		chan_free(c);
		chans[o->c] = chan_make(int32_t, o->n);
		break;
	}
	w->result = r;
}

static void
ends(void *arg)
{
	struct worker *w = arg;

	w->alive = false;
	w->result = R_OK;
	DONE(w) = true;
}

static void
works(void *arg)
{
	struct worker *w = arg;

	for (;;) {
		semaphore_acquire(&w->go);
		if (w->op.kind == GOEXIT) {
			defer(ends, w);
			runtime_goexit();
		}
		if (panic_catch(run, w) != NULL)
			w->result = R_PANIC;
		DONE(w) = true;
	}
}

// draw makes worker w's next call of the input.
static struct op
draw(unsigned w)
{
	static int32_t value;
	struct op o = { .kind = byte() % NKIND };
	uint8_t b = byte();

	if (step == 1 && w == 0)
		value = 0;
	value = value % 99999 + 10;
	o.v = value;
	o.c = b % NC;
	o.n = b / NC % 3;
	if (o.kind != SELECT)
		return o;
	o.n++;
	b = byte();
	o.dflt = b % 4 == 0;
	o.timeout = b % 4 == 1;
	for (unsigned i = 0; i < o.n; i++) {
		uint8_t x = byte();

		o.k[i].c = x % NC;
		o.k[i].send = x / NC % 2;
	}
	return o;
}

// tame makes a harmless call of one whose outcome the model does not tell, or
// that ends the machine: unlocking another's mutex, freeing a channel in use, a
// wait group that is used anew while it ends.
static void
tame(unsigned w, struct op *o, bool alone)
{
	bool bad = false;

	for (int i = 0; i < nstates; i++) {
		const struct mchan *c = &states[i].c[o->c];

		bad |= o->kind == UNLOCK && states[i].owner != (int)w;
		bad |= o->kind == REMAKE && (c->recv.n > 0 || c->send.n > 0);
	}
	bad |= !alone && (o->kind == REMAKE || o->kind == WGADD ||
			  o->kind == WGDONE || o->kind == WGWAIT);
	if (bad)
		o->kind = GOSCHED;
}

static void
mismatch(void)
{
	failed = true;
	list("what was seen fits no order of these calls:\n");
	for (unsigned i = 0; i < NW; i++) {
		list("  g%u: ", i);
		if (seen.done[i])
			list("returned %d", seen.result[i]);
		else
			list("%s", states[0].w[i].busy ? "still waits" :
							 "idle, or waits");
		list(", its timer fired %d times\n", seen.fired[i]);
	}
	os_exit(1);
}

static void
onestep(unsigned nworkers, int64_t start)
{
	uint8_t head = byte();
	unsigned want = 1 + head % BATCH, first = head / BATCH;
	struct todo t = { 0 };

	for (unsigned i = 0; i < nworkers && t.n < want; i++) {
		unsigned w = (first + i) % nworkers;

		if (states[0].w[w].busy)
			continue;
		t.w[t.n++] = w;
	}
	for (unsigned i = 0; i < t.n; i++) {
		t.op[i] = draw(t.w[i]);
		tame(t.w[i], &t.op[i], t.n == 1);
		listop(t.w[i], &t.op[i]);
		sim_calls++;
	}
	for (unsigned i = 0; i < t.n; i++) {
		struct worker *w = &worker[t.w[i]];

		w->op = t.op[i];
		DONE(w) = false;
		if (!w->alive) {
			w->alive = true;
			go(works, w);
		}
		semaphore_release(&w->go);
	}
	time_sleep(start + step * STEP - time_now());
	for (unsigned i = 0; i < NW; i++) {
		struct worker *w = &worker[i];

		seen.done[i] = DONE(w);
		seen.result[i] = w->result;
		seen.fired[i] = w->fired;
		DONE(w) = false;
	}
	nnext = 0;
	for (int i = 0; i < nstates; i++)
		explore(&states[i], &t, (1u << t.n) - 1);
	if (nnext == 0 && !truncated)
		mismatch();
	if (truncated) { // too many ways: nothing is known any more
		sim_given_up++;
		os_exit(0);
	}
	nstates = nnext;
	memcpy(states, next, (size_t)nnext * sizeof states[0]);
}

int app_main(int argc, char **argv);

int
app_main(int argc, char **argv)
{
	uint8_t b = byte();
	unsigned nworkers = 2 + b % (NW - 1);
	int64_t start;

	(void)argc;
	(void)argv;
	memset(worker, 0, sizeof worker);
	memset(&mutex, 0, sizeof mutex);
	memset(&wg, 0, sizeof wg);
	memset(states, 0, sizeof states[0]);
	truncated = false;
	states[0].owner = -1;
	nstates = 1;
	for (unsigned i = 0; i < NC; i++) {
		unsigned cap = (b / 3 + i) % CAPS;

		chans[i] = chan_make(int32_t, cap);
		states[0].c[i].cap = (uint8_t)cap;
		list("c%u has room for %u\n", i, cap);
	}
	start = time_now();
	for (step = 1; step < STEPS && left > 0; step++)
		onestep(nworkers, start);
	time_sleep(5 * STEP); // what is set fires
	list("main waits for ever\n");
	chan_recv((chan *)NULL, &step);
	return 1;
}

// ---- From outside -----------------------------------------------------------------

// sim_fuzz runs one input; false if the kernel did what it must not. The first two
// bytes are the harts and the seed.
bool
sim_fuzz(const uint8_t *data, size_t size)
{
	unsigned harts;
	uint64_t seed;
	int status;

	listed = 0;
	failed = false;
	if (size < 4)
		return true;
	harts = 1 + data[0] % 4;
	seed = data[1];
	input = data + 2;
	left = size - 2;
	list("%u harts, seed %u\n", harts, (unsigned)seed);
	status = sim_run(harts, seed, false, "gz.seed=7");
	if (!failed && status != (truncated ? 0 : 2)) {
		list("the machine ended with status %d\n", status);
		failed = true;
	}
	if (!failed && !truncated &&
	    strstr(sim_output(), "deadlock!") == NULL) {
		list("the machine did not end by deadlock\n");
		failed = true;
	}
	return !failed;
}

const char *
sim_listing(void)
{
	return listing;
}
