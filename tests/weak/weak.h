// weak.h: what a test of tests/weak says, and what it may call. See weak.c.
#ifndef GZERO_WEAK_H
#define GZERO_WEAK_H

#include <stdbool.h>
#include <stdint.h>

#define WEAK_THREADS 4

// A test is a few harts, each a function. reset puts all memory into its first
// state, before every execution; final looks at the last one, when every hart has
// ended or waits for ever.
struct weak_test {
	const char *name;
	unsigned n;
	void (*reset)(void);
	void (*hart[WEAK_THREADS])(void);
	void (*final)(void);
	void (*irq[WEAK_THREADS])(void); // a handler that may come, any time
	unsigned irqs[WEAK_THREADS];     // how often it comes, at most
	// Bytes whose relaxed loads may be late, and which: see "Late loads".
	const void *late;
	unsigned latesize;
	unsigned large; // many states: only with -l of that much
};
// The file's tests; one without a name ends the list.
extern const struct weak_test weak_tests[];

unsigned weak_self(void); // which hart this is

_Noreturn void weak_end(void); // this hart has done enough

_Noreturn void weak_fail(const char *why); // a property does not hold

// weak_flag raises flag f of this execution; weak_wait waits for it, or for an
// interrupt, and takes it down. They order nothing.
void weak_flag(unsigned f);
void weak_wait(unsigned f);
bool weak_up(unsigned f);    // is it up? (final)
bool weak_waits(unsigned t); // does hart t wait for a flag? (final)
bool weak_ended(unsigned t); // has hart t ended? (final)

// weak_await is the body of a spin loop: comes back when there is something
// newer to be read where this hart has read last.
void weak_await(void);

uintptr_t weak_irqsave(void);
void weak_irqrestore(uintptr_t s);
int64_t weak_now(void); // a clock of this hart: each look is 2000 ns later

#endif
