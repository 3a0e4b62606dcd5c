// device.h: a timer of the board's that is none of the kernel's, for tests of
// device interrupts: QEMU's goldfish RTC (virt), timer 0 of the CMSDK (mps2), the
// 8254's channel 0 (q35). It fires once for each devstart, and for each devnow at
// once; the handler calls devquiet. DEV_LATE: how many ns
// later, at most, its handler runs while nobody masks for longer than the kernel
// does, where time is instructions: twice what was measured. DEV_EDGE: the line is
// one of edges, which are never masked.
#ifndef DEVICE_H
#define DEVICE_H

#include <go.h>

#define REG(a) (*(volatile uint32_t *)(uintptr_t)(a))

#if defined __riscv
enum { DEV_IRQ = 11, DEV_LATE = 72000, DEV_EDGE = 0 };

static inline void
devstart(int64_t ns)
{
	uint64_t now = REG(0x101000); // latches the high half

	now |= (uint64_t)REG(0x101004) << 32;
	now += (uint64_t)ns;
	REG(0x101010) = 1; // interrupt on
	REG(0x10100c) = (uint32_t)(now >> 32);
	REG(0x101008) = (uint32_t)now; // sets the alarm
}

// An alarm in the past.
static inline void
devnow(void)
{
	REG(0x101010) = 1;
	REG(0x10100c) = 0;
	REG(0x101008) = 0;
}

static inline void
devquiet(void)
{
	REG(0x10101c) = 1;
}
#elif defined __arm__
enum { DEV_IRQ = 8, DEV_LATE = 98000, DEV_EDGE = 0 };

static inline void
devstart(int64_t ns)
{
	REG(0x40000000) = 0;
	REG(0x40000008) = 0;
	REG(0x40000004) = (uint32_t)(ns / 40 + 1); // 25 MHz
	REG(0x40000000) = 9;                       // on, with interrupt
}

// The NVIC has a register for it.
static inline void
devnow(void)
{
	REG(0xe000e200) = 1u << DEV_IRQ;
}

static inline void
devquiet(void)
{
	REG(0x40000000) = 0;
	REG(0x4000000c) = 1;
}

// devforget: behind devquiet outside of handlers. The NVIC has seen the level for a
// second time when the kernel's handler left.
#define DEV_FORGETS
static inline void
devforget(void)
{
	REG(0xe000e280) = 1u << DEV_IRQ; // NVIC_ICPR
}
#elif defined __x86_64__
enum { DEV_IRQ = 0, DEV_LATE = 2500, DEV_EDGE = 1 };

static inline void
devport(uint16_t port, unsigned value)
{
	__asm__ volatile("outb %0, %1"
			 :
			 : "a"((uint8_t)value), "Nd"(port)
			 : "memory");
}

static inline void
devstart(int64_t ns)
{
	unsigned n = (unsigned)(ns * 1193 / 1000000) + 1; // 1.193 MHz

	devport(0x43, 0x30); // channel 0, both bytes, once
	devport(0x40, n & 255);
	devport(0x40, n >> 8);
}

// A square wave begins high; before it, the count of mode 0 is low, and its end far.
static inline void
devnow(void)
{
	devport(0x43, 0x30);
	devport(0x40, 0);
	devport(0x40, 0);
	devport(0x43, 0x36);
	devport(0x40, 0);
	devport(0x40, 0);
}

static inline void
devquiet(void)
{
}
#endif
#ifndef DEV_FORGETS
static inline void
devforget(void)
{
}
#endif

#endif
