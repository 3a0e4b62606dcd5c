// nrf_uart.c: the console on the UART of Nordic's nRF51 and nRF52 chips, the one
// without DMA (Product Specification of the nRF52840, "UART").
//
// What always holds:
//  - Output polls, in any context, and takes no lock: a panic must get out.
//    Every wait is bounded. The device tells of a byte that has left by an event;
//    busy says that one is still to come. A transmitter that sends none for TX_WAIT
//    polls counts as stuck; from then on a byte waits TX_STUCK polls only.
//  - Input is a level: the event of a received byte holds the line up until
//    arch_getc takes it away, before it takes the byte, so that one that follows
//    raises it anew. The device has six bytes of room.
//
// The board gives, in board.h: NRF_UART_BASE, NRF_UART_IRQ, NRF_UART_TX and _RX
// (PSEL values: port * 32 + pin), NRF_UART_BAUD (the BAUDRATE register's).
#include <arch.h>
#include <config.h>

#include "console.h"

enum {
	TASKS_STARTRX = 0x000,
	TASKS_STARTTX = 0x008,
	EVENTS_RXDRDY = 0x108,
	EVENTS_TXDRDY = 0x11c,
	INTENSET = 0x304,
	INTENCLR = 0x308,
	ENABLE = 0x500,
	PSELRTS = 0x508,
	PSELTXD = 0x50c,
	PSELCTS = 0x510,
	PSELRXD = 0x514,
	RXD = 0x518,
	TXD = 0x51c,
	BAUDRATE = 0x524,
	CONFIG = 0x56c,

	INT_RXDRDY = 1 << 2,
	ENABLED = 4
};
#define DISCONNECTED UINT32_MAX

enum {
	TX_WAIT = 1000000, // polls before the transmitter counts as stuck
	TX_STUCK = 100     // polls a byte gets while it does
};

// Neither needs an order: at worst one more byte waits long or short.
static volatile bool stuck, busy;

static uint32_t
get(uintptr_t reg)
{
	return ioread32(NRF_UART_BASE + reg);
}

static void
set(uintptr_t reg, uint32_t value)
{
	iowrite32(NRF_UART_BASE + reg, value);
}

static void
wait_tx(void)
{
	unsigned n = stuck ? TX_STUCK : TX_WAIT;

	while (busy && n-- > 0) {
		if (get(EVENTS_TXDRDY) != 0) {
			stuck = busy = false;
			return;
		}
	}
	stuck = busy;
}

void
console_init(void)
{
	set(ENABLE, 0);
	set(INTENCLR, UINT32_MAX);
	set(PSELTXD, NRF_UART_TX);
	set(PSELRXD, NRF_UART_RX);
	set(PSELRTS, DISCONNECTED);
	set(PSELCTS, DISCONNECTED);
	set(BAUDRATE, NRF_UART_BAUD);
	set(CONFIG, 0); // no parity, no flow control
	set(ENABLE, ENABLED);
	set(EVENTS_RXDRDY, 0);
	set(EVENTS_TXDRDY, 0);
	busy = false;
	set(INTENSET, INT_RXDRDY);
	set(TASKS_STARTTX, 1);
	set(TASKS_STARTRX, 1);
}

void
console_drain(void)
{
	wait_tx();
}

void
arch_putc(int c)
{
	if (get(ENABLE) != ENABLED)
		console_init(); // before boot got to it, or after a reset
	wait_tx();
	set(EVENTS_TXDRDY, 0);
	busy = true;
	set(TXD, (uint32_t)c & 0xff);
}

int
arch_getc(void)
{
	if (get(EVENTS_RXDRDY) == 0)
		return -1;
	set(EVENTS_RXDRDY, 0);
	return (int)(get(RXD) & 0xff);
}

unsigned
arch_console_irq(void)
{
	return NRF_UART_IRQ;
}
