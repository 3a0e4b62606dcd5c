// traceback.h: walking stacks with the tables that the build puts into the
// image. See traceback.c.
#ifndef GZERO_TRACEBACK_H
#define GZERO_TRACEBACK_H

#include <arch.h>
#include <go.h>

// unwindstep moves u from a frame to its caller; false at the end of the stack
// (goexit, or no table covers u->pc). Any context; never faults on its own
// account while sp stays within [lo, hi).
bool unwindstep(struct unwind *u, uintptr_t lo, uintptr_t hi);
// findframe describes pc, which is a return address unless exact. Any context.
bool findframe(uintptr_t pc, bool exact, struct frame *f);
// traceback prints the frames from u on, two lines each as Go does: function,
// then a tab with file:line and the offset. Any context.
void traceback(struct unwind u, uintptr_t lo, uintptr_t hi);
// tracebacklost prints, after a traceback that broke off because the stack had
// ended under its innermost frames, what can be found of the rest. g0: it is a
// system stack. Any context.
void tracebacklost(struct unwind u, uintptr_t lo, uintptr_t hi, bool g0);

#endif
