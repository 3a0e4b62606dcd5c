# Arm MPS2 with the AN385 image: Cortex-M3, 4 MB of code memory at 0, 4 MB of
# RAM, 16 MB of PSRAM for the heap. In QEMU.
ARCH = armv7m
CORE = Cortex-M3
FLASH_ORIGIN = 0x0
FLASH_SIZE = 0x400000
RAM_ORIGIN = 0x20000000
RAM_SIZE = 0x400000
# TEXT_ALIGN: QEMU runs what shares 1 KB with data an instruction at a time.
LDSCRIPT = linker/armv7m.ld
LDDEFS = $(MEMORY_LDDEFS) \
	--defsym=HEAP_ORIGIN=0x21000000 --defsym=HEAP_SIZE=0x1000000 \
	--defsym=NULL_GUARD=0x1000 --defsym=TEXT_ALIGN=1024
DRIVERS = cmsdk_uart.c
ARMV7M_CPU = -mcpu=cortex-m3
QEMU = qemu-system-arm
QEMU_ARGS = -M mps2-an385 -display none -serial stdio -monitor none \
	-semihosting-config enable=on,target=native
ICOUNT_SHIFT = 6
HARTS_MAX = 1
HARTS_DEFAULT = 1
# How it is tested, and what takes an image to a board. The FPGA loads its image
# from a card, which no tool here writes.
TESTS = tests/target
CHECKED = qemu
BAUD = 115200
