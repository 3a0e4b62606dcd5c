// config.h: every limit of gzero in one place. A board overrides any of them in
// boards/<board>/board.h (which is read first), a program on make's command
// line with CONFIG="NG=200 STACK_STD=4096".
// Units are in the name or the comment. Plain numbers only: assembly and linker
// scripts read this file too.
#ifndef GZERO_CONFIG_H
#define GZERO_CONFIG_H

#include <board.h>

// Harts that the image can use at most. 1 makes a kernel without atomics.
#ifndef MAXHARTS
#define MAXHARTS 8
#endif

// Kernel stack of a hart in bytes: the scheduler plus the deepest nesting of
// interrupts. A multiple of 4096 on machines with paging.
#ifndef G0_STACK_BYTES
#define G0_STACK_BYTES 16384
#endif
// Where the first of them begins: a multiple of this, a page where there is paging.
#ifndef G0_STACK_ALIGN
#define G0_STACK_ALIGN 4096
#endif

// Goroutines that can be alive at once, main's and dead ones waiting for reuse
// included.
#ifndef NG
#define NG 20000
#endif

// Stack classes in bytes, ascending, and how many of each the pool holds. go()
// uses STACK_STD, which must be one of them; go_with picks the smallest that
// fits .stack.
#ifndef STACK0_BYTES
#define STACK0_BYTES 4096
#define STACK0_COUNT 64
#define STACK1_BYTES 8192
#define STACK1_COUNT NG
#define STACK2_BYTES 32768
#define STACK2_COUNT 64
#define STACK3_BYTES 131072
#define STACK3_COUNT 16
#endif
#ifndef STACK_STD
#define STACK_STD STACK1_BYTES
#endif
#ifndef STACK_MAIN // the main goroutine's
#define STACK_MAIN STACK3_BYTES
#endif

// Bytes below each goroutine's stack that nothing may touch, so that an overflow
// faults at the instruction that does it. A page where there is paging, at least
// 128 with an MPU (an FP frame of 104 bytes must not jump over it); 0 where the
// machine cannot: then only the canary at the stack's end tells, at the next
// switch or interrupt. Stack sizes must be multiples of it.
#ifndef STACK_GUARD_BYTES
#define STACK_GUARD_BYTES 0
#endif
// Bytes at the low end of each g0 stack that nothing may touch, part of
// G0_STACK_BYTES; what is said above holds for them as well.
#ifndef G0_GUARD_BYTES
#define G0_GUARD_BYTES 0
#endif

// 1: paint stacks and measure at each goroutine's end how deep it went, for
// runtime_read_stacks. Costs a walk over the unused part of a stack per
// goroutine. DEBUG does it too.
#ifndef STACK_PAINT
#define STACK_PAINT 0
#endif

// Entry functions that runtime_read_stacks can tell apart.
#ifndef NSTACKUSE
#define NSTACKUSE 32
#endif

// Channels alive at once, and bytes for the buffers of all of them (a power of
// two; blocks are powers of two of at least CHANBUF_MIN).
#ifndef NCHAN
#define NCHAN 24000
#endif
#ifndef CHANBUF_BYTES
#define CHANBUF_BYTES 4194304
#endif
#ifndef CHANBUF_MIN
#define CHANBUF_MIN 32
#endif

// Largest channel element in bytes (SPEC section 8).
#ifndef CHAN_ELEM_MAX
#define CHAN_ELEM_MAX 65536
#endif

// Panics alive at once, those whose text somebody may still read included, and
// bytes of text in each.
#ifndef NPANIC
#define NPANIC 64
#endif
#ifndef PANIC_TEXT
#define PANIC_TEXT 128
#endif

// Goroutines that can use stdio or errno at once (newlib's struct _reent). 0: none
// can, and what newlib keeps for that is not in the image.
#ifndef NREENT
#define NREENT 1024
#endif

// Locks that newlib makes as it goes: one for each open stream, the three of the
// console included. 0: none.
#ifndef NLOCK
#define NLOCK 16
#endif
// Boot arguments in bytes (0: none, with SMALL), and how many words they may have.
#ifndef BOOTARGS_BYTES
#define BOOTARGS_BYTES 256
#endif
#ifndef BOOTARGS_WORDS
#define BOOTARGS_WORDS 32
#endif

// Device interrupt lines that irq_wait knows. 0: none, with SMALL.
#ifndef NIRQ
#define NIRQ 128
#endif

// Operations that handlers of one hart may leave to be done after them (a lock was
// held that they need), and bytes of a value in them (chan_try_send_isr).
#ifndef NISR
#define NISR 16
#endif
#ifndef ISR_ELEM
#define ISR_ELEM 32
#endif

// What has been typed and nobody has read yet, in bytes; a power of two. What comes
// beyond it is lost and counted (runtime_stats, console_lost). 0: nobody listens,
// and a read finds the end of the input.
#ifndef CONSOLE_INPUT
#define CONSOLE_INPUT 4096
#endif

// Local run queue of a P, in slots; a power of two. What is beyond goes through the
// global queue and back, which costs about 40 instructions a goroutine. Go: 256.
#ifndef RUNQ_SIZE
#if UINTPTR_MAX > UINT32_MAX
#define RUNQ_SIZE 1024
#else
#define RUNQ_SIZE 256
#endif
#endif
// A dead G list of a P spills at GFREE_HIGH until GFREE_LOW are left, and
// refills up to GFREE_LOW. Go: 64 and 32.
#ifndef GFREE_HIGH
#define GFREE_HIGH 64
#endif
#ifndef GFREE_LOW
#define GFREE_LOW 32
#endif
// Every SCHED_TICK-th schedule looks at the global queue first. Go: 61.
#ifndef SCHED_TICK
#define SCHED_TICK 61
#endif

// Time slice in nanoseconds. Go: 10 ms.
#ifndef SLICE_NS
#define SLICE_NS 10000000
#endif
// One-hart images: how soon a timer interrupt that met g0 comes back, in
// nanoseconds.
#ifndef RETRY_NS
#define RETRY_NS 50000
#endif

// Bytes of RAM that survive a reset and keep the beginning of the report of a
// machine that dies, 24 of them for what the kernel wants; printed at the next
// boot. 0: none. The linker script has a place for it (.bss.noinit.lastrun).
#ifndef LASTRUN_BYTES
#define LASTRUN_BYTES 0
#endif
// After a report: 0, the machine stops; 1, it is reset (where arch_reset can).
#ifndef PANIC_RESET
#define PANIC_RESET 0
#endif

// How often, in nanoseconds, the kernel looks whether each hart gets on, and calls
// board_watchdog if all do; 0: never. Well above SLICE_NS, and a third of what the
// watchdog waits for, at most.
#ifndef WATCHDOG_NS
#define WATCHDOG_NS 0
#endif
// A hart with nothing to do for at least so many nanoseconds waits in arch_cpusleep
// instead of arch_cpuidle; 0: never.
#ifndef SLEEP_NS
#define SLEEP_NS 0
#endif

// 1: note for every goroutine when it begins to wait, for runtime_goroutines. Costs a
// look at the clock each time. 0: not for those who park while others are ready, which
// is where speed matters (10 to 30 instructions of a channel's 150).
#ifndef WAITSINCE
#define WAITSINCE 0
#endif

// 1: bootargs gz.chaos=MIN,MAX (ns) makes every hart take timer interrupts at
// random distances, each a preemption. For tests.
#ifndef CHAOS
#define CHAOS 1
#endif

// What the clock shows at boot, in seconds: for tests of what happens in weeks.
#ifndef CLOCK_START
#define CLOCK_START 0
#endif

// 1: the smallest kernel, kernel/small/ and what docs/size.md says of it, instead of
// the one that the rest of kernel/ is made of. make MINI=1 sets it, with what it wants
// to be 0, and takes other sources: not to be set by hand. TICK_NS is its clock's
// tick, and its slice; its stacks are NG of STACK_STD bytes.
#ifndef SMALL
#define SMALL 0
#endif
#ifndef TICK_NS
#define TICK_NS 1000000
#endif

// 1: check contexts, status transitions, canaries and poison; see DESIGN.
#ifndef DEBUG
#define DEBUG 0
#endif
// 1: decide at random where the scheduler may; see kernel/torture.c. make TORTURE=1
// sets it together with DEBUG and small limits.
#ifndef TORTURE
#define TORTURE 0
#endif
// 1: points that may be delayed, a hash of the schedule, and the counts that the
// ledger wants; see kernel/race.c. make RACE=1 sets it, and so does TORTURE=1.
#ifndef RACE
#define RACE 0
#endif

#endif
