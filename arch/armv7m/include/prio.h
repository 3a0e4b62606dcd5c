// prio.h (armv7m): does the core have the kernel's priority level? A priority is a
// byte of which a core implements the upper 3 to 8 bits; the others read 0. With
// PRIGROUP = 0, as the kernel has it, the lowest of 8 bits makes no level of its
// own. No other header is needed, so that tests/unit can have it.
#ifndef GZERO_PRIO_H
#define GZERO_PRIO_H

#include <stdbool.h>
#include <stdint.h>

#define PRIO_TEXT 96

// prio_step is the distance of two levels, from what a priority of all ones read
// back as; 0 if that is not what a Cortex-M says.
static inline unsigned
prio_step(uint8_t seen)
{
	unsigned step = seen & (0u - seen);

	if (step == 0 || step > 0x20 || (uint8_t)(seen + step) != 0)
		return 0;
	return step == 1 ? 2 : step;
}

static inline char *
prio_say(char *p, const char *s)
{
	while (*s)
		*p++ = *s++;
	*p = 0;
	return p;
}

static inline char *
prio_hex(char *p, unsigned v)
{
	*p++ = '0';
	*p++ = 'x';
	*p++ = "0123456789abcdef"[v >> 4 & 15];
	*p++ = "0123456789abcdef"[v & 15];
	*p = 0;
	return p;
}

// prio_fits tells whether prio can be the kernel's level: the core has it, and one
// at least is free between it and 0, which is the faults'. If not, text (PRIO_TEXT
// bytes) says what is wrong with the board's setting.
static inline bool
prio_fits(uint8_t seen, unsigned prio, char *text)
{
	unsigned step = prio_step(seen);

	if (step == 0) {
		text = prio_say(text, "priorities read back as ");
		text = prio_hex(text, seen);
		prio_say(text, ", no Cortex-M does that");
		return false;
	}
	if (prio % step == 0 && prio >= 2 * step && prio < 256)
		return true;
	text = prio_say(text, "KERNEL_PRIO is ");
	text = prio_hex(text, prio);
	text = prio_say(text, "; this core wants a multiple of ");
	text = prio_hex(text, step);
	text = prio_say(text, ", ");
	text = prio_hex(text, 2 * step);
	prio_say(text, " at least (board.h)");
	return false;
}

#endif
