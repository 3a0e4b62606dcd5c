// sweep.h: an interrupt at every instruction. See main.c.
#ifndef SWEEP_H
#define SWEEP_H

#include <go.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "../../kernel/runtime.h"

// What the interrupt does. TWO is BOTH, and a second one soon after it.
enum mode { PREEMPT, READY, BOTH, TWO, NMODE };

// A scenario: run() is what the interrupt moves through, in the main goroutine,
// one step later each time. The rest happens outside.
struct scenario {
	const char *name;
	void (*prepare)(void);
	void (*run)(void);
	bool (*check)(void); // false: the result is wrong
	// The handler calls wake, where there is one, instead of making a
	// bystander ready: run waits for it.
	void (*wake)(void);
	// What the goroutine that the handler readies does to the scenario.
	void (*meddle)(void);
	bool remote; // the interrupt is another hart's, on its way from idle
	bool slow;   // not in the cut
};
extern const struct scenario scenarios[]; // of one hart
extern const struct scenario pairs[];     // of two: other.c

// EXPECT(c) fails this placement unless c.
#define EXPECT(c) ((c) ? (void)0 : failed(__FILE__, __LINE__, #c))
void failed(const char *file, int line, const char *what);

// ---- shot.c --------------------------------------------------------------------

// A step is one instruction, INSN_NS (as the board's ICOUNT_SHIFT has it).
// Instructions begin at multiples of UNIT.
#if defined __riscv
enum { INSN_NS = 128, UNIT = 2 };
#elif defined __arm__
enum { INSN_NS = 64, UNIT = 2 };
#elif defined __x86_64__
enum { INSN_NS = 1, UNIT = 1 };
#endif
#define INSNS(n) ((int64_t)(n)*INSN_NS)

void shotinit(void);
void calm(void);
// arm places an interrupt n steps from now, and if mode is TWO a second one gap
// steps behind the first; on hart, which is the caller's or, with remote, one
// that is about to leave idle. disarm tells how many have come.
void arm(enum mode mode, unsigned n, unsigned gap, uint32_t hart, bool remote);
unsigned disarm(void);
// hitidle is true if the first one met a hart that slept without a deadline; lastpc is
// where the last one came.
bool hitidle(void);
uintptr_t lastpc(void);
// hit tells in which modes an interrupt came before the instruction at pc.
unsigned hit(uintptr_t pc);
uintptr_t textlo(void), texthi(void);
// otherinit begins what other.c needs; letgo lets the other hart go on if it is held;
// holdidle is called where a hart is about to sleep, interrupts masked, and returns
// true, with interrupts on, if it was held there. alone: this hart is the only one, or
// the other one is held.
void otherinit(void);
bool alone(void);
void letgo(void);
bool holdidle(void);
// running is true while a scenario is. act is what the handler does. See main.c.
bool running(void);
void act(enum mode mode, unsigned nth);
// shotsat counts interrupts that came in [lo, hi).
extern volatile uintptr_t watchlo, watchhi;
extern volatile unsigned watched;

#endif
