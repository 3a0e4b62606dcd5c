// board.h: the limits of the simulated machine. Sanitizers make frames several
// times as large, so stacks are large; below each is a page that faults.
#ifndef GZERO_BOARD_H
#define GZERO_BOARD_H

#ifndef MAXHARTS
#define MAXHARTS 8
#endif

#define STACK_GUARD_BYTES 4096
#define G0_GUARD_BYTES 4096
#define G0_STACK_BYTES 262144

#ifndef NG
#define NG 1000
#endif
#define STACK0_BYTES 16384
#ifndef STACK0_COUNT
#define STACK0_COUNT 64
#endif
#define STACK1_BYTES 32768
#define STACK1_COUNT NG
#define STACK2_BYTES 65536
#ifndef STACK2_COUNT
#define STACK2_COUNT 64
#endif
#define STACK3_BYTES 262144
#ifndef STACK3_COUNT
#define STACK3_COUNT 16
#endif
#define STACK_STD STACK1_BYTES
#define STACK_MAIN STACK3_BYTES
#ifndef NCHAN
#define NCHAN 600
#endif
#ifndef CHANBUF_BYTES
#define CHANBUF_BYTES 262144
#endif
#define NIRQ 4

#endif
