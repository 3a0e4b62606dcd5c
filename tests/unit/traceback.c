// Walking and naming with a table made by hand: frames found through sp and
// through fp, the end of the stack, leaves, calls of nothing, deep recursions
// shown by their ends; and walks over rubbish, which must end without touching
// anything outside the stack (the sanitizer looks).
#include "host.h"

#include <stdarg.h>

// Output is kept.
static char out[20000];
static size_t nout;

__attribute__((format(printf, 1, 2))) static void
keep(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	nout += (size_t)vsnprintf(out + nout, sizeof out - nout, fmt, ap);
	va_end(ap);
}

static struct unwind here;

void
arch_unwindhere(struct unwind *u)
{
	*u = here;
}

// The text is memory that nobody executes; the table is an array. The names
// that are the linker script's elsewhere are theirs.
#define TEXT_BYTES 0x400
const unsigned char hosttext[TEXT_BYTES] __attribute__((aligned(16)));
uint32_t table[200];
__asm__(".globl __text_start, __text_end, __gzsym_start, __gzsym_end\n"
	".set __text_start, hosttext\n"
	".set __text_end, hosttext + 0x400\n"
	".set __gzsym_start, table\n"
	".set __gzsym_end, table + 800");

#define kprintf keep
#include "../../kernel/traceback.c"

void
goexit(void)
{
}
#undef kprintf

// f: 0x000-0x0ff  frame of 4 words, ra 1 and fp 2 below its upper end
// g: 0x100-0x1ff  frame found through fp, 2 words
// leaf: 0x200     nothing on the stack, ra in its register
// asm: 0x280      no rule
// goexit: 0x300   the end
#define RULE(kind, n, ra, fp) \
	((uint32_t)(kind) | (ra) << 3 | (fp) << 9 | (uint32_t)(n) << 15)

static uint32_t *
row(uint32_t *t, uint32_t pc, uint32_t value)
{
	*t++ = pc;
	*t++ = value;
	return t;
}

static const char names[] = "\0f\0g\0leaf\0assembly\0goexit\0a.c\0b/c.c";

static uint32_t
name(const char *s)
{
	uint32_t i = 1;

	while (strcmp(names + i, s) != 0)
		i += (uint32_t)strlen(names + i) + 1;
	return i;
}

static void
maketable(void)
{
	uint32_t *t = table;
	uint32_t head[] = { MAGIC, 1, sizeof hosttext,      5, 5,
			    3,     2, RULE(CFA_SP, 0, 0, 0) };

	memcpy(t, head, sizeof head);
	t += 8;
	t = row(t, 0, name("f"));
	t = row(t, 0x100, name("g"));
	t = row(t, 0x200, name("leaf"));
	t = row(t, 0x280, name("assembly"));
	t = row(t, 0x300, name("goexit"));
	t = row(t, 0, RULE(CFA_SP, 4, 1, 2));
	t = row(t, 0x100, RULE(CFA_FP, 2, 1, 2));
	t = row(t, 0x200, RULE(CFA_SP, 0, 0, 0));
	t = row(t, 0x280, RULE(UNKNOWN, 0, 0, 0));
	t = row(t, 0x300, RULE(END, 0, 0, 0));
	t = row(t, 0, 0u << 20 | 10);
	t = row(t, 0x100, 1u << 20 | 20);
	t = row(t, 0x300, 0);
	*t++ = name("a.c");
	*t++ = name("b/c.c");
	memcpy(t, names, sizeof names);
}

// Pointers, for the linker's names are used as arrays of fixed address.
#define PC(offset) ((uintptr_t)hosttext + (offset))

static uintptr_t stack[1000];
#define SP(i) ((uintptr_t)&stack[i])
#define LO ((uintptr_t)stack)
#define HI ((uintptr_t)(stack + 1000))

// callers makes the stack of leaf <- f <- g <- f <- goexit.
static struct unwind
callers(void)
{
	memset(stack, 0, sizeof stack);
	stack[993] = PC(0x111); // f (4 words from 990) called by g, ...
	stack[992] = SP(996);   // ... whose fp, which f had saved, is this
	stack[997] = PC(0x21);  // g's frame ends at 998; f called it
	stack[996] = 77;
	// The outer f: 4 words from 998 would end at 1002, past the end of
	// the stack; so g's caller has its frame lower: see deep().
	return (struct unwind){ .pc = PC(0x210),
				.sp = SP(990),
				.fp = 5,
				.ra = PC(0x11),
				.exact = true };
}

static bool
steps(void)
{
	struct unwind u = callers();

	if (!unwindstep(&u, LO, HI) || u.pc != PC(0x11) || u.sp != SP(990) ||
	    u.fp != 5 || u.exact)
		return false;
	if (!unwindstep(&u, LO, HI) || u.pc != PC(0x111) || u.sp != SP(994) ||
	    u.fp != SP(996))
		return false;
	if (!unwindstep(&u, LO, HI) || u.pc != PC(0x21) || u.sp != SP(998) ||
	    u.fp != 77)
		return false;
	return !unwindstep(&u, LO, HI); // its frame leaves the stack
}

// recursion makes a stack of n frames of f above goexit.
static struct unwind
recursion(int n)
{
	int at = 1000 - 4 * n;

	memset(stack, 0, sizeof stack);
	for (int i = 0; i < n; i++)
		stack[at + 4 * i + 3] = i == n - 1 ? PC(0x304) : PC(0x41);
	return (struct unwind){ .pc = PC(0x40), .sp = SP(at), .exact = true };
}

static bool
ends(void)
{
	struct unwind u = recursion(3);
	int n = 0;

	while (unwindstep(&u, LO, HI))
		n++;
	return n == 3 && u.pc == PC(0x304);
}

static int
count(const char *what)
{
	int n = 0;

	for (const char *s = out; (s = strstr(s, what)); s++)
		n++;
	return n;
}

static bool
prints(void)
{
	char want[200];

	nout = 0;
	traceback(recursion(2), LO, HI);
	snprintf(want, sizeof want,
		 "f(...)\n\ta.c:10 +0x40\n"
		 "f(...)\n\ta.c:10 +0x40\ngoexit(...)\n\t?:0 +0x4\n");
	return strcmp(out, want) == 0;
}

static bool
elides(void)
{
	nout = 0;
	traceback(recursion(99), LO, HI);
	if (count("(...)") != 100 || count("elided") != 0)
		return false;
	nout = 0;
	traceback(recursion(200), LO, HI);
	return count("(...)") == 100 && count("...101 frames elided...") == 1 &&
	       count("goexit(...)") == 1;
}

// A call through a nil pointer, and an interrupt at the first instruction of
// assembly: both have only just been called.
static bool
justcalled(void)
{
	struct unwind u = {
		.pc = 0, .sp = SP(10), .ra = PC(0x21), .exact = true
	};

	if (!unwindstep(&u, LO, HI) || u.pc != PC(0x21) || u.sp != SP(10))
		return false;
	u = (struct unwind){
		.pc = PC(0x280), .sp = SP(10), .ra = PC(0x21), .exact = true
	};
	if (!unwindstep(&u, LO, HI) || u.pc != PC(0x21))
		return false;
	u = (struct unwind){
		.pc = PC(0x282), .sp = SP(10), .ra = PC(0x21), .exact = true
	};
	return !unwindstep(&u, LO, HI);
}

static bool
finds(void)
{
	struct frame f;

	// A return address belongs to the call before it.
	if (!findframe(PC(0x100), false, &f) || strcmp(f.func, "f") != 0 ||
	    f.pc != PC(0xff) || f.entry != PC(0) || f.line != 10)
		return false;
	// Bit 0 is no address on this machine.
	if (!findframe(PC(0x101), true, &f) || strcmp(f.func, "g") != 0 ||
	    f.pc != PC(0x100) || strcmp(f.file, "b/c.c") != 0 || f.line != 20)
		return false;
	if (!findframe(PC(0x3ff), true, &f) || strcmp(f.func, "goexit") != 0 ||
	    f.file != NULL || f.line != 0)
		return false;
	return !findframe(PC(0x400), true, &f) && strcmp(f.func, "?") == 0 &&
	       !findframe(PC(0), false, &f) && !findframe(7, true, &f);
}

static bool public(void)
{
	static struct g g;
	uintptr_t pcs[10];
	struct frame f;

	g.stacklo = LO;
	g.stackhi = HI;
	hostg = &g;
	here = recursion(4); // runtime_caller itself is the first f
	here.exact = false;
	if (!runtime_caller(0, &f) || f.pc != PC(0x3f) || f.line != 10)
		return false;
	if (!runtime_caller(3, &f) || strcmp(f.func, "goexit") != 0 ||
	    runtime_caller(4, &f))
		return false;
	if (runtime_callers(0, pcs, 10) != 4 || pcs[0] != PC(0x41) ||
	    pcs[3] != PC(0x304))
		return false;
	if (runtime_callers(0, pcs, 2) != 2 ||
	    runtime_callers(3, pcs, 9) != 1 || runtime_callers(4, pcs, 9) != 0)
		return false;
	hostg = NULL;
	return !runtime_caller(0, &f) && runtime_callers(0, pcs, 9) == 0;
}

// rubbish walks stacks of random words, many of which are pcs and addresses of
// the stack, from random states, within random bounds.
static bool
rubbish(void)
{
	uintptr_t *small = malloc(64 * sizeof *small);

	srand(1);
	for (int round = 0; round < 200000; round++) {
		uintptr_t lo = (uintptr_t)small, hi = (uintptr_t)(small + 64);
		struct unwind u;
		int n = 0;

		for (int i = 0; i < 64; i++)
			small[i] = rand() % 2 ? PC((unsigned)rand() % 0x420) :
				   rand() % 2 ? lo + (unsigned)rand() % 600 :
						(uintptr_t)rand();
		u = (struct unwind){
			.pc = PC((unsigned)rand() % 0x420),
			.sp = lo - 40 + (unsigned)rand() % 600,
			.fp = rand() % 4 ? lo - 40 + (unsigned)rand() % 600 :
					   (uintptr_t) - (rand() % 99),
			.ra = PC((unsigned)rand() % 0x420),
			.exact = rand() % 2,
		};
		while (unwindstep(&u, lo, hi))
			if (++n > 64)
				return false;
	}
	free(small);
	return true;
}

// Without a table, or with one of another image, a walk ends at once.
static bool
notable(void)
{
	struct unwind u = recursion(3);
	struct frame f;
	bool ok = true;

	for (int word = 0; word <= 2; word += 2) {
		table[word]++; // the magic number, the size of the text
		ok = ok && !unwindstep(&u, LO, HI) &&
		     !findframe(u.pc, true, &f) && strcmp(f.func, "?") == 0;
		table[word]--;
	}
	return ok && unwindstep(&u, LO, HI);
}

int
main(void)
{
	maketable();
	check(finds(), "names and lines");
	check(steps(), "frames through sp and fp");
	check(ends(), "the end of the stack");
	check(prints(), "the format");
	check(elides(), "a deep recursion");
	check(justcalled(), "just called");
	check(public(), "runtime_caller, runtime_callers");
	check(notable(), "no table");
	check(rubbish(), "rubbish");
	return done();
}
