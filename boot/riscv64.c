// riscv64.c: boot in C: what is there (the device tree, or board.h where there is
// none), who takes part (the table of harts), what may be done where (PMP, paging),
// and the devices that the kernel counts on. Runs once on the boot hart, and
// boot_secondary once on each other, with interrupts masked and no g.
#include "../arch/riscv64/riscv64.h"
#include "../drivers/console.h"
#include "../drivers/plic.h"
#include "riscv64_fdt.h"

extern _Atomic uint32_t boot_gate;
extern unsigned char __text_start[], __text_end[], __rodata_end[];

_Static_assert(G0_GUARD_BYTES == 0 || G0_GUARD_BYTES == 4096,
	       "a guard below a g0 stack is a page");
_Static_assert(G0_STACK_BYTES % (G0_GUARD_BYTES > 0 ? G0_GUARD_BYTES : 16) == 0,
	       "a g0 stack begins with its guard");
_Static_assert(STACK_GUARD_BYTES == 0 || HAS_PAGING,
	       "the guards of goroutine stacks want paging");
_Static_assert(!IN_FLASH || MAXHARTS == 1, "boot copies .data, one hart alone");

// PMP configuration bytes.
#define PMP_R 0x01
#define PMP_W 0x02
#define PMP_X 0x04
#define PMP_TOR 0x08
#define PMP_NAPOT 0x18
#define PMP_LOCK 0x80 // counts in M-mode too, until reset

// die ends a boot that cannot go on; nothing that could print more is up.
static _Noreturn void
die(const char *why)
{
	for (const char *s = "boot: "; *s != 0; s++)
		arch_putc(*s);
	for (; *why != 0; why++)
		arch_putc(*why);
	arch_putc('\n');
	arch_halt(2);
}

// guard_g0 makes the lowest page of this hart's g0 stack untouchable: in
// handlers as elsewhere, and for ever.
static void
guard_g0(unsigned cpu)
{
	uintptr_t lo = (uintptr_t)&g0stacks[cpu * G0_STACK_BYTES];

	if (G0_GUARD_BYTES == 0)
		return;
	csr_write(pmpaddr0, lo >> 2 | ((uintptr_t)(G0_GUARD_BYTES >> 3) - 1));
	csr_write(pmpcfg0, PMP_LOCK | PMP_NAPOT);
}

// protect gives text, constants, the rest of RAM and the devices the rights that
// they need and no more, and none to the null page; then come the guards of
// goroutine stacks. The entries hold for M-mode because they are locked, and for
// the loads and stores that are made as U-mode's (paging.c); the first that
// matches an address decides. A TOR entry begins where the one before it ends,
// the devices' on (not in) the last word of the null page.
static void
protect(void)
{
	uintptr_t cfg = 0;

	if (NULL_BYTES != 0) {
		csr_write(pmpaddr1, (NULL_BYTES >> 3) - 1);
		cfg |= (uintptr_t)(PMP_LOCK | PMP_NAPOT) << 8;
	}
	csr_write(pmpaddr2, (uintptr_t)__text_start >> 2);
	csr_write(pmpaddr3, (uintptr_t)__text_end >> 2);
	csr_write(pmpaddr4, (uintptr_t)__rodata_end >> 2);
	csr_write(pmpaddr5, ram_end >> 2);
	csr_write(pmpaddr6, UINTPTR_MAX >> 10);
	cfg |= (uintptr_t)(PMP_LOCK | PMP_TOR | PMP_R | PMP_W) << 16;
	cfg |= (uintptr_t)(PMP_LOCK | PMP_TOR | PMP_R | PMP_X) << 24;
	cfg |= (uintptr_t)(PMP_LOCK | PMP_TOR | PMP_R) << 32;
	cfg |= (uintptr_t)(PMP_LOCK | PMP_TOR | PMP_R | PMP_W) << 40;
	cfg |= (uintptr_t)(PMP_LOCK | PMP_NAPOT | PMP_R | PMP_W) << 48;
	csr_write(pmpcfg0, cfg); // byte 0 is locked, guard_g0's
	if (HAS_PAGING)
		__asm__ volatile("sfence.vma" : : : "memory");
	if (STACK_GUARD_BYTES != 0 && !paging_on())
		die("no Sv39 paging for the stack guards; "
		    "STACK_GUARD_BYTES=0 would run without");
}

// list_harts makes the table: the boot hart first, the others in tree order, as
// many as there is room for.
static void
list_harts(uint32_t boot, const struct fdt_facts *f)
{
	harts[0].id = boot;
	nharts = 1;
	for (unsigned i = 0; i < f->nhart && nharts < MAXHARTS; i++)
		if (f->hart[i] != boot)
			harts[nharts++].id = f->hart[i];
}

__attribute__((weak)) void
board_init(void)
{
}

void
boot_main(uint32_t hartid, const void *fdt)
{
	struct fdt_facts f = {
		.args = bootargs,
		.args_bytes = sizeof bootargs,
		.inside = (uintptr_t)__text_start,
	};

	board_init();
	guard_g0(0);
	mtime0 = ioread64(CLINT_MTIME) - (uint64_t)CLOCK_START * MTIME_HZ;
	console_init();
	if (DEVICE_TREE)
		fdt_read(fdt, &f);
	if (f.timebase != 0 && f.timebase != MTIME_HZ)
		die("MTIME_HZ of board.h is not the device tree's");
	ram_end = f.ram_hi != 0 ? (uintptr_t)f.ram_hi :
				  (uintptr_t)RAM_BASE + RAM_BYTES;
	if ((uintptr_t)__image_end > ram_end)
		die("RAM ends inside the image: give more (QEMU: -m), or "
		    "smaller pools (NG, STACK1_COUNT)");
	list_harts(hartid, &f);
	if (STACK_GUARD_BYTES != 0)
		paging_build();
	protect();
	plic_init(hartid);
	// Opens the gate of riscv64.S: the table is complete.
	atomic_store_explicit(&boot_gate, 1, memory_order_release);
}

void
boot_secondary(unsigned cpu)
{
	guard_g0(cpu);
	protect();
}
