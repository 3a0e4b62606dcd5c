# ST's STM32VLDISCOVERY: STM32F100RB, 128 KB of flash, 8 KB of RAM. QEMU has the
# core, flash, RAM and the USARTs; clock and pins (board.c) were checked against
# RM0041 by reading only. The console is USART1, on PA9 and PA10: its ST-LINK/V1
# passes no serial port on, so it takes an adapter of its own.
ARCH = armv7m
CORE = Cortex-M3
FLASH_ORIGIN = 0x08000000
FLASH_SIZE = 0x20000
RAM_ORIGIN = 0x20000000
RAM_SIZE = 0x2000
LDSCRIPT = linker/armv7m.ld
LDDEFS = $(MEMORY_LDDEFS) --defsym=NULL_GUARD=0 --defsym=TEXT_ALIGN=256
# Tracebacks with names; lines would take 30 KB of the flash.
SYMBOLS = func
DRIVERS = stm32_usart.c reset_reason.c
ARMV7M_CPU = -mcpu=cortex-m3
QEMU = qemu-system-arm
QEMU_ARGS = -M stm32vldiscovery -display none -serial stdio -monitor none
QEMU_EXIT = line
ICOUNT_SHIFT = 6
HARTS_MAX = 1
HARTS_DEFAULT = 1
DEFAULT_APP = examples/core.c
TESTS = tests/core
CHECKED = qemu
STANDIN = stm32vldiscovery
BAUD = 115200
FLASH_WITH = openocd
FLASH_TOOLS = openocd st-flash
OPENOCD_CFG = board/stm32vldiscovery.cfg
# DBGMCU_IDCODE: value line, low and medium density
CHIP_ID_ADDR = 0xe0042000
CHIP_ID = 0x420
CHIP_ID_MASK = 0xfff
USB_ID = 0483:3744
