// print.c: the kernel's own printf, for panics, throws and tracebacks.
//
// What always holds: no lock, no allocation, no libc, no static data that is
// written, a bounded walk over the format, and 400 bytes of stack on 64-bit
// machines, 220 on a Cortex-M. So it works on g0, in a handler, on the stack
// that reports an overflow, and before the first goroutine. Two harts that
// print at once do mix their characters: whoever prints more than a line
// (panic, throw) keeps the other harts out first. newlib's printf was turned
// down here because it takes goroutine locks, and because it needs a kilobyte
// of stack.
//
// Go: runtime/print.go.
#include <arch.h>
#include <config.h>

#include "print.h"

// out is where characters go: to the console, or to buf, of which n bytes are
// usable.
struct out {
	bool console;
	char *buf;
	size_t n, len;
};

static void
put(struct out *o, char c)
{
	if (o->console) {
		arch_putc((unsigned char)c);
		if (LASTRUN_BYTES != 0)
			lastrunputc(c);
		return;
	}
	if (o->len < o->n)
		o->buf[o->len++] = c;
}

// spec is one conversion: what stands between '%' and its letter.
struct spec {
	unsigned width;
	bool zero, left;
	int size; // 0 int, 1 long, 2 long long, 3 size_t
};

enum { WIDTH_MAX = 80 }; // what nobody wants wider

// pad fills up what is len wide to s->width: with blanks before or behind it,
// or with zeros, which go between sign and digits.
enum { BEFORE, ZEROS, BEHIND };

static void
pad(struct out *o, const struct spec *s, int where, unsigned len)
{
	if (where != (s->left ? BEHIND : s->zero ? ZEROS : BEFORE))
		return;
	for (; len < s->width; len++)
		put(o, where == ZEROS ? '0' : ' ');
}

// number prints v in base 10 or 16.
static void
number(struct out *o, const struct spec *s, unsigned long long v, unsigned base,
       bool neg)
{
	char digits[20];
	unsigned n = 0, i;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	pad(o, s, BEFORE, n + neg);
	if (neg)
		put(o, '-');
	pad(o, s, ZEROS, n + neg);
	for (i = n; i > 0; i--)
		put(o, digits[i - 1]);
	pad(o, s, BEHIND, n + neg);
}

static void
string(struct out *o, const struct spec *s, const char *str)
{
	unsigned n = 0;

	if (!str)
		str = "(null)";
	while (str[n] && n < s->width)
		n++;
	pad(o, s, BEFORE, n);
	while (*str)
		put(o, *str++);
	pad(o, s, BEHIND, n);
}

// Arguments travel in a struct because a va_list that is handed down by value
// cannot be read on by the caller.
struct args {
	va_list ap;
};

// spec reads flags, width and length at f and returns what follows them.
static const char *
spec(const char *f, struct spec *s, struct args *a)
{
	*s = (struct spec){ .size = 0 };
	for (; *f == '0' || *f == '-'; f++)
		*(*f == '0' ? &s->zero : &s->left) = true;
	if (*f == '*') {
		s->width = va_arg(a->ap, unsigned);
		f++;
	}
	for (; *f >= '0' && *f <= '9' && s->width < WIDTH_MAX; f++)
		s->width = s->width * 10 + (unsigned)(*f - '0');
	if (s->width > WIDTH_MAX)
		s->width = WIDTH_MAX;
	for (; *f == 'l' && s->size < 2; f++)
		s->size++;
	if (*f == 'z' && s->size == 0) {
		s->size = 3;
		f++;
	}
	return f;
}

static unsigned long long
getunsigned(struct args *a, int size)
{
	switch (size) {
	case 0:
		return va_arg(a->ap, unsigned);
	case 1:
		return va_arg(a->ap, unsigned long);
	case 2:
		return va_arg(a->ap, unsigned long long);
	default:
		return va_arg(a->ap, size_t);
	}
}

static void
signednumber(struct out *o, const struct spec *s, struct args *a)
{
	long long v;

	if (s->size == 0)
		v = va_arg(a->ap, int);
	else if (s->size == 2)
		v = va_arg(a->ap, long long);
	else // long and ptrdiff_t have the same width on all targets
		v = va_arg(a->ap, long);
	number(o, s, v < 0 ? 0 - (unsigned long long)v : (unsigned long long)v,
	       10, v < 0);
}

// convert prints one conversion; f is at its letter.
static void
convert(struct out *o, struct spec *s, char letter, struct args *a)
{
	switch (letter) {
	case 'd':
	case 'i':
		signednumber(o, s, a);
		return;
	case 'u':
		number(o, s, getunsigned(a, s->size), 10, false);
		return;
	case 'x':
		number(o, s, getunsigned(a, s->size), 16, false);
		return;
	case 'c':
		s->zero = false;
		pad(o, s, BEFORE, 1);
		put(o, (char)va_arg(a->ap, int));
		pad(o, s, BEHIND, 1);
		return;
	case 's':
		s->zero = false;
		string(o, s, va_arg(a->ap, const char *));
		return;
	case 'p':
		put(o, '0');
		put(o, 'x');
		s->width = 0;
		number(o, s, (uintptr_t)va_arg(a->ap, void *), 16, false);
		return;
	default: // %%, and what nobody should write
		if (letter != '%')
			put(o, '%');
		put(o, letter);
	}
}

static void
format(struct out *o, const char *fmt, struct args *a)
{
	struct spec s;

	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			put(o, *fmt);
			continue;
		}
		fmt = spec(fmt + 1, &s, a);
		if (!*fmt) {
			put(o, '%');
			return;
		}
		convert(o, &s, *fmt, a);
	}
}

size_t
kvsnprintf(char *buf, size_t n, const char *fmt, va_list ap)
{
	struct out o = { .buf = buf, .n = n ? n - 1 : 0 };
	struct args a;

	va_copy(a.ap, ap);
	format(&o, fmt, &a);
	va_end(a.ap);
	if (n)
		buf[o.len] = '\0';
	return o.len;
}

size_t
ksnprintf(char *buf, size_t n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	n = kvsnprintf(buf, n, fmt, ap);
	va_end(ap);
	return n;
}

void
kvprintf(const char *fmt, va_list ap)
{
	struct out o = { .console = true };
	struct args a;

	va_copy(a.ap, ap);
	format(&o, fmt, &a);
	va_end(a.ap);
}

void
kprintf(const char *fmt, ...)
{
	struct out o = { .console = true };
	struct args a;

	va_start(a.ap, fmt);
	format(&o, fmt, &a);
	va_end(a.ap);
}
