// libc.h: what the files of libc/ share. libc/ is newlib's system: the calls it
// makes downward (syscalls.c, nosys.c), its locks (lock.c), a struct _reent
// for each goroutine (reent.c), start and end of the program (start.c).
//
// newlib asks for its system calls as _write, _read, ... on riscv and arm and
// as write, read, ... on x86_64. Both names exist everywhere: the first is the
// function, the second a weak alias, so a program may have a function of that
// name for itself.
#ifndef GZERO_LIBC_H
#define GZERO_LIBC_H

#include <stddef.h>

struct _reent;
struct __lock;

// ALIAS(write) makes a declaration of write another name of _write, which the
// same file defines.
#define ALIAS(name) __attribute__((weak, alias("_" #name)))

// finish does what ends every program that ends in order: it runs atexit's
// functions and destructors and flushes stdio's output. Whoever comes second
// waits for ever. Goroutine context.
void finish(int status);

#endif
