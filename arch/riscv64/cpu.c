// cpu.c: harts, the interrupts between them, and the end.
//
// An IPI is a word in memory (hart.ipi) and the CLINT's bell (MSIP). The word
// exists because procyield rings the own bell to sleep for an instant, and has
// to tell its own ring from another hart's:
//
//	sender           receiver, handler    receiver, procyield
//	ipi = 1          MSIP[self] = 0       MSIP[self] = 1; wfi
//	MSIP[there] = 1  ipi = 0              MSIP[self] = 0
//	                 act on what it sees  if ipi: MSIP[self] = 1
//
// Each step is ordered after the one above it. If the bell was silenced after
// the sender rang, the receiver sees ipi == 1: the handler is just about to
// act, and procyield rings again, so that the interrupt comes as soon as it is
// unmasked, with whatever it was to do (wake, preempt). If it was silenced
// before, the ring stands. So procyield delays an IPI by a few instructions and
// never eats one; arch_cpuidle, which waits for the bell and does not touch it,
// needs nothing.
//
// Turned down: leaving the own ring standing in procyield and letting the
// handler sort it out (correct, but every turn of a spin would cost a trap),
// and the `pause` hint alone (an emulator that runs the harts in turns on one
// thread does not give the turn away for it; a wfi it does).
#include "riscv64.h"
#include "../../drivers/console.h"

_Static_assert(sizeof(struct hart) == 1 << HART_SHIFT, "HART_SHIFT");
_Static_assert(offsetof(struct hart, id) == HART_ID, "HART_ID");
_Static_assert(offsetof(struct hart, start) == HART_START, "HART_START");
_Static_assert(offsetof(struct unwind, pc) == U_PC, "U_PC");
_Static_assert(offsetof(struct unwind, sp) == U_SP, "U_SP");
_Static_assert(offsetof(struct unwind, fp) == U_FP, "U_FP");
_Static_assert(offsetof(struct unwind, ra) == U_RA, "U_RA");
_Static_assert(offsetof(struct unwind, exact) == U_EXACT, "U_EXACT");

_Alignas(64) struct hart harts[MAXHARTS];
uint32_t nharts;
uintptr_t ram_end;
char bootargs[512];

static atomic_uint halting;

unsigned
arch_ncpu(void)
{
	return nharts;
}

unsigned
arch_cpuid(void)
{
	uintptr_t id;

	if (getg() != NULL)
		return (unsigned)(thishart() - harts);
	id = csr_read(mhartid);
	for (unsigned i = 0; i < nharts; i++)
		if (harts[i].id == id)
			return i;
	return 0;
}

// arch_cpustart rings the sleeper in boot/riscv64.S, which then finds its row
// started. A ring before it sleeps is not lost: the bell stays up.
void
arch_cpustart(unsigned cpu)
{
	atomic_store_explicit(&harts[cpu].start, 1, memory_order_release);
	iowrite32(clint_msip(&harts[cpu]), 1);
}

void
arch_minit(void)
{
	struct hart *h = thishart();

	csr_write(CSR_TVEC, (uintptr_t)trap_vector | TVEC_VECTORED);
	if (HAS_FP)
		__asm__ volatile("csrw fcsr, zero");
	csr_clear(CSR_STATUS, STATUS_FS);
	csr_set(CSR_STATUS, STATUS_FS_INITIAL);
	*timecmpof() = clint_mtimecmp(h);
	timer_quiet();
	csr_write(CSR_IE,
		  1u << CAUSE_SOFT | 1u << CAUSE_TIMER | 1u << CAUSE_EXT);
	// The sleep in boot may have silenced an IPI along with the start.
	if (atomic_load_explicit(&h->ipi, memory_order_relaxed))
		iowrite32(clint_msip(h), 1);
}

void
arch_cpuwake(unsigned cpu)
{
	struct hart *h = &harts[cpu];

	atomic_store_explicit(&h->ipi, 1, memory_order_release);
	iowrite32(clint_msip(h), 1); // its fence: after ipi
}

// ipi_ack silences the bell before it forgets the IPI (see above). The exchange
// acquires what the sender wrote before it rang.
void
ipi_ack(void)
{
	struct hart *h = thishart();

	iowrite32(clint_msip(h), 0);
	__asm__ volatile("fence o, rw" : : : "memory");
	atomic_exchange_explicit(&h->ipi, 0, memory_order_acq_rel);
}

// procyield sleeps until the bell that it rings itself, masked, so that no trap
// is taken for it. Before setg no IPI concerns this hart.
void
procyield(void)
{
	uintptr_t state = arch_irqsave();
	struct hart *h = getg() != NULL ? thishart() : NULL;
	uintptr_t bell =
		h != NULL ? clint_msip(h) : CLINT_BASE + 4 * csr_read(mhartid);

	iowrite32(bell, 1);
	__asm__ volatile("wfi" : : : "memory");
	iowrite32(bell, 0);
	__asm__ volatile("fence o, r" : : : "memory");
	if (h != NULL && atomic_load_explicit(&h->ipi, memory_order_relaxed))
		iowrite32(bell, 1);
	arch_irqrestore(state);
}

// say_exit prints the status where no device takes it.
static void
say_exit(int status)
{
	for (const char *s = "\ngzero: exit "; *s != 0; s++)
		arch_putc(*s);
	if (status >= 100)
		arch_putc('0' + status / 100);
	if (status >= 10)
		arch_putc('0' + status / 10 % 10);
	arch_putc('0' + status % 10);
	arch_putc('\n');
}

// arch_halt tells the board's finisher, or the console where there is none. The
// first hart that comes decides the status; the others, and this one until the
// machine is gone, sleep.
void
arch_halt(int status)
{
	uint32_t word = ((uint32_t)status & 0xff) << 16 | FINISHER_FAIL;

	arch_irqsave();
	if (atomic_exchange_explicit(&halting, 1, memory_order_relaxed) == 0) {
		if (FINISHER_BASE == 0)
			say_exit(status & 0xff);
		console_drain();
		if (FINISHER_BASE != 0)
			iowrite32(FINISHER_BASE,
				  (status & 0xff) == 0 ? FINISHER_PASS : word);
	}
	csr_write(CSR_IE, 0);
	for (;;)
		__asm__ volatile("wfi" : : : "memory");
}

// Where no device tree brings them, the arguments lie in the image, in what
// tools/setargs.py writes into a copy of it.
extern const char __gzargs[]; // boot/riscv64.S

const char *
arch_bootargs(void)
{
	return DEVICE_TREE ? bootargs : __gzargs;
}

void
arch_ram(uintptr_t *lo, uintptr_t *hi)
{
	*lo = ((uintptr_t)__image_end + 15) & ~(uintptr_t)15;
	*hi = ram_end;
}
