# q35: QEMU's PC, 1 to 8 harts.
#
# How a guest ends. isa-debug-exit alone cannot say every status (QEMU ends with
# status << 1 | 1, which leaves 7 bits and never gives 0), and a triple fault
# ends QEMU with 0. So the guest writes its status as one raw byte to an
# isa-debugcon, and the runner reads the file behind that: the runner puts the
# path of an empty file in place of @EXITFILE@, adds QEMU_EXIT_ARGS to the
# command line, and when QEMU has ended takes the file's first byte for the
# status. No byte: the guest died without a word. QEMU's own return code is for
# those who start it by hand: 0 for status 0 (or a triple fault), odd otherwise.
ARCH = x86_64
CORE = x86-64
CHECKED = qemu
TESTS = tests/target
# What QEMU is given; the image lies from 1 MiB on.
RAM_ORIGIN = 0x0
RAM_SIZE = 0x20000000
BAUD = 115200
LDSCRIPT = linker/x86_64.ld
LDDEFS =
DRIVERS = ns16550.c

HARTS_DEFAULT = 4
HARTS_MAX = 8
QEMU = qemu-system-x86_64
# 512 MiB: the default pool of goroutine stacks alone is 160 MiB. The clock of day,
# which the firmware reads and whose timer the host's time would fire, is virtual and
# always begins the same.
QEMU_ARGS = -M q35 -m 512 -smp $(HARTS) -display none -serial stdio \
	-rtc clock=vm,base=2000-01-01 \
	-monitor none -nodefaults -no-reboot \
	-device isa-debug-exit,iobase=0xf4,iosize=4
QEMU_KERNEL = -kernel $(IMAGE)
QEMU_EXIT = file
QEMU_EXIT_ARGS = -chardev file,id=gzexit,path=@EXITFILE@ \
	-device isa-debugcon,iobase=0x500,chardev=gzexit
# One instruction is one nanosecond and one tick of the timer.
ICOUNT_SHIFT = 0
