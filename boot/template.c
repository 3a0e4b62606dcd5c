// template.c: boot in C, on the boot hart.
#include "../arch/template/template.h"
#include "../drivers/console.h"

__attribute__((weak)) void
board_init(void)
{
}

void
template_boot(void)
{
	board_init();
	console_init();
	rt0_go();
}
