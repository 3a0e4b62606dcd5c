// board.h: ST's STM32F4DISCOVERY: an STM32F407VG, Cortex-M4F, 1 MB of flash, 128 KB of
// RAM and 64 KB that only the core reaches, unused here (RM0090).
#ifndef GZERO_BOARD_H
#define GZERO_BOARD_H

#define MAXHARTS 1
#define NVIC_LINES 82
#define ARMV7M_FPU 1

// 168 MHz by the PLL (drivers/stm32f4.c).
#define SYSTICK_CORE_CLOCK 1
#define SYSTICK_HZ 168000000
#define SYSTICK_CUT_MIN 336
#define STM32_FLASH_ACR 0x705 // 5 wait states, prefetch, both caches

// The chip has 4 bits of priority; levels above this one stay free.
#define KERNEL_PRIO 0x80

// What lies at 0, a second view of the flash, nobody uses.
#define NULL_GUARD_BITS 12
#define STACK_GUARD_BYTES 128

#define SEMIHOSTING 0

// RAM that keeps the last panic over a reset, and why there was a reset
// (docs/cortex-m.md). An empty name is power that came.
#define LASTRUN_BYTES 256
#define RESET_REASON_REG 0x40023874 // RCC_CSR
#define RESET_REASONS \
	RESET_REASON(1u << 31, "low power") \
	RESET_REASON(1u << 30, "window watchdog") \
	RESET_REASON(1u << 29, "watchdog") \
	RESET_REASON(1u << 28, "software") \
	RESET_REASON(1u << 27, "") \
	RESET_REASON(1u << 25, "brown-out") \
	RESET_REASON(1u << 26, "pin")
#define RESET_REASON_CLEAR (1u << 24)

// USART2 on PA2 (TX) and PA3 (RX): USART1's pins have other work on this board.
#define STM32_USART_BASE 0x40004400
#define STM32_USART_IRQ 38
#define STM32_USART_BRR 365 // 42 MHz / 115200
#define STM32_USART_V2 0
#define STM32_CONSOLE_PORT 0
#define STM32_CONSOLE_TX 2
#define STM32_CONSOLE_RX 3
#define STM32_CONSOLE_AF 7
#define STM32_CONSOLE_RCC 0x40
#define STM32_CONSOLE_RCC_BIT 17

// Pools for 128 KB. newlib takes 0.7 KB of a stack for printf("%f"), 1.1 KB for
// sscanf.
#define G0_STACK_BYTES 4096
#define G0_STACK_ALIGN 256
#define NG 28
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
#define NCHAN 48
#define CHANBUF_BYTES 4096
#define NREENT 16
#define NPANIC 16
#define NIRQ NVIC_LINES
#define NISR 8
#define NSTACKUSE 8
#define CONSOLE_INPUT 256
#define RUNQ_SIZE 32

#endif
