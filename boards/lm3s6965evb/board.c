// board.c (lm3s6965evb): clock and pins. LM3S6965 data sheet, 5.2.5 and 8.
#include <arch.h>

#define SYSCTL_RIS 0x400fe050
#define SYSCTL_RCC 0x400fe060
#define SYSCTL_RCGC1 0x400fe104
#define SYSCTL_RCGC2 0x400fe108
#define GPIOA_AFSEL 0x40004420
#define GPIOA_DEN 0x4000451c

enum {
	RCC_MOSCDIS = 1 << 0,
	RCC_OSCSRC = 3 << 4, // 0: the main oscillator
	RCC_XTAL = 0xf << 6,
	RCC_XTAL_8MHZ = 0xe << 6,
	RCC_BYPASS = 1 << 11,
	RCC_OEN = 1 << 12,
	RCC_PWRDN = 1 << 13,
	RCC_USESYSDIV = 1 << 22,
	RCC_SYSDIV = 0xf << 23,
	RCC_SYSDIV_4 = 3 << 23, // of the PLL's 200 MHz
	RIS_PLLLRIS = 1 << 6,
	RCGC1_UART0 = 1 << 0,
	RCGC2_PORTA = 1 << 0,
	UART0_PINS = 3,
	WAIT = 100000
};

static void
settle(void)
{
	for (volatile int n = 0; n < 20000; n = n + 1)
		;
}

// The data sheet's five steps: away from the PLL, the crystal and its frequency,
// the divider, until the PLL has locked, to the PLL.
void
board_init(void)
{
	uint32_t rcc = ioread32(SYSCTL_RCC);

	rcc = (rcc | RCC_BYPASS) & ~(uint32_t)RCC_USESYSDIV;
	iowrite32(SYSCTL_RCC, rcc);
	rcc &= ~(uint32_t)(RCC_MOSCDIS | RCC_OSCSRC | RCC_XTAL | RCC_OEN |
			   RCC_PWRDN | RCC_SYSDIV);
	rcc |= RCC_XTAL_8MHZ | RCC_SYSDIV_4 | RCC_USESYSDIV;
	iowrite32(SYSCTL_RCC, rcc | RCC_OEN | RCC_PWRDN);
	settle(); // the crystal takes a while to start
	iowrite32(SYSCTL_RCC, rcc);
	for (int n = WAIT; n > 0 && !(ioread32(SYSCTL_RIS) & RIS_PLLLRIS); n--)
		;
	iowrite32(SYSCTL_RCC, rcc & ~(uint32_t)RCC_BYPASS);

	iowrite32(SYSCTL_RCGC1, ioread32(SYSCTL_RCGC1) | RCGC1_UART0);
	iowrite32(SYSCTL_RCGC2, ioread32(SYSCTL_RCGC2) | RCGC2_PORTA);
	// A port answers some clocks after its own is on: read back first.
	(void)ioread32(SYSCTL_RCGC2);
	(void)ioread32(SYSCTL_RCGC2);
	iowrite32(GPIOA_AFSEL, ioread32(GPIOA_AFSEL) | UART0_PINS);
	iowrite32(GPIOA_DEN, ioread32(GPIOA_DEN) | UART0_PINS);
}
