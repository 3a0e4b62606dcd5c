// arch_config.h of x86_64: the numbers that arch.h and assembly need.
#ifndef GZERO_ARCH_CONFIG_H
#define GZERO_ARCH_CONFIG_H

#define WORD 8

// The registers that a preemption leaves on the goroutine's own stack: FXSAVE
// area, 15 registers and the frame that the hardware pushed.
#define PREEMPT_FRAME_BYTES (512 + 15 * 8 + 5 * 8)

#endif
