// arch_config.h (armv7m): the numbers of this architecture that arch.h needs
// before anything else. Read by assembly too.
#ifndef GZERO_ARCH_CONFIG_H
#define GZERO_ARCH_CONFIG_H

#define WORD 4
#define SIGREGS_MAX 24

#endif
