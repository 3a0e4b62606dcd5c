// weak.c explores every execution of a few harts that run the kernel's own code
// under the memory orders of C11: every interleaving of its atomic accesses, and
// for every load every value that its order lets it see.
//
// The kernel's files are compiled as they are, with gcc's -fsanitize=thread, which
// turns each atomic access and fence into a call that says its order, and
// announces each plain access. The calls end here instead of in libtsan. So what
// is checked is the code and not a copy, and what breaks it can be asked of each
// access: -w ORDER:PC:PC... runs the tests with the access compiled to those calls
// made weaker (run.py looks the addresses up; -s prints them).
//
// How. The memory of a location is its history: all stores, in modification
// order, each with the view of who stored it. A view says for each location which
// store is the oldest that may still be read. A load picks any store that is not
// older than its hart's view; acquire joins the store's view to it. A release
// store carries its hart's view; a relaxed one that of the last release fence; a
// read-modify-write hands on what it read (a release sequence), and nothing comes
// between the two. A store may come before stores, in modification order, that its
// hart has not seen. seq_cst fences and accesses leave what they know
// in one more view, S, and see it: a fence all of it, a load for its location. This
// is the machine of "promising semantics" (Kang et al. 2017) without promises, and
// with them RC11, but for what is said under Limits.
//
// A plain access that is not ordered by happens-before against another hart's
// access of the same place, one of the two a store, is a data race and a failure.
//
// The search is depth-first and complete. Each execution is run from the start by a
// list of choices (which hart, which store, an interrupt or not); the last one that
// has an alternative is changed for the next. A state that was seen before, however
// it was reached, is not continued: a hart's state is what its accesses have read,
// for its code is deterministic. States are kept as hashes of 64 bits; with the
// some million that there are at most, two are taken for one with a probability of
// less than one in a million.
//
// A hart that goes round a loop and reads the same each time is not followed for ever:
// see goesround. Loops that wait for another hart wait (weak_await).
//
// A place that one hart only accesses is no place for others to come between; which
// these are is learned: the search begins anew when a place turns out to be shared.
//
// Late loads. A machine that only ever reads what is there already cannot see load
// buffering: a relaxed load that is carried out after a store behind it. C11 allows
// it, RISC-V and ARM do it. So a relaxed load of a place that the test declares
// `late` may also guess: any value that is ever stored there (found by searching
// until no new one turns up). The hart goes on with the guess; by its next release,
// fence or access to the same place, somebody else must have stored that value
// after the load stood there, and then it is read, or the execution is void. The
// test promises that nothing others could see before depends on the value: else
// this would allow executions that no machine has.
//
// Limits, which docs/orders.md takes up: load buffering elsewhere; seq_cst
// accesses are a little stronger than in C11 where they meet relaxed ones of other
// harts (their order is that of execution); compilers that reorder relaxed
// accesses beyond that; objects accessed in different sizes.
//
// Turned down: Relacy (its own atomics, so a copy of the code, and no load
// buffering: a head that moves by a relaxed compare-and-swap survived there);
// reordering instructions of a list (no code, and branches).
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "weak.h"

#define NTHREAD WEAK_THREADS
#define NLOC 40
#define NMSG 14
#define NFLAG 8
#define NPLAIN 256
#define NPENDING 4
#define STACK (256 * 1024)
#define MAXDEPTH 120 // choices in an execution

enum { RLX = 0, CONSUME, ACQ, REL, ACQREL, SC, NONE };
static const char *const ordername[] = { "rlx",    "acq", "acq", "rel",
					 "acqrel", "sc",  "none" };

// ---- State ------------------------------------------------------------------

// at[l] is the index in location l's history of the oldest store that may be
// read; clock[t] how far of hart t's past happens before.
struct view {
	uint8_t at[NLOC];
	uint16_t clock[NTHREAD];
};

struct msg {
	uint64_t value;
	uint32_t id; // who stored it: hart, number of its access; 0 at first
	bool rmw;    // reads the one before it
	struct view view;
};

struct loc {
	uintptr_t addr;
	uint8_t size, n;
	struct msg m[NMSG];
};

// The last accesses of each hart to a place, as clocks.
enum { PR, PW, AR, AW, NKIND };
struct plain {
	uintptr_t addr;
	uint16_t last[NKIND][NTHREAD];
};

struct pending {
	uint8_t loc, from; // a store from here on
	uint64_t value;
	uint32_t since; // its place in the program, for the trace
};

// What a hart has seen since it was last at a load, to notice that it goes round.
#define NROUND 48
#define ROUNDS 5
struct round {
	uintptr_t pc;
	uint64_t last, now;
	unsigned same;
};

struct thread {
	struct round round[NROUND];
	unsigned nrounds;
	struct view cur, acq, rel;
	uint64_t history;
	uint32_t nops, npoints;
	int lastloc; // that it read
	int awaits;  // location, or -1
	int waits;   // flag, or -1
	bool ended, masked, inirq;
	unsigned irqs, npending;
	struct pending pending[NPENDING];
	int64_t now;
	uintptr_t dirty; // a plain store to a place with a history
	uint8_t dirtysize;
	// Outside of the state.
	jmp_buf here, top;
	ucontext_t context;
	char *stack;
};

static struct loc locs[NLOC];
static unsigned nlocs;
static struct plain plains[NPLAIN];
static unsigned nplains;
static struct view sc;
static bool flags[NFLAG];
static struct thread threads[NTHREAD];
static unsigned self;
static bool inside; // a hart runs
static const struct weak_test *test;

static struct choice {
	uint8_t at, of;
} path[MAXDEPTH];
static unsigned depth, length, deepest;
static jmp_buf scheduler, executionend;
static const char *failure;
static bool tracing, quiet;
static unsigned long long executions, nstates, maxstates = 30000000;
static bool incomplete;

// The values that late loads may guess.
static struct guess {
	uintptr_t addr;
	uint64_t value;
	uint32_t by;
} guesses[256];
static unsigned nguesses, usable;

// Who accesses a place: one hart, or several.
#define SHARED NTHREAD
static struct owner {
	uintptr_t addr;
	unsigned by;
} owners[512];
static unsigned nowners;
static bool learned; // a place is shared that was not known to be

// ---- Sites and mutants ----------------------------------------------------------

// A site is a call of ours in the code; one line of source may have several.
static struct site {
	uintptr_t pc;
	const char *op;
	int order;
} sites[1024];
static unsigned nsites;
static int mutantorder = -1;
static uintptr_t mutantpc[64];
static unsigned nmutantpc;
static char *program;

// whereis is FILE:LINE of a call, for the trace.
static const char *
whereis(uintptr_t pc)
{
	static char line[512];
	char command[256], *name;
	FILE *f;

	snprintf(command, sizeof(command), "addr2line -e %s %#lx", program,
		 (unsigned long)pc - 1);
	f = popen(command, "r");
	if (f == NULL || fgets(line, sizeof(line), f) == NULL)
		snprintf(line, sizeof(line), "?");
	if (f != NULL)
		pclose(f);
	line[strcspn(line, " \n")] = '\0';
	name = strrchr(line, '/');
	return name != NULL ? name + 1 : line;
}

// orderof is the order of an access, after the mutant.
static int
orderof(uintptr_t pc, const char *op, int order)
{
	static struct site *recent[64];
	struct site **r = &recent[pc % 64];
	unsigned i = 0;

	if (*r == NULL || (*r)->pc != pc) {
		while (i < nsites && sites[i].pc != pc)
			i++;
		if (i == sizeof(sites) / sizeof(sites[0])) {
			fprintf(stderr, "weak: too many sites\n");
			exit(2);
		}
		if (i == nsites)
			sites[nsites++] = (struct site){ pc, op, order };
		*r = &sites[i];
	}
	for (i = 0; i < nmutantpc; i++)
		if (mutantpc[i] == pc - 1)
			return mutantorder;
	return order;
}

static bool
acquires(int o)
{
	return o == ACQ || o == CONSUME || o == ACQREL || o == SC;
}

static bool
releases(int o)
{
	return o == REL || o == ACQREL || o == SC;
}

// ---- Executions -------------------------------------------------------------------

static _Noreturn void
endexecution(const char *why)
{
	failure = why;
	inside = false;
	longjmp(executionend, 1);
}

_Noreturn void
weak_fail(const char *why)
{
	endexecution(why);
}

// cut ends an execution that is too long. The search goes on, for a failure
// elsewhere, but it is not complete.
static _Noreturn void
cut(void)
{
	incomplete = true;
	endexecution("");
}

static unsigned
choose(unsigned n)
{
	if (n <= 1)
		return 0;
	if (depth < length)
		return path[depth++].at;
	if (depth == MAXDEPTH)
		cut();
	path[depth] = (struct choice){ 0, (uint8_t)n };
	length = ++depth;
	return 0;
}

static void
note(uint64_t a)
{
	struct thread *t = &threads[self];

	t->history = (t->history ^ a) * 0x9e3779b97f4a7c15u;
	t->history ^= t->history >> 29;
}

static void
joinat(struct view *a, const struct view *b)
{
	for (unsigned i = 0; i < nlocs; i++)
		if (b->at[i] > a->at[i])
			a->at[i] = b->at[i];
}

static void
join(struct view *a, const struct view *b)
{
	joinat(a, b);
	for (unsigned i = 0; i < NTHREAD; i++)
		if (b->clock[i] > a->clock[i])
			a->clock[i] = b->clock[i];
}

static uint64_t
native(uintptr_t addr, unsigned size)
{
	switch (size) {
	case 1:
		return *(volatile uint8_t *)addr;
	case 2:
		return *(volatile uint16_t *)addr;
	case 4:
		return *(volatile uint32_t *)addr;
	default:
		return *(volatile uint64_t *)addr;
	}
}

static void
setnative(uintptr_t addr, unsigned size, uint64_t v)
{
	switch (size) {
	case 1:
		*(volatile uint8_t *)addr = (uint8_t)v;
		break;
	case 2:
		*(volatile uint16_t *)addr = (uint16_t)v;
		break;
	case 4:
		*(volatile uint32_t *)addr = (uint32_t)v;
		break;
	default:
		*(volatile uint64_t *)addr = v;
	}
}

static bool
onstack(uintptr_t addr)
{
	for (unsigned i = 0; i < NTHREAD; i++)
		if (addr - (uintptr_t)threads[i].stack < STACK)
			return true;
	return false;
}

static int
findloc(uintptr_t addr)
{
	for (unsigned i = 0; i < nlocs; i++)
		if (locs[i].addr == addr)
			return (int)i;
	return -1;
}

static int
locof(uintptr_t addr, unsigned size)
{
	int l = findloc(addr);

	if (l >= 0)
		return l;
	if (nlocs == NLOC) {
		fprintf(stderr, "weak: too many places with a history\n");
		exit(2);
	}
	locs[nlocs] =
		(struct loc){ .addr = addr, .size = (uint8_t)size, .n = 1 };
	locs[nlocs].m[0].value = native(addr, size);
	return (int)nlocs++;
}

// insert puts a store into l's history; every view moves with it.
static struct msg *
insert(int l, unsigned at, uint64_t value, bool rmw)
{
	struct loc *x = &locs[l];
	struct thread *t = &threads[self];

	if (x->n == NMSG)
		cut();
	if (at < x->n) {
		memmove(&x->m[at + 1], &x->m[at],
			(x->n - at) * sizeof(x->m[0]));
#define MOVE(v) ((v)->at[l] = (uint8_t)((v)->at[l] + ((v)->at[l] >= at)))
		for (unsigned i = 0; i < nlocs; i++)
			for (unsigned j = 0;
			     j < locs[i].n + (i == (unsigned)l ? 1u : 0u); j++)
				MOVE(&locs[i].m[j].view);
		for (unsigned i = 0; i < test->n; i++) {
			MOVE(&threads[i].cur);
			MOVE(&threads[i].acq);
			MOVE(&threads[i].rel);
			for (unsigned j = 0; j < threads[i].npending; j++)
				if (threads[i].pending[j].loc == l &&
				    threads[i].pending[j].from >= at)
					threads[i].pending[j].from++;
		}
		MOVE(&sc);
#undef MOVE
	}
	x->n++;
	x->m[at] = (struct msg){ .value = value,
				 .rmw = rmw,
				 .id = (self + 1) << 16 | t->nops };
	t->cur.at[l] = (uint8_t)at;
	if (at == x->n - 1u)
		setnative(x->addr, x->size, value);
	if (test->late != NULL &&
	    x->addr - (uintptr_t)test->late < test->latesize) {
		unsigned i = 0;

		while (i < nguesses &&
		       (guesses[i].addr != x->addr ||
			guesses[i].value != value || guesses[i].by != self))
			i++;
		if (i == nguesses && i < 256)
			guesses[nguesses++] =
				(struct guess){ x->addr, value, self };
	}
	return &x->m[at];
}

// settle makes a plain store to a place with a history part of it.
static void
settle(void)
{
	struct thread *t = &threads[self];
	int l;

	if (t->dirty == 0)
		return;
	l = findloc(t->dirty);
	if (l >= 0)
		insert(l, locs[l].n, native(t->dirty, t->dirtysize), false);
	t->dirty = 0;
}

// ---- Races --------------------------------------------------------------------------

static void
touched(uintptr_t addr, int kind, uintptr_t pc)
{
	struct thread *t = &threads[self];
	struct plain *p = NULL;
	static char text[256];

	for (unsigned i = 0; i < nplains; i++)
		if (plains[i].addr == addr) {
			p = &plains[i];
			break;
		}
	if (p == NULL) {
		if (nplains == NPLAIN) {
			fprintf(stderr, "weak: too many plain places\n");
			exit(2);
		}
		p = &plains[nplains++];
		memset(p, 0, sizeof(*p));
		p->addr = addr;
	}
	for (unsigned i = 0; i < test->n; i++)
		for (int k = 0; k < NKIND; k++) {
			if (i == self || p->last[k][i] <= t->cur.clock[i])
				continue;
			if ((k == PR || k == AR) && (kind == PR || kind == AR))
				continue;
			if (k >= AR && kind >= AR)
				continue;
			snprintf(text, sizeof(text),
				 "data race on %#lx, at pc %#lx of hart %u",
				 (unsigned long)addr, (unsigned long)pc - 1,
				 self);
			endexecution(text);
		}
	p->last[kind][self] = t->cur.clock[self];
}

// ---- States seen --------------------------------------------------------------------

static uint64_t *seen;
static uint64_t seensize;

static void
forget(void)
{
	free(seen);
	seensize = 1 << 14;
	seen = calloc(seensize, sizeof(*seen));
	nstates = 0;
}

// remember puts h into the table; false if it was there.
static bool
remember(uint64_t h)
{
	uint64_t i = h >> 7;

	while (seen[i & (seensize - 1)] != 0)
		if (seen[i++ & (seensize - 1)] == h)
			return false;
	seen[i & (seensize - 1)] = h;
	return true;
}

static void
grow(void)
{
	uint64_t *old = seen, n = seensize;

	seensize *= 4;
	seen = calloc(seensize, sizeof(*seen));
	if (seen == NULL) {
		fprintf(stderr, "weak: no memory\n");
		exit(2);
	}
	for (uint64_t i = 0; i < n; i++)
		if (old[i] != 0)
			(void)remember(old[i]);
	free(old);
}

static uint64_t
mix(uint64_t h, uint64_t a)
{
	h = (h ^ a) * 0xff51afd7ed558ccdu;
	return h ^ h >> 32;
}

static uint64_t
hashview(uint64_t h, const struct view *v)
{
	uint64_t w;

	for (unsigned i = 0; i < nlocs; i += 8) {
		memcpy(&w, v->at + i, 8);
		h = mix(h, w);
	}
	memcpy(&w, v->clock, 8);
	return mix(h, w);
}

static uint64_t
hashstate(void)
{
	uint64_t h = nlocs;

	for (unsigned i = 0; i < nlocs; i++) {
		h = mix(h, locs[i].addr);
		for (unsigned j = 0; j < locs[i].n; j++) {
			const struct msg *m = &locs[i].m[j];

			h = mix(h, m->value);
			h = mix(h, (uint64_t)m->id << 1 | m->rmw);
			h = hashview(h, &m->view);
		}
	}
	h = hashview(h, &sc);
	for (unsigned i = 0; i < test->n; i++) {
		const struct thread *t = &threads[i];

		h = mix(h, t->history);
		h = mix(h, t->npoints);
		h = mix(h, (uint64_t)(t->awaits + 1) << 16 |
				   (uint64_t)(t->waits + 1) << 8 | t->ended |
				   (uint64_t)t->inirq << 1 |
				   (uint64_t)t->irqs << 32);
		h = hashview(h, &t->cur);
		h = hashview(h, &t->acq);
		h = hashview(h, &t->rel);
		for (unsigned j = 0; j < t->npending; j++)
			h = mix(h, t->pending[j].value ^
					   (uint64_t)t->pending[j].loc << 56 ^
					   (uint64_t)t->pending[j].from << 48);
	}
	for (unsigned i = 0; i < NFLAG; i++)
		h = mix(h, flags[i]);
	// Order of first access must not matter.
	uint64_t sum = 0;

	for (unsigned i = 0; i < nplains; i++) {
		uint64_t p = mix(1, plains[i].addr), w;

		for (int k = 0; k < NKIND; k++) {
			memcpy(&w, plains[i].last[k], 8);
			p = mix(p, w);
		}
		sum += p;
	}
	return mix(h, sum) | 1;
}

// seenbefore: this state has been, or is being, continued in all ways.
static bool
seenbefore(void)
{
	if (!remember(hashstate()))
		return true;
	if (nstates > seensize / 2)
		grow();
	if (++nstates >= maxstates)
		cut();
	return false;
}

// ---- Harts ----------------------------------------------------------------------------

unsigned
weak_self(void)
{
	return self;
}

static void
trace(const char *op, int order, int l, uint64_t v, uintptr_t pc)
{
	if (!tracing)
		return;
	printf("#   hart %u %-5s %-6s ", self, op, ordername[order]);
	if (l >= 0)
		printf("%#lx = %#lx", (unsigned long)locs[l].addr,
		       (unsigned long)v);
	printf("  %s\n", pc != 0 ? whereis(pc) : "");
}

static void
toscheduler(void)
{
	threads[self].npoints++;
	if (_setjmp(threads[self].here) == 0)
		_longjmp(scheduler, 1);
}

static bool
irqpossible(const struct thread *t)
{
	return t->irqs > 0 && !t->masked && !t->inirq;
}

static void
handler(void)
{
	struct thread *t = &threads[self];

	t->irqs--;
	t->inirq = true;
	note(0x1111);
	if (tracing)
		printf("#   hart %u interrupt\n", self);
	test->irq[self]();
	if (tracing)
		printf("#   hart %u interrupt ends\n", self);
	t->inirq = false;
}

// point is where others may come between; before every access to memory with
// a history.
static void
point(void)
{
	settle();
	toscheduler();
	while (irqpossible(&threads[self]) && choose(2) == 1) {
		handler();
		settle();
		toscheduler();
	}
}

// shared tells whether others access the place, too.
static bool
shared(uintptr_t addr)
{
	unsigned i = 0;

	while (i < nowners && owners[i].addr != addr)
		i++;
	if (i == nowners) {
		if (nowners == sizeof(owners) / sizeof(owners[0]))
			return true;
		owners[nowners++] = (struct owner){ addr, self };
		return false;
	}
	if (owners[i].by != self && owners[i].by != SHARED) {
		owners[i].by = SHARED;
		learned = true;
	}
	return owners[i].by == SHARED;
}

// pointat is point before an access of addr.
static void
pointat(uintptr_t addr)
{
	if (shared(addr) || test->irqs[self] > 0)
		point();
	else
		settle();
}

static bool
runnable(const struct thread *t)
{
	if (t->ended)
		return false;
	if (t->awaits >= 0)
		return locs[t->awaits].n - 1 > t->cur.at[t->awaits] ||
		       irqpossible(t);
	if (t->waits >= 0)
		return flags[t->waits] || irqpossible(t);
	return true;
}

_Noreturn void
weak_end(void)
{
	settle();
	if (threads[self].npending > 0)
		endexecution(""); // a guess that did not come true
	threads[self].ended = true;
	inside = false;
	_longjmp(scheduler, 1);
}

static void
fiber(void)
{
	unsigned me = self;

	for (;;) {
		if (_setjmp(threads[me].top) == 0)
			_longjmp(scheduler, 2);
		test->hart[me]();
		weak_end();
	}
}

static void
makefibers(void)
{
	for (self = 0; self < NTHREAD; self++) {
		struct thread *t = &threads[self];

		t->stack = malloc(STACK);
		getcontext(&t->context);
		t->context.uc_stack.ss_sp = t->stack;
		t->context.uc_stack.ss_size = STACK;
		makecontext(&t->context, fiber, 0);
		if (_setjmp(scheduler) == 0)
			setcontext(&t->context);
	}
}

// execute runs one execution; true if a property does not hold.
static bool
execute(unsigned fresh)
{
	volatile bool started[NTHREAD] = { false };

	nlocs = nplains = 0;
	memset(&sc, 0, sizeof(sc));
	memset(flags, 0, sizeof(flags));
	for (unsigned i = 0; i < NTHREAD; i++) {
		struct thread *t = &threads[i];

		memset(&t->cur, 0, sizeof(t->cur));
		memset(&t->acq, 0, sizeof(t->acq));
		memset(&t->rel, 0, sizeof(t->rel));
		t->cur.clock[i] = 1;
		t->history = t->nops = t->npending = t->npoints = 0;
		t->lastloc = t->awaits = t->waits = -1;
		t->ended = t->masked = t->inirq = false;
		t->nrounds = 0;
		t->irqs = test->irqs[i];
		t->now = 1;
		t->dirty = 0;
	}
	depth = 0;
	failure = NULL;
	inside = false;
	self = 0;
	test->reset();
	if (setjmp(executionend) != 0)
		return failure[0] != '\0';
	for (;;) {
		unsigned can[NTHREAD], n = 0;

		for (unsigned i = 0; i < test->n; i++)
			if (runnable(&threads[i]))
				can[n++] = i;
		if (n == 0)
			break;
		if (depth >= fresh && depth == length && seenbefore())
			return false;
		self = can[choose(n)];
		inside = true;
		if (_setjmp(scheduler) == 0) {
			if (!started[self]) {
				started[self] = true;
				_longjmp(threads[self].top, 1);
			}
			_longjmp(threads[self].here, 1);
		}
		inside = false;
	}
	for (unsigned i = 0; i < test->n; i++)
		if (threads[i].npending > 0)
			return false;
	test->final();
	return false;
}

// ---- Late loads ----------------------------------------------------------------------

// resolve carries late loads out: those of place l, or all (-1).
static void
resolve(int l)
{
	struct thread *t = &threads[self];

	for (unsigned i = 0; i < t->npending;) {
		struct pending p = t->pending[i];
		unsigned can[NMSG], n = 0;

		if (l >= 0 && p.loc != l) {
			i++;
			continue;
		}
		for (unsigned j = p.from; j < locs[p.loc].n; j++)
			if (locs[p.loc].m[j].value == p.value &&
			    locs[p.loc].m[j].id >> 16 != self + 1)
				can[n++] = j;
		if (n == 0)
			endexecution(""); // nobody stored it: void
		n = can[choose(n)];
		note(locs[p.loc].m[n].id);
		if (n > t->cur.at[p.loc])
			t->cur.at[p.loc] = (uint8_t)n;
		join(&t->acq, &locs[p.loc].m[n].view);
		memmove(&t->pending[i], &t->pending[i + 1],
			(--t->npending - i) * sizeof(t->pending[0]));
	}
}

// guess lets a load of l be late: true, and *v is what it will read.
static bool
guess(int l, unsigned *pick, unsigned n, uint64_t *v)
{
	struct thread *t = &threads[self];
	unsigned g = 0, which[256];
	uintptr_t a = locs[l].addr;

	if (test->late == NULL || a - (uintptr_t)test->late >= test->latesize ||
	    t->npending == NPENDING) {
		*pick = choose(n);
		return false;
	}
	for (unsigned i = 0; i < usable; i++) {
		unsigned j = i;

		if (guesses[i].addr != a || guesses[i].by == self)
			continue;
		while (j > 0 &&
		       (guesses[j - 1].addr != a || guesses[j - 1].by == self ||
			guesses[j - 1].value != guesses[i].value))
			j--;
		if (j == 0) // each value once
			which[g++] = i;
	}
	*pick = choose(n + g);
	if (*pick < n)
		return false;
	*v = guesses[which[*pick - n]].value;
	t->pending[t->npending++] =
		(struct pending){ (uint8_t)l, locs[l].n, *v, t->nops };
	return true;
}

// ---- Accesses ---------------------------------------------------------------------------

static void
begin(void)
{
	struct thread *t = &threads[self];

	t->nops++;
	if (t->cur.clock[self] == UINT16_MAX)
		cut();
	t->cur.clock[self]++;
}

// see lets this hart see store i of l.
static void
see(int l, unsigned i, int order)
{
	struct thread *t = &threads[self];
	const struct msg *m = &locs[l].m[i];

	t->cur.at[l] = (uint8_t)i;
	join(&t->acq, &m->view);
	if (acquires(order))
		join(&t->cur, &m->view);
	t->lastloc = l;
	note(m->id);
	note(m->value);
}

static unsigned
oldest(int l, int order)
{
	unsigned lo = threads[self].cur.at[l];

	if (order == SC && sc.at[l] > lo)
		lo = sc.at[l];
	return lo;
}

// goesround voids an execution in which a hart has gone round a loop ROUNDS times,
// has read the same each time and stored nothing: it might as well not have.
static void
goesround(uintptr_t pc, uint64_t event)
{
	struct thread *t = &threads[self];
	unsigned i, at = NROUND;

	for (i = 0; i < t->nrounds; i++) {
		t->round[i].now = mix(t->round[i].now, event ^ pc);
		if (t->round[i].pc == pc)
			at = i;
	}
	if (pc == 0)
		return;
	if (at == NROUND) {
		if (t->nrounds < NROUND)
			t->round[t->nrounds++] = (struct round){ .pc = pc };
		return;
	}
	struct round *r = &t->round[at];

	r->same = r->now == r->last ? r->same + 1 : 0;
	if (r->same == ROUNDS)
		endexecution("");
	r->last = r->now;
	r->now = 0;
}

static uint64_t
doload(uintptr_t addr, unsigned size, int order, uintptr_t pc)
{
	unsigned lo, n, pick;
	uint64_t v;
	int l;

	if (!inside)
		return native(addr, size);
	order = orderof(pc, "load", order);
	pointat(addr);
	l = locof(addr, size);
	begin();
	resolve(order == SC ? -1 : l);
	lo = oldest(l, order);
	n = locs[l].n - lo;
	if (order != RLX || !guess(l, &pick, n, &v)) {
		if (order != RLX)
			pick = choose(n);
		pick = locs[l].n - 1 - pick; // the newest first
		see(l, pick, order);
		v = locs[l].m[pick].value;
	} else {
		note(v);
		trace("late", order, l, v, 0);
	}
	touched(addr, AR, pc);
	trace("load", order, l, v, pc);
	goesround(pc, locs[l].m[threads[self].cur.at[l]].id ^ v << 32);
	return v;
}

// put stores: the store's view is what its order carries.
static void
put(int l, unsigned at, uint64_t v, int order, const struct msg *read)
{
	struct thread *t = &threads[self];
	struct view seq;
	struct msg *m;

	if (read != NULL)
		seq = read->view;
	goesround(0, (uint64_t)t->nops << 40);
	m = insert(l, at, v, read != NULL);
	m->view = releases(order) ? t->cur : t->rel;
	if (read != NULL) {
		seq.at[l] = 0;
		join(&m->view, &seq);
	}
	m->view.at[l] = (uint8_t)at;
	if (order == SC && at > sc.at[l])
		sc.at[l] = (uint8_t)at;
}

static void
dostore(uintptr_t addr, unsigned size, uint64_t v, int order, uintptr_t pc)
{
	unsigned can[NMSG], n = 0, lo;
	int l;

	if (!inside) {
		setnative(addr, size, v);
		return;
	}
	order = orderof(pc, "store", order);
	pointat(addr);
	l = locof(addr, size);
	begin();
	resolve(releases(order) ? -1 : l);
	lo = oldest(l, order);
	for (unsigned i = locs[l].n; i > lo; i--)
		if (i == locs[l].n || !locs[l].m[i].rmw)
			can[n++] = i;
	touched(addr, AW, pc);
	put(l, can[choose(n)], v, order, NULL);
	note(v);
	trace("store", order, l, v, pc);
}

// dormw: f makes the new value of the old one.
static uint64_t
dormw(uintptr_t addr, unsigned size, uint64_t (*f)(uint64_t, uint64_t),
      uint64_t arg, int order, const char *op, uintptr_t pc)
{
	unsigned can[NMSG], n = 0, i;
	uint64_t old, v;
	struct msg read;
	int l;

	if (!inside) {
		old = native(addr, size);
		setnative(addr, size, f(old, arg));
		return old;
	}
	order = orderof(pc, op, order);
	pointat(addr);
	l = locof(addr, size);
	begin();
	resolve(releases(order) ? -1 : l);
	for (i = locs[l].n; i-- > oldest(l, order);)
		if (i == locs[l].n - 1u || !locs[l].m[i + 1].rmw)
			can[n++] = i;
	i = can[choose(n)];
	see(l, i, order);
	read = locs[l].m[i];
	old = read.value;
	v = f(old, arg);
	if (size < 8)
		v &= (1ull << 8 * size) - 1;
	touched(addr, AW, pc);
	put(l, i + 1, v, order, &read);
	trace(op, order, l, v, pc);
	return old;
}

static bool
docas(uintptr_t addr, unsigned size, uint64_t *expected, uint64_t v, int order,
      int failorder, uintptr_t pc)
{
	unsigned can[NMSG], n = 0, i;
	struct msg read;
	int l;

	if (!inside) {
		if (native(addr, size) != *expected) {
			*expected = native(addr, size);
			return false;
		}
		setnative(addr, size, v);
		return true;
	}
	order = orderof(pc, "cas", order);
	pointat(addr);
	l = locof(addr, size);
	begin();
	resolve(releases(order) ? -1 : l);
	for (i = locs[l].n; i-- > oldest(l, order);)
		if (locs[l].m[i].value != *expected || i == locs[l].n - 1u ||
		    !locs[l].m[i + 1].rmw)
			can[n++] = i;
	i = can[choose(n)];
	read = locs[l].m[i];
	if (read.value != *expected) {
		see(l, i, failorder);
		touched(addr, AR, pc);
		*expected = read.value;
		trace("cas!", failorder, l, read.value, pc);
		return false;
	}
	see(l, i, order);
	touched(addr, AW, pc);
	put(l, i + 1, v, order, &read);
	trace("cas", order, l, v, pc);
	return true;
}

static void
dofence(int order, uintptr_t pc)
{
	struct thread *t = &threads[self];

	if (!inside)
		return;
	order = orderof(pc, "fence", order);
	if (order == NONE)
		return;
	point();
	begin();
	resolve(-1);
	if (acquires(order))
		join(&t->cur, &t->acq);
	if (order == SC) {
		joinat(&t->cur, &sc);
		joinat(&sc, &t->cur);
	}
	if (releases(order))
		t->rel = t->cur;
	note(0x2222);
	trace("fence", order, -1, 0, pc);
}

static void
doplain(uintptr_t addr, unsigned size, bool write, uintptr_t pc)
{
	struct thread *t = &threads[self];

	if (!inside || onstack(addr))
		return;
	settle();
	if (irqpossible(t))
		point();
	touched(addr, write ? PW : PR, pc);
	if (write) {
		t->dirty = addr;
		t->dirtysize = (uint8_t)size;
	} else if (size <= 8) {
		note(native(addr, size));
	}
}

// ---- What gcc calls -----------------------------------------------------------------------

#define PC ((uintptr_t)__builtin_return_address(0))
#define ADDR ((uintptr_t)a)

static uint64_t
fadd(uint64_t a, uint64_t b)
{
	return a + b;
}
static uint64_t
fsub(uint64_t a, uint64_t b)
{
	return a - b;
}
static uint64_t
fand(uint64_t a, uint64_t b)
{
	return a & b;
}
static uint64_t
for_(uint64_t a, uint64_t b)
{
	return a | b;
}
static uint64_t
fxchg(uint64_t a, uint64_t b)
{
	(void)a;
	return b;
}

#define RMW(bits, name, f) \
	uint##bits##_t __tsan_atomic##bits##_##name( \
		volatile uint##bits##_t *a, uint##bits##_t v, int o) \
	{ \
		return (uint##bits##_t)dormw(ADDR, bits / 8, f, v, o, "rmw", \
					     PC); \
	}
#define ATOMIC(bits) \
	uint##bits##_t __tsan_atomic##bits##_load( \
		const volatile uint##bits##_t *a, int o) \
	{ \
		return (uint##bits##_t)doload(ADDR, bits / 8, o, PC); \
	} \
	void __tsan_atomic##bits##_store(volatile uint##bits##_t *a, \
					 uint##bits##_t v, int o) \
	{ \
		dostore(ADDR, bits / 8, v, o, PC); \
	} \
	int __tsan_atomic##bits##_compare_exchange_strong( \
		volatile uint##bits##_t *a, uint##bits##_t *c, \
		uint##bits##_t v, int o, int fo) \
	{ \
		uint64_t old = *c; \
		bool ok = docas(ADDR, bits / 8, &old, v, o, fo, PC); \
\
		*c = (uint##bits##_t)old; \
		return ok; \
	} \
	RMW(bits, exchange, fxchg) \
	RMW(bits, fetch_add, fadd) \
	RMW(bits, fetch_sub, fsub) \
	RMW(bits, fetch_and, fand) \
	RMW(bits, fetch_or, for_)

ATOMIC(8)
ATOMIC(16)
ATOMIC(32)
ATOMIC(64)

void
__tsan_atomic_thread_fence(int o)
{
	dofence(o, PC);
}

void
__tsan_atomic_signal_fence(int o)
{
	(void)o;
}

#define PLAIN(bytes) \
	void __tsan_read##bytes(void *a) \
	{ \
		doplain(ADDR, bytes, false, PC); \
	} \
	void __tsan_write##bytes(void *a) \
	{ \
		doplain(ADDR, bytes, true, PC); \
	} \
	void __tsan_unaligned_read##bytes(void *a) \
	{ \
		doplain(ADDR, bytes, false, PC); \
	} \
	void __tsan_unaligned_write##bytes(void *a) \
	{ \
		doplain(ADDR, bytes, true, PC); \
	}

PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

void
__tsan_read_range(void *a, unsigned long n)
{
	for (unsigned long i = 0; i < n; i += 8)
		doplain(ADDR + i, 8, false, PC);
}

void
__tsan_write_range(void *a, unsigned long n)
{
	for (unsigned long i = 0; i < n; i += 8)
		doplain(ADDR + i, 8, true, PC);
}

void
__tsan_init(void)
{
}

void
__tsan_func_entry(void *pc)
{
	(void)pc;
}

void
__tsan_func_exit(void)
{
}

// ---- What tests call --------------------------------------------------------------------

void
weak_flag(unsigned f)
{
	point();
	begin();
	flags[f] = true;
	note(0x3333);
	if (tracing)
		printf("#   hart %u raises flag %u\n", self, f);
}

void
weak_wait(unsigned f)
{
	struct thread *t = &threads[self];

	settle();
	if (t->npending > 0)
		resolve(-1);
	if (tracing)
		printf("#   hart %u waits for flag %u\n", self, f);
	t->waits = (int)f;
	toscheduler();
	t->waits = -1;
	if (flags[f] && (!irqpossible(t) || choose(2) == 0))
		flags[f] = false;
	else
		handler();
	note(0x4444);
}

bool
weak_up(unsigned f)
{
	return flags[f];
}

bool
weak_waits(unsigned t)
{
	return threads[t].waits >= 0;
}

bool
weak_ended(unsigned t)
{
	return threads[t].ended;
}

void
weak_await(void)
{
	struct thread *t = &threads[self];
	int l = t->lastloc;

	settle();
	t->awaits = l;
	toscheduler();
	t->awaits = -1;
	if (irqpossible(t) &&
	    (locs[l].n - 1 == t->cur.at[l] || choose(2) == 1)) {
		handler();
		return;
	}
	t->cur.at[l]++; // what is newer will be read
	note(0x5555);
}

uintptr_t
weak_irqsave(void)
{
	bool was = threads[self].masked;

	threads[self].masked = true;
	return was;
}

void
weak_irqrestore(uintptr_t s)
{
	threads[self].masked = s != 0;
}

int64_t
weak_now(void)
{
	return threads[self].now += 2000;
}

// ---- The search ---------------------------------------------------------------------------

// search explores the test; true if it holds.
static bool
search(void)
{
	unsigned fresh = 0;

	nguesses = usable = nowners = 0;
	executions = 0;
	for (;;) {
		forget();
		learned = false;
		length = deepest = 0;
		fresh = 0;
		for (;;) {
			bool bad = execute(fresh);

			executions++;
			if (bad)
				return false;
			if (depth > deepest)
				deepest = depth;
			while (length > 0 &&
			       path[length - 1].at + 1 == path[length - 1].of)
				length--;
			if (length == 0 || learned)
				break;
			path[length - 1].at++;
			fresh = length;
		}
		if (usable == nguesses && !learned)
			return true;
		usable = nguesses; // once more, with what was learned
	}
}

// show runs the failing execution again and says what happens.
static void
show(void)
{
	const char *why = failure;
	char *said = strdup(why);

	tracing = true;
	length = length > depth ? depth : length;
	forget();
	(void)execute(length + 1);
	printf("#   %s\n", said);
	free(said);
	tracing = false;
}

static void
printsites(void)
{
	for (unsigned i = 0; i < nsites; i++)
		printf("site %#lx %s %s\n", (unsigned long)sites[i].pc - 1,
		       sites[i].op, ordername[sites[i].order]);
}

int
main(int argc, char **argv)
{
	const char *only = NULL;
	bool wantsites = false, bad = false, gaps = false;
	unsigned large = 0;
	char *word;
	int c;

	program = argv[0];
	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((c = getopt(argc, argv, "t:w:sql:n:")) != -1)
		switch (c) {
		case 't':
			only = optarg;
			break;
		case 's':
			wantsites = true;
			break;
		case 'l':
			large = (unsigned)atoi(optarg);
			break;
		case 'q':
			quiet = true;
			break;
		case 'n':
			maxstates = strtoull(optarg, NULL, 0);
			break;
		case 'w':
			word = strtok(optarg, ":");
			for (int i = RLX; i <= NONE; i++)
				if (strcmp(ordername[i], word) == 0)
					mutantorder = i;
			while ((word = strtok(NULL, ":")) != NULL &&
			       nmutantpc < 64)
				mutantpc[nmutantpc++] = strtoul(word, NULL, 0);
			break;
		default:
			return 2;
		}
	makefibers();
	for (test = weak_tests; test->name != NULL; test++) {
		bool ok;

		if (only != NULL ? strcmp(only, test->name) != 0 :
				   test->large > large)
			continue;
		incomplete = false;
		ok = search();
		gaps |= ok && incomplete;
		printf("%s %s # %llu states, %llu executions, depth %u%s%s\n",
		       ok         ? "holds" :
		       incomplete ? "incomplete" :
				    "fails",
		       test->name, nstates, executions, deepest, ok ? "" : ": ",
		       ok ? "" : failure);
		if (!ok && !quiet)
			show();
		bad |= !ok;
		if (bad && mutantorder >= 0)
			break;
	}
	if (wantsites)
		printsites();
	return bad ? 1 : gaps ? 2 : 0;
}
