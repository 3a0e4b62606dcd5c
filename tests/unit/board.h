// board.h of the host: small limits, so that the tests reach them.
#define MAXHARTS 4
#define NG 400
#define STACK0_BYTES 512
#define STACK0_COUNT 8
#define STACK1_BYTES 1024
#define STACK1_COUNT NG
#define STACK2_BYTES 2048
#define STACK2_COUNT 8
#define STACK3_BYTES 4096
#define STACK3_COUNT 2
#define NCHAN 16
#define CHANBUF_BYTES 65536
#define CHANBUF_MIN 32
#define DEBUG 1
