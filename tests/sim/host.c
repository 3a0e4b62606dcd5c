// host.c: what the kernel wants of libc/ (hooks.h) on the simulated machine, and how
// the sanitizers are to behave.
//
// Pools are the sanitizer's too: what was given back to one, or to the channels'
// buffers, is poisoned until it is handed out again, and a buffer's slack always is.
// The linker's --wrap puts these in between; pool.c and chanbuf.c, which keep their
// lists in free blocks, are compiled without ASan.
#include <stdlib.h>
#include <string.h>

#include <config.h>

#include "../../kernel/hooks.h"
#include "sim.h"

#if defined __SANITIZE_ADDRESS__ || defined SIM_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) __asan_poison_memory_region((p), (n))
#define UNPOISON(p, n) __asan_unpoison_memory_region((p), (n))
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

int app_main(int argc, char **argv);
_Noreturn void sim_exit(int code);
void sim_newlife(struct g *gp);

// ---- What libc/ is on a machine ---------------------------------------------------

static char words[BOOTARGS_BYTES];
static char *argv_[BOOTARGS_WORDS + 1];

int
libc_main(void)
{
	static char name[] = "sim";
	int n = 0;

	argv_[n++] = name;
	strcpy(words, arch_bootargs());
	for (char *w = strtok(words, " "); w != NULL && n < BOOTARGS_WORDS;
	     w = strtok(NULL, " "))
		if (strncmp(w, "gz.", 3) != 0)
			argv_[n++] = w;
	return app_main(n, argv_);
}

void
sim_exit(int code)
{
	os_exit(code);
}

// sim_newlife sees to it that libc_goexit is called for every goroutine.
void
sim_newlife(struct g *gp)
{
	(void)gp;
	*reentslot() = words;
}

// libc_goexit: the goroutine's stack will be another's, whose frames lie elsewhere.
void
libc_goexit(void *reent)
{
	(void)reent;
#if defined __SANITIZE_ADDRESS__ || defined SIM_ASAN
	uintptr_t *g = (uintptr_t *)(void *)getg();

	__asan_unpoison_memory_region((void *)g[G_STACK_LO / WORD],
				      g[G_STACK_HI / WORD] -
					      g[G_STACK_LO / WORD]);
#endif
}

// ---- The sanitizers' wishes --------------------------------------------------------

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
const char *__tsan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_leaks=0:detect_stack_use_after_return=0:"
	       "allocator_may_return_null=1";
}

const char *
__ubsan_default_options(void)
{
	return "print_stacktrace=0:halt_on_error=1";
}

const char *
__tsan_default_options(void)
{
	return "history_size=4:report_signal_unsafe=0:exitcode=66";
}

// ---- Free blocks ------------------------------------------------------------------

void *__real_poolget(struct pool *p);
void *__wrap_poolget(struct pool *p);
void __real_poolput(struct pool *p, void *block);
void __wrap_poolput(struct pool *p, void *block);
void *__real_chanbufalloc(size_t bytes);
void *__wrap_chanbufalloc(size_t bytes);
void __real_chanbuffree(void *b);
void __wrap_chanbuffree(void *b);

void *
__wrap_poolget(struct pool *p)
{
	void *b = __real_poolget(p);

	if (b != NULL)
		UNPOISON(b, p->size - p->guard);
	return b;
}

void
__wrap_poolput(struct pool *p, void *block)
{
	// Before: from the put on it may be another's.
	POISON(block, p->size - p->guard);
	__real_poolput(p, block);
}

// Sizes of the buffers in use; the arena is one piece, so an address tells which.
static size_t sizes[CHANBUF_BYTES / CHANBUF_MIN];

static size_t *
sizeof_(const void *b)
{
	return &sizes[(uintptr_t)b / CHANBUF_MIN %
		      (CHANBUF_BYTES / CHANBUF_MIN)];
}

void *
__wrap_chanbufalloc(size_t bytes)
{
	void *b = __real_chanbufalloc(bytes);
	size_t room = CHANBUF_MIN;

	if (b == NULL)
		return NULL;
	while (room < bytes)
		room *= 2;
	POISON(b, room);
	UNPOISON(b, bytes);
	*sizeof_(b) = room;
	return b;
}

void
__wrap_chanbuffree(void *b)
{
	if (*sizeof_(b) != 0)
		POISON(b, *sizeof_(b));
	__real_chanbuffree(b);
}
