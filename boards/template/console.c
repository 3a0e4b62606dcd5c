// console.c (template): the console of a board without one. A port uses a driver
// of drivers/ or writes one there.
#include <arch.h>

#include "../../drivers/console.h"

void
console_init(void)
{
}

void
console_drain(void)
{
}

// arch_putc is the first thing that a port writes.
void
arch_putc(int c)
{
	(void)c;
}

int
arch_getc(void)
{
	return -1;
}

unsigned
arch_console_irq(void)
{
	throw("template: arch_console_irq is to be written");
}
