// cpu.c: harts, inter-processor interrupts, device lines, the end of the
// machine.
//
// What always holds:
//  - Hart 0 is the one that booted; the others follow in the order of the
//    firmware's table, whatever their APIC identifiers are. Those beyond
//    MAXHARTS are never started.
//  - Another hart sleeps as the firmware left it until arch_cpustart sends it
//    INIT and a start-up message. It needs no argument: its APIC identifier
//    leads it to its index (x86_cpuof) and stack.
//  - gs points at something with the layout of struct m at all times: the
//    hart's own block first, its m from setg on.
//  - The I/O APIC is an index and a data register, so a spin lock guards the
//    pair. It is held for two writes with interrupts masked; handlers may take
//    it.
#include <x86.h>

#include "../../drivers/console.h"

struct hart x86_hart[MAXHARTS];
unsigned x86_ncpu = 1;
uint8_t x86_cpuof[256]; // APIC identifier to hart index
char x86_bootargs[1024];
uintptr_t x86_ramlo, x86_ramhi;

// The GDT: flat 64-bit code, data, 32-bit code for a hart that wakes up in real
// mode, and a TSS per hart.
uint64_t x86_gdt[SEL_TSS / 8 + 2 * MAXHARTS] = {
	[SEL_CODE / 8] = 0x00af9b000000ffff,
	[SEL_DATA / 8] = 0x00cf93000000ffff,
	[SEL_CODE32 / 8] = 0x00cf9b000000ffff,
};

struct gate {
	uint16_t offset0;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset1;
	uint32_t offset2;
	uint32_t reserved;
};

static struct gate idt[256];

_Alignas(4096) unsigned char x86_faultstacks[MAXHARTS][2][FAULT_STACK_BYTES];

struct descriptor {
	uint16_t unused[3]; // so that base is aligned
	uint16_t limit;
	uint64_t base;
};

// ---- Tables of a hart ----------------------------------------------------

static void
setgate(unsigned vec, const void *entry, unsigned ist)
{
	uintptr_t p = (uintptr_t)entry;

	idt[vec].offset0 = (uint16_t)p;
	idt[vec].selector = SEL_CODE;
	idt[vec].ist = (uint8_t)ist;
	idt[vec].type = 0x8e; // present, interrupt gate
	idt[vec].offset1 = (uint16_t)(p >> 16);
	idt[vec].offset2 = (uint32_t)(p >> 32);
}

static const void *
routine(void (*fn)(void))
{
	return (const void *)(uintptr_t)fn;
}

// x86_idtinit fills the one IDT. Hart 0, once.
void
x86_idtinit(void)
{
	for (unsigned v = 0; v < 256; v++)
		setgate(v, routine(x86_strayvec), IST_INTR);
	// A masked 8259 says 7 when a line has dropped too soon.
	setgate(VEC_PIC + 7, routine(x86_spuriousvec), IST_INTR);
	setgate(VEC_PIC + 15, routine(x86_spuriousvec), IST_INTR);
	for (unsigned v = 0; v < 32; v++)
		setgate(v, x86_faultvec + 16 * v, IST_FAULT);
	setgate(2, x86_faultvec + 16 * 2, IST_FATAL);   // NMI
	setgate(8, x86_faultvec + 16 * 8, IST_FATAL);   // double fault
	setgate(18, x86_faultvec + 16 * 18, IST_FATAL); // machine check
	for (unsigned i = 0; i < NPIN; i++)
		setgate(VEC_LINE + i, x86_linevec + 32 * i, IST_INTR);
	setgate(VEC_IPI, routine(x86_ipivec), IST_INTR);
	setgate(VEC_TIMER, routine(x86_timervec), IST_INTR);
	setgate(VEC_ERROR, routine(x86_errorvec), IST_INTR);
	setgate(VEC_SPURIOUS, routine(x86_spuriousvec), IST_INTR);
}

static void
settss(unsigned cpu)
{
	struct tss *t = &x86_hart[cpu].tss;
	uintptr_t base = (uintptr_t)t;
	uint64_t *entry = &x86_gdt[SEL_TSS / 8 + 2 * cpu];

	for (unsigned i = 0; i < 2; i++)
		t->ist[2 * i] = (uint32_t)(uintptr_t)x86_faultstacks[cpu][i] +
				FAULT_STACK_BYTES;
	t->ist[2 * (IST_INTR - 1)] =
		(uint32_t)(uintptr_t)(&x86_hart[cpu].intrstack[8]);
	t->iomap = sizeof(*t);
	entry[0] = (sizeof(*t) - 1) | (base & 0xffffff) << 16 |
		   (uint64_t)0x89 << 40 | (base >> 24 & 0xff) << 56;
	entry[1] = base >> 32;
}

// x86_hartinit gives this hart its tables and its gs. From here on faults are
// reported.
void
x86_hartinit(unsigned cpu)
{
	struct hart *h = &x86_hart[cpu];
	struct descriptor d = { .base = (uintptr_t)x86_gdt };

	h->m0[M_ID / WORD] = cpu;
	h->m0[X86_HART / WORD] = (uintptr_t)h;
	h->deadline = INT64_MAX;
	settss(cpu);
	d.limit = SEL_TSS + 16 * MAXHARTS - 1;
	__asm__ volatile("lgdt %0" : : "m"(d.limit), "m"(d));
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS + 16 * cpu));
	d.base = (uintptr_t)idt;
	d.limit = sizeof(idt) - 1;
	__asm__ volatile("lidt %0" : : "m"(d.limit), "m"(d));
	x86_wrmsr(MSR_GS_BASE, (uintptr_t)h);
}

// x86_lapicinit switches this hart's local APIC on: everything may come in, the
// timer has no deadline. What is pending stays so. Divider 1: the finest.
void
x86_lapicinit(void)
{
	uint64_t base = x86_rdmsr(MSR_APIC_BASE) & 0x100; // keep: boot hart

	x86_wrmsr(MSR_APIC_BASE, base | LAPIC | 0x800);
	lapic_write(LAPIC_SVR, 0x100 | VEC_SPURIOUS);
	lapic_write(LAPIC_TPR, 0);
	lapic_write(LAPIC_LVT_LINT0, LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT1, 0x400); // NMI
	lapic_write(LAPIC_LVT_ERROR, VEC_ERROR);
	lapic_write(LAPIC_TDCR, 0xb);
	lapic_write(LAPIC_LVT_TIMER, VEC_TIMER);
	lapic_write(LAPIC_TMICT, 0);
}

void
arch_minit(void)
{
	uint32_t mxcsr = MXCSR_INIT;

	__asm__ volatile("fninit\n\tldmxcsr %0" : : "m"(mxcsr));
	x86_self()->deadline = INT64_MAX;
	x86_lapicinit();
}

void
setg(struct g *gp)
{
	char *mp = *(char **)((char *)gp + G_M);

	*(struct hart **)(mp + X86_HART) = x86_self();
	*(struct g **)(mp + X86_G) = gp;
	x86_wrmsr(MSR_GS_BASE, (uintptr_t)mp);
}

void
gostartcall(struct gobuf *buf, uintptr_t sp_top, void (*fn)(void *), void *arg)
{
	uintptr_t *sp = (uintptr_t *)(sp_top & ~(uintptr_t)15);

	*--sp = (uintptr_t)goexit + 1;
	*--sp = (uintptr_t)fn;
	*--sp = (uintptr_t)arg;
	buf->sp = (uintptr_t)sp;
	buf->pc = (uintptr_t)x86_startresume;
}

// ---- Harts ---------------------------------------------------------------

unsigned
arch_ncpu(void)
{
	return x86_ncpu;
}

unsigned
arch_cpuid(void)
{
	unsigned id;

	__asm__ volatile("movl %%gs:%c1, %0" : "=r"(id) : "i"(M_ID));
	return id;
}

void
procyield(void)
{
	__asm__ volatile("pause" : : : "memory");
}

// sendipi sends a message to one hart. The address goes in first and must not
// be replaced by a handler's before the message leaves.
static void
sendipi(unsigned cpu, uint32_t message)
{
	uintptr_t state = arch_irqsave();

	while (lapic_read(LAPIC_ICRLO) & 0x1000) // the last one is on its way
		procyield();
	lapic_write(LAPIC_ICRHI, (uint32_t)x86_hart[cpu].apicid << 24);
	lapic_write(LAPIC_ICRLO, message);
	arch_irqrestore(state);
}

void
arch_cpuwake(unsigned cpu)
{
	sendipi(cpu, 0x4000 | VEC_IPI);
}

// upwithin waits for a hart to say that it runs, ns nanoseconds at most.
static bool
upwithin(unsigned cpu, int64_t ns)
{
	int64_t end = nanotime() + ns;

	do {
		if (atomic_load_explicit(&x86_hart[cpu].up,
					 memory_order_acquire))
			return true;
		procyield();
	} while (nanotime() < end);
	return false;
}

// arch_cpustart wakes a hart by the MP protocol: INIT, then one or two start-up
// messages that name the page its first instruction is in.
void
arch_cpustart(unsigned cpu)
{
	unsigned char *page = (unsigned char *)(uintptr_t)AP_PAGE;

	for (uint32_t i = 0; i < x86_tramp_bytes; i++)
		page[i] = x86_tramp[i];
	sendipi(cpu, 0x4500);
	upwithin(cpu, AP_INIT_NS);
	for (int i = 0; i < 2; i++) {
		sendipi(cpu, 0x4600 | AP_PAGE >> 12);
		if (upwithin(cpu, i == 0 ? AP_SIPI_NS : 1000000000))
			return;
	}
	throw("arch_cpustart: hart does not answer");
}

// ---- Device lines --------------------------------------------------------

#define PIN_LOW 0x2000u
#define PIN_LEVEL 0x8000u

static uintptr_t ioapic;
static unsigned npin;
static uint32_t pinmode[NPIN]; // low word of a pin's entry, unmasked
static uint8_t pinofisa[16];
uint8_t x86_irqofpin[NPIN];                  // trap.S reads it, too
uint8_t x86_irqlevel[NPIN > 16 ? NPIN : 16]; // by line, for arch_irqhold
static atomic_flag ioapic_lock = ATOMIC_FLAG_INIT;

static void
ioapic_write(unsigned reg, uint32_t value)
{
	iowrite32(ioapic, reg);
	iowrite32(ioapic + 0x10, value);
}

// x86_isaroute notes where the firmware says that an ISA line arrives. Boot,
// before anything is unmasked.
void
x86_isaroute(unsigned irq, unsigned pin, bool level, bool low)
{
	if (irq >= 16 || pin >= npin)
		return;
	if (ISA_LEVEL_IRQS >> irq & 1)
		level = true;
	pinofisa[irq] = (uint8_t)pin;
	x86_irqofpin[pin] = (uint8_t)irq;
	x86_irqlevel[irq] = level;
	pinmode[pin] = VEC_LINE + pin;
	if (low)
		pinmode[pin] |= PIN_LOW;
	if (level)
		pinmode[pin] |= PIN_LEVEL;
	ioapic_write(0x10 + 2 * pin, pinmode[pin] | LVT_MASKED);
}

// x86_ioapicinit masks every pin and points it at hart 0: ISA lines as edges,
// PCI's as low levels, until x86_isaroute says otherwise.
void
x86_ioapicinit(uintptr_t base)
{
	ioapic = base;
	iowrite32(ioapic, 1);
	npin = (ioread32(ioapic + 0x10) >> 16 & 0xff) + 1;
	if (npin > NPIN)
		npin = NPIN;
	for (unsigned i = 0; i < npin; i++) {
		x86_irqofpin[i] = (uint8_t)i;
		x86_irqlevel[i] = true;
		pinmode[i] = (VEC_LINE + i) | PIN_LOW | PIN_LEVEL;
		ioapic_write(0x11 + 2 * i, (uint32_t)x86_hart[0].apicid << 24);
		ioapic_write(0x10 + 2 * i, pinmode[i] | LVT_MASKED);
	}
	for (unsigned i = 0; i < 16; i++)
		x86_isaroute(i, i, false, false);
}

// arch_irqmask numbers lines as a PC does: 0..15 are ISA's, wherever they
// arrive; from 16 on they are the I/O APIC's pins. An I/O APIC forgets an edge
// that comes while the pin is masked, so a line of edges is never masked again
// once somebody has wanted it: the kernel keeps one event for who comes next.
void
arch_irqmask(unsigned irq, bool masked)
{
	unsigned pin = irq < 16 ? pinofisa[irq] : irq;
	uintptr_t state;

	if (pin >= npin)
		throw("arch_irqmask: the I/O APIC has no such line");
	if (masked && !(pinmode[pin] & PIN_LEVEL))
		return;
	state = arch_irqsave();
	while (atomic_flag_test_and_set_explicit(&ioapic_lock,
						 memory_order_acquire))
		procyield();
	ioapic_write(0x10 + 2 * pin, pinmode[pin] | (masked ? LVT_MASKED : 0));
	atomic_flag_clear_explicit(&ioapic_lock, memory_order_release);
	arch_irqrestore(state);
}

// x86_line passes a device's interrupt up and tells the local APIC its end.
bool
x86_line(unsigned pin, struct g *gp)
{
	bool preempt = irqdispatch(x86_irqofpin[pin], gp);

	lapic_write(LAPIC_EOI, 0);
	return preempt;
}

// ---- Console and end -----------------------------------------------------

const char *
arch_bootargs(void)
{
	return x86_bootargs;
}

void
arch_ram(uintptr_t *lo, uintptr_t *hi)
{
	*lo = x86_ramlo;
	*hi = x86_ramhi;
}

// arch_halt leaves the status where the runner reads it, see board.mk. Only the
// first hart to come gets that far: one end, one status.
void
arch_halt(int status)
{
	static atomic_flag ended = ATOMIC_FLAG_INIT;

	__asm__ volatile("cli" : : : "memory");
	if (!atomic_flag_test_and_set(&ended)) {
		console_drain();
		x86_outb(EXIT_PORT, (uint8_t)status);
		if ((status & 0xff) != 0)
			x86_outl(DEBUG_EXIT_PORT, (uint32_t)status & 0xff);
		x86_outw(ACPI_PM1_CNT, ACPI_S5);
	}
	for (;;)
		__asm__ volatile("cli\n\thlt" : : : "memory");
}
