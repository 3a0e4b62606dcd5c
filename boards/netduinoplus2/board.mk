# Netduino Plus 2: STM32F405RG, 1 MB of flash, 128 KB of RAM. QEMU has the core,
# flash, RAM and the USARTs; clock and pins (drivers/stm32f4.c) were checked against
# RM0090 by reading only; where PB6 and PB7 come out on the board was not checked.
# It has no probe of its own: dfu-util by its USB, or any ST-LINK.
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
QEMU = qemu-system-arm
QEMU_ARGS = -M netduinoplus2 -display none -serial stdio -monitor none
QEMU_EXIT = line
ICOUNT_SHIFT = 6
HARTS_MAX = 1
HARTS_DEFAULT = 1
DEFAULT_APP = examples/core.c
TESTS = tests/core
CHECKED = qemu
STANDIN = netduinoplus2
BAUD = 115200
FLASH_WITH = openocd
FLASH_TOOLS = openocd st-flash dfu-util
OPENOCD_CFG = target/stm32f4x.cfg
OPENOCD_ADAPTER = interface/stlink.cfg
# DBGMCU_IDCODE: STM32F405/407
CHIP_ID_ADDR = 0xe0042000
CHIP_ID = 0x413
CHIP_ID_MASK = 0xfff
USB_ID = 0483:3748
