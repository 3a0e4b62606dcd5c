// trap.c (armv7m): which interrupt it was, the controller, and the core's own
// settings. The way here and back is trap.S.
#include <arch.h>
#include <armv7m.h>

enum { EXC_PENDSV = 14, EXC_SYSTICK = 15, EXC_IRQ0 = 16 };

// An IPI from the only hart to itself. Written by any context, taken by the
// PendSV handler; a byte, so both are one access.
static volatile bool ipi;

static unsigned
exception(void)
{
	uint32_t ipsr;

	__asm__ volatile("mrs %0, ipsr" : "=r"(ipsr));
	return ipsr & 0x1ff;
}

// arch_dispatch runs on the g0 stack with g == g0 at the kernel's priority. A
// goroutine whose stack could not even take the core's own frame is sent to
// trap.S's check of room, which reports it.
bool
arch_dispatch(struct g *gp, uintptr_t psp, uint32_t exc)
{
	unsigned n = exception();
	bool preempt = false;

	if (!SMALL && (exc & EXC_PSP) && psp < gword(gp, G_STACK_LO))
		return true;
	if (!SMALL && n >= EXC_IRQ0)
		return irqdispatch(n - EXC_IRQ0, gp);
	if (!SMALL && n == EXC_PENDSV && ipi) {
		ipi = false;
		preempt = irqdispatch(IRQ_IPI, gp);
	}
	return clock_due(gp) || preempt;
}

void
arch_cpuwake(unsigned cpu)
{
	if (cpu != 0)
		throw("arch_cpuwake: no such hart");
	ipi = true;
	iowrite32(ICSR, ICSR_PENDSVSET);
}

// arch_irqmask: a line that is unmasked may fire once more than its device
// asked, because the controller remembers a level that was up when the handler
// left. Forgetting it here would lose the interrupts that are pulses.
void
arch_irqmask(unsigned irq, bool masked)
{
	uint32_t bit = UINT32_C(1) << (irq % 32);

	if (irq >= NVIC_LINES)
		throw("arch_irqmask: no such line");
	iowrite32((masked ? NVIC_ICER : NVIC_ISER) + irq / 32 * 4, bit);
	__asm__ volatile("dsb\n\tisb" : : : "memory");
}

// prio_seen writes a priority of all ones to a line and returns what stayed. For
// boot, interrupts masked.
uint8_t
prio_seen(void)
{
	uint8_t old = ioread8(NVIC_IPR);
	uint8_t seen;

	iowrite8(NVIC_IPR, 0xff);
	seen = ioread8(NVIC_IPR);
	iowrite8(NVIC_IPR, old);
	return seen;
}

// Every line at the kernel's level; SVC, PendSV and SysTick too; faults on top.
static void
prio_init(void)
{
	uint32_t k = KERNEL_PRIO;

	if (!SMALL) {
		iowrite32(AIRCR, AIRCR_KEY);
		iowrite32(SHPR1, 0);
	}
	iowrite32(SHPR2, k << 24);
	iowrite32(SHPR3, k << 24 | k << 16);
	for (unsigned i = 0; NIRQ > 0 && i < NVIC_LINES; i += 4)
		iowrite32(NVIC_IPR + i, k * 0x01010101);
}

static unsigned
guard_bits(void)
{
	unsigned n = 0;

	for (size_t b = STACK_GUARD_BYTES; b > 1; b /= 2)
		n++;
	return n;
}

// region lays an MPU region of 2^bits bytes. attr: access, memory type, eighths
// left out.
static void
region(unsigned n, uintptr_t base, unsigned bits, uint32_t attr)
{
	iowrite32(MPU_RBAR, (uint32_t)base | MPU_RBAR_VALID | n);
	iowrite32(MPU_RASR, attr | (bits - 1) << 1 | 1);
}

enum {
	AP_NONE = 0,
	AP_RW = 3 << 24,
	AP_RO = 6 << 24,
	XN = 1 << 28,
	FLASH = 2 << 16, // normal memory, write-through
	SRAM = 6 << 16,  // the same, shared: what Arm's manual has for it
	// Of 4 GB: SRAM and external RAM, 0x2... 0x6... 0x8...
	ALL_RAM = (0xff & ~(1 << 1 | 1 << 3 | 1 << 4)) << 8,
};

// text makes [lo, hi), both multiples of 256, executable. A region has eight
// parts that can be left out, so the second covers what is less than a part of
// the first, and the third what is less than a part of that: to the 512th of the
// first. What is left then is rounded up.
static void
text(uintptr_t lo, uintptr_t hi)
{
	unsigned bits = 8, n = REGION_TEXT;
	uintptr_t base, from, to;

	while ((lo ^ (hi - 1)) >> bits != 0)
		bits++;
	for (; n < REGION_NULL && lo < hi; n++, bits -= 3) {
		base = lo >> bits << bits;
		from = (lo - base) >> (bits - 3);
		to = (hi - base) >> (bits - 3);
		if (n == REGION_NULL - 1)
			to = (hi - 1 - base) / (1u << (bits - 3)) + 1;
		region(n, base, bits,
		       AP_RO | FLASH |
			       (~(0xffu << from) | 0xffu << to) % 256 << 8);
		lo = base + (to << (bits - 3));
	}
}

// mpu_init: code is executed and not written, RAM is not executed, nor are
// constants; the first page is nobody's (board.h: NULL_GUARD_BITS, 0 where the
// vectors' alias is all there is), and the g0 stack ends in bytes that cannot
// be touched. What is left are devices, by the core's default map, which does
// not execute them. The region of the stack guards gets its size here and lies
// over the first of them. A core without MPU runs without.
static void
mpu_init(void)
{
	const struct stackarea *a = stackareas;

	__asm__ volatile("dmb" : : : "memory");
	iowrite32(MPU_CTRL, 0);
	if ((ioread32(MPU_TYPE) >> 8 & 0xff) < 8)
		return;
	region(REGION_CODE, 0, 29, AP_RO | XN | FLASH);
	region(REGION_RAM, 0, 32, AP_RW | XN | SRAM | ALL_RAM);
	text((uintptr_t)__text_start, (uintptr_t)__rodata_start);
	if (NULL_GUARD_BITS != 0)
		region(REGION_NULL, 0, NULL_GUARD_BITS, AP_NONE | XN);
	if (G0_GUARD_BITS != 0)
		region(REGION_G0, (uintptr_t)g0stacks, G0_GUARD_BITS,
		       AP_NONE | XN | SRAM);
	if (STACK_GUARD_BYTES != 0) {
		while (a->n == 0)
			a++;
		region(REGION_STACK, a->lo, guard_bits(), AP_NONE | XN | SRAM);
	}
	iowrite32(MPU_CTRL, MPU_CTRL_ON);
	__asm__ volatile("dsb\n\tisb" : : : "memory");
}

// Unaligned access stays as the hardware has it; a division by zero traps.
void
trapinit(void)
{
	iowrite32(VTOR, (uint32_t)__vectors);
	iowrite32(CCR, ioread32(CCR) | CCR_STKALIGN | CCR_DIV_0_TRP);
	prio_init();
	if (!SMALL) {
		iowrite32(SHCSR, ioread32(SHCSR) | SHCSR_FAULTS);
		mpu_init();
	}
	if (ARMV7M_FPU) {
		iowrite32(CPACR, ioread32(CPACR) | CPACR_FPU);
		iowrite32(FPCCR, ioread32(FPCCR) | FPCCR_AUTO);
	}
	__asm__ volatile("dsb\n\tisb" : : : "memory");
}
