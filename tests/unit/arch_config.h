// arch_config.h of the host.
#define WORD 8
