// sleep.c: the deep sleep of a board, linked to every program of tests/depth. The
// clock that goes on is the second half of the CMSDK's dual timer, divided by 16: a
// tick is 640 ns. The first half is the alarm.
#if defined __arm__
#include "board.h"

#define DUAL 0x40002000u
enum { LOAD = 0, VALUE = 4, CONTROL = 8, CLEAR = 12, SECOND_HALF = 32 };
enum { ONESHOT = 1, WIDE = 2, BY16 = 4, INTERRUPT = 32, ENABLE = 128 };
enum { DUAL_IRQ = 10 };
#define SLOW_TICK INT64_C(640)
// What no clock counts, around each sleep: measured once, by sleep_deep.
#define UNCOUNTED_NS 2500
#define FURTHEST (INT64_C(1) << 31)

#define ISER 0xe000e100u
#define ICPR 0xe000e280u
#define SCR 0xe000ed10u
#define SLEEPDEEP 4u

int64_t board_sleep(int64_t ns);

atomic_uint deepsleeps;

static uint32_t
slow(void)
{
	return ~REG(DUAL + SECOND_HALF + VALUE);
}

int64_t
board_sleep(int64_t ns)
{
	uint32_t start = slow(), end;
	int64_t ticks = ns / SLOW_TICK;

	if (REG(DUAL + SECOND_HALF + CONTROL) == 0x20) { // as after a reset
		REG(DUAL + SECOND_HALF + LOAD) = UINT32_MAX;
		REG(DUAL + SECOND_HALF + CONTROL) = ENABLE | BY16 | WIDE;
		start = slow();
	}
	if (ticks == 0)
		return UNCOUNTED_NS;
	REG(DUAL + CONTROL) = BY16 | WIDE | ONESHOT | INTERRUPT;
	REG(DUAL + LOAD) = (uint32_t)(ticks < FURTHEST ? ticks : FURTHEST);
	REG(DUAL + CONTROL) = BY16 | WIDE | ONESHOT | INTERRUPT | ENABLE;
	REG(ISER) = 1u << DUAL_IRQ;
	REG(SCR) |= SLEEPDEEP;
	__asm__ volatile("dsb\n\twfi" : : : "memory");
	REG(SCR) &= ~SLEEPDEEP;
	REG(DUAL + CONTROL) = 0;
	REG(DUAL + CLEAR) = 1;
	REG(ICPR) = 1u << DUAL_IRQ;
	atomic_fetch_add(&deepsleeps, 1);
	end = slow();
	return (int64_t)(end - start) * SLOW_TICK + UNCOUNTED_NS;
}
#else
extern int nothing_here;
#endif
