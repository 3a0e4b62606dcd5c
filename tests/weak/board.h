// board.h of the explorer: as small as it can be.
#define MAXHARTS 3
#define NG 8
#define STACK0_BYTES 512
#define STACK0_COUNT 1
#define STACK1_BYTES 1024
#define STACK1_COUNT 1
#define STACK2_BYTES 2048
#define STACK2_COUNT 1
#define STACK3_BYTES 4096
#define STACK3_COUNT 1
#define NCHAN 2
#define CHANBUF_BYTES 64
#define CHANBUF_MIN 32
#ifndef RUNQ_SIZE
#define RUNQ_SIZE 2
#endif
#define GFREE_HIGH 2
#define GFREE_LOW 1
#define CONSOLE_INPUT 2
#define CHAOS 0
#define NISR 1
#define ISR_ELEM 8
#define NIRQ 2
#define WAITSINCE 0
