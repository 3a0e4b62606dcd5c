// sifive_uart.c: the console on SiFive's UART, eight bytes of buffer each way.
//
// What always holds:
//  - Output polls, in any context, and takes no lock: a panic must get out.
//    Every wait is bounded. A transmitter that does not move for TX_WAIT polls
//    counts as stuck; from then on a byte waits TX_STUCK polls only, until the
//    transmitter is seen free again.
//  - Input is a level: the line is up while the buffer holds a byte (the mark
//    in RXCTRL is 0). A read of RXDATA takes the byte and says whether there
//    was one; there is no look without taking.
//
// The board gives, in board.h: SIFIVE_UART_BASE, SIFIVE_UART_IRQ, SIFIVE_UART_DIV
// (clock / baud - 1). Pins are the board's to connect.
#include <arch.h>
#include <config.h>

#include "console.h"

enum {
	TXDATA = 0x00,
	RXDATA = 0x04,
	TXCTRL = 0x08,
	RXCTRL = 0x0c,
	IE = 0x10,
	IP = 0x14,
	DIV = 0x18,

	CTRL_ON = 0x1,
	CTRL_MARK = 1 << 16, // of TXCTRL: IP_TX while fewer wait than this
	IP_TX = 0x1,
	IE_RX = 0x2
};
#define FULL 0x80000000u  // of TXDATA
#define EMPTY 0x80000000u // of RXDATA

enum {
	TX_WAIT = 1000000, // polls before the transmitter counts as stuck
	TX_STUCK = 100     // polls a byte gets while it does
};

// stuck needs no order: at worst one more byte waits long or short.
static volatile bool stuck;

static uint32_t
get(uintptr_t reg)
{
	return ioread32(SIFIVE_UART_BASE + reg);
}

static void
set(uintptr_t reg, uint32_t value)
{
	iowrite32(SIFIVE_UART_BASE + reg, value);
}

// wait_tx polls until reg & bits is want.
static void
wait_tx(uintptr_t reg, uint32_t bits, uint32_t want)
{
	unsigned n = stuck ? TX_STUCK : TX_WAIT;

	while (n-- > 0) {
		if ((get(reg) & bits) == want) {
			stuck = false;
			return;
		}
	}
	stuck = true;
}

void
console_init(void)
{
	set(DIV, SIFIVE_UART_DIV);
	set(TXCTRL, CTRL_ON | CTRL_MARK);
	set(RXCTRL, CTRL_ON);
	set(IE, IE_RX);
}

// console_drain: the buffer's mark is all that the device shows; the byte in the
// shift register leaves by itself.
void
console_drain(void)
{
	wait_tx(IP, IP_TX, IP_TX);
}

void
arch_putc(int c)
{
	if (!(get(TXCTRL) & CTRL_ON))
		console_init(); // before boot got to it
	wait_tx(TXDATA, FULL, 0);
	set(TXDATA, (uint32_t)c & 0xff);
}

int
arch_getc(void)
{
	uint32_t data = get(RXDATA);

	return data & EMPTY ? -1 : (int)(data & 0xff);
}

unsigned
arch_console_irq(void)
{
	return SIFIVE_UART_IRQ;
}
