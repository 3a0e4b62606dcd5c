// paging.c: the guards below goroutine stacks, by paging in M-mode.
//
// With mstatus.MPRV set, the loads and stores of M-mode are made as those of the
// mode in mstatus.MPP; that is U here, so satp's tables translate them. They map
// everything to itself, readable and writable, but for the guards, which are not
// there. Instructions are fetched untranslated.
//
// What always holds:
//  - From paging_on to the end a hart has MPRV set and, outside traps, MPP = U.
//    A trap makes MPP = M, so handlers work untranslated; an mret makes it U
//    again. trap.S looks after those who leave a trap in another way, and after
//    preempt_resume, which needs MPP = M for an mret of its own.
//  - An address means the same translated or not, so goroutines, g0, handlers,
//    and devices that read memory agree on all of them.
//  - The tables never change after paging_build, so no hart needs to be told of
//    anything, and a switch costs what it did.
//  - Rights other than the guards' are the PMP's (boot/riscv64.c), which holds
//    for handlers and for fetches as well; so do the guards below g0 stacks.
//
// A page is 4 KiB where guards are, 2 MiB around that, and 1 GiB elsewhere. Above
// the last gigabyte of RAM nothing is mapped: a driver for a device up there maps
// it here.
//
// Turned down: the PMP for goroutines (an entry binds M-mode only when it is
// locked, and then it cannot move); goroutines in U-mode (every mask, wfi and
// device access would be a trap); the kernel in S-mode (needs M-mode code below
// it for the timer and the IPIs, and gives nothing more); tables that a hart
// writes as goroutines are born (a stack is in the same place all its life).
#include "riscv64.h"

#define PAGE 4096u
#define MIB2 0x200000u
#define GIB 0x40000000u
#define PTES (PAGE / sizeof(uint64_t))

#define PTE_TABLE 0x01 // valid, and no rights: the next level
#define PTE_LEAF 0xd7  // valid, readable, writable, U, accessed, dirty
#define PTE_RIGHTS 0x0e

// Sv39 has 256 GiB of addresses below the sign-extended half.
#define ROOT_USED 256u

// What the areas can need: a table for each 2 MiB that they touch, one for each
// GiB, and the root.
#define AREA_BYTES(i) \
	((uint64_t)STACK##i##_COUNT * (STACK_GUARD_BYTES + STACK##i##_BYTES))
#define AREA_TABLES(i) (AREA_BYTES(i) / MIB2 + 2 + AREA_BYTES(i) / GIB + 2)
#define NTABLES \
	(STACK_GUARD_BYTES == 0 ? 1 : \
				  1 + AREA_TABLES(0) + AREA_TABLES(1) + \
					  AREA_TABLES(2) + AREA_TABLES(3))

_Static_assert(STACK_GUARD_BYTES % PAGE == 0, "a guard is a number of pages");

// Nobody clears them: paging_build fills what it takes.
static uint64_t tables[NTABLES][PTES]
	__attribute__((aligned(4096), section(".bss.noinit.tables")));
static unsigned ntables;

static uint64_t *
newtable(void)
{
	if (ntables == NTABLES)
		throw("paging_build: more tables than areas");
	return tables[ntables++];
}

static uint64_t
pte(uintptr_t addr, uint64_t bits)
{
	return (uint64_t)addr >> 12 << 10 | bits;
}

// split makes a table of 512 pages out of *e, a page of 512 times size bytes.
static void
split(uint64_t *e, uint64_t size)
{
	uint64_t *t = newtable();
	uint64_t leaf = *e;

	for (unsigned i = 0; i < PTES; i++, leaf += pte(size, 0))
		t[i] = leaf;
	*e = pte((uintptr_t)t, PTE_TABLE);
}

// tableof returns the table of 4 KiB pages for addr, and makes one if there is a
// larger page.
static uint64_t *
tableof(uintptr_t addr)
{
	uint64_t *t = tables[0];

	for (unsigned shift = 30; shift > 12; shift -= 9) {
		uint64_t *e = &t[addr >> shift & (PTES - 1)];

		if (*e & PTE_RIGHTS)
			split(e, (uint64_t)1 << (shift - 9));
		t = (uint64_t *)(*e >> 10 << 12);
	}
	return t;
}

// unmap takes away the pages from lo to hi. Guards come in ascending order, and
// most of them have their table in common with the one before.
static void
unmap(uintptr_t lo, uintptr_t hi)
{
	static uint64_t *table;
	static uintptr_t of;

	for (; lo < hi; lo += PAGE) {
		if (table == NULL || lo / MIB2 != of) {
			table = tableof(lo);
			of = lo / MIB2;
		}
		table[lo / PAGE % PTES] = 0;
	}
}

// paging_build makes the tables. On the boot hart, once, untranslated.
void
paging_build(void)
{
	uint64_t *root = newtable();
	uintptr_t lo;

	for (uintptr_t i = 0; i < PTES; i++)
		root[i] = i < ROOT_USED && i * GIB < ram_end ?
				  pte(i * GIB, PTE_LEAF) :
				  0;
	for (const struct stackarea *a = stackareas;
	     a < &stackareas[NSTACKAREAS]; a++) {
		lo = a->lo;
		for (unsigned i = 0; i < a->n; i++, lo += a->stride)
			unmap(lo, lo + STACK_GUARD_BYTES);
	}
}

// paging_on has this hart use them; false if it has no Sv39. Interrupts masked.
bool
paging_on(void)
{
	uintptr_t satp = SATP_SV39 | (uintptr_t)tables[0] >> 12;

	csr_write(satp, satp);
	if (csr_read(satp) != satp)
		return false;
	__asm__ volatile("sfence.vma" : : : "memory");
	csr_clear(CSR_STATUS, STATUS_PP);
	csr_set(CSR_STATUS, STATUS_MPRV);
	return true;
}
