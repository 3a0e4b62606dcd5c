// arch.h is the contract between the portable kernel and one architecture:
// what kernel/ may ask of arch/<a>/, and the few places where arch/<a>/ and
// boot/ call up. A new architecture fulfils this page and nothing else.
//
// What always holds:
//  - A hart runs either a goroutine, on that goroutine's stack, or g0, on the
//    hart's kernel stack. getg() tells which. Handlers run on the g0 stack with
//    getg() == g0 and with interrupts of the kernel's level masked: on the top
//    of it when a goroutine was interrupted, nested below the interrupted sp
//    when g0 itself was.
//  - The g0 stack of a hart has one fixed base, m->g0->sched.sp. mcall,
//    systemstack and every interrupt of a goroutine start there, so what g0
//    left on its stack when it ran gogo is dead.
//  - A switch (mcall, gogo) is made with interrupts masked from its first
//    write to a gobuf until g and sp agree again. It keeps the callee-saved
//    registers only. A preemption keeps everything.
//  - The kernel, arch, boot and drivers are compiled without floating point;
//    an interrupt therefore never touches FP registers, a preemption does.
//
// The C part may be included by kernel, arch, boot, drivers, boards and libc.
// The offsets serve assembly (which defines __ASSEMBLER__ by itself).
#ifndef GZERO_ARCH_H
#define GZERO_ARCH_H

#include <arch_config.h> // arch/<a>/include: WORD, G_*_EXTRA, irq types

// Byte offsets of what an arch may touch in struct g and struct m; the kernel
// asserts them (kernel/runtime.h). WORD is sizeof(uintptr_t).
#define G_SCHED_SP (0 * WORD) // gobuf: stack pointer of the suspended context
#define G_SCHED_PC (1 * WORD) // gobuf: where gogo continues it
#define G_M (2 * WORD)        // the m it runs on; 0 when it runs nowhere
#define G_STACK_LO (3 * WORD) // lowest usable byte of the stack
#define G_STACK_HI (4 * WORD) // one past the highest
#define G_LOCKS (5 * WORD)    // uint32: > 0, not preemptible
#define G_PREEMPT (5 * WORD + 4) // uint32: an interrupt wants it off
#define M_G0 (0 * WORD)
#define M_CURG (1 * WORD) // goroutine bound to this m, 0 if none
#define M_ID (2 * WORD)   // dense hart index, 0 = the boot hart (uint32)
#define M_ARCH (3 * WORD) // M_ARCH_WORDS words for the arch's own use
#define M_ARCH_WORDS 8

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct g;
struct m;

// gobuf is a suspended context. pc says how it continues: a cooperative
// switch, a preemption and a fresh goroutine have each their own resume
// routine in the arch. Everything else is on the context's own stack.
struct gobuf {
	uintptr_t sp;
	uintptr_t pc;
};

// ---- Context ------------------------------------------------------------

// getg returns the goroutine (or g0) that this code runs as. Any context.
// Stable for the whole life of a C activation, so it may be kept in a local;
// getg()->m may not, unless preemption is off.
//   static inline struct g *getg(void);     (in arch_config.h's C part)

// setg makes gp the current g of this hart and, from gp->m, sets what the trap
// entry needs to find m. Only mstart calls it, interrupts masked.
void setg(struct g *gp);

// gogo continues the context in gp->sched, as gp, with interrupts unmasked.
// On g0 only; gp->m must be set. Never returns.
_Noreturn void gogo(struct g *gp);

// mcall saves the caller in getg()->sched, switches to m->g0 and its stack and
// calls fn(old g) there with interrupts unmasked. Goroutine context only: on
// g0 it calls badmcall; if fn returns it calls badmcall2. Comes back when
// somebody gogoes the saved context. Go: runtime.mcall.
void mcall(void (*fn)(struct g *gp));

// gswitch suspends gp, the running goroutine, as mcall does, and continues ng,
// without g0 in between: the fast way of a switch. mp is gp->m, and gp->locks is
// 1. ng is this hart's to run (Grunning, ng->m == mp, suspended). In a stretch with
// interrupts masked it makes mp->curg and getg() ng and writes gp->locks = 0 and, with
// MAXHARTS > 1, at last and as a release, gp->m = NULL: from then on another hart may
// continue gp, for which somebody may have been waiting since before the call. If it finds
// gp->preempt set it clears that, does not continue ng and calls asyncpreempt2(ng)
// on g0, interrupts unmasked. Comes back when somebody gogoes gp, or switches to it.
void gswitch(struct g *gp, struct g *ng, struct m *mp);

// gleave is gswitch for a gp that has ended and is never continued: nothing of it
// is saved, and its stack is not touched once gp->m is NULL.
_Noreturn void gleave(struct g *gp, struct g *ng, struct m *mp);

// systemstack runs fn(arg) on this hart's g0 stack with getg() == g0 and comes
// back. On g0 already it just calls. The goroutine cannot be preempted
// meanwhile (it is g0 that runs). Go: runtime.systemstack.
// The arch part only switches; the portable wrapper is in kernel/proc.c.
void arch_systemstack(void (*fn)(void *), void *arg);

// gostartcall prepares a fresh context: gogo will call fn(arg) on the stack
// that ends at sp_top (aligned down as the ABI wants), with the return address
// goexit + one instruction slot, so that fn returns into goexit. g0 context.
void gostartcall(struct gobuf *buf, uintptr_t sp_top, void (*fn)(void *),
		 void *arg);

// goexit is that planted return address: one instruction of padding, a call
// of goexit1 and a trap. Its unwind information ends every traceback
// (.cfi_undefined of the return address). Never called directly.
void goexit(void);

// arch_catch pushes the callee-saved registers, stores the resulting sp in
// *ctx, calls fn(arg), drops the registers and returns 0. If something below
// fn calls arch_throwto(*ctx), arch_catch returns 1 instead, with the
// callee-saved registers as at its call. Goroutine context, same stack.
int arch_catch(void **ctx, void (*fn)(void *), void *arg);
_Noreturn void arch_throwto(void *ctx);

// ---- Harts --------------------------------------------------------------

unsigned arch_ncpu(void);  // harts found, 1..MAXHARTS; known before rt0_go
unsigned arch_cpuid(void); // dense index of this hart, from m or hardware
void arch_cpustart(unsigned cpu); // let hart `cpu` call mstart(cpu)
// arch_minit puts this hart's own state as boot left it: trap vector, FP
// control, timer and IPI enabled at the hart, no deadline set. mstart calls it,
// interrupts masked, after setg.
void arch_minit(void);

// arch_cpuidle is called with interrupts masked; it waits until one is pending
// and returns with interrupts unmasked, that interrupt taken. No wake-up that
// comes after the caller masked interrupts is lost. May return early.
void arch_cpuidle(void);
// arch_cpuwake sends hart `cpu` an IPI; there it ends in irqdispatch(IRQ_IPI).
// Any context. Spurious or merged IPIs are harmless.
void arch_cpuwake(unsigned cpu);

// arch_cpusleep is arch_cpuidle for a wait that is expected to last until `until`
// (INT64_MAX: for ever), at least SLEEP_NS: the hart's clock and timer may stand
// meanwhile if nanotime is right afterwards and an interrupt that was set for
// `until` is not late by more than the board can bear. The kernel has a weak
// default, which is arch_cpuidle. Called with SLEEP_NS > 0 only.
void arch_cpusleep(int64_t until);

// board_sleep is for those arches whose arch_cpusleep leaves the sleep to the board
// (armv7m); there is no default. Every interrupt is kept out and the hart's clock
// stands, so nothing that asks for the time may be called. It waits until an enabled
// interrupt is pending, or for ns nanoseconds (INT64_MAX: no end) by a clock of the
// board's that goes on in the sleep, and returns how long that took.
int64_t board_sleep(int64_t ns);

// procyield is the body of a spin loop. It must let other harts make progress
// even on an emulator that runs them in turns on one thread. Any context.
void procyield(void);

// ---- Interrupts ---------------------------------------------------------

// arch_irqsave masks the kernel's interrupts on this hart and returns the old
// state; arch_irqrestore puts it back. They nest. The stretch must be short:
// the longest one is published. Both are compiler barriers.
//   static inline uintptr_t arch_irqsave(void);
//   static inline void arch_irqrestore(uintptr_t state);   (arch_config.h)

// arch_irqmask masks (true) or unmasks (false) a device's line at the
// interrupt controller, lines being numbered as the board's manual does, and
// routes it to hart 0. Any context, any hart.
void arch_irqmask(unsigned irq, bool masked);
// arch_irqhold is arch_irqmask(irq, true) in a handler of that very line, irq < NIRQ.
//   static inline void arch_irqhold(unsigned irq);         (arch_config.h)
// arch_irqend tells the controller that the handler of a line is through, for
// irqswitch. Empty where nobody needs to be told.
//   static inline void arch_irqend(unsigned irq);          (arch_config.h)
#define IRQ_IPI 0xffffffffu // the irq number of an inter-processor interrupt

// ---- Time ---------------------------------------------------------------

// nanotime is nanoseconds since boot: monotonic, 64 bits, the same on all
// harts. Any context.
int64_t nanotime(void);
// arch_timerset sets this hart's one-shot deadline in nanotime's scale. A past
// one fires at once, INT64_MAX means none. When it has fired it stays quiet
// until the next arch_timerset. Any context that stays on its hart. With interrupts
// on, a handler may set the timer in the middle; then the caller sets it once more.
void arch_timerset(int64_t when);

// ---- Console and end ----------------------------------------------------

// arch_putc writes one byte to the console, polling, from reset on, in any
// context, with a bounded wait ('\n' is not expanded: terminals of runners
// take it as it is).
void arch_putc(int c);
// arch_getc returns the next received byte or -1. Never waits. The line's handler
// calls it (kernel/console.c), nobody else.
int arch_getc(void);
// arch_console_irq is the line that fires while received bytes wait. One that
// arch_getc leaves, or that comes after arch_getc said -1, fires it again.
unsigned arch_console_irq(void);
// arch_halt ends the machine; status 0..255 is what the outside sees.
_Noreturn void arch_halt(int status);
// board_init is a board's, for clocks and pins: boot calls it before everything else
// in C, on the boot hart. It may be left out.
void board_init(void);
// arch_bootargs is the boot command line, "" if none.
const char *arch_bootargs(void);
// arch_ram is the memory between the image's end and the end of RAM, for
// newlib's heap.
void arch_ram(uintptr_t *lo, uintptr_t *hi);

// ---- Reset ------------------------------------------------------------------

// The kernel has weak defaults of these, which do nothing.
// arch_reset resets the machine, RAM kept; it comes back where it cannot. Any
// context, whatever else is broken. Called after a report with PANIC_RESET = 1.
void arch_reset(void);
// board_resetreason says why the machine was reset, in words ("watchdog"), "" if
// it does not know or has just got its power; *word is what the hardware said.
// Always the same answer in one run: who reads a register that reading clears
// keeps it. Any context, from rt0_go on.
const char *board_resetreason(uint32_t *word);
// board_watchdog is called about every WATCHDOG_NS (config.h) while every hart gets
// on (kernel/preempt.c says what that means), in a handler, interrupts masked: it
// feeds the watchdog. early_init is the place to start it.
void board_watchdog(void);

// ---- Traceback ----------------------------------------------------------

// unwind is where a stack walk stands. fp is the register that gcc uses as
// frame pointer (s0, rbp, r7); ra the return address while it is still in a
// register (ra, lr; unused on x86_64).
struct unwind {
	uintptr_t pc, sp, fp, ra;
	bool exact; // pc is an interrupted instruction, not a return address
};
// arch_unwindhere fills u for its caller's caller-visible state (pc = return
// address of arch_unwindhere). arch_unwindg fills it for a goroutine that is
// suspended: by mcall, by preemption, or never started.
void arch_unwindhere(struct unwind *u);
void arch_unwindg(struct unwind *u, const struct g *gp);

// ---- What an arch calls (the only upcalls) --------------------------------

// rt0_go starts the kernel: on hart 0, on its g0 stack, .bss zero and .data in
// place, interrupts masked. Never returns.
_Noreturn void rt0_go(void);
// mstart starts hart `cpu`'s scheduler: on its g0 stack (g0stack_top(cpu)),
// interrupts masked, no g set. Never returns.
_Noreturn void mstart(unsigned cpu);
// timerintr and irqdispatch are called on the g0 stack with interrupts masked
// and getg() == g0; gp is what was interrupted (a goroutine or g0). If they
// return true (only when gp is a goroutine), the arch saves gp's full context
// so that gogo(gp) continues it, and calls intrswitch(gp) with sp at the base of the
// g0 stack and interrupts still masked. That returns whom the arch continues at once,
// as gogo does, or NULL: then, or without asking, the arch calls asyncpreempt2(gp)
// with sp at the base of the g0 stack and interrupts unmasked. irqdispatch may be
// called with IRQ_IPI; the arch acknowledges at the hart or controller.
bool timerintr(struct g *gp);
bool irqdispatch(unsigned irq, struct g *gp);
struct g *intrswitch(struct g *gp);
// irqswitch is for a line's interrupt of a goroutine that has room for its full context;
// it calls arch_irqend. It returns gp (which goes on), NULL (the arch saves the
// context and goes on as after irqdispatch's true: intrswitch), or whom to continue
// at once: he was parked by mcall, and m->curg is he. Then the arch saves what is
// not saved yet, and with MAXHARTS > 1 writes gp->m = NULL behind that, as a release,
// like gswitch: gp is on a queue already. The handler's C code keeps the
// callee-saved registers, so they may be saved that late.
struct g *irqswitch(uintptr_t irq, struct g *gp);
_Noreturn void asyncpreempt2(struct g *gp);
// sigpanic0 is told of a fault taken by gp, on the g0 stack (or the emergency
// stack), interrupts masked, with getg() == g0 once there is one. name says what
// the hardware said ("load access fault"); regs are printed as they are. Never
// returns: either the machine ends with a report, or, when gp is a goroutine
// that can go on (kind, no overflow), sigpanic0 gives gp a fresh context below
// r->at.sp with gostartcall and gogoes it, in which it panics. So when gp is a
// goroutine, sigpanic0 must be called where gogo is legal: out of any exception
// state, at the base of the g0 stack, r copied by the callee. What lies below
// at.sp is dead then, hardware frames and promises to store FP state included.
// After a call or jump to where no code is, at is the caller's state (pc =
// return address, exact = false), so that a traceback shows who called.
#ifndef SIGREGS_MAX // an arch may say fewer: each is on a stack that faulted
#define SIGREGS_MAX 40
#endif
enum {
	FAULT_FATAL = 0, // nothing can go on: machine check, bad frame, NMI
	FAULT_MEMORY,    // an address that may not be used like that
	FAULT_ALIGN,     // misaligned where the machine minds
	FAULT_ILLEGAL,   // an instruction that there is not
	FAULT_DIVIDE,    // integer division by zero
	FAULT_FLOAT      // floating point, where it traps
};
struct sigregs {
	const char *name; // cause, in words
	unsigned kind;    // FAULT_*
	uintptr_t addr;   // faulting address, valid if has_addr
	bool has_addr;
	bool overflow;    // the stack of gp had no room for this frame
	struct unwind at; // where (exact)
	unsigned n;       // registers in the list
	struct {
		const char *name;
		uintptr_t value;
	} reg[SIGREGS_MAX];
};
_Noreturn void sigpanic0(struct g *gp, const struct sigregs *r);
_Noreturn void throw(const char *why);
void badmcall(void);
void badmcall2(void);
void goexit1(void); // goexit's call

// g0stacks is MAXHARTS stacks of G0_STACK_BYTES (config.h), hart 0 first; the
// kernel places it, boot code runs on it. The top of hart i is
// g0stacks + (i + 1) * G0_STACK_BYTES.
extern unsigned char g0stacks[];

// ---- Stack guards -----------------------------------------------------------

// stackareas lists where goroutine stacks are: n blocks of stride bytes from lo
// on. With STACK_GUARD_BYTES > 0 (config.h) each block begins with a guard of
// that many bytes, aligned to its size, which no goroutine and no g0 may touch:
// a fault with overflow set is what a touch ends in. Machines with paging leave
// the guards unmapped from boot on; one with a few protection regions lays one
// under the running goroutine's stack (the guard ends at G_STACK_LO) in gogo.
// Constant; a stack is in the same place all its life.
#define NSTACKAREAS 4
struct stackarea {
	uintptr_t lo, stride;
	unsigned n;
};
extern const struct stackarea stackareas[NSTACKAREAS];

// arch_guardtest writes to the guard at that address, on this hart, just as an
// overflowing goroutine would, and returns true if the write faulted (nothing
// is left of that). mstart calls it on each hart, on g0, interrupts masked,
// before the hart runs anything; false ends the boot. Only called with
// STACK_GUARD_BYTES > 0.
bool arch_guardtest(uintptr_t guard);

// The C part of arch_config.h: getg, arch_irqsave, arch_irqrestore.
#include <arch_inline.h>

#include <errtext.h>

#endif // __ASSEMBLER__
#endif
