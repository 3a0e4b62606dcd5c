// x86_64_init.c: from the first C instruction to rt0_go. Runs once, on hart 0's
// g0 stack, interrupts masked; the last function is every other hart's start.
//
// x86_boot reads like a list: tables and a report of faults first, then what
// the loader and the firmware say, the final map of memory, interrupt
// controllers, clocks. Firmware tables are read under the boot map, which shows
// everything; the final map shows memory that is ours and device registers, each
// with what may be done there:
//   low MiB           nothing but AP_PAGE: NULL and what it points to fault
//   text              read, execute
//   rodata, .gzsym    read
//   data, bss, RAM    read, write
//   devices           read, write, uncached
//   a page under each stack (goroutines', g0's, interrupt stacks): nothing
// No page is writable and executable. Everything runs in ring 0, so nothing but
// its being RW-NX data protects the map itself.
//
// The map is 2 MiB pages where it can be. Around stacks it cannot: one table of
// 4 KiB pages for each 2 MiB of them, all static, as many as config.h's sizes
// need (126 for 20000 stacks of 8 KiB). All harts share the map, so it is final
// before rt0_go and no hart ever has to tell another of a change.
//
// Turned down: reading the rates of the clocks from CPUID, which QEMU's own CPU
// does not fill in; ACPI's timer instead of the 8254, which would need one more
// table.
#include <x86.h>

#include "../drivers/console.h"

extern const unsigned char __text_start[], __text_end[];
extern const unsigned char __data_start[], __bss_end[];
extern const unsigned char __image_end[];

// hvm_start_info of the PVH protocol.
struct startinfo {
	uint32_t magic, version, flags, nmodules;
	uint64_t modules, cmdline, rsdp;
	uint64_t memmap; // version 1 on
	uint32_t nmemmap, reserved;
};

struct memmap {
	uint64_t base, bytes;
	uint32_t type, reserved; // type 1 is RAM
};

#define PVH_MAGIC 0x336ec578
#define GIB4 0x100000000ull
#define PAGE 4096ull
#define BIG 0x200000ull

// ---- The map of memory ---------------------------------------------------

#define PTE_P 1ull
#define PTE_W 2ull
#define PTE_UC 0x18ull // PWT, PCD
#define PTE_BIG 0x80ull
#define PTE_NX (1ull << 63)
#define RX PTE_P
#define RO (PTE_P | PTE_NX)
#define RW (PTE_P | PTE_W | PTE_NX)

#define PTE_ADDRESS 0x000ffffffffff000ull

// The tables that x86_64.S starts with, and those that split a 2 MiB page: a few
// for the image's and the firmware's borders, and what the stacks need.
#define AREA(i) \
	(STACK##i##_COUNT * (STACK_GUARD_BYTES + STACK##i##_BYTES) / BIG + 2)
#define NTABLES \
	(24 + \
	 (STACK_GUARD_BYTES > 0 ? AREA(0) + AREA(1) + AREA(2) + AREA(3) : 0))
_Alignas(4096) uint64_t x86_pml4[512], x86_pdpt[512], x86_pd[2048];
static _Alignas(4096) uint64_t tables[NTABLES][512];
static unsigned ntables;

_Static_assert(STACK_GUARD_BYTES % PAGE == 0 && G0_GUARD_BYTES % PAGE == 0 &&
		       FAULT_GUARD_BYTES % PAGE == 0 &&
		       FAULT_STACK_BYTES % PAGE == 0,
	       "guards are pages");

// span is a range of addresses and what may be done there; a later span covers
// an earlier one.
struct span {
	uint64_t lo, hi, flags;
};

static struct span spans[64];
static unsigned nspans;

static void
addspan(uint64_t lo, uint64_t hi, uint64_t flags)
{
	if (nspans == sizeof(spans) / sizeof(spans[0]))
		throw("x86_boot: memory map too long");
	spans[nspans++] = (struct span){ lo, hi, flags };
}

static uint64_t
flagsat(uint64_t address)
{
	for (unsigned i = nspans; i-- > 0;)
		if (address >= spans[i].lo && address < spans[i].hi)
			return spans[i].flags;
	return 0;
}

// issplit tells whether a span begins or ends inside a 2 MiB page.
static bool
issplit(uint64_t base)
{
	for (unsigned i = 0; i < nspans; i++) {
		uint64_t lo = spans[i].lo, hi = spans[i].hi;

		if ((lo > base && lo < base + BIG) ||
		    (hi > base && hi < base + BIG))
			return true;
	}
	return false;
}

static uint64_t
entry(uint64_t address, uint64_t flags)
{
	return flags == 0 ? 0 : address | flags;
}

static uint64_t *
newtable(void)
{
	if (ntables == NTABLES)
		throw("x86_boot: out of page tables");
	return tables[ntables++];
}

// splitpage fills a table for one 2 MiB page and returns the entry that names
// it.
static uint64_t
splitpage(uint64_t base)
{
	uint64_t *t = newtable();

	for (unsigned i = 0; i < 512; i++)
		t[i] = entry(base + i * PAGE, flagsat(base + i * PAGE));
	return (uintptr_t)t | PTE_P | PTE_W;
}

// remap replaces the boot map entry by entry; each new one permits at least
// what the running code needs, so the order does not matter.
static void
remap(void)
{
	for (unsigned i = 0; i < 2048; i++) {
		uint64_t base = i * BIG, flags;

		if (issplit(base)) {
			x86_pd[i] = splitpage(base);
			continue;
		}
		flags = flagsat(base);
		x86_pd[i] = entry(base, flags == 0 ? 0 : flags | PTE_BIG);
	}
}

// ---- Guards ----------------------------------------------------------------

// breakup gives a 2 MiB page a table of its own that says the same.
static uint64_t
breakup(uint64_t pde)
{
	uint64_t *t = newtable();

	pde &= ~PTE_BIG;
	for (unsigned i = 0; i < 512; i++)
		t[i] = pde + i * PAGE;
	return (uintptr_t)t | PTE_P | PTE_W;
}

// unmap takes whole pages out of the map.
static void
unmap(uintptr_t lo, uintptr_t bytes)
{
	for (uintptr_t a = lo; a < lo + bytes; a += PAGE) {
		uint64_t *pde = &x86_pd[a / BIG];

		if (*pde & PTE_BIG)
			*pde = breakup(*pde);
		((uint64_t *)(*pde & PTE_ADDRESS))[a / PAGE % 512] = 0;
	}
}

// unmapguards makes every guard real: below goroutines' stacks, below the g0
// stacks and the interrupt stacks of all harts.
static void
unmapguards(void)
{
	for (unsigned i = 0; STACK_GUARD_BYTES > 0 && i < NSTACKAREAS; i++) {
		const struct stackarea *a = &stackareas[i];

		for (unsigned k = 0; k < a->n; k++)
			unmap(a->lo + k * a->stride, STACK_GUARD_BYTES);
	}
	for (unsigned i = 0; i < MAXHARTS; i++) {
		unmap((uintptr_t)g0stacks + i * G0_STACK_BYTES, G0_GUARD_BYTES);
		for (unsigned k = 0; k < 2; k++)
			unmap((uintptr_t)x86_faultstacks[i][k],
			      FAULT_GUARD_BYTES);
	}
}

static void
addimage(void)
{
	uintptr_t text = (uintptr_t)__text_start, data, end, bss;

	data = (uintptr_t)__data_start & ~(PAGE - 1);
	bss = ((uintptr_t)__bss_end + PAGE - 1) & ~(PAGE - 1);
	end = ((uintptr_t)__image_end + PAGE - 1) & ~(PAGE - 1);
	addspan(text, ((uintptr_t)__text_end + PAGE - 1) & ~(PAGE - 1), RX);
	addspan(((uintptr_t)__text_end + PAGE - 1) & ~(PAGE - 1), data, RO);
	addspan(data, bss, RW);
	addspan(bss, end, RO);
}

// ---- What the loader says ------------------------------------------------

static void
readcmdline(const char *s)
{
	unsigned n = 0;

	while (s != NULL && s[n] != 0 && n < 1023) {
		x86_bootargs[n] = s[n];
		n++;
	}
	x86_bootargs[n] = 0;
}

// addram notes one piece of RAM. The heap is in the one that holds the image.
static void
addram(uint64_t lo, uint64_t hi)
{
	uintptr_t end = (uintptr_t)__image_end;

	lo = (lo + PAGE - 1) & ~(PAGE - 1);
	hi = (hi < GIB4 ? hi : GIB4) & ~(PAGE - 1);
	if (lo >= hi)
		return;
	addspan(lo, hi, RW);
	if (lo <= (uintptr_t)__text_start && end <= hi) {
		x86_ramlo = (end + PAGE - 1) & ~(PAGE - 1);
		x86_ramhi = hi;
	}
}

static void
readmemmap(const struct startinfo *info)
{
	const struct memmap *mm = (const struct memmap *)info->memmap;

	if (info->version < 1)
		throw("x86_boot: loader gives no memory map");
	for (unsigned i = 0; i < info->nmemmap; i++)
		if (mm[i].type == 1)
			addram(mm[i].base, mm[i].base + mm[i].bytes);
	if (x86_ramhi == 0)
		throw("x86_boot: RAM ends inside the image: give more (QEMU: "
		      "-m), or smaller pools (NG, STACK1_COUNT)");
	if (flagsat(AP_PAGE) != RW)
		throw("x86_boot: AP_PAGE is not RAM");
}

// ---- What the firmware says ----------------------------------------------

static uint32_t
rd32(uintptr_t address)
{
	const uint8_t *p = (const uint8_t *)address;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static uint64_t
rd64(uintptr_t address)
{
	return rd32(address) | (uint64_t)rd32(address + 4) << 32;
}

static uint8_t
rd8(uintptr_t address)
{
	return *(const uint8_t *)address;
}

// findtable walks the RSDT or XSDT for a signature. 0 if there is none.
static uintptr_t
findtable(uintptr_t rsdp, uint32_t signature)
{
	unsigned size = 4;
	uintptr_t root, end;

	if (rsdp == 0)
		return 0;
	root = rd32(rsdp + 16);
	if (rd8(rsdp + 15) >= 2 && rd64(rsdp + 24) != 0) {
		root = rd64(rsdp + 24);
		size = 8;
	}
	if (root == 0 || root >= GIB4)
		return 0;
	end = root + rd32(root + 4);
	for (uintptr_t p = root + 36; p + size <= end; p += size) {
		uintptr_t t = size == 8 ? rd64(p) : rd32(p);

		if (t < GIB4 && rd32(t) == signature)
			return t;
	}
	return 0;
}

// addhart notes a hart that may be started. Hart 0 is there already.
static void
addhart(uint8_t apicid)
{
	if (apicid == x86_hart[0].apicid || x86_ncpu == MAXHARTS)
		return;
	x86_hart[x86_ncpu].apicid = apicid;
	x86_cpuof[apicid] = (uint8_t)x86_ncpu;
	x86_ncpu++;
}

// readmadt walks the MADT: harts and the I/O APIC first (routes false), then
// the routes of ISA lines, which need that.
static void
readmadt(uintptr_t madt, bool routes)
{
	uintptr_t end = madt + rd32(madt + 4);

	for (uintptr_t p = madt + 44; p + 2 <= end && rd8(p + 1) >= 2;
	     p += rd8(p + 1)) {
		unsigned type = rd8(p);
		unsigned flags = rd8(p + 8);

		if (type == 0 && !routes && (rd32(p + 4) & 1) != 0)
			addhart(rd8(p + 3));
		if (type == 1 && !routes && rd32(p + 8) == 0)
			x86_ioapicinit(rd32(p + 4));
		if (type == 2 && routes)
			x86_isaroute(rd8(p + 3), rd32(p + 4),
				     (flags >> 2 & 3) == 3, (flags & 3) == 3);
	}
}

static void
readfirmware(uintptr_t rsdp)
{
	uintptr_t madt = findtable(rsdp, 0x43495041); // "APIC"

	x86_ioapicinit(IOAPIC_BASE);
	if (madt == 0)
		return;
	readmadt(madt, false);
	readmadt(madt, true);
}

// ---- Devices -------------------------------------------------------------

// picoff moves the two 8259s away from the CPU's vectors and masks them.
static void
picoff(void)
{
	x86_outb(0x20, 0x11);
	x86_outb(0xa0, 0x11);
	x86_outb(0x21, VEC_PIC);
	x86_outb(0xa1, VEC_PIC + 8);
	x86_outb(0x21, 4);
	x86_outb(0xa1, 2);
	x86_outb(0x21, 1);
	x86_outb(0xa1, 1);
	x86_outb(0x21, 0xff);
	x86_outb(0xa1, 0xff);
}

// The 8254's channel 2 counts PIT_COUNT ticks down and raises its output: the
// one clock of a PC whose rate is known.
#define PIT_HZ 1193182ull
#define PIT_COUNT 5966ull // 5 ms
#define PIT_GATE 0x61
#define PIT_OUT 0x20

// measure runs the 8254 once. It began to count between readings a0 and a1 of
// the time-stamp counter and ended between b0 and b1; how far these are apart
// bounds the error, which is returned in parts per million. The timer's rate
// follows from both counters over the same stretch, t0 to t1. (A real 8254
// takes a tick or two more than QEMU's, up to 340 ppm not counted here.)
static uint32_t
measure(uint64_t *tsc_hz, uint64_t *timer_hz)
{
	uint64_t a0, a1, b0, b1, t0, t1, ticks, middle;

	x86_outb(PIT_GATE, (uint8_t)((x86_inb(PIT_GATE) & ~2u) | 1));
	x86_outb(0x43, 0xb0); // channel 2, two bytes, mode 0
	x86_outb(0x42, PIT_COUNT & 0xff);
	lapic_write(LAPIC_TMICT, UINT32_MAX);
	t0 = x86_rdtsc();
	ticks = lapic_read(LAPIC_TMCCT);
	a0 = x86_rdtsc();
	x86_outb(0x42, PIT_COUNT >> 8);
	a1 = x86_rdtsc();
	b1 = a1;
	do {
		b0 = b1;
		b1 = x86_rdtsc();
	} while (!(x86_inb(PIT_GATE) & PIT_OUT));
	b1 = x86_rdtsc();
	t1 = x86_rdtsc();
	ticks -= lapic_read(LAPIC_TMCCT);
	middle = ((b0 + b1) - (a0 + a1)) / 2;
	*tsc_hz = middle * PIT_HZ / PIT_COUNT;
	*timer_hz = ticks * *tsc_hz / (t1 - t0);
	return (uint32_t)(((b1 - b0) + (a1 - a0)) * 500000 / middle) + 1;
}

// calibrate measures until the error is small, five times at most, and keeps
// the best. Usually once is enough.
static void
calibrate(void)
{
	struct x86_clock *c = &x86_clock;
	uint64_t tsc_hz, timer_hz;
	uint32_t err;

	c->tsc0 = x86_rdtsc();
	c->err_ppm = UINT32_MAX;
	lapic_write(LAPIC_LVT_TIMER, LVT_MASKED | VEC_TIMER);
	while (c->err_ppm > 200 && c->rounds < 5) {
		err = measure(&tsc_hz, &timer_hz);
		c->rounds++;
		if (err < c->err_ppm) {
			c->err_ppm = err;
			c->tsc_hz = tsc_hz;
			c->timer_hz = timer_hz;
		}
	}
	lapic_write(LAPIC_TMICT, 0);
	lapic_write(LAPIC_LVT_TIMER, VEC_TIMER);
	c->nsmul = (1000000000ull << 32) / c->tsc_hz;
	c->tickmul = (c->timer_hz << 32) / 1000000000ull;
	c->tsc0 -= (uint64_t)CLOCK_START * c->tsc_hz;
}

// The 8254's channel 0 has its output on a line that is masked for ever, but the
// firmware may have left it running: then it wakes an emulator 18 times a second
// for nothing. Mode 0 counts down once.
static void
quiet_pit(void)
{
	x86_outb(0x43, 0x30); // channel 0, two bytes, mode 0
	x86_outb(0x40, 1);
	x86_outb(0x40, 0);
}

// ---- Start ---------------------------------------------------------------

static uint8_t
apicid(void)
{
	uint32_t a = 1, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return (uint8_t)(b >> 24);
}

__attribute__((weak)) void
board_init(void)
{
}

void
x86_boot(uintptr_t start)
{
	const struct startinfo *info = (const struct startinfo *)start;

	board_init();
	x86_idtinit();
	x86_hart[0].apicid = apicid();
	x86_hartinit(0);
	if (info->magic != PVH_MAGIC)
		throw("x86_boot: not started by a PVH loader");
	readcmdline((const char *)info->cmdline);
	addspan(MMIO_BASE, GIB4, RW | PTE_UC);
	readmemmap(info);
	addspan(0, 0x100000, 0);
	addspan(AP_PAGE, AP_PAGE + PAGE, RW);
	addimage();
	picoff();
	readfirmware(info->rsdp);
	console_init(); // after its line is a level
	remap();
	unmapguards();
	__asm__ volatile("movq %0, %%cr3" : : "r"(x86_pml4) : "memory");
	x86_lapicinit();
	calibrate();
	quiet_pit();
	rt0_go();
}

// x86_bootap starts another hart: on its g0 stack, in long mode.
void
x86_bootap(unsigned cpu)
{
	x86_hartinit(cpu);
	x86_lapicinit();
	atomic_store_explicit(&x86_hart[cpu].up, 1, memory_order_release);
	mstart(cpu);
}
