# sifive_e: QEMU's board with SiFive's E51: one core, 16 KB of RAM, flash. The
# HiFive1 is laid out like it and has a 32-bit core, so no board runs this image.
ARCH = riscv64
CORE = E51 (rv64imac)
CHECKED = qemu
TESTS = tests/core
DEFAULT_APP = examples/core.c
# The reset code goes to FLASH_ORIGIN; below it the HiFive1 keeps a boot loader
# in its 16 MB.
FLASH_ORIGIN = 0x20400000
FLASH_SIZE = 0xc00000
RAM_ORIGIN = 0x80000000
RAM_SIZE = 0x4000
BAUD = 115200
LDSCRIPT = linker/riscv64_flash.ld
LDDEFS = --defsym=FLASH_ORIGIN=$(FLASH_ORIGIN) --defsym=FLASH_SIZE=$(FLASH_SIZE) \
	--defsym=RAM_ORIGIN=$(RAM_ORIGIN) --defsym=RAM_SIZE=$(RAM_SIZE)
DRIVERS = sifive_uart.c plic.c
RISCV64_MARCH = rv64imac
QEMU = qemu-system-riscv64
QEMU_ARGS = -M sifive_e -display none -serial stdio -monitor none
QEMU_EXIT = line
ICOUNT_SHIFT = 7
HARTS_MAX = 1
HARTS_DEFAULT = 1
