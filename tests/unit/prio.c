// The kernel's interrupt level against the priority bits that a Cortex-M has
// (arch/armv7m/include/prio.h): every number of bits, every setting.
#include <stdio.h>
#include <string.h>

#include "../../arch/armv7m/include/prio.h"

static int checks, failures;

static void
check(bool ok, const char *name)
{
	checks++;
	failures += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", checks, name);
}

// reads is what a core with so many bits makes of a priority.
static unsigned
reads(unsigned bits, unsigned prio)
{
	return prio >> (8 - bits) << (8 - bits) & 0xff;
}

// preempts tells whether a handler at a interrupts one at b: PRIGROUP 0 leaves the
// lowest bit of 8 out.
static bool
preempts(unsigned bits, unsigned a, unsigned b)
{
	return (reads(bits, a) & 0xfe) < (reads(bits, b) & 0xfe);
}

// allowed says it the long way: the level is there, and some level lies between
// it and the faults'.
static bool
allowed(unsigned bits, unsigned prio)
{
	if (reads(bits, prio) != prio || (prio & 1))
		return false;
	for (unsigned p = 0; p < 256; p++)
		if (preempts(bits, p, prio) && preempts(bits, 0, p))
			return true;
	return false;
}

int
main(void)
{
	char text[PRIO_TEXT];
	bool same = true, said = true, odd = true;
	size_t longest = 0;

	for (unsigned bits = 3; bits <= 8; bits++)
		for (unsigned prio = 1; prio < 256; prio++) {
			bool fits;

			text[0] = 0;
			fits = prio_fits((uint8_t)reads(bits, 0xff), prio,
					 text);
			same = same && fits == allowed(bits, prio);
			said = said && fits == (text[0] == 0);
			if (strlen(text) > longest)
				longest = strlen(text);
		}
	check(same, "every level of every core");
	check(said, "a level that does not fit is told");
	for (unsigned seen = 0; seen < 256; seen++) {
		bool good = false;

		for (unsigned bits = 3; bits <= 8; bits++)
			good = good || seen == reads(bits, 0xff);
		text[0] = 0;
		odd = odd && (prio_step((uint8_t)seen) != 0) == good &&
		      (good || !prio_fits((uint8_t)seen, 0x80, text));
		if (strlen(text) > longest)
			longest = strlen(text);
	}
	check(odd, "what no core reads back");
	check(longest < PRIO_TEXT, "the text has room");
	prio_fits(0xe0, 0x90, text);
	check(strcmp(text, "KERNEL_PRIO is 0x90; this core wants a multiple "
			   "of 0x20, 0x40 at least (board.h)") == 0,
	      "3 bits, 0x90");
	prio_fits(0xf0, 0x10, text);
	check(strcmp(text, "KERNEL_PRIO is 0x10; this core wants a multiple "
			   "of 0x10, 0x20 at least (board.h)") == 0,
	      "4 bits, 0x10");
	prio_fits(0, 0x80, text);
	check(strcmp(text, "priorities read back as 0x00, no Cortex-M does "
			   "that") == 0,
	      "nothing stays");
	check(prio_fits(0xe0, 0x80, text) && prio_fits(0xf0, 0x80, text) &&
		      prio_fits(0xff, 0x80, text),
	      "0x80 on LM3S, STM32, QEMU");
	printf("1..%d\n", checks);
	return failures != 0;
}
