// board.h: what the programs of tests/depth share: registers of the mps2 boards, a
// clock that nothing stops, and words of RAM that a reset leaves alone.
#ifndef DEPTH_BOARD_H
#define DEPTH_BOARD_H

#include <go.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#define REG(a) (*(volatile uint32_t *)(uintptr_t)(a))
#define REG8(a) (*(volatile uint8_t *)(uintptr_t)(a))

// Timers 0 and 1, 25 MHz: control, value, reload, interrupt status.
#define TIMER0 0x40000000u
#define TIMER1 0x40001000u
enum { TIMER0_IRQ = 8, TIMER1_IRQ = 9, TICK_NS = 40 };

// Behind the heap's use, in no segment of an image: 0 when the machine gets power.
#define KEPT(i) REG(0x21fff000u + 4 * (i))

// Nothing of the kernel's knows timer 1: reference_start makes it count, and
// reference tells how many ns have passed since, for 171 s.
static inline void
reference_start(void)
{
	REG(TIMER1) = 0;
	REG(TIMER1 + 8) = UINT32_MAX;
	REG(TIMER1 + 4) = UINT32_MAX;
	REG(TIMER1) = 1;
}

static inline int64_t
reference(void)
{
	return (int64_t)(UINT32_MAX - REG(TIMER1 + 4)) * TICK_NS;
}

// One shot of timer 0; timer0_quiet in its handler.
static inline void
timer0_start(int64_t ns)
{
	REG(TIMER0) = 0;
	REG(TIMER0 + 8) = 0;
	REG(TIMER0 + 4) = (uint32_t)(ns / TICK_NS + 1);
	REG(TIMER0) = 9;
}

static inline void
timer0_quiet(void)
{
	REG(TIMER0) = 0;
	REG(TIMER0 + 12) = 1;
}

// What a program may use of arch.h.
void arch_reset(void);
const char *board_resetreason(uint32_t *word);
void board_watchdog(void);

extern atomic_uint deepsleeps; // sleep.c
#endif
