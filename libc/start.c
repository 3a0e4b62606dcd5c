// start.c: how a C program begins and ends on gzero. The main goroutine calls
// libc_main; what it returns becomes the status of the machine.
//
// What always holds: the orderly end (finish) happens once. It flushes what was
// written and touches no stream that is read from: a goroutine that waits in
// getchar() holds stdin's lock, and newlib's own exit() would wait for it for
// ever. abort, a failed assert and a panic flush nothing, as in C and in Go.
//
// Turned down: newlib's exit() (that lock; and it looks for its cleanup
// function in the global reent, where only code that runs on no goroutine would
// have put it), and __libc_init_array (wants _init and _fini of crti.o).
#include <arch.h>
#include <config.h>
#include <reent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/lock.h>

#include "../kernel/hooks.h"
#include "libc.h"

typedef void initfn(void);

extern int main(int argc, char **argv);
extern initfn *__preinit_array_start[] __attribute__((weak));
extern initfn *__preinit_array_end[] __attribute__((weak));
extern initfn *__init_array_start[] __attribute__((weak));
extern initfn *__init_array_end[] __attribute__((weak));
extern initfn *__fini_array_start[] __attribute__((weak));
extern initfn *__fini_array_end[] __attribute__((weak));

// newlib's own, undocumented but older than this century. The weak ones exist
// where the program uses stdio.
__attribute__((weak)) void __call_exitprocs(int status, void *dso);
__attribute__((weak)) void __sinit(struct _reent *r);
__attribute__((weak)) int _fflush_r(struct _reent *r, __FILE *f);
enum { FILE_WRITES = 0x0008 }; // __SWR of <stdio.h>

// What C++ registers its destructors under.
__attribute__((weak)) void *__dso_handle;

// ---- Beginning --------------------------------------------------------------

static void
call(initfn **fn, initfn **end)
{
	for (; fn < end; fn++)
		(*fn)();
}

#define BLANKS " \t\r\n"
static char argbytes[BOOTARGS_BYTES];
static char *argv[BOOTARGS_WORDS + 1]; // ends with NULL

// splitargs makes argv of the boot arguments and returns argc. Blanks separate
// words; words that begin with "gz." are for the kernel.
static int
splitargs(void)
{
	static char name[] = "gzero";
	size_t len = strlen(arch_bootargs());
	char *s = argbytes;
	int argc = 0;

	if (len >= sizeof argbytes)
		fatal("boot arguments of %zu bytes; raise BOOTARGS_BYTES (%d)",
		      len, BOOTARGS_BYTES);
	memcpy(argbytes, arch_bootargs(), len + 1);
	argv[argc++] = name;
	while (*(s += strspn(s, BLANKS))) {
		if (argc == BOOTARGS_WORDS)
			fatal("too many boot arguments; "
			      "raise BOOTARGS_WORDS (%d)",
			      BOOTARGS_WORDS);
		if (strncmp(s, "gz.", 3) != 0)
			argv[argc++] = s;
		s += strcspn(s, BLANKS);
		if (*s)
			*s++ = '\0';
	}
	return argc;
}

int
libc_main(void)
{
	int status;

	// The global streams hang on newlib's global reent, and they must do
	// so before a goroutine's reent opens them.
	if (NREENT > 0 && __sinit)
		__sinit(_GLOBAL_REENT);
	call(__preinit_array_start, __preinit_array_end);
	call(__init_array_start, __init_array_end);
	status = main(splitargs(), argv);
	finish(status);
	return status;
}

// ---- End --------------------------------------------------------------------

// flush writes what the output streams still hold.
static void
flush(void)
{
	struct _glue *g;
	int i;

	if (NREENT == 0)
		return; // nobody can have written
	for (g = &_GLOBAL_REENT->__sglue; g && _fflush_r; g = g->_next)
		for (i = 0; i < g->_niobs; i++) {
			__FILE *f = &g->_iobs[i];

			if ((f->_flags & FILE_WRITES) && f->_p != f->_bf._base)
				_fflush_r(_REENT, f);
		}
}

void
finish(int status)
{
	static struct mutex once;
	static _Atomic(struct g *) finisher;
	initfn **fn;

	// An atexit function that calls exit() goes on where it stands.
	if (finisher != getg()) {
		mutex_lock(&once);
		finisher = getg();
	}
	if (__call_exitprocs)
		__call_exitprocs(status, NULL);
	for (fn = __fini_array_end; fn > __fini_array_start;)
		(*--fn)();
	flush();
}

void
exit(int status)
{
	finish(status);
	os_exit(status);
}

void _exit(int status) __attribute__((noreturn));

void
_exit(int status)
{
	os_exit(status);
}

void
_Exit(int status)
{
	os_exit(status);
}

void
abort(void)
{
	fatal("abort() called");
}

void __assert_func(const char *file, int line, const char *func,
		   const char *expr) __attribute__((noreturn));
void __assert(const char *file, int line, const char *expr)
	__attribute__((noreturn));

void
__assert_func(const char *file, int line, const char *func, const char *expr)
{
	fatal("assertion \"%s\" failed: %s:%d%s%s", expr, file, line,
	      func ? ", function " : "", func ? func : "");
}

void
__assert(const char *file, int line, const char *expr)
{
	__assert_func(file, line, NULL, expr);
}
