# Nordic's nRF52840 DK: Cortex-M4F, 1 MB of flash, 256 KB of RAM. QEMU has no such
# machine: the image is linked and its layout checked. Addresses and pins: Product
# Specification and the DK's user guide, by reading only. drivers/nrf_uart.c has been
# run by nobody.
ARCH = armv7m
CORE = Cortex-M4F
FLASH_ORIGIN = 0x0
FLASH_SIZE = 0x100000
RAM_ORIGIN = 0x20000000
RAM_SIZE = 0x40000
LDSCRIPT = linker/armv7m.ld
LDDEFS = $(MEMORY_LDDEFS) --defsym=NULL_GUARD=0 --defsym=TEXT_ALIGN=256
DRIVERS = nrf_uart.c reset_reason.c
ARMV7M_CPU = -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=softfp
QEMU =
QEMU_EXIT = line
HARTS_MAX = 1
HARTS_DEFAULT = 1
DEFAULT_APP = examples/core.c
TESTS = tests/core
CHECKED = link
STANDIN = netduinoplus2
BAUD = 115200
FLASH_WITH = openocd
FLASH_TOOLS = openocd pyocd
OPENOCD_CFG = board/nordic_nrf52_dk.cfg
PYOCD_TARGET = nrf52840
# FICR.INFO.PART
CHIP_ID_ADDR = 0x10000100
CHIP_ID = 0x52840
CHIP_ID_MASK = 0xffffffff
USB_ID = 1366:1015
