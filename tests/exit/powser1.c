// powser1 (Go: test/chan/powser1, and powser2, which sends values as here):
// arithmetic of power series, after McIlroy's "Squinting at Power Series". A series
// is a goroutine that computes its next coefficient when it is asked for one;
// products and the exponential make more goroutines with every term.
// expect: ^ones: 1 1 1 1 1 1 1 1 1 1$
// expect: ^add: 3 3 3 3 3 3 3 3 3 3$
// expect: ^sub: -1 -1 -1 -1 -1 -1 -1 -1 -1 -1$
// expect: ^diff: 1 2 3 4 5 6 7 8 9 10$
// expect: ^integ: 0 1 1/2 1/3 1/4 1/5 1/6 1/7 1/8 1/9$
// expect: ^mul: 1 2 3 4 5 6 7 8 9 10$
// expect: ^recip: 1 -1 0 0 0 0 0 0 0 0$
// expect: ^exp: 1 1 3/2 13/6 73/24 167/40 4051/720 37633/5040 43817/4480 4596553/362880$
// expect: ^atan: 0 1 0 -1/3 0 1/5 0 -1/7 0 1/9$
// timeout: 120
#include <go.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 10, MAXSERIES = 290 };

// ---- Rational numbers --------------------------------------------------------

struct rat {
	int64_t num, den;
};

static struct rat
rat(int64_t n, int64_t d)
{
	int64_t a = n < 0 ? -n : n, b = d;

	while (b != 0) {
		int64_t t = a % b;

		a = b;
		b = t;
	}
	return (struct rat){ n / a, d / a };
}

static struct rat
times(struct rat a, struct rat b)
{
	struct rat x = rat(a.num, b.den), y = rat(b.num, a.den);

	return (struct rat){ x.num * y.num, x.den * y.den };
}

static struct rat
plus(struct rat a, struct rat b)
{
	return rat(a.num * b.den + b.num * a.den, a.den * b.den);
}

// ---- Series --------------------------------------------------------------------

struct series {
	chan *ask, *give;
};

static struct series all[MAXSERIES];
static struct mutex mu;
static int nall;

static struct series *
series(void)
{
	struct series *s;

	mutex_lock(&mu);
	if (nall == MAXSERIES)
		panic("more than %d series", MAXSERIES);
	s = &all[nall++];
	mutex_unlock(&mu);
	s->ask = chan_make(char, 0);
	s->give = chan_make(struct rat, 0);
	return s;
}

static struct rat
get(struct series *s)
{
	struct rat r;

	chan_send(s->ask, &(char){ 1 });
	chan_recv(s->give, &r);
	return r;
}

// get2 asks both and takes the answers in the order in which they come.
static void
get2(struct series *u, struct series *v, struct rat *x, struct rat *y)
{
	chan *ask[2] = { u->ask, v->ask }, *give[2] = { NULL, NULL };
	char c = 1;

	for (int left = 4; left > 0; left--)
		switch (chan_select(SEND(ask[0], &c), SEND(ask[1], &c),
				    RECV(give[0], x), RECV(give[1], y))) {
		case 0:
			ask[0] = NULL;
			give[0] = u->give;
			break;
		case 1:
			ask[1] = NULL;
			give[1] = v->give;
			break;
		case 2:
			give[0] = NULL;
			break;
		case 3:
			give[1] = NULL;
			break;
		}
}

static void
asked(struct series *z)
{
	char c;

	chan_recv(z->ask, &c);
}

static void
put(struct series *z, struct rat r)
{
	asked(z);
	chan_send(z->give, &r);
}

static void
copy(struct series *u, struct series *z)
{
	for (;;) {
		struct rat r;

		asked(z);
		r = get(u);
		chan_send(z->give, &r);
	}
}

// ---- Operations: each is a goroutine ------------------------------------------

struct op {
	struct series *u, *v, *z;
	struct rat c;
};

static struct series *
start(void (*fn)(void *), struct series *u, struct series *v, struct rat c)
{
	struct op o = { u, v, series(), c };

	go_copy(fn, o);
	return o.z;
}

#define NONE ((struct rat){ 0, 1 })

static void
run_repeat(void *arg)
{
	struct op *o = arg;

	for (;;)
		put(o->z, o->c);
}

static struct series *
repeat(int64_t n)
{
	return start(run_repeat, NULL, NULL, rat(n, 1));
}

static void
run_add(void *arg)
{
	struct op *o = arg;

	for (;;) {
		struct rat x, y;

		asked(o->z);
		get2(o->u, o->v, &x, &y);
		x = plus(x, y);
		chan_send(o->z->give, &x);
	}
}

static struct series *
add(struct series *u, struct series *v)
{
	return start(run_add, u, v, NONE);
}

static void
run_scale(void *arg)
{
	struct op *o = arg;

	for (;;) {
		struct rat x;

		asked(o->z);
		x = times(o->c, get(o->u));
		chan_send(o->z->give, &x);
	}
}

static struct series *
scale(struct rat c, struct series *u)
{
	return start(run_scale, u, NULL, c);
}

// c + x * u
static void
run_shift(void *arg)
{
	struct op *o = arg;

	put(o->z, o->c);
	copy(o->u, o->z);
}

static void
run_diff(void *arg)
{
	struct op *o = arg;

	get(o->u);
	for (int64_t i = 1;; i++) {
		struct rat x;

		asked(o->z);
		x = times(rat(i, 1), get(o->u));
		chan_send(o->z->give, &x);
	}
}

static void
run_integ(void *arg)
{
	struct op *o = arg;

	put(o->z, o->c);
	for (int64_t i = 1;; i++) {
		struct rat x;

		asked(o->z);
		x = times(rat(1, i), get(o->u));
		chan_send(o->z->give, &x);
	}
}

static struct series *
integ(int64_t c, struct series *u)
{
	return start(run_integ, u, NULL, rat(c, 1));
}

// A split gives the same coefficients to z and v, which may be asked at different
// rates; it keeps what only one of them has had. While it waits for one itself it
// goes on serving: what it waits for may depend on that.
enum { KEPT = 8 };

static void
run_split(void *arg)
{
	struct op *o = arg;
	struct series *out[2] = { o->z, o->v };
	struct rat kept[KEPT], r;
	bool wants[2] = { false, false }, waiting = false;
	unsigned had[2] = { 0, 0 }, got = 0;
	char c = 1;

	for (;;) {
		int i = chan_select(RECV(wants[0] ? NULL : out[0]->ask, &c),
				    RECV(wants[1] ? NULL : out[1]->ask, &c),
				    RECV(waiting ? o->u->give : NULL, &r));

		if (i < 2) {
			wants[i] = true;
		} else {
			kept[got++ % KEPT] = r;
			waiting = false;
		}
		for (i = 0; i < 2; i++)
			if (wants[i] && had[i] < got) {
				if (got - had[i] > KEPT)
					panic("a split is too far apart");
				chan_send(out[i]->give, &kept[had[i] % KEPT]);
				had[i]++;
				wants[i] = false;
			}
		if ((wants[0] || wants[1]) && !waiting) {
			chan_send(o->u->ask, &c);
			waiting = true;
		}
	}
}

struct pair {
	struct series *a, *b;
};

static struct pair
new_pair(void)
{
	struct series *a = series();

	return (struct pair){ a, series() };
}

static void
split_into(struct series *u, struct pair p)
{
	struct op o = { u, p.b, p.a, NONE };

	go_copy(run_split, o);
}

static struct pair
split(struct series *u)
{
	struct pair p = new_pair();

	split_into(u, p);
	return p;
}

// (u + x U)(v + x V) = uv + x (u V + v U) + x x U V
static void run_mul(void *arg);

static struct series *
mul(struct series *u, struct series *v)
{
	return start(run_mul, u, v, NONE);
}

static void
run_mul(void *arg)
{
	struct op *o = arg;
	struct series *w;
	struct pair uu, vv;
	struct rat x, y, r;

	asked(o->z);
	get2(o->u, o->v, &x, &y);
	r = times(x, y);
	chan_send(o->z->give, &r);
	asked(o->z);
	uu = split(o->u);
	vv = split(o->v);
	w = add(scale(x, vv.a), scale(y, uu.a));
	r = get(w);
	chan_send(o->z->give, &r);
	copy(add(w, mul(uu.b, vv.b)), o->z);
}

// u + x U has the reciprocal z + x Z with z = 1/u and Z = -z U (z + x Z).
static void
run_recip(void *arg)
{
	struct op *o = arg;
	struct pair zz = new_pair();
	struct rat u, z;

	asked(o->z);
	u = get(o->u);
	z = u.num > 0 ? (struct rat){ u.den, u.num } :
			(struct rat){ -u.den, -u.num };
	chan_send(o->z->give, &z);
	split_into(mul(scale((struct rat){ -z.num, z.den }, o->u),
		       start(run_shift, zz.a, NULL, z)),
		   zz);
	copy(zz.b, o->z);
}

// Z = exp(u): its derivative is Z u'.
static struct series *
exponential(struct series *u)
{
	struct pair zz = new_pair();

	split_into(integ(1, mul(zz.a, start(run_diff, u, NULL, NONE))), zz);
	return zz.b;
}

// u with c x x for x
static void
run_square(void *arg)
{
	struct op *o = arg;
	struct rat c = { 1, 1 };

	for (;;) {
		struct rat x;

		asked(o->z);
		x = times(c, get(o->u));
		chan_send(o->z->give, &x);
		put(o->z, NONE);
		c = times(c, o->c);
	}
}

static void
show(const char *name, struct series *u)
{
	printf("%s:", name);
	for (int i = 0; i < N; i++) {
		struct rat r = get(u);

		printf(" %ld", (long)r.num);
		if (r.den != 1)
			printf("/%ld", (long)r.den);
	}
	printf("\n");
}

int
main(void)
{
	show("ones", repeat(1));
	show("add", add(repeat(1), repeat(2)));
	show("sub", add(repeat(1), scale(rat(-1, 1), repeat(2))));
	show("diff", start(run_diff, repeat(1), NULL, NONE));
	show("integ", integ(0, repeat(1)));
	show("mul", mul(repeat(1), repeat(1)));
	show("recip", start(run_recip, repeat(1), NULL, NONE));
	show("exp", exponential(repeat(1)));
	show("atan", integ(0, start(run_square, repeat(1), NULL, rat(-1, 1))));
	return 0;
}
