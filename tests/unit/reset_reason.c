// Why a chip was reset (drivers/reset_reason.c): read once, cleared, and told the same
// as often as it is asked; the first that fits; nothing where nothing does.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define GZERO_ARCH_H
#define RESET_REASON_REG 0x40021024
#define RESET_REASONS \
	RESET_REASON(1u << 27, "") \
	RESET_REASON(1u << 29, "watchdog") \
	RESET_REASON(1u << 28, "software") \
	RESET_REASON(1u << 26, "pin")
#define RESET_REASON_CLEAR (1u << 24)

static uint32_t reg, reads, clears;

static uint32_t
ioread32(uintptr_t addr)
{
	reads++;
	return addr == RESET_REASON_REG ? reg : 0;
}

static void
iowrite32(uintptr_t addr, uint32_t value)
{
	if (addr == RESET_REASON_REG && value == RESET_REASON_CLEAR) {
		clears++;
		reg = 0;
	}
}

const char *board_resetreason(uint32_t *word);

#include "../../drivers/reset_reason.c"

static int checks, failures;

static void
check(bool ok, const char *name)
{
	checks++;
	failures += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", checks, name);
}

// after tells what is said when the register held value.
static const char *
after(uint32_t value)
{
	uint32_t word;
	const char *s;

	known = false;
	reads = clears = 0;
	reg = value;
	s = board_resetreason(&word);
	return word == value && s == board_resetreason(&word) &&
			       word == value && reads == 1 && clears == 1 ?
		       s :
		       "wrong";
}

int
main(void)
{
	check(strcmp(after(1u << 29 | 1u << 26), "watchdog") == 0, "watchdog");
	check(strcmp(after(1u << 28), "software") == 0, "software");
	check(strcmp(after(3u << 28), "watchdog") == 0, "both");
	check(strcmp(after(1u << 27 | 1u << 26), "") == 0, "power");
	check(strcmp(after(1u << 26), "pin") == 0, "pin");
	check(strcmp(after(0), "") == 0, "nothing");
	printf("1..%d\n", checks);
	return failures != 0;
}
