// cpu.c (template): harts, the interrupts between them, stack guards, the end.
#include "template.h"
#include "../../drivers/console.h"

struct g *template_g;

// arch_ncpu: how many harts boot has found.
unsigned
arch_ncpu(void)
{
	return 1;
}

unsigned
arch_cpuid(void)
{
	return 0; // with one hart this is right
}

void
arch_cpustart(unsigned cpu)
{
	(void)cpu;
	todo(arch_cpustart);
}

// arch_minit: trap vector, floating point control, timer and IPI enabled at the
// hart, no deadline.
void
arch_minit(void)
{
	todo(arch_minit);
}

// arch_cpuwake: nothing that was stored before it may be missed by the hart
// that it wakes.
void
arch_cpuwake(unsigned cpu)
{
	(void)cpu;
	todo(arch_cpuwake);
}

// procyield is all of a spin loop's body.
void
procyield(void)
{
}

// arch_guardtest: a write to guard that the trap entry expects and skips.
bool
arch_guardtest(uintptr_t guard)
{
	(void)guard;
	todo(arch_guardtest);
}

// arch_halt must work whatever else does not.
void
arch_halt(int status)
{
	(void)status;
	console_drain();
	for (;;)
		procyield();
}

const char *
arch_bootargs(void)
{
	return "";
}

void
arch_ram(uintptr_t *lo, uintptr_t *hi)
{
	*lo = ((uintptr_t)__image_end + 15) & ~(uintptr_t)15;
	*hi = (uintptr_t)__ram_end;
}
