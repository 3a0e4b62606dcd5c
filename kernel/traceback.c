// traceback.c: walking stacks, and names and lines for program counters.
//
// The build appends a table to the image (section .gzsym, made from the debug
// information by tools/mksymtab.py, which describes its layout). For every
// instruction of the image it says where the caller's frame is; so a goroutine
// can be walked from any instruction at which it was interrupted, code needs no
// frame pointer, and a walk costs the running program nothing.
//
// What always holds: nothing here writes memory that is not the caller's,
// takes a lock or allocates; every read of a stack is checked against its
// bounds first; every step moves sp towards the stack's upper end, so a walk
// over rubbish ends. Without a table (the first link, --level none, or a table
// of another image) every name is "?" and a walk ends where it begins. All of
// it is legal in any context, on any hart.
//
// Turned down: frame pointers (a register and two instructions in each
// function, and wrong in every prologue), scanning the stack for what looks
// like return addresses (prints frames that are long gone), and interpreting
// DWARF here (four times the bytes, a thousand lines in the place that must
// not fail).
//
// Go: symtab.go, traceback.go, and the pclntab.
#include "traceback.h"

#include "runtime.h"

// ---- The table --------------------------------------------------------------

// row holds from pc, an offset from __text_start, to the next row's pc.
struct row {
	uint32_t pc, value;
};

#define MAGIC 0x677a7331u

struct symtab {
	uint32_t magic;
	uint32_t pcmask;   // bits of a pc that are no address (Thumb's)
	uint32_t textsize; // of the image that the table was made for
	uint32_t nfunc, nunwind, nline, nfile;
	uint32_t entryrule; // rule at the first instruction of a function
	struct row rows[];  // functions, unwind, lines; then files, strings
};

// A rule; see mksymtab.py.
enum { UNKNOWN, CFA_SP, CFA_FP, END };

static inline unsigned
kind(uint32_t rule)
{
	return rule & 7;
}

static inline uintptr_t
rabelow(uint32_t rule)
{
	return (rule >> 3 & 63) * sizeof(uintptr_t);
}

static inline uintptr_t
fpbelow(uint32_t rule)
{
	return (rule >> 9 & 63) * sizeof(uintptr_t);
}

static inline uintptr_t
cfaoffset(uint32_t rule)
{
	return (uintptr_t)(rule >> 15) * sizeof(uintptr_t);
}

extern const unsigned char __text_start[], __text_end[];
extern const unsigned char __gzsym_start[] __attribute__((weak));
extern const unsigned char __gzsym_end[] __attribute__((weak));

// symtab is the image's table, or NULL if it has none that fits.
static const struct symtab *
symtab(void)
{
	const struct symtab *t = (const void *)__gzsym_start;
	uintptr_t size = (uintptr_t)__gzsym_end - (uintptr_t)__gzsym_start;
	uintptr_t text = (uintptr_t)__text_end - (uintptr_t)__text_start;

	if (size < sizeof *t || t->magic != MAGIC || t->textsize != text)
		return NULL;
	return t;
}

static const struct row *
funcs(const struct symtab *t)
{
	return t->rows;
}

static const struct row *
unwinds(const struct symtab *t)
{
	return funcs(t) + t->nfunc;
}

static const struct row *
lines(const struct symtab *t)
{
	return unwinds(t) + t->nunwind;
}

static const uint32_t *
files(const struct symtab *t)
{
	return (const void *)(lines(t) + t->nline);
}

static const char *
string(const struct symtab *t, uint32_t offset)
{
	return (const char *)(files(t) + t->nfile) + offset;
}

// find returns the row that holds at pc, an offset, or NULL.
static const struct row *
find(const struct row *rows, uint32_t n, uint32_t pc)
{
	uint32_t lo = 0, hi = n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (rows[mid].pc <= pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &rows[lo - 1] : NULL;
}

// textoffset makes an offset of pc: of the call before it if pc is a return
// address, for the call may be the last instruction of its function. False if
// pc is not in the text.
static bool
textoffset(const struct symtab *t, uintptr_t pc, bool exact, uint32_t *offset)
{
	uintptr_t o;

	o = (pc & ~(uintptr_t)t->pcmask) - !exact - (uintptr_t)__text_start;
	*offset = (uint32_t)o;
	return o < t->textsize;
}

// ---- Names ------------------------------------------------------------------

bool
findframe(uintptr_t pc, bool exact, struct frame *f)
{
	const struct symtab *t = symtab();
	const struct row *r;
	uint32_t offset;

	*f = (struct frame){ .pc = pc, .func = "?" };
	if (!t)
		return false;
	f->pc = (pc & ~(uintptr_t)t->pcmask) - !exact;
	if (!textoffset(t, pc, exact, &offset))
		return false;
	r = find(lines(t), t->nline, offset);
	if (r && r->value) {
		f->file = string(t, files(t)[r->value >> 20]);
		f->line = (int)(r->value & 0xfffff);
	}
	r = find(funcs(t), t->nfunc, offset);
	if (!r || !r->value)
		return false;
	f->func = string(t, r->value);
	f->entry = (uintptr_t)__text_start + r->pc;
	return true;
}

// ---- Walking ----------------------------------------------------------------

// ruleat is the rule for u. Whoever was interrupted outside the text, or where
// the table knows nothing, at a function's first instruction, has just been
// called: through a bad pointer, or into assembly that tells nothing of itself.
static uint32_t
ruleat(const struct symtab *t, const struct unwind *u)
{
	const struct row *r;
	uint32_t offset;

	if (!textoffset(t, u->pc, u->exact, &offset))
		return u->exact ? t->entryrule : UNKNOWN;
	r = find(unwinds(t), t->nunwind, offset);
	if (r && kind(r->value) != UNKNOWN)
		return r->value;
	r = find(funcs(t), t->nfunc, offset);
	return r && u->exact && r->pc == offset ? t->entryrule : UNKNOWN;
}

// load reads the word at addr into *v, if the stack [lo, hi) has one there.
static bool
load_word(uintptr_t addr, uintptr_t lo, uintptr_t hi, uintptr_t *v)
{
	if (addr % sizeof *v || addr < lo || addr >= hi ||
	    hi - addr < sizeof *v)
		return false;
	*v = *(const uintptr_t *)addr;
	return true;
}

bool
unwindstep(struct unwind *u, uintptr_t lo, uintptr_t hi)
{
	const struct symtab *t = symtab();
	uint32_t rule = t ? ruleat(t, u) : UNKNOWN;
	uintptr_t cfa, ra = u->ra, fp = u->fp;

	if (kind(rule) != CFA_SP && kind(rule) != CFA_FP)
		return false;
	cfa = (kind(rule) == CFA_SP ? u->sp : u->fp) + cfaoffset(rule);
	// What a frame has saved lies above its sp.
	if (cfa < u->sp + rabelow(rule) || cfa > hi)
		return false;
	if (rabelow(rule) && !load_word(cfa - rabelow(rule), lo, hi, &ra))
		return false;
	if (fpbelow(rule) && !load_word(cfa - fpbelow(rule), lo, hi, &fp))
		return false;
	// Only the innermost frame can have its return address in a register
	// (and, if that frame is what overflowed the stack, lie below lo).
	*u = (struct unwind){ .pc = ra, .sp = cfa, .fp = fp };
	return ra != 0;
}

// ---- Printing ---------------------------------------------------------------

// A deep recursion is shown by its ends.
enum { SHOWN_TOP = 50, SHOWN_BOTTOM = 50 };

static void
printframe(const struct unwind *u)
{
	struct frame f;

	if (!findframe(u->pc, u->exact, &f)) {
		kprintf("?(...)\n\tpc 0x%zx\n", (size_t)u->pc);
		return;
	}
	// The offset is that of the return address, as in Go.
	kprintf("%s(...)\n\t%s:%d +0x%zx\n", f.func, f.file ? f.file : "?",
		f.line, (size_t)(f.pc + !u->exact - f.entry));
}

void
traceback(struct unwind u, uintptr_t lo, uintptr_t hi)
{
	struct unwind v = u;
	unsigned i, n;

	for (n = 1; unwindstep(&v, lo, hi); n++)
		;
	for (i = 0; i < n; i++) {
		if (i < SHOWN_TOP || i + SHOWN_BOTTOM >= n)
			printframe(&u);
		else if (i == SHOWN_TOP)
			kprintf("...%u frames elided...\n",
				n - SHOWN_TOP - SHOWN_BOTTOM);
		if (!unwindstep(&u, lo, hi))
			break;
	}
}

// arrives tells whether a walk from u comes to the place where its stack began:
// a goroutine's in goexit, a system stack's (of which every use begins anew) near
// its upper end.
static bool
arrives(struct unwind u, uintptr_t lo, uintptr_t hi, bool g0)
{
	struct frame f;

	while (unwindstep(&u, lo, hi))
		;
	if (g0)
		return hi - u.sp <= 32 * sizeof hi;
	return findframe(u.pc, false, &f) &&
	       f.entry == ((uintptr_t)goexit & ~(uintptr_t)symtab()->pcmask);
}

// candidate makes u the frame of which a word of the stack at a is the return
// address, if that can be one. fp is taken from a register, or from below the
// return address, where a frame that uses it has saved it.
static bool
candidate(struct unwind *u, uintptr_t a, uintptr_t fp)
{
	const struct symtab *t = symtab();
	uint32_t offset;

	*u = (struct unwind){ .pc = *(const uintptr_t *)a,
			      .sp = a + sizeof a,
			      .fp = fp };
	return (u->pc & t->pcmask) == t->pcmask &&
	       textoffset(t, u->pc, false, &offset);
}

// tracebacklost prints what is left of a walk from u that goes nowhere: the
// stack has ended under its innermost frames, and a core that could not push
// anything has lost even the pc. It begins at the first word above u that can be
// a return address (those lie where a frame ends) and from which a walk arrives.
void
tracebacklost(struct unwind u, uintptr_t lo, uintptr_t hi, bool g0)
{
	uintptr_t a = u.sp > lo ? u.sp & ~(sizeof a - 1) : lo;
	uintptr_t fp0 = u.fp, fp = u.fp;

	if (!symtab() || arrives(u, lo, hi, g0))
		return;
	for (; a < hi; fp = *(const uintptr_t *)a, a += sizeof a) {
		if (!candidate(&u, a, fp))
			continue;
		if (!arrives(u, lo, hi, g0)) {
			u.fp = fp0;
			if (!arrives(u, lo, hi, g0))
				continue;
		}
		kprintf("...frames lost at the end of the stack; "
			"found further up...\n");
		traceback(u, lo, hi);
		return;
	}
}

// ---- Public -----------------------------------------------------------------

// ownstack gives the bounds of the caller's stack; false before there is one.
static bool
ownstack(uintptr_t *lo, uintptr_t *hi)
{
	struct g *gp = getg();

	if (!gp)
		return false;
	*lo = gp->stacklo;
	*hi = gp->stackhi;
	return true;
}

// walkup moves u, a frame of this file, up by 1 + skip frames.
static bool
walkup(struct unwind *u, int skip, uintptr_t *lo, uintptr_t *hi)
{
	if (!ownstack(lo, hi))
		return false;
	for (; skip >= 0; skip--)
		if (!unwindstep(u, *lo, *hi))
			return false;
	return true;
}

bool
runtime_caller(int skip, struct frame *f)
{
	struct unwind u;
	uintptr_t lo, hi;

	arch_unwindhere(&u);
	if (!walkup(&u, skip < 0 ? 0 : skip, &lo, &hi))
		return false;
	findframe(u.pc, false, f);
	return true;
}

int
runtime_callers(int skip, uintptr_t *pcs, int n)
{
	struct unwind u;
	uintptr_t lo, hi;
	int i = 0;

	arch_unwindhere(&u);
	if (!walkup(&u, skip < 0 ? 0 : skip, &lo, &hi))
		return 0;
	do {
		if (i >= n)
			break;
		pcs[i++] = u.pc;
	} while (unwindstep(&u, lo, hi));
	return i;
}

bool
runtime_func_for_pc(uintptr_t pc, struct frame *f)
{
	return findframe(pc, false, f);
}
