// count.c is a plugin of QEMU's that counts executed guest instructions between
// marks. It knows nothing of gzero: a mark is an address, so the same plugin counts
// a Go program under qemu-x86_64. tools/counts.py and make bench-go build it.
//
//   -plugin count.so,out=PATH,begin=ADDR,end=ADDR[,...]
//
//   out=PATH       where the result goes, when QEMU ends
//   begin=ADDR     an interval begins when the instruction there is executed
//   end=ADDR       and ends when this one is; neither nests. The instruction at
//                  begin counts, the one at end does not
//   entry=ADDR     first instruction of an interrupt; may be several, A:B:C
//   woken=ADDR     the instruction that the interrupt was for (A:B:C too):
//                  instructions from the last entry on are one latency (entry's
//                  counts, woken's does not)
//   table=PATH     what instructions do to the interrupt mask, one a line, `ADDRESS
//                  KIND` in hexadecimal, as tools/sweep.py writes it: the longest
//                  stretches with interrupts masked
//   trace=N        writes the addresses of the Nth interval (0 first) down,
//   pcs=PATH       here, 8 bytes each, in the order of execution,
//   skip=S         without the first S,
//   most=M         and at most M (65536)
//
// The result has a line for each interval and what was seen in it, in the order of
// time, numbers decimal but for addresses:
//   interval N ALL C0 C1 ...     instructions of all cores, then of each core (in
//                                user mode: thread) that ever ran
//   latency N COUNT              one for each woken
//   handlers N HOW-MANY ALL      interrupts, and their instructions
//   masked N COUNT FROM TO WHEN  the longest stretch outside of handlers: between the
//                                instruction that masks (at FROM) and the one that
//                                unmasks (at TO), neither counted; WHEN: what its
//                                core had executed of the interval before FROM
//   handler N COUNT FROM TO WHEN  the longest handler: both counted
//
// What always holds:
//  - An instruction counts when it is begun, so one that faults counts, and an
//    x86 string instruction counts once for each repetition.
//  - Counting is a call for each instruction: inlined additions would share one
//    word between all cores, and counting by translated blocks is wrong where an
//    interrupt leaves a block in its middle.
//  - A core writes only its own counter. An interval's sum of several cores that
//    really run at once is as exact as the moment of its marks.
//
// Debian's QEMU has plugins compiled in, but not the header that declares them;
// what is used of the interface, version 1, is declared here.
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- What QEMU offers ------------------------------------------------------

struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(
	uint64_t id, void (*fn)(uint64_t id, struct qemu_plugin_tb *tb));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *,
						 size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*fn)(unsigned vcpu,
						       void *user),
					    int flags, void *user);
void qemu_plugin_register_atexit_cb(uint64_t id,
				    void (*fn)(uint64_t id, void *arg),
				    void *arg);

// What QEMU looks for: the version, and where to begin.
#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc,
			       char **argv);

// ---- State -----------------------------------------------------------------

enum { NCPU = 256, DEEP = 32, LINE = 64 };

// Instructions that are more than counted.
struct point {
	uint64_t at;
	bool begin, end, entry, woken;
	char kind; // of the mask table; '.'
};
static struct point *points;
static size_t npoints;

struct stretch {
	uint64_t n, from, to, when;
};
static struct cpu {
	_Alignas(LINE) uint64_t count, start; // start: of the interval
	uint64_t entered;                     // count at the last entry
	bool inside;                          // an entry waits for its woken
	// The mask, as tests/sweep/host/steps.c has it.
	bool masked, own, handler, inhandler;
	bool kept[DEEP], keptown[DEEP];
	unsigned depth, ownd;
	uint64_t from, since; // where it was masked, and count then
} cpus[NCPU];
static unsigned ncpus;

static struct {
	bool on;
	unsigned n;
	uint64_t handlers, all;
	struct stretch masked, handler;
} interval;

static struct {
	int n;
	uint64_t skip, most, have;
	uint64_t *pcs;
	const char *path;
	bool on;
} trace = { .n = -1, .most = 65536 };

static FILE *out;

// ---- Marks -----------------------------------------------------------------

static void
begin(void)
{
	for (unsigned i = 0; i < NCPU; i++)
		cpus[i].start = cpus[i].count;
	interval.on = true;
	interval.handlers = interval.all = 0;
	interval.masked = interval.handler = (struct stretch){ 0 };
	trace.on = (int)interval.n == trace.n;
	for (unsigned i = 0; i < NCPU; i++)
		cpus[i].from = 0;
}

static void
saystretch(const char *what, struct stretch s)
{
	if (s.from != 0)
		fprintf(out,
			"%s %u %" PRIu64 " 0x%" PRIx64 " 0x%" PRIx64 " %" PRIu64
			"\n",
			what, interval.n, s.n, s.from, s.to, s.when);
}

static void
end(void)
{
	uint64_t all = 0;

	interval.on = trace.on = false;
	for (unsigned i = 0; i < ncpus; i++)
		all += cpus[i].count - cpus[i].start;
	fprintf(out, "interval %u %" PRIu64, interval.n, all);
	for (unsigned i = 0; i < ncpus; i++)
		fprintf(out, " %" PRIu64, cpus[i].count - cpus[i].start);
	putc('\n', out);
	if (interval.handlers != 0)
		fprintf(out, "handlers %u %" PRIu64 " %" PRIu64 "\n",
			interval.n, interval.handlers, interval.all);
	saystretch("masked", interval.masked);
	saystretch("handler", interval.handler);
	interval.n++;
}

static void
woken(struct cpu *c)
{
	if (!c->inside)
		return;
	c->inside = false;
	if (interval.on)
		fprintf(out, "latency %u %" PRIu64 "\n", interval.n,
			c->count - c->entered - 1);
}

// ---- The mask --------------------------------------------------------------

static bool
closed(const struct cpu *c)
{
	return c->masked || c->own || c->handler;
}

static void
push(bool *stack, unsigned *depth, bool *state)
{
	if (*depth < DEEP)
		stack[(*depth)++] = *state;
	*state = true;
}

static void
pop(const bool *stack, unsigned *depth, bool *state)
{
	*state = *depth > 0 ? stack[--*depth] : false;
}

static void
opened(struct cpu *c, uint64_t at)
{
	struct stretch *s = c->inhandler ? &interval.handler : &interval.masked;
	uint64_t n = c->count - c->since - 1;

	if (c->inhandler)
		n += 2;
	if (interval.on && c->from != 0) {
		if (c->inhandler) {
			interval.handlers++;
			interval.all += n;
		}
		if (n >= s->n)
			*s = (struct stretch){ n, c->from, at,
					       c->since - c->start - 1 };
	}
	c->inhandler = false;
	c->from = 0;
}

static void
mask(struct cpu *c, const struct point *p)
{
	bool was = closed(c);

	switch (p->kind) {
	case 'E':
		c->handler = true;
		break;
	case 'X':
		c->handler = false;
		break;
	case 'e':
	case 'M':
		c->masked = true;
		c->depth = 0;
		break;
	case 'u':
	case 'U':
	case 'x':
		c->masked = false;
		c->depth = 0;
		break;
	case 'S':
		push(c->kept, &c->depth, &c->masked);
		break;
	case 'R':
		pop(c->kept, &c->depth, &c->masked);
		break;
	case 's':
		push(c->keptown, &c->ownd, &c->own);
		break;
	case 'r':
		pop(c->keptown, &c->ownd, &c->own);
		break;
	case 'i':
		c->own = true;
		break;
	case 'j':
		c->own = false;
		c->ownd = 0;
		break;
	default:
		return;
	}
	if (p->kind == 'E' || p->kind == 'e' || (!was && closed(c))) {
		c->inhandler = p->kind == 'E' || p->kind == 'e';
		c->from = p->at;
		c->since = c->count;
	} else if (was && !closed(c))
		opened(c, p->at);
}

// ---- Execution -------------------------------------------------------------

static void
step(unsigned vcpu, void *user)
{
	struct cpu *c = &cpus[vcpu % NCPU];

	c->count++;
	if (vcpu >= ncpus)
		ncpus = vcpu < NCPU ? vcpu + 1 : NCPU;
	if (trace.on && interval.on) {
		if (trace.skip > 0)
			trace.skip--;
		else if (trace.have < trace.most)
			trace.pcs[trace.have++] = (uint64_t)(uintptr_t)user;
	}
}

static void
stepat(unsigned vcpu, void *user)
{
	const struct point *p = user;
	struct cpu *c = &cpus[vcpu % NCPU];

	if (p->end && interval.on)
		end();
	if (p->begin)
		begin();
	step(vcpu, (void *)(uintptr_t)p->at);
	mask(c, p);
	if (p->entry) {
		c->entered = c->count - 1;
		c->inside = true;
	}
	if (p->woken)
		woken(c);
}

static struct point *
find(uint64_t at)
{
	size_t lo = 0, hi = npoints;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (points[mid].at < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < npoints && points[lo].at == at ? &points[lo] : NULL;
}

static void
translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t at = qemu_plugin_insn_vaddr(insn);
		struct point *p = find(at);

		if (p != NULL)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, stepat,
							       NO_REGS, p);
		else
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, step, NO_REGS, (void *)(uintptr_t)at);
	}
}

static void
finish(uint64_t id, void *arg)
{
	FILE *f;

	(void)id;
	(void)arg;
	if (fclose(out) != 0)
		perror("count");
	if (trace.n < 0)
		return;
	f = fopen(trace.path, "wb");
	if (f == NULL ||
	    fwrite(trace.pcs, sizeof *trace.pcs, trace.have, f) != trace.have)
		perror(trace.path);
	if (f != NULL)
		fclose(f);
}

// ---- Options ---------------------------------------------------------------

static struct point *
pointat(uint64_t at)
{
	for (size_t i = 0; i < npoints; i++)
		if (points[i].at == at)
			return &points[i];
	points = realloc(points, (npoints + 1) * sizeof *points);
	if (points == NULL)
		abort();
	points[npoints] = (struct point){ .at = at, .kind = '.' };
	return &points[npoints++];
}

static bool
readtable(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned long long at;
	char kind;

	if (f == NULL)
		return false;
	while (fscanf(f, "%llx %c", &at, &kind) == 2)
		if (strchr("MUuSRexEXsrij", kind) != NULL)
			pointat(at)->kind = kind;
	fclose(f);
	return true;
}

static int
order(const void *a, const void *b)
{
	const struct point *p = a, *q = b;

	return p->at < q->at ? -1 : p->at > q->at;
}

// option takes one word of the command line; false: it is not known.
static bool
option(const char *word)
{
	const char *v = strchr(word, '=');
	char name[8];
	size_t n;

	if (v == NULL || (n = (size_t)(v++ - word)) >= sizeof name)
		return false;
	memcpy(name, word, n);
	name[n] = 0;
	if (strcmp(name, "out") == 0)
		return (out = fopen(v, "w")) != NULL;
	if (strcmp(name, "begin") == 0)
		pointat(strtoull(v, NULL, 0))->begin = true;
	else if (strcmp(name, "end") == 0)
		pointat(strtoull(v, NULL, 0))->end = true;
	else if (strcmp(name, "entry") == 0 || strcmp(name, "woken") == 0)
		for (char *e; *v != 0; v = *e == ':' ? e + 1 : e) {
			struct point *p = pointat(strtoull(v, &e, 0));

			*(name[0] == 'e' ? &p->entry : &p->woken) = true;
			if (e == v)
				return false;
		}
	else if (strcmp(name, "table") == 0)
		return readtable(v);
	else if (strcmp(name, "trace") == 0)
		trace.n = atoi(v);
	else if (strcmp(name, "pcs") == 0)
		trace.path = strdup(v);
	else if (strcmp(name, "skip") == 0)
		trace.skip = strtoull(v, NULL, 0);
	else if (strcmp(name, "most") == 0)
		trace.most = strtoull(v, NULL, 0);
	else
		return false;
	return true;
}

int
qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (!option(argv[i])) {
			fprintf(stderr, "count: %s?\n", argv[i]);
			return -1;
		}
	if (out == NULL || npoints == 0 || (trace.n >= 0 && !trace.path)) {
		fprintf(stderr, "count: out, begin and end are needed, and "
				"with trace also pcs\n");
		return -1;
	}
	if (trace.n >= 0 && !(trace.pcs = malloc(trace.most * 8 + 8))) {
		perror("count");
		return -1;
	}
	qsort(points, npoints, sizeof *points, order);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
