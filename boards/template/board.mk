# template: the board of arch/template. Nothing runs it: QEMU stays empty.
ARCH = template
LDSCRIPT = linker/template.ld
LDDEFS = --defsym=__ram_base=0x100000 --defsym=__ram_bytes=0x1000000
# Files of drivers/ that this board has.
DRIVERS =
# QEMU = qemu-system-...
# QEMU_ARGS = -M ... -display none -serial stdio -smp $(HARTS)
# QEMU_KERNEL = how the image is given, if not by -kernel $(IMAGE)
# QEMU_EXIT = file, if the guest's status comes through a file (boards/q35)
QEMU =
QEMU_ARGS =
# -icount shift=: so that an instruction is about a tick of the clock.
ICOUNT_SHIFT = 0
HARTS_MAX = 1
HARTS_DEFAULT = 1
