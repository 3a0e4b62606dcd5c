// stm32_usart.c: the console on a USART of an STM32: that of the F1 and F4 (one
// status and one data register) and that of the F7 and most later ones (flags are
// cleared by writing them to a register of their own). RM0041, RM0090, RM0410.
//
// What always holds:
//  - Output polls, in any context, and takes no lock: a panic must get out.
//    Every wait is bounded. A transmitter that does not move for TX_WAIT polls
//    counts as stuck; from then on a byte waits TX_STUCK polls only, until the
//    transmitter is seen free again.
//  - Input is a level: the line is up while a received byte waits, or an overrun
//    is not acknowledged; arch_getc takes both away.
//
// The board gives, in board.h: STM32_USART_BASE, STM32_USART_IRQ,
// STM32_USART_BRR (clock / baud, rounded), STM32_USART_V2 (1: the later
// registers). Clock and pins are its board_init's.
#include <arch.h>
#include <config.h>

#include "console.h"

enum {
	V2 = STM32_USART_V2,
	CR1 = V2 ? 0x00 : 0x0c,
	BRR = V2 ? 0x0c : 0x08,
	STATUS = V2 ? 0x1c : 0x00,
	CLEAR = 0x20, // V2
	RDR = V2 ? 0x24 : 0x04,
	TDR = V2 ? 0x28 : 0x04,

	CR1_UE = V2 ? 0x1 : 0x2000,
	CR1_TE = 0x8,
	CR1_RE = 0x4,
	CR1_RXNEIE = 0x20,
	OVERRUN = 0x08, // the same bit in CLEAR
	RXNE = 0x20,
	TC = 0x40, // the last byte has left
	TXE = 0x80 // TDR takes a byte
};

enum {
	TX_WAIT = 1000000, // polls before the transmitter counts as stuck
	TX_STUCK = 100     // polls a byte gets while it does
};

// stuck needs no order: at worst one more byte waits long or short.
static volatile bool stuck;

static uint32_t
get(uintptr_t reg)
{
	return ioread32(STM32_USART_BASE + reg);
}

static void
set(uintptr_t reg, uint32_t value)
{
	iowrite32(STM32_USART_BASE + reg, value);
}

static void
wait_for(uint32_t flag)
{
	unsigned n = stuck ? TX_STUCK : TX_WAIT;

	while (n-- > 0) {
		if (get(STATUS) & flag) {
			stuck = false;
			return;
		}
	}
	stuck = true;
}

void
console_init(void)
{
	set(CR1, 0);
	set(BRR, STM32_USART_BRR);
	set(CR1, CR1_TE | CR1_RE | CR1_RXNEIE | CR1_UE);
}

void
console_drain(void)
{
	wait_for(TC);
}

void
arch_putc(int c)
{
	if (!(get(CR1) & CR1_UE))
		console_init(); // before boot got to it, or after a reset
	wait_for(TXE);
	set(TDR, (uint32_t)c & 0xff);
}

// arch_getc: with the older registers reading the status and then the data is what
// takes an overrun back; the byte that is there is good, and newer ones are lost.
int
arch_getc(void)
{
	uint32_t status = get(STATUS);
	uint32_t byte;

	if (!(status & (RXNE | OVERRUN)))
		return -1;
	if (V2 && status & OVERRUN)
		set(CLEAR, OVERRUN);
	if (V2 && !(status & RXNE))
		return -1;
	byte = get(RDR);
	return status & RXNE ? (int)(byte & 0xff) : -1;
}

unsigned
arch_console_irq(void)
{
	return STM32_USART_IRQ;
}
