# virt: QEMU's RISC-V machine, no firmware.
ARCH = riscv64
CORE = RV64GC
CHECKED = qemu
TESTS = tests/target
RAM_ORIGIN = 0x80000000
RAM_SIZE = 0x20000000
BAUD = 115200
LDSCRIPT = linker/riscv64.ld
LDDEFS = -Wl,--defsym=__ram_base=$(RAM_ORIGIN) \
	-Wl,--defsym=__ram_bytes=$(RAM_SIZE)
DRIVERS = ns16550.c plic.c
QEMU = qemu-system-riscv64
QEMU_ARGS = -M virt -bios none -m 512M -smp $(HARTS) -rtc clock=vm -display none \
	-serial stdio -monitor none
# A tick of mtime is 100 ns; at 128 ns an instruction every boundary between
# two instructions is a tick of its own.
ICOUNT_SHIFT = 7
HARTS_MAX = 8
HARTS_DEFAULT = 4
