// board.h: QEMU's RISC-V `virt` machine: where things are. C, assembly and
// linker scripts read it.
#ifndef GZERO_BOARD_H
#define GZERO_BOARD_H

#define MAXHARTS 8

// What the core and the machine have: F and D, Sv39, a device tree in a1. The
// program is loaded to RAM.
#define IN_FLASH 0
#define DEVICE_TREE 1
#define HAS_FP 1
#define HAS_PAGING 1

// Memory, if the device tree should not say (board.mk knows it too).
#define RAM_BASE 0x80000000
#define RAM_BYTES 0x20000000
// Nothing may touch the first bytes of the address space: a null pointer. 0 or
// a power of two of at least 4096. (A boot ROM lies there; nobody needs it.)
#define NULL_BYTES 0x10000

// A page that nothing may touch below each stack: of goroutines by paging, of
// the harts by the PMP (there it is part of G0_STACK_BYTES).
#define STACK_GUARD_BYTES 4096
#define G0_GUARD_BYTES 4096
#define G0_STACK_BYTES 20480

// CLINT: software interrupts, deadlines, the clock.
#define CLINT_BASE 0x2000000
#define MTIME_HZ 10000000

// PLIC: contexts alternate between M- and S-mode of each hart.
#define PLIC_BASE 0xc000000
#define PLIC_NSRC 96
#define PLIC_CONTEXT(hartid) (2 * (hartid))

#define NS16550_BASE 0x10000000
#define NS16550_SHIFT 0
#define NS16550_IRQ 10

// The finisher ends the machine: PASS is status 0, FAIL has the status in its
// upper half.
#define FINISHER_BASE 0x100000
#define FINISHER_PASS 0x5555
#define FINISHER_FAIL 0x3333

#endif
