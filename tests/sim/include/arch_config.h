// arch_config.h: the plain numbers of the simulated machine (see sim.c).
#ifndef GZERO_ARCH_CONFIG_H
#define GZERO_ARCH_CONFIG_H

#define WORD 8
#define PREEMPT_STACK_BYTES 256

#endif
