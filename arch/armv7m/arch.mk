# armv7m: Cortex-M3, M4, M7. The board says which core: ARMV7M_CPU in board.mk.
# A board with FP takes -mfloat-abi=softfp: the calling convention is then that
# of a core without, and one newlib, built for Cortex-M3, serves all.
CROSS = arm-none-eabi-
ARCH_CFLAGS = -mthumb $(ARMV7M_CPU)
KERNEL_CFLAGS = -mgeneral-regs-only
ARCH_LDFLAGS = -mthumb $(ARMV7M_CPU)
ARCH_LIBS = -lgcc
NEWLIB_TARGET = arm-none-eabi
NEWLIB_CFLAGS = -O2 -g -mthumb -mcpu=cortex-m3 -D__DYNAMIC_REENT__ \
	-ffunction-sections -fdata-sections
# Full formatted io (nano's has neither %lld nor %zu), the rest small.
NEWLIB_CONF = --enable-newlib-reent-small \
	--enable-newlib-global-stdio-streams \
	--enable-newlib-io-c99-formats --enable-newlib-io-long-long \
	--enable-newlib-nano-malloc --enable-lite-exit \
	--enable-newlib-global-atexit \
	--disable-newlib-fvwrite-in-streamio \
	--disable-newlib-fseek-optimization \
	--disable-newlib-wide-orient --disable-newlib-unbuf-stream-opt
DEFAULT_BOARD = mps2-an385
ARCH_PACKAGES = gcc-arm-none-eabi newlib-source qemu-system-arm
ARCH_MAXHARTS = 1
# What every board.mk says of its memory, for the linker script.
MEMORY_LDDEFS = --defsym=FLASH_ORIGIN=$(FLASH_ORIGIN) \
	--defsym=FLASH_SIZE=$(FLASH_SIZE) --defsym=RAM_ORIGIN=$(RAM_ORIGIN) \
	--defsym=RAM_SIZE=$(RAM_SIZE)
