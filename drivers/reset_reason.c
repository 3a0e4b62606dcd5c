// reset_reason.c: why the chip was reset, from the register in which it notes that.
// board.h says which, and what its bits mean, the first that fits first:
//
//	#define RESET_REASON_REG 0x40021024
//	#define RESET_REASONS RESET_REASON(1u << 29, "watchdog") ...
//
// and how it is cleared, or the next reset would find the bits of this one too: a
// write of RESET_REASON_CLEAR to RESET_REASON_CLEAR_REG (the same register, if the
// board does not say). Power that has come is no reset: its bit has an empty name.
#include <arch.h>
#include <board.h>

#ifndef RESET_REASON_CLEAR_REG
#define RESET_REASON_CLEAR_REG RESET_REASON_REG
#endif

#define RESET_REASON(bit, name) { bit, name },

static const struct {
	uint32_t bit;
	const char *name;
} reasons[] = { RESET_REASONS };

// Read once: the register is empty afterwards.
static uint32_t seen;
static bool known;

const char *
board_resetreason(uint32_t *word)
{
	if (!known) {
		seen = ioread32(RESET_REASON_REG);
		iowrite32(RESET_REASON_CLEAR_REG, RESET_REASON_CLEAR);
		known = true;
	}
	*word = seen;
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (seen & reasons[i].bit)
			return reasons[i].name;
	return "";
}
