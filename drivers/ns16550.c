// ns16550.c: the console on a 16550 UART, the one of every PC and of most
// RISC-V machines.
//
// What always holds:
//  - Output polls: a panic must get out of any context, so nothing here waits
//    for an interrupt and nothing takes a lock (print.c does, for whole lines).
//  - Every wait is bounded. A transmitter that does not move for TX_WAIT polls
//    (about a second) is taken for stuck: from then on a byte waits TX_STUCK
//    polls only, until the transmitter is seen free again. So a dead line costs
//    a panic seconds, not for ever, and a slow reader of an emulator's pipe
//    loses nothing.
//  - Input is a level: the line is up while a received byte waits, and arch_getc
//    takes bytes one by one. Without FIFOs each byte lifts the line anew, which
//    QEMU's PLIC wants to see (plic.c).
//
// The board gives, in board.h: NS16550_BASE (what ioread8 understands: an
// address or a port), NS16550_SHIFT (registers lie 1 << SHIFT apart),
// NS16550_IRQ, and, if they are ours to set, NS16550_DIVISOR (clock / 16 / baud)
// and NS16550_FCR (FIFO control; 7 is on, empty, trigger at one byte). 0 leaves
// either as boot found it. Turning the FIFOs on empties them, and an emulator
// may have put the first byte of its input there before we run, so its boards
// leave them off: it sends the next byte only when the last one was taken.
//
// Turned down: interrupt-driven output. It would be faster on a real line, and
// it would lose the last words of a machine that stops.
#include <arch.h>
#include <config.h>

#include <stdatomic.h>

#include "console.h"

#ifndef NS16550_DIVISOR
#define NS16550_DIVISOR 0
#endif
#ifndef NS16550_FCR
#define NS16550_FCR 0
#endif

enum {
	RBR = 0, // received byte (read)
	THR = 0, // byte to send (write)
	DLL = 0, // divisor, low and high, while LCR_DLAB is set
	DLM = 1,
	IER = 1, // interrupts wanted
	FCR = 2, // FIFO control (write)
	LCR = 3, // line format
	MCR = 4, // modem lines
	LSR = 5, // line status

	IER_RX = 0x01,
	LCR_8N1 = 0x03,
	LCR_DLAB = 0x80,
	MCR_ON = 0x0b, // DTR, RTS, and OUT2, which gates the irq on a PC
	LSR_READY = 0x01,
	LSR_FREE = 0x20, // THR takes a byte
	LSR_EMPTY = 0x40 // and the last one has left
};

enum {
	TX_WAIT = 10000000, // polls before the transmitter counts as stuck
	TX_STUCK = 1000     // polls a byte gets while it does
};

// stuck is shared by all harts on purpose and needs no order: at worst one
// more byte waits long or short.
static atomic_uint stuck;

static uint8_t
get(unsigned reg)
{
	return ioread8(NS16550_BASE + ((uintptr_t)reg << NS16550_SHIFT));
}

static void
set(unsigned reg, unsigned value)
{
	iowrite8(NS16550_BASE + ((uintptr_t)reg << NS16550_SHIFT),
		 (uint8_t)value);
}

// wait_line polls until a bit of LSR is set, or says no after its bound.
static bool
wait_line(unsigned bit)
{
	unsigned n = TX_WAIT;

	if (get(LSR) & bit)
		return true;
	if (atomic_load_explicit(&stuck, memory_order_relaxed))
		n = TX_STUCK;
	while (n-- > 0) {
		if (get(LSR) & bit) {
			atomic_store_explicit(&stuck, 0, memory_order_relaxed);
			return true;
		}
	}
	atomic_store_explicit(&stuck, 1, memory_order_relaxed);
	return false;
}

void
console_init(void)
{
	set(IER, 0);
	if (NS16550_DIVISOR != 0) {
		set(LCR, LCR_DLAB);
		set(DLL, NS16550_DIVISOR & 0xff);
		set(DLM, (NS16550_DIVISOR >> 8) & 0xff);
	}
	set(LCR, LCR_8N1);
	if (NS16550_FCR != 0)
		set(FCR, NS16550_FCR);
	set(MCR, MCR_ON);
	set(IER, IER_RX);
}

void
console_drain(void)
{
	wait_line(LSR_EMPTY);
}

// arch_putc sends a byte, even when the wait for the transmitter was given up:
// a status register that lies must not silence the console.
void
arch_putc(int c)
{
	wait_line(LSR_FREE);
	set(THR, (unsigned)c & 0xff);
}

int
arch_getc(void)
{
	if (!(get(LSR) & LSR_READY))
		return -1;
	return get(RBR);
}

unsigned
arch_console_irq(void)
{
	return NS16550_IRQ;
}
