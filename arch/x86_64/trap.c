// trap.c: what an interrupt's stub calls. Every function here runs on the g0
// stack with interrupts masked and the current g equal to g0; gp is what was
// interrupted. True means: preempt gp.
#include <x86.h>

_Static_assert(IRQ_IPI == 0xffffffffu, "trap.S says -1");

// x86_timer passes a deadline up when it has really come; see time.c.
bool
x86_timer(struct g *gp)
{
	struct hart *h = x86_self();
	int64_t when = h->deadline;

	if (when == INT64_MAX)
		return false;
	if (nanotime() < when) {
		arch_timerset(when);
		return false;
	}
	h->deadline = INT64_MAX;
	return timerintr(gp);
}

// diewith throws a text followed by a number. Never returns.
static _Noreturn void
diewith(const char *text, uint32_t number)
{
	static char line[64];
	unsigned n;

	for (n = 0; n < sizeof(line) - 9 && *text != 0; n++)
		line[n] = *text++;
	for (int shift = 28; shift >= 0; shift -= 4)
		line[n++] = "0123456789abcdef"[number >> shift & 15];
	line[n] = 0;
	throw(line);
}

// x86_lapicerror reports a message that the local APIC could not send or take:
// an address or a vector that we made up wrongly.
bool
x86_lapicerror(struct g *gp)
{
	(void)gp;
	lapic_write(LAPIC_ESR, 0);
	diewith("local APIC error, ESR 0x", lapic_read(LAPIC_ESR));
}

// x86_stray reports a vector that nobody owns: the highest in service, or, if
// none is, an int instruction.
bool
x86_stray(struct g *gp)
{
	(void)gp;
	for (unsigned i = 8; i-- > 0;) {
		uint32_t bits = lapic_read(LAPIC_ISR + i * 16);

		if (bits != 0)
			diewith("interrupt at an unused vector, 0x",
				i * 32 + 31 - (unsigned)__builtin_clz(bits));
	}
	throw("int instruction with an unused vector");
}
