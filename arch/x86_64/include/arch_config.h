// arch_config.h of x86_64: the numbers that arch.h and assembly need.
#ifndef GZERO_ARCH_CONFIG_H
#define GZERO_ARCH_CONFIG_H

#define WORD 8

// The registers that a preemption leaves on the goroutine's own stack: FXSAVE
// area, 15 registers and the frame that the hardware pushed.
#define PREEMPT_FRAME_BYTES (512 + 15 * 8 + 5 * 8)
// Below a goroutine's rsp its code may keep values (the ABI's red zone).
#define RED_ZONE 128
// What lies on a goroutine's stack when it is preempted, alignment included.
// For `make stack-report`.
#define PREEMPT_STACK_BYTES (RED_ZONE + PREEMPT_FRAME_BYTES + 16)

#endif
