// arch_config.h of the explorer.
#define WORD 8
