// arch_config.h (template): the plain numbers of the architecture that arch.h
// and config.h build on. C, assembly and linker scripts read it.
#ifndef GZERO_ARCH_CONFIG_H
#define GZERO_ARCH_CONFIG_H

// sizeof(uintptr_t)
#define WORD 8

// What `make stack-report` adds for an interrupt: the bytes that the deepest
// one leaves on a goroutine's own stack when it preempts, alignment and the
// floating point state included. Assert it where the frame is laid out.
#define PREEMPT_STACK_BYTES 1024

#endif
