# x86_64: what the build must know of the architecture. The host's gcc is the
# compiler: with these flags it makes code that knows no operating system.
#  -mno-red-zone: an interrupt of g0 puts its frame right below the interrupted
#   sp. (Goroutines may have a red zone: libgcc is the host's and does.)
#  -U__linux__: newlib must not take the host compiler's word for its target.
#  -fstack-clash-protection: a frame of a page or more is touched page by page on
#   its way down, so it cannot step over the guard. Smaller ones cost nothing.
#   newlib is built without: its largest frame has 2104 bytes, it has no alloca.
#  -mgeneral-regs-only: an interrupt saves no SSE register, so kernel code may
#   not touch one. Programs may use everything up to SSE2; AVX stays off in
#   CR4, a preemption would lose its upper halves.
CROSS =
ARCH_CFLAGS = -m64 -mno-red-zone -fno-stack-protector -fno-pic -fno-pie \
	-mcmodel=small -fcf-protection=none -U__linux__ \
	-fasynchronous-unwind-tables -fstack-clash-protection
KERNEL_CFLAGS = -mgeneral-regs-only
ARCH_LDFLAGS = -static -no-pie -Wl,-z,max-page-size=4096 \
	-Wl,-z,noexecstack -Wl,--build-id=none
ARCH_LIBS = -lgcc

NEWLIB_TARGET = x86_64-elf
NEWLIB_CFLAGS = -O2 -g -ffreestanding -mno-red-zone -fno-stack-protector \
	-fno-pic -fno-pie -mcmodel=small -fcf-protection=none -U__linux__ \
	-D__DYNAMIC_REENT__ -ffunction-sections -fdata-sections
NEWLIB_CONF = CC_FOR_TARGET=gcc AR_FOR_TARGET=ar AS_FOR_TARGET=as \
	LD_FOR_TARGET=ld NM_FOR_TARGET=nm RANLIB_FOR_TARGET=ranlib \
	OBJCOPY_FOR_TARGET=objcopy OBJDUMP_FOR_TARGET=objdump \
	STRIP_FOR_TARGET=strip READELF_FOR_TARGET=readelf

DEFAULT_BOARD = q35
ARCH_PACKAGES = gcc binutils qemu-system-x86 newlib-source
# xAPIC identifiers have 8 bits and 0xff means all.
ARCH_MAXHARTS = 255
