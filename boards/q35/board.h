// board.h of q35: QEMU's PC with the Intel Q35 chipset, and near enough any PC
// that a PVH loader starts: it needs an 8254, a 16550 at COM1, local APICs and
// one I/O APIC at the usual places.
#ifndef GZERO_BOARD_H
#define GZERO_BOARD_H

// Console: COM1. Ports, so registers lie one apart.
#define NS16550_BASE 0x3f8
#define NS16550_SHIFT 0
#define NS16550_IRQ 4

// ISA lines that are wired to devices which hold them up until served, one bit
// each: COM2 (3) and COM1 (4). They are programmed as level-triggered, so that
// a byte which arrives while the line is masked is not lost. All others are as
// the firmware's table says, edges by default.
#define ISA_LEVEL_IRQS 0x18

// I/O APIC, if the firmware's table does not name one.
#define IOAPIC_BASE 0xfec00000

// From here to 4 GiB lie PCI's and the chipset's registers, mapped uncached.
#define MMIO_BASE 0xb0000000

// Page below 640 KiB where other harts take their first steps in real mode. It
// is the only page below 1 MiB that stays mapped, so that a NULL pointer with a
// large offset faults too: the higher, the better.
#define AP_PAGE 0x80000
// Pauses that the MP protocol asks for while a hart is started. QEMU needs
// none; a PC of before 2000 wants 10 ms and 200 us.
#define AP_INIT_NS 10000
#define AP_SIPI_NS 200000

// How the machine ends: the status goes to EXIT_PORT as one byte (a file of the
// runner's), then DEBUG_EXIT_PORT stops QEMU unless the status is 0, then
// ACPI's soft-off. See board.mk.
#define EXIT_PORT 0x500
#define DEBUG_EXIT_PORT 0xf4
#define ACPI_PM1_CNT 0x604
#define ACPI_S5 0x2000

// A page that is not mapped below every goroutine's stack, and the lowest page
// of every g0 stack. 0 leaves them out.
#define STACK_GUARD_BYTES 4096
#define G0_GUARD_BYTES 4096

#endif
