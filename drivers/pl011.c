// pl011.c: the console on Arm's PrimeCell UART (DDI 0183), as on Stellaris chips.
//
// What always holds:
//  - Output polls, in any context, and takes no lock: a panic must get out.
//    Every wait is bounded. A transmitter that does not move for TX_WAIT polls
//    counts as stuck; from then on a byte waits TX_STUCK polls only, until the
//    transmitter is seen free again.
//  - Input is a level: without its FIFOs the device holds one byte and its line is
//    up as long as it does.
//
// The board gives, in board.h: PL011_BASE, PL011_IRQ, PL011_IBRD and PL011_FBRD
// (clock / 16 / baud, whole and in 64ths). Clock and pins are its board_init's.
#include <arch.h>
#include <config.h>

#include "console.h"

enum {
	DR = 0x00,
	FR = 0x18,
	IBRD = 0x24,
	FBRD = 0x28,
	LCRH = 0x2c,
	CR = 0x30,
	IMSC = 0x38,
	ICR = 0x44,

	FR_BUSY = 0x08,
	FR_RXFE = 0x10,
	FR_TXFF = 0x20,
	LCRH_8N1 = 0x60, // the FIFOs stay off
	CR_UARTEN = 0x001,
	CR_TXE = 0x100,
	CR_RXE = 0x200,
	INT_RX = 0x10,
	INT_ALL = 0x7ff
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
	return ioread32(PL011_BASE + reg);
}

static void
set(uintptr_t reg, uint32_t value)
{
	iowrite32(PL011_BASE + reg, value);
}

// wait_while waits until the flag is gone.
static void
wait_while(uint32_t flag)
{
	unsigned n = stuck ? TX_STUCK : TX_WAIT;

	while (n-- > 0) {
		if (!(get(FR) & flag)) {
			stuck = false;
			return;
		}
	}
	stuck = true;
}

void
console_init(void)
{
	set(CR, 0);
	set(ICR,
	    INT_ALL & ~INT_RX); // a byte that is there already still counts
	set(IBRD, PL011_IBRD);
	set(FBRD, PL011_FBRD);
	set(LCRH, LCRH_8N1); // takes the divisor over
	set(IMSC, INT_RX);
	set(CR, CR_UARTEN | CR_TXE | CR_RXE);
}

void
console_drain(void)
{
	wait_while(FR_BUSY);
}

void
arch_putc(int c)
{
	if (!(get(CR) & CR_UARTEN))
		console_init(); // before boot got to it, or after a reset
	wait_while(FR_TXFF);
	set(DR, (uint32_t)c & 0xff);
}

// arch_getc: errors of the line come in the upper bits of DR, and a byte with them.
int
arch_getc(void)
{
	if (get(FR) & FR_RXFE)
		return -1;
	return (int)(get(DR) & 0xff);
}

unsigned
arch_console_irq(void)
{
	return PL011_IRQ;
}
