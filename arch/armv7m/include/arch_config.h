// arch_config.h (armv7m): the numbers of this architecture that arch.h needs
// before anything else. Read by assembly too.
#ifndef GZERO_ARCH_CONFIG_H
#define GZERO_ARCH_CONFIG_H

#include <board.h>

#define WORD 4
#define SIGREGS_MAX 21

// What the core stacks at an interrupt, a word of alignment, and what a
// preemption adds: on the goroutine's own stack. For `make stack-report`.
#if defined(ARMV7M_FPU) && ARMV7M_FPU
#define PREEMPT_STACK_BYTES (104 + 4 + 36 + 64)
#else
#define PREEMPT_STACK_BYTES (32 + 4 + 36)
#endif

#endif
