# Luminary LM3S6965 evaluation board: Cortex-M3, 256 KB of flash, 64 KB of RAM. QEMU
# has the core, SYSCTL and the UART; what board.c asks of the PLL QEMU answers at
# once, and pins it has not: those were checked against the data sheet by reading
# only.
ARCH = armv7m
CORE = Cortex-M3
FLASH_ORIGIN = 0x0
FLASH_SIZE = 0x40000
RAM_ORIGIN = 0x20000000
RAM_SIZE = 0x10000
LDSCRIPT = linker/armv7m.ld
LDDEFS = $(MEMORY_LDDEFS) --defsym=NULL_GUARD=0 --defsym=TEXT_ALIGN=256
DRIVERS = pl011.c reset_reason.c
ARMV7M_CPU = -mcpu=cortex-m3
QEMU = qemu-system-arm
QEMU_ARGS = -M lm3s6965evb -display none -serial stdio -monitor none
QEMU_EXIT = line
ICOUNT_SHIFT = 6
HARTS_MAX = 1
HARTS_DEFAULT = 1
DEFAULT_APP = examples/core.c
TESTS = tests/core
CHECKED = qemu
STANDIN = lm3s6965evb
BAUD = 115200
FLASH_WITH = openocd
FLASH_TOOLS = openocd
OPENOCD_CFG = board/ek-lm3s6965.cfg
# SYSCTL DID1: family and part LM3S6965
CHIP_ID_ADDR = 0x400fe004
CHIP_ID = 0x10730000
CHIP_ID_MASK = 0xffff0000
USB_ID = 0403:bcd9
