// arch_config.h of the host.
#define WORD 8
#define ATOMIC_BUILTINS 1
