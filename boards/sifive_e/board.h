// board.h: QEMU's `sifive_e` with the 64-bit E51 core: M-mode and U-mode, no
// paging, no floating point, 16 KB of RAM, the program in flash. Its relative
// that one can buy, the HiFive1, has the same map but a 32-bit core: this image is
// for QEMU only.
#ifndef GZERO_BOARD_H
#define GZERO_BOARD_H

#define MAXHARTS 1

// The program runs from flash, alone: boot copies .data, and there is neither a
// device tree nor a core beside this one. No F and D, no Sv39.
#define IN_FLASH 1
#define DEVICE_TREE 0
#define HAS_FP 0
#define HAS_PAGING 0

// board.mk knows it too.
#define RAM_BASE 0x80000000
#define RAM_BYTES 0x4000
// Nothing may touch the first bytes of the address space: a null pointer. By
// the PMP; the boot ROM begins behind them.
#define NULL_BYTES 0x1000

// No paging, so no guards below goroutines: the canary at a stack's end tells, at
// the next switch or interrupt. (An entry of the PMP holds in M-mode only when it is
// locked, and then it never moves. What paging.c does with MPRV would make an open
// one hold; but a guard of 64 bytes a stack is RAM that is not there.) g0's stack
// begins where RAM does (linker/riscv64_flash.ld): below it lies nothing, which is
// a guard that costs nothing.
#define STACK_GUARD_BYTES 0
#define G0_GUARD_BYTES 0

// CLINT. QEMU's mtime has 10 MHz; the real FE310's has 32768 Hz, which is no whole
// number of nanoseconds: the clock then divides (arch/riscv64/time.c).
#define CLINT_BASE 0x2000000
#ifndef MTIME_HZ
#define MTIME_HZ 10000000
#endif

// PLIC: one context, M-mode of hart 0.
#define PLIC_BASE 0xc000000
#define PLIC_NSRC 53
#define PLIC_CONTEXT(hartid) (0 * (hartid))

#define SIFIVE_UART_BASE 0x10013000
#define SIFIVE_UART_IRQ 3
#define SIFIVE_UART_DIV 138 // 16 MHz / 115200 - 1

// No device ends this machine: the last line tells the status.
#define FINISHER_BASE 0
#define FINISHER_PASS 0
#define FINISHER_FAIL 0

// Pools for 16 KB: main and eight more. newlib's stdio and errno are left out:
// runtime_print prints.
#define G0_STACK_BYTES 2048
#define G0_STACK_ALIGN 16
#define NG 9
#define STACK0_BYTES 704
#define STACK0_COUNT 8
#define STACK1_BYTES 2176
#define STACK1_COUNT 1
#define STACK2_BYTES 2560
#define STACK2_COUNT 0
#define STACK3_BYTES 4096
#define STACK3_COUNT 0
#define STACK_STD STACK0_BYTES
#define STACK_MAIN STACK1_BYTES
#define NCHAN 4
#define CHANBUF_BYTES 128
#define CHANBUF_MIN 16
#define NREENT 0
#define NLOCK 0
#define NPANIC 3
#define PANIC_TEXT 64
#define NIRQ 8 // the UARTs are 3 and 4; a line more takes 24 bytes
#define NISR 2
#define ISR_ELEM 8
#define NSTACKUSE 1
#define CONSOLE_INPUT 64
#define RUNQ_SIZE 8
#define GFREE_HIGH 8
#define GFREE_LOW 4
#define BOOTARGS_BYTES 96
#define BOOTARGS_WORDS 8

#endif
