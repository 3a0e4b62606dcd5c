// plic.h: the RISC-V platform-level interrupt controller, as its arch uses it.
#ifndef GZERO_DRIVERS_PLIC_H
#define GZERO_DRIVERS_PLIC_H

#include <stdint.h>

// plic_init silences every line and routes all of them to the hart with this
// hardware id. Boot calls it once.
void plic_init(uint32_t hartid);

// plic_claim takes the most urgent waiting line, 0 if none; plic_complete gives
// it back. Only on the hart that plic_init named, interrupts masked.
unsigned plic_claim(void);
void plic_complete(unsigned irq);

#endif
