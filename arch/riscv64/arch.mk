# riscv64: 64-bit RISC-V with A, C, F and D, in M-mode. A board whose core has less
# says RISCV64_MARCH = rv64imac.
#
# Programs use the FP registers, the kernel's rooms do not; both pass floating
# point in integer registers (lp64), so that FP registers are the caller's
# everywhere and a cooperative switch keeps none.
# -misa-spec=2.2 keeps csr and fence.i instructions part of the base, which is
# what makes gcc 12 find its rv64imac/lp64 libraries; for rv64gc/lp64 there are
# none, and the default ones have another ABI, so ARCH_LIBS names the file.
CROSS = riscv64-unknown-elf-
ARCH_ABI = -misa-spec=2.2 -mabi=lp64 -mcmodel=medany
# Below a stack is a guard of 4 KiB: what moves sp further at once may jump over
# it. gcc 12 probes alloca and arrays of variable length for this target; a fixed
# frame it cannot (and -fstack-check touches 4.6 KB below every frame, more than a
# small stack has), so a larger one is a warning.
GUARDED = -fstack-clash-protection -Wframe-larger-than=4096
RISCV64_MARCH = rv64gc
ARCH_CFLAGS = -march=$(RISCV64_MARCH) $(ARCH_ABI) $(GUARDED)
KERNEL_CFLAGS = -march=rv64imac
ARCH_LDFLAGS = -march=$(RISCV64_MARCH) $(ARCH_ABI)
ARCH_LIBS = $(shell $(CROSS)gcc -march=rv64imac $(ARCH_ABI) \
	-print-libgcc-file-name)
# The kernel's rooms call memcpy and its like, in handlers too: newlib is built
# without FP registers.
NEWLIB_TARGET = riscv64-unknown-elf
NEWLIB_CFLAGS = -march=rv64imac $(ARCH_ABI) -g1
NEWLIB_CONF =
DEFAULT_BOARD = virt
ARCH_PACKAGES = gcc-riscv64-unknown-elf qemu-system-misc newlib-source \
	gdb-multiarch
ARCH_MAXHARTS = 8
