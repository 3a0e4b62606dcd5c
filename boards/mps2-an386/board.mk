# Arm MPS2 with the AN386 image: Cortex-M4F, 4 MB of code memory at 0, 4 MB of
# RAM, 16 MB of PSRAM for the heap. In QEMU.
ARCH = armv7m
# TEXT_ALIGN: QEMU runs what shares 1 KB with data an instruction at a time.
LDSCRIPT = linker/armv7m.ld
LDDEFS = --defsym=FLASH_ORIGIN=0 --defsym=FLASH_SIZE=0x400000 \
	--defsym=RAM_ORIGIN=0x20000000 --defsym=RAM_SIZE=0x400000 \
	--defsym=HEAP_ORIGIN=0x21000000 --defsym=HEAP_SIZE=0x1000000 \
	--defsym=NULL_GUARD=0x1000 --defsym=TEXT_ALIGN=1024
DRIVERS = cmsdk_uart.c
ARMV7M_CPU = -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=softfp
QEMU = qemu-system-arm
QEMU_ARGS = -M mps2-an386 -display none -serial stdio -monitor none \
	-semihosting-config enable=on,target=native
ICOUNT_SHIFT = 6
HARTS_MAX = 1
HARTS_DEFAULT = 1
