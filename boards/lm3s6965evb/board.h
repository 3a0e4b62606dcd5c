// board.h: Luminary's (now TI's) LM3S6965 evaluation board: Cortex-M3 with an MPU,
// 256 KB of flash, 64 KB of RAM (LM3S6965 data sheet).
#ifndef GZERO_BOARD_H
#define GZERO_BOARD_H

#define MAXHARTS 1
#define NVIC_LINES 44

// The clock that the core starts with, the internal oscillator of 12 MHz, which is
// not exact (30 %); board_init takes the crystal and the PLL for 50 MHz.
#define SYSTICK_CORE_CLOCK 1
#define SYSTICK_HZ 50000000
#define SYSTICK_CUT_MIN 96

// The chip has 3 bits of priority; 0x20, 0x40 and 0x60 stay free above this one.
#define KERNEL_PRIO 0x80

#define NULL_GUARD_BITS 0 // the flash begins at 0
#define STACK_GUARD_BYTES 64

#define SEMIHOSTING 0

// RAM that keeps the last panic over a reset, and why there was a reset
// (docs/cortex-m.md). An empty name is power that came.
#define LASTRUN_BYTES 128
#define RESET_REASON_REG 0x400fe05c // RESC
#define RESET_REASONS \
	RESET_REASON(1 << 1, "") \
	RESET_REASON(1 << 4, "software") \
	RESET_REASON(1 << 3, "watchdog") \
	RESET_REASON(1 << 2, "brown-out") \
	RESET_REASON(1 << 0, "pin")
#define RESET_REASON_CLEAR 0

// UART0 on PA0 (RX) and PA1 (TX), to the USB port of the board.
#define PL011_BASE 0x4000c000
#define PL011_IRQ 5
#define PL011_IBRD 27 // 50 MHz / (16 * 115200) = 27 + 8 / 64
#define PL011_FBRD 8

// Pools for 64 KB, 14 of which are left for the heap.
#define G0_STACK_BYTES 2048
#define G0_STACK_ALIGN 256
#define NG 16
#define STACK0_BYTES 512
#define STACK0_COUNT 8
#define STACK1_BYTES 1024
#define STACK1_COUNT NG
#define STACK2_BYTES 2048
#define STACK2_COUNT 2
#define STACK3_BYTES 4096
#define STACK3_COUNT 1
#define STACK_STD STACK1_BYTES
#define STACK_MAIN STACK3_BYTES
#define NCHAN 24
#define CHANBUF_BYTES 2048
#define NREENT 8
#define NLOCK 8
#define NPANIC 8
#define NIRQ NVIC_LINES
#define NISR 4
#define NSTACKUSE 8
#define CONSOLE_INPUT 128
#define RUNQ_SIZE 16
#define GFREE_HIGH 16
#define GFREE_LOW 8

#endif
