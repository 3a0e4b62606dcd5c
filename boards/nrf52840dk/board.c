// board.c (nrf52840dk): the console's pins, on port 0 (Product Specification 6.9):
// TX an output that rests high, RX an input that is connected.
#include <arch.h>
#include <config.h>

#define P0_OUTSET 0x50000508
#define P0_DIRSET 0x50000518
#define P0_PIN_CNF(n) (0x50000700 + 4 * (n))

void
board_init(void)
{
	iowrite32(P0_OUTSET, 1u << NRF_UART_TX);
	iowrite32(P0_DIRSET, 1u << NRF_UART_TX);
	iowrite32(P0_PIN_CNF(NRF_UART_RX), 0);
}
