// arch_config.h: the plain numbers of riscv64 that arch.h and config.h build
// on. C, assembly and linker scripts read it.
#ifndef GZERO_ARCH_CONFIG_H
#define GZERO_ARCH_CONFIG_H

#define WORD 8

#endif
