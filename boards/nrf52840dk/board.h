// board.h: Nordic's nRF52840 DK (PCA10056): Cortex-M4F, 1 MB of flash, 256 KB of RAM
// (nRF52840 Product Specification).
#ifndef GZERO_BOARD_H
#define GZERO_BOARD_H

#define MAXHARTS 1
#define NVIC_LINES 48
#define ARMV7M_FPU 1

// 64 MHz, as the core starts: the internal oscillator, 1.5 to 8 % off. SysTick
// stands while the core waits for an interrupt, so it must not wait.
#define SYSTICK_CORE_CLOCK 1
#define SYSTICK_HZ 64000000
#define SYSTICK_CUT_MIN 128
#define IDLE_WFI 0

// The chip has 3 bits of priority; 0x20, 0x40 and 0x60 stay free above this one.
#define KERNEL_PRIO 0x80

#define NULL_GUARD_BITS 0 // the flash begins at 0
#define STACK_GUARD_BYTES 128

#define SEMIHOSTING 0

// RAM that keeps the last panic over a reset, and why there was a reset
// (docs/cortex-m.md). An empty name is power that came.
#define LASTRUN_BYTES 256
#define RESET_REASON_REG 0x40000400 // POWER RESETREAS
#define RESET_REASONS \
	RESET_REASON(1 << 3, "lockup") \
	RESET_REASON(1 << 2, "software") \
	RESET_REASON(1 << 1, "watchdog") \
	RESET_REASON(1 << 16, "wake-up") \
	RESET_REASON(1 << 0, "pin")
#define RESET_REASON_CLEAR 0xffffffff

// UART0, the older of the two that share the place, on P0.06 (TX) and P0.08 (RX):
// the serial port of the probe on the board.
#define NRF_UART_BASE 0x40002000
#define NRF_UART_IRQ 2
#define NRF_UART_TX 6
#define NRF_UART_RX 8
#define NRF_UART_BAUD 0x01d7e000 // 115200

// Pools for 256 KB. newlib takes 0.7 KB of a stack for printf("%f"), 1.1 KB for
// sscanf.
#define G0_STACK_BYTES 4096
#define G0_STACK_ALIGN 256
#define NG 72
#define STACK0_BYTES 512
#define STACK0_COUNT 16
#define STACK1_BYTES 1024
#define STACK1_COUNT 8
#define STACK2_BYTES 2048
#define STACK2_COUNT NG
#define STACK3_BYTES 8192
#define STACK3_COUNT 1
#define STACK_STD STACK2_BYTES
#define STACK_MAIN STACK3_BYTES
#define NCHAN 64
#define CHANBUF_BYTES 4096
#define NREENT 16
#define NPANIC 16
#define NIRQ NVIC_LINES
#define NISR 8
#define NSTACKUSE 8
#define CONSOLE_INPUT 256
#define RUNQ_SIZE 32

#endif
