// template.c: boot in C, on the boot hart.
#include "../arch/template/template.h"
#include "../drivers/console.h"

void
template_boot(void)
{
	console_init();
	rt0_go();
}
