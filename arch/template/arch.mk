# template: an architecture that compiles, links and does nothing. Copy
# arch/template, boot/template*, boards/template and linker/template.ld, and
# follow docs/porting.md. `make check` builds it, so it cannot rot.
#
# It is made by this machine's own compiler with x86_64's flags and newlib, so
# that it asks for no tool chain of its own. A port writes all of these itself:
#  CROSS           prefix of gcc and binutils
#  ARCH_CFLAGS     for every file: instruction set, ABI, code model
#  KERNEL_CFLAGS   more for the kernel's rooms: no floating point registers
#  ARCH_LDFLAGS    for the link; nothing that moves or shrinks code, the table
#                  of symbols is made from a first link
#  ARCH_LIBS       libgcc, if -lgcc does not find one of this ABI
#  NEWLIB_TARGET NEWLIB_CFLAGS NEWLIB_CONF   how newlib is built, without
#                  floating point registers where memcpy could use them
#  DEFAULT_BOARD   in boards/
#  ARCH_PACKAGES   Debian packages: compiler, QEMU, newlib-source
#  ARCH_MAXHARTS   the most that any board can have
include arch/x86_64/arch.mk
DEFAULT_BOARD = template
ARCH_PACKAGES = gcc binutils newlib-source
ARCH_MAXHARTS = 8
