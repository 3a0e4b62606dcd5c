// board.h (template): where things are on this board, and how large its pools
// may be: everything in include/config.h can be given another value here. C,
// assembly and linker scripts read it.
#ifndef GZERO_BOARD_H
#define GZERO_BOARD_H

#define MAXHARTS 1

// 0 until guards work; then a page, or what a protection region can be.
#define STACK_GUARD_BYTES 0

// Pools for 16 MB.
#define NG 200
#define NCHAN 100
#define CHANBUF_BYTES 65536

#endif
