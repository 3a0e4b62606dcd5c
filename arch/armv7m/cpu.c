// cpu.c (armv7m): the one hart, waiting, and the debugger on the other side of
// a breakpoint.
#include <arch.h>
#include <armv7m.h>

#include "../../drivers/console.h"

_Static_assert(MAXHARTS == 1, "armv7m: board.h must set MAXHARTS to 1");

struct arch_cur arch_cur;

enum {
	SYS_GET_CMDLINE = 0x15,
	SYS_EXIT_EXTENDED = 0x20,
	APPLICATION_EXIT = 0x20026
};

void
setg(struct g *gp)
{
	struct m *mp = (struct m *)gword(gp, G_M);

	arch_cur.g = gp;
	arch_cur.g0 = *(struct g **)((char *)mp + M_G0);
}

unsigned
arch_ncpu(void)
{
	return 1;
}

unsigned
arch_cpuid(void)
{
	return 0;
}

void
arch_cpustart(unsigned cpu)
{
	if (cpu != 0)
		throw("arch_cpustart: no such hart");
}

void
arch_minit(void)
{
	if (SMALL)
		return; // boot has done it, and there is no second time
	trapinit();
	arch_timerset(INT64_MAX);
}

// A board where SysTick stands while the core waits says IDLE_WFI 0: idle then
// does not wait.
#if !defined IDLE_WFI || IDLE_WFI
#define WAIT "wfi\n\t"
#else
#define WAIT ""
#endif

// arch_cpuidle: WFI wakes for what would be taken if PRIMASK were clear, but
// not for what BASEPRI holds back. So PRIMASK takes the mask over before
// BASEPRI lets go, and what comes in between ends the WFI at once.
void
arch_cpuidle(void)
{
	__asm__ volatile("cpsid i\n\t"
			 "msr basepri, %0\n\t"
			 "isb\n\t"
			 "dsb\n\t" WAIT "cpsie i\n\t"
			 "isb"
			 :
			 : "r"(0)
			 : "memory");
}

void
procyield(void)
{
	__asm__ volatile("yield" : : : "memory");
}

uintptr_t
semihost(uintptr_t op, const void *arg)
{
	register uintptr_t r0 __asm__("r0") = op;
	register const void *r1 __asm__("r1") = arg;

	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
	return r0;
}

static void
puts0(const char *s)
{
	while (*s)
		arch_putc(*s++);
}

// say_exit prints the status where nobody takes it by semihosting.
static void
say_exit(int status)
{
	puts0("\ngzero: exit ");
	if (status >= 100)
		arch_putc('0' + status / 100);
	if (status >= 10)
		arch_putc('0' + status / 10 % 10);
	arch_putc('0' + status % 10);
	arch_putc('\n');
}

void
arch_halt(int status)
{
	__asm__ volatile("cpsid i" : : : "memory");
	status &= 0xff;
	if (!SEMIHOSTING)
		say_exit(status);
	console_drain();
	if (SEMIHOSTING) {
		uint32_t block[2] = { APPLICATION_EXIT, (uint32_t)status };

		semihost(SYS_EXIT_EXTENDED, block);
	}
	for (;;)
		__asm__ volatile("wfi");
}

// arch_reset: the request goes to what resets the chip, which may take its time.
void
arch_reset(void)
{
	__asm__ volatile("cpsid i" : : : "memory");
	console_drain();
	__asm__ volatile("dsb" : : : "memory");
	iowrite32(AIRCR, AIRCR_KEY | AIRCR_SYSRESETREQ);
	__asm__ volatile("dsb" : : : "memory");
	for (;;)
		__asm__ volatile("wfi");
}

static char bootargs[BOOTARGS_BYTES > 0 ? BOOTARGS_BYTES : 1];
static const char *bootargs_start = SEMIHOSTING ? bootargs : __gzargs;

// bootargs_init asks the debugger for the command line; its first word is the
// image's name and is dropped. Where there is none to ask, the image has what
// tools/setargs.py wrote into it.
void
bootargs_init(void)
{
	struct {
		char *buf;
		uint32_t len;
	} block = { bootargs, sizeof bootargs };
	const char *p = bootargs;

	if (!SEMIHOSTING)
		return;
	if (semihost(SYS_GET_CMDLINE, &block) != 0) {
		bootargs[0] = '\0';
		return;
	}
	bootargs[sizeof bootargs - 1] = '\0';
	while (*p && *p != ' ')
		p++;
	while (*p == ' ')
		p++;
	bootargs_start = p;
}

const char *
arch_bootargs(void)
{
	return bootargs_start;
}

void
arch_ram(uintptr_t *lo, uintptr_t *hi)
{
	*lo = (uintptr_t)__heap_lo;
	*hi = (uintptr_t)__heap_hi;
}
