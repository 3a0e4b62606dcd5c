// riscv64_fdt.c: reads a flattened device tree once, front to back, without
// memory of its own. It knows four things: /cpus/cpu@*, timebase-frequency,
// /memory@* and /chosen's bootargs. Every access is checked against the tree's
// own size, so that a damaged tree gives a short answer and no fault.
//
// The properties of a node come before its children (the format says so), and
// a node is judged when it has been read completely, because its properties
// come in any order.
#include "riscv64_fdt.h"

#define FDT_MAGIC 0xd00dfeedu

enum {
	FDT_BEGIN_NODE = 1,
	FDT_END_NODE = 2,
	FDT_PROP = 3,
	FDT_NOP = 4,
	FDT_SIZE_MAX = 0x200000
};

enum place { ELSEWHERE, ROOT, CPUS, CPU, MEMORY, CHOSEN };

// A piece of the tree that has been checked to be there.
struct piece {
	const unsigned char *p;
	uint32_t n;
};

struct walk {
	struct piece structs;
	struct piece strings;
	uint32_t at;             // offset in structs
	unsigned depth;          // nodes open
	enum place place;        // what the innermost open node is
	bool in_cpus;            // /cpus is open
	uint32_t acells, scells; // root's
	uint32_t cpu_acells;
	struct piece reg, status, type; // of the node being read
	struct fdt_facts *f;
};

static uint32_t
be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

// cells reads a number of 1 or 2 cells (the lower two of more) at offset `at`.
static uint64_t
cells(struct piece v, uint32_t at, uint32_t n)
{
	uint64_t x = 0;

	for (uint32_t i = 0; i < n && at + 4 * i + 4 <= v.n; i++)
		x = x << 32 | be32(v.p + at + 4 * i);
	return x;
}

// is says whether v is the string s, its zero included.
static bool
is(struct piece v, const char *s)
{
	uint32_t i = 0;

	while (i < v.n && s[i] != 0 && v.p[i] == (unsigned char)s[i])
		i++;
	return i < v.n && s[i] == 0 && v.p[i] == 0;
}

// named says whether a node's name is s or s@something.
static bool
named(struct piece name, const char *s)
{
	uint32_t i = 0;

	while (i < name.n && s[i] != 0 && name.p[i] == (unsigned char)s[i])
		i++;
	return i < name.n && s[i] == 0 && (name.p[i] == 0 || name.p[i] == '@');
}

// string cuts the zero-ended string at offset `at`; n == 0 if it has no end.
static struct piece
string(struct piece from, uint32_t at)
{
	struct piece s = { NULL, 0 };

	for (uint32_t i = at; i < from.n; i++) {
		if (from.p[i] == 0) {
			s.p = from.p + at;
			s.n = i - at + 1;
			break;
		}
	}
	return s;
}

static void
found_cpu(struct walk *w)
{
	struct fdt_facts *f = w->f;

	if (!is(w->type, "cpu") || w->reg.n < 4)
		return;
	if (w->status.n > 0 && !is(w->status, "okay") && !is(w->status, "ok"))
		return;
	if (f->nhart < sizeof f->hart / sizeof f->hart[0])
		f->hart[f->nhart++] = (uint32_t)cells(w->reg, 0, w->cpu_acells);
}

static void
found_memory(struct walk *w)
{
	struct fdt_facts *f = w->f;
	uint32_t a = w->acells, s = w->scells;

	if (a == 0 || a > 4 || s == 0 || s > 4)
		return;
	for (uint32_t at = 0; at + 4 * (a + s) <= w->reg.n; at += 4 * (a + s)) {
		uint64_t lo = cells(w->reg, at, a);
		uint64_t size = cells(w->reg, at + 4 * a, s);

		if (f->inside >= lo && f->inside - lo < size) {
			f->ram_lo = lo;
			f->ram_hi = lo + size;
		}
	}
}

// close_head judges a node whose properties are complete.
static void
close_head(struct walk *w)
{
	if (w->place == CPU)
		found_cpu(w);
	else if (w->place == MEMORY)
		found_memory(w);
	w->place = ELSEWHERE;
}

static bool
begin_node(struct walk *w)
{
	struct piece name = string(w->structs, w->at);

	if (name.n == 0)
		return false;
	close_head(w);
	w->at += (name.n + 3) & ~3u;
	w->depth++;
	w->reg.n = w->status.n = w->type.n = 0;
	if (w->depth == 1)
		w->place = ROOT;
	else if (w->depth == 2 && named(name, "cpus"))
		w->place = CPUS;
	else if (w->depth == 2 && named(name, "memory"))
		w->place = MEMORY;
	else if (w->depth == 2 && named(name, "chosen"))
		w->place = CHOSEN;
	else if (w->depth == 3 && w->in_cpus && named(name, "cpu"))
		w->place = CPU;
	if (w->place == CPUS)
		w->in_cpus = true;
	return true;
}

static bool
end_node(struct walk *w)
{
	close_head(w);
	if (w->depth == 0)
		return false;
	if (w->depth == 2)
		w->in_cpus = false;
	w->depth--;
	return true;
}

static void
take_args(struct fdt_facts *f, struct piece v)
{
	size_t i;

	if (f->args_bytes == 0)
		return;
	for (i = 0; i < v.n && i + 1 < f->args_bytes && v.p[i] != 0; i++)
		f->args[i] = (char)v.p[i];
	f->args[i] = 0;
}

static void
take_prop(struct walk *w, struct piece name, struct piece v)
{
	if (is(name, "reg"))
		w->reg = v;
	else if (is(name, "status"))
		w->status = v;
	else if (is(name, "device_type"))
		w->type = v;
	else if (is(name, "bootargs") && w->place == CHOSEN)
		take_args(w->f, v);
	else if (is(name, "#address-cells") && w->place == ROOT)
		w->acells = (uint32_t)cells(v, 0, 1);
	else if (is(name, "#size-cells") && w->place == ROOT)
		w->scells = (uint32_t)cells(v, 0, 1);
	else if (is(name, "#address-cells") && w->place == CPUS)
		w->cpu_acells = (uint32_t)cells(v, 0, 1);
	else if (is(name, "timebase-frequency") &&
		 (w->place == CPUS || w->place == CPU))
		w->f->timebase = (uint32_t)cells(v, 0, v.n / 4);
}

static bool
prop(struct walk *w)
{
	struct piece v;
	uint32_t off;

	if (w->structs.n - w->at < 8)
		return false;
	v.n = be32(w->structs.p + w->at);
	off = be32(w->structs.p + w->at + 4);
	w->at += 8;
	if (v.n > w->structs.n - w->at)
		return false;
	v.p = w->structs.p + w->at;
	w->at += (v.n + 3) & ~3u;
	take_prop(w, string(w->strings, off), v);
	return w->at <= w->structs.n;
}

// step reads one token; false at the end of the tree or of its good part.
static bool
step(struct walk *w)
{
	uint32_t token;

	if (w->at > w->structs.n || w->structs.n - w->at < 4)
		return false;
	token = be32(w->structs.p + w->at);
	w->at += 4;
	switch (token) {
	case FDT_BEGIN_NODE:
		return begin_node(w);
	case FDT_END_NODE:
		return end_node(w) && w->depth > 0;
	case FDT_PROP:
		return prop(w);
	case FDT_NOP:
		return true;
	}
	return false;
}

// part cuts {offset, size} out of the tree; n == 0 if it is not inside.
static struct piece
part(const unsigned char *tree, uint32_t total, uint32_t off, uint32_t size)
{
	struct piece s = { tree, 0 };

	if (off <= total && size <= total - off) {
		s.p = tree + off;
		s.n = size;
	}
	return s;
}

bool
fdt_read(const void *p, struct fdt_facts *f)
{
	const unsigned char *tree = p;
	struct walk w = { .f = f, .acells = 2, .scells = 1, .cpu_acells = 1 };
	uint32_t total;

	if (tree == NULL || be32(tree) != FDT_MAGIC)
		return false;
	total = be32(tree + 4);
	if (total < 40 || total > FDT_SIZE_MAX)
		return false;
	w.structs = part(tree, total, be32(tree + 8), be32(tree + 36));
	w.strings = part(tree, total, be32(tree + 12), be32(tree + 32));
	while (step(&w))
		;
	return w.depth == 0 && w.structs.n > 0;
}
