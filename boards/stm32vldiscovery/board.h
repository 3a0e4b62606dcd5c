// board.h: ST's STM32VLDISCOVERY: an STM32F100RB, Cortex-M3 without an MPU, 128 KB
// of flash, 8 KB of RAM (RM0041).
#ifndef GZERO_BOARD_H
#define GZERO_BOARD_H

#define MAXHARTS 1
#define NVIC_LINES 56

// board_init makes 24 MHz, the most that this chip does, of the internal 8.
#define SYSTICK_CORE_CLOCK 1
#define SYSTICK_HZ 24000000
#define SYSTICK_CUT_MIN 48

// The chip has 4 bits of priority; levels above this one stay free.
#define KERNEL_PRIO 0x80

// No MPU: no guards. What runs over its stack is found at the next switch or
// interrupt. (QEMU's machine has one, and boot uses it for code and data.)
#define NULL_GUARD_BITS 0
#define STACK_GUARD_BYTES 0

#define SEMIHOSTING 0

// Why there was a reset (docs/cortex-m.md); an empty name is power that came. RAM to
// keep the last panic in is a program's to spare: CONFIG="LASTRUN_BYTES=96".
#define RESET_REASON_REG 0x40021024 // RCC_CSR
#define RESET_REASONS \
	RESET_REASON(1u << 31, "low power") \
	RESET_REASON(1u << 30, "window watchdog") \
	RESET_REASON(1u << 29, "watchdog") \
	RESET_REASON(1u << 28, "software") \
	RESET_REASON(1u << 27, "") \
	RESET_REASON(1u << 26, "pin")
#define RESET_REASON_CLEAR (1u << 24)

// USART1 on PA9 (TX) and PA10 (RX), from the 24 MHz.
#define STM32_USART_BASE 0x40013800
#define STM32_USART_IRQ 37
#define STM32_USART_BRR 208 // 24 MHz / 115200
#define STM32_USART_V2 0

// Pools for 8 KB: main and eight more. Nobody reads the console, and newlib's stdio
// and errno are left out: runtime_print prints.
#define G0_STACK_BYTES 768
#define G0_STACK_ALIGN 8
#define G0_GUARD_BITS 0
#define G0_FAULT_ROOM 512
#define FAULT_STACK_BYTES 0
#define NG 9
#define STACK0_BYTES 288
#define STACK0_COUNT 8
#define STACK1_BYTES 928
#define STACK1_COUNT 1
#define STACK2_BYTES 2048
#define STACK2_COUNT 0
#define STACK3_BYTES 4096
#define STACK3_COUNT 0
#define STACK_STD STACK0_BYTES
#define STACK_MAIN STACK1_BYTES
#define NCHAN 3
#define CHANBUF_BYTES 64
#define CHANBUF_MIN 16
#define NREENT 0
#define NLOCK 0
#define NPANIC 2
#define PANIC_TEXT 48
#define NIRQ 16 // EXTI0 to 4, DMA1 to 5; a line more takes 12 bytes
#define NISR 1
#define ISR_ELEM 8
#define NSTACKUSE 1
#define CONSOLE_INPUT 0
#define RUNQ_SIZE 4
#define GFREE_HIGH 4
#define GFREE_LOW 2
#define BOOTARGS_BYTES 80
#define BOOTARGS_WORDS 8

#endif
