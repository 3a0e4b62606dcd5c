// arch_config.h of the explorer.
#define WORD 8
#define ATOMIC_BUILTINS 1
