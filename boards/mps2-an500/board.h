// board.h: Arm MPS2 with the AN500 image (Cortex-M7, DAI 0500).
#ifndef GZERO_BOARD_H
#define GZERO_BOARD_H

#define MAXHARTS 1
#define NVIC_LINES 32
#define ARMV7M_FPU 1

// SysTick counts the core's clock (1) or the external reference (0), at so
// many Hz. SYSTICK_CUT_MIN: see arch/armv7m/time.c; 48 ticks are 2 us.
#define SYSTICK_CORE_CLOCK 1
#define SYSTICK_HZ 25000000
#define SYSTICK_CUT_MIN 48

// Interrupts that may call the kernel; 0x20, 0x40, 0x60 stay free above it.
#define KERNEL_PRIO 0x80

// The first 2^12 bytes are the vectors and then nothing (board.mk: NULL_GUARD).
#define NULL_GUARD_BITS 12

// Below each stack, by the MPU; an FP frame is 104 bytes. A board whose core has
// no MPU (MPU_TYPE reads 0) must say 0 here: boot tests the guard.
#define STACK_GUARD_BYTES 128

// 1 only where a debugger or an emulator answers a breakpoint.
#define SEMIHOSTING 1

#define CMSDK_UART_BASE 0x40004000
#define CMSDK_UART_RXIRQ 0
#define CMSDK_UART_BAUDDIV 217 // 25 MHz / 115200

// Pools for 4 MB. newlib takes 0.7 KB of a stack for printf("%f"), 1.1 KB for
// sscanf.
#define G0_STACK_BYTES 4096
#define NG 1200
#define STACK0_BYTES 512
#define STACK0_COUNT 64
#define STACK1_BYTES 1024
#define STACK1_COUNT 64
#define STACK2_BYTES 2048
#define STACK2_COUNT NG
#define STACK3_BYTES 8192
#define STACK3_COUNT 16
#define STACK_STD STACK2_BYTES
#define STACK_MAIN STACK3_BYTES
#define NCHAN 600
#define CHANBUF_BYTES 65536
#define NREENT 64
#define NIRQ NVIC_LINES

#endif
