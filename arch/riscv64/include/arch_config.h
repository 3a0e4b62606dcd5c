// arch_config.h: the plain numbers of riscv64 that arch.h and config.h build
// on. C, assembly and linker scripts read it.
#ifndef GZERO_ARCH_CONFIG_H
#define GZERO_ARCH_CONFIG_H

#include <board.h>

#define WORD 8

// A preemption's frame, with its FP part where the core has one, and alignment: on
// the goroutine's own stack. Interrupts use none of it. For `make stack-report`.
#define PREEMPT_STACK_BYTES (HAS_FP ? 544 : 272)

#endif
