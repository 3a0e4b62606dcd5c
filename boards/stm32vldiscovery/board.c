// board.c (stm32vldiscovery): clock and pins. RM0041, 7.3 and 8.2; what QEMU has
// none of reads 0 there, so every wait is bounded.
#include <arch.h>

#define RCC_CR 0x40021000
#define RCC_CFGR 0x40021004
#define RCC_APB2ENR 0x40021018
#define GPIOA_CRH 0x40010804

enum {
	CR_PLLON = 1 << 24,
	CR_PLLRDY = 1 << 25,
	CFGR_PLL_24MHZ = 4 << 18, // 8 MHz / 2 * 6
	CFGR_SW_PLL = 2,
	CFGR_SWS = 3 << 2,
	CFGR_SWS_PLL = 2 << 2,
	APB2_AFIO_PORTA_USART1 = 1 << 0 | 1 << 2 | 1 << 14,
	WAIT = 10000
};

static void
wait_for(uintptr_t reg, uint32_t mask, uint32_t value)
{
	for (int n = WAIT; n > 0 && (ioread32(reg) & mask) != value; n--)
		;
}

// At 24 MHz the flash needs no wait states, and all buses may run as fast.
void
board_init(void)
{
	iowrite32(RCC_CFGR, CFGR_PLL_24MHZ);
	iowrite32(RCC_CR, ioread32(RCC_CR) | CR_PLLON);
	wait_for(RCC_CR, CR_PLLRDY, CR_PLLRDY);
	iowrite32(RCC_CFGR, CFGR_PLL_24MHZ | CFGR_SW_PLL);
	wait_for(RCC_CFGR, CFGR_SWS, CFGR_SWS_PLL);
	iowrite32(RCC_APB2ENR, APB2_AFIO_PORTA_USART1);
	// PA9: alternate function, 50 MHz; PA10: floating input.
	iowrite32(GPIOA_CRH, (ioread32(GPIOA_CRH) & ~0xff0u) | 0x4b0);
}
