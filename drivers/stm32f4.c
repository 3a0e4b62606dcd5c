// stm32f4.c: clock and pins of an STM32F4 or F7 (RM0090 6 and 8, RM0410 5 and 6: the
// same registers), before anything else: board_init. 168 MHz by the PLL from the
// internal 16 MHz, APB1 42, APB2 84; so no board's crystal matters. QEMU has none of
// this: what it does not know reads 0, so every wait is bounded.
//
// The board gives, in board.h: STM32_FLASH_ACR (wait states and caches),
// STM32_CONSOLE_PORT (0 is GPIOA), STM32_CONSOLE_TX and _RX (pins), STM32_CONSOLE_AF,
// and where the USART's clock is turned on, STM32_CONSOLE_RCC (offset in RCC) and
// STM32_CONSOLE_RCC_BIT.
#include <arch.h>
#include <config.h>

#define FLASH_ACR 0x40023c00
#define RCC 0x40023800
#define GPIO (0x40020000 + 0x400 * STM32_CONSOLE_PORT)

enum {
	RCC_CR = 0x00,
	RCC_PLLCFGR = 0x04,
	RCC_CFGR = 0x08,
	RCC_AHB1ENR = 0x30,

	CR_PLLON = 1 << 24,
	CR_PLLRDY = 1 << 25,
	// 16 MHz / 8 * 168 / 2; /7 is USB's 48 MHz.
	PLL_M8_N168_P2_Q7 = 8 | 168 << 6 | 0 << 16 | 7 << 24,
	CFGR_SW_PLL = 2,
	CFGR_SWS = 3 << 2,
	CFGR_SWS_PLL = 2 << 2,
	CFGR_APB1_4_APB2_2 = 5 << 10 | 4 << 13,

	MODER = 0x00,
	AFRL = 0x20,
	MODE_AF = 2,
	WAIT = 10000
};

static void
wait_for(uintptr_t reg, uint32_t mask, uint32_t value)
{
	for (int n = WAIT; n > 0 && (ioread32(reg) & mask) != value; n--)
		;
}

static void
change(uintptr_t reg, uint32_t clear, uint32_t set)
{
	iowrite32(reg, (ioread32(reg) & ~clear) | set);
}

static void
pin(unsigned n)
{
	change(GPIO + AFRL + n / 8 * 4, 0xfu << (n % 8 * 4),
	       (uint32_t)STM32_CONSOLE_AF << (n % 8 * 4));
	change(GPIO + MODER, 3u << (n * 2), (uint32_t)MODE_AF << (n * 2));
}

void
board_init(void)
{
	iowrite32(FLASH_ACR, STM32_FLASH_ACR);
	iowrite32(RCC + RCC_PLLCFGR, PLL_M8_N168_P2_Q7);
	change(RCC + RCC_CR, 0, CR_PLLON);
	wait_for(RCC + RCC_CR, CR_PLLRDY, CR_PLLRDY);
	iowrite32(RCC + RCC_CFGR, CFGR_APB1_4_APB2_2 | CFGR_SW_PLL);
	wait_for(RCC + RCC_CFGR, CFGR_SWS, CFGR_SWS_PLL);

	change(RCC + RCC_AHB1ENR, 0, 1u << STM32_CONSOLE_PORT);
	change(RCC + STM32_CONSOLE_RCC, 0, 1u << STM32_CONSOLE_RCC_BIT);
	(void)ioread32(RCC + STM32_CONSOLE_RCC); // it takes two clocks
	pin(STM32_CONSOLE_TX);
	pin(STM32_CONSOLE_RX);
}
