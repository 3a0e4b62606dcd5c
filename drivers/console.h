// console.h: what a console driver offers to boot/ and arch/ besides arch_putc,
// arch_getc and arch_console_irq of arch.h.
#ifndef GZERO_DRIVERS_CONSOLE_H
#define GZERO_DRIVERS_CONSOLE_H

// console_init sets the device up and lets it ask for an interrupt while a
// received byte waits. Boot calls it once, on hart 0. arch_putc works before
// it too, as far as reset or a boot loader left the device usable.
void console_init(void);

// console_drain waits, for a bounded time, until the last byte has left the
// device. arch_halt calls it, since a machine that stops takes them with it.
void console_drain(void);

#endif
