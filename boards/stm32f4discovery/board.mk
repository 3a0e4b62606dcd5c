# ST's STM32F4DISCOVERY: STM32F407VG, 1 MB of flash, 128 KB of RAM. QEMU has no such
# machine: the image is linked and its layout checked; netduinoplus2 is the same core,
# memory and driver. Addresses, clock and pins: RM0090 and UM1472, by reading only.
# The console takes a serial adapter of its own, on PA2 and PA3.
ARCH = armv7m
CORE = Cortex-M4F
FLASH_ORIGIN = 0x08000000
FLASH_SIZE = 0x100000
RAM_ORIGIN = 0x20000000
RAM_SIZE = 0x20000
LDSCRIPT = linker/armv7m.ld
LDDEFS = $(MEMORY_LDDEFS) --defsym=NULL_GUARD=0 --defsym=TEXT_ALIGN=256
DRIVERS = stm32f4.c stm32_usart.c reset_reason.c
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
FLASH_TOOLS = openocd st-flash
OPENOCD_CFG = board/stm32f4discovery.cfg
# DBGMCU_IDCODE: STM32F405/407
CHIP_ID_ADDR = 0xe0042000
CHIP_ID = 0x413
CHIP_ID_MASK = 0xfff
USB_ID = 0483:3748
