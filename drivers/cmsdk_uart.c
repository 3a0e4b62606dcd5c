// cmsdk_uart.c: the console on the UART of Arm's Cortex-M System Design Kit,
// as on the MPS2 boards. One byte of buffer each way.
//
// What always holds:
//  - Output polls, in any context, and takes no lock: a panic must get out.
//    Every wait is bounded. A transmitter that does not move for TX_WAIT polls
//    counts as stuck; from then on a byte waits TX_STUCK polls only, until the
//    transmitter is seen free again.
//  - Input is a level to the kernel: the receive interrupt is latched when a
//    byte arrives, and arch_getc drops the latch before it takes the byte, so
//    that one arriving after the last arch_getc raises it anew.
//
// The board gives, in board.h: CMSDK_UART_BASE, CMSDK_UART_RXIRQ,
// CMSDK_UART_BAUDDIV (clock / baud, 16 or more).
#include <arch.h>
#include <config.h>

#include "console.h"

enum {
	DATA = 0x00,
	STATE = 0x04,
	CTRL = 0x08,
	INTCLEAR = 0x0c,
	BAUDDIV = 0x10,

	STATE_TXFULL = 0x1,
	STATE_RXFULL = 0x2,
	STATE_RXOVERRUN = 0x8, // written 1 to clear
	CTRL_TX = 0x1,
	CTRL_RX = 0x2,
	CTRL_RXIRQ = 0x8,
	INT_RX = 0x2
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
	return ioread32(CMSDK_UART_BASE + reg);
}

static void
set(uintptr_t reg, uint32_t value)
{
	iowrite32(CMSDK_UART_BASE + reg, value);
}

static void
wait_tx(void)
{
	unsigned n = stuck ? TX_STUCK : TX_WAIT;

	while (n-- > 0) {
		if (!(get(STATE) & STATE_TXFULL)) {
			stuck = false;
			return;
		}
	}
	stuck = true;
}

void
console_init(void)
{
	set(CTRL, 0);
	set(BAUDDIV, CMSDK_UART_BAUDDIV);
	set(INTCLEAR, 0xf);
	set(CTRL, CTRL_TX | CTRL_RX | CTRL_RXIRQ);
}

// console_drain: the buffer's flag is all that the device shows; the byte in
// the shift register leaves by itself.
void
console_drain(void)
{
	wait_tx();
}

void
arch_putc(int c)
{
	if (!(get(CTRL) & CTRL_TX))
		console_init(); // before boot got to it, or after a reset
	wait_tx();
	set(DATA, (uint32_t)c & 0xff);
}

int
arch_getc(void)
{
	uint32_t state = get(STATE);

	if (!(state & STATE_RXFULL))
		return -1;
	if (state & STATE_RXOVERRUN)
		set(STATE, STATE_RXOVERRUN);
	set(INTCLEAR, INT_RX);
	return (int)(get(DATA) & 0xff);
}

unsigned
arch_console_irq(void)
{
	return CMSDK_UART_RXIRQ;
}
