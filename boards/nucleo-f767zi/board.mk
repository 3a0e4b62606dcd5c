# ST's NUCLEO-F767ZI: STM32F767ZI, 2 MB of flash, 512 KB of RAM. QEMU has no such
# machine: the image is linked and its layout checked; mps2-an500 is the same core.
# Addresses, clock and pins: RM0410 and UM1974, by reading only.
ARCH = armv7m
CORE = Cortex-M7
FLASH_ORIGIN = 0x08000000
FLASH_SIZE = 0x200000
RAM_ORIGIN = 0x20000000
RAM_SIZE = 0x80000
LDSCRIPT = linker/armv7m.ld
LDDEFS = $(MEMORY_LDDEFS) --defsym=NULL_GUARD=0 --defsym=TEXT_ALIGN=256
DRIVERS = stm32f4.c stm32_usart.c reset_reason.c
ARMV7M_CPU = -mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=softfp
QEMU =
QEMU_EXIT = line
HARTS_MAX = 1
HARTS_DEFAULT = 1
TESTS = tests/core
CHECKED = link
STANDIN = mps2-an500
BAUD = 115200
FLASH_WITH = openocd
FLASH_TOOLS = openocd st-flash
OPENOCD_CFG = board/st_nucleo_f7.cfg
# DBGMCU_IDCODE: STM32F76x/77x
CHIP_ID_ADDR = 0xe0042000
CHIP_ID = 0x451
CHIP_ID_MASK = 0xfff
USB_ID = 0483:374b
