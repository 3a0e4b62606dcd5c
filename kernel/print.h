// print.h: the kernel's own printing, for panics, throws and tracebacks. It
// needs no lock, no stack to speak of and no libc, so it works in any context,
// also when everything else is broken. See print.c.
#ifndef GZERO_PRINT_H
#define GZERO_PRINT_H

#include <config.h>
#include <stdarg.h>
#include <stddef.h>

// kprintf knows %d %i %u %x %c %s %p %% with the lengths l, ll, z and a width
// with or without 0. ksnprintf cuts at n - 1 bytes and returns the length that
// it wrote.
__attribute__((format(printf, 1, 2))) void kprintf(const char *fmt, ...);
__attribute__((format(printf, 3, 4))) size_t ksnprintf(char *buf, size_t n,
						       const char *fmt, ...);
void kvprintf(const char *fmt, va_list ap);
size_t kvsnprintf(char *buf, size_t n, const char *fmt, va_list ap);
// lastrunputc is given what kprintf prints; lastrun.c.
void lastrunputc(char c);
#if SMALL // errtext.h
#define kprintf(...) (0 ? (kprintf)(__VA_ARGS__) : (void)0)
#endif

#endif
