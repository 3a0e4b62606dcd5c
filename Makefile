# gzero is built, run and tested from here: `make help` lists how.
#
# What always holds:
#  - Everything made is under $(BUILD), by board: $(BUILD)/<board>/kernel/...,
#    and one directory per program, $(BUILD)/<board>/app/<path of the program>.
#    Two boards never share an object; two programs share all but their own.
#  - Nothing of the tool chain is asked while make reads this file: on a bare
#    machine there is none yet. run-qemu, test and check install it first
#    (tools/deps.sh) and then call make again for the build.
#  - A wrong value on the command line is one line of text, before any work.
#  - Flags are part of every object's dependencies ($(BB)/flags): changing
#    CONFIG or a flag rebuilds what it touches.
#
# arch/<a>/arch.mk and boards/<b>/board.mk say what differs between machines;
# there is no architecture's name in this file but in the help.

# make -C says so by this flag; find_app wants to know, nobody else.
FROM_C := $(findstring w,$(firstword -$(MAKEFLAGS)))
MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
SHELL := /bin/sh

BUILD ?= build
NEWLIB_CACHE ?= build
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
PYTHON ?= python3
V ?= 0
DEBUG ?= 0
TORTURE ?= 0
RACE ?= 0
MINI ?= 0
OPT ?= $(if $(filter 1,$(MINI)),-Os,-O2)
SEEDS ?= 3
HOURS ?= 100

# Taken as they are by the shell, as "$$ARGS".
export ARGS ONLY

Q := $(if $(filter 0,$(V)),@)
say = $(if $(filter 0,$(V)),@printf '  %-4s %s\n' $1 '$2',@:)
die = $(error $(strip $1))
comma := ,
hash := \#
# Sub-makes are quiet about directories, and parallel unless the caller chose.
SUBMAKE = $(MAKE) --no-print-directory
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS)) -Otarget

ifneq ($(realpath $(dir $(lastword $(MAKEFILE_LIST)))),$(realpath .))
$(call die,run make in gzero's directory or with -C)
endif

# ---- Which machine --------------------------------------------------------

ARCHS := $(filter-out template,$(patsubst arch/%/arch.mk,%, \
	$(wildcard arch/*/arch.mk)))
BOARDS := $(filter-out template,$(patsubst boards/%/board.mk,%, \
	$(wildcard boards/*/board.mk)))
board_arch = $(shell sed -n 's/^ARCH[ \t]*[:?]*=[ \t]*//p' boards/$1/board.mk)
# Packages that any build needs; each arch.mk adds its own.
BASE_PACKAGES := make gcc libc6-dev python3 xz-utils newlib-source
HIL_PACKAGES = python3-labgrid python3-serial python3-yaml gdb-multiarch
FLASH_PACKAGES = openocd python3-pyocd stlink-tools dfu-util python3-serial
CHECK_PACKAGES := clang clang-format cppcheck
TEST_PACKAGES := spin $(HIL_PACKAGES) $(FLASH_PACKAGES) python3-pytest
ALL_PACKAGES = $(sort $(BASE_PACKAGES) $(foreach a,$1, \
	$(eval include arch/$a/arch.mk)$(ARCH_PACKAGES)))

ifneq ($(ARCH),)
ifeq ($(filter $(ARCHS) template,$(ARCH)),)
$(call die,ARCH=$(ARCH) is not one of: $(ARCHS))
endif
endif
ifneq ($(BOARD),)
ifeq ($(filter $(BOARDS) template,$(BOARD)),)
$(call die,BOARD=$(BOARD) is not one of: $(BOARDS))
endif
ifneq ($(ARCH),)
ifneq ($(call board_arch,$(BOARD)),$(ARCH))
$(call die,BOARD=$(BOARD) is not of ARCH=$(ARCH); its boards are: $(foreach \
	b,$(BOARDS),$(if $(filter $(ARCH),$(call board_arch,$b)),$b)))
endif
endif
endif
ifeq ($(filter 0 1,$(DEBUG)),)
$(call die,DEBUG=$(DEBUG) is not 0 or 1)
endif
ifeq ($(filter 0 1,$(TORTURE)),)
$(call die,TORTURE=$(TORTURE) is not 0 or 1)
endif
ifeq ($(filter 0 1,$(RACE)),)
$(call die,RACE=$(RACE) is not 0 or 1)
endif
ifeq ($(filter 0 1,$(MINI)),)
$(call die,MINI=$(MINI) is not 0 or 1)
endif

digits = $(subst 0,,$(subst 1,,$(subst 2,,$(subst 3,,$(subst 4,,$(subst \
	5,,$(subst 6,,$(subst 7,,$(subst 8,,$(subst 9,,$1))))))))))
number = $(and $1,$(if $(call digits,$1),,yes))
$(foreach v,TIMEOUT ICOUNT SEEDS HOURS,$(if $($v),$(if $(call number,$($v)),, \
	$(call die,$v=$($v) is not a number))))

TEST_ARCHS := $(or $(ARCH),$(ARCHS))

# ---- The build of one board: only for goals that build --------------------

BUILD_GOALS := run-qemu debug image images objects newlib print-machine object-check \
	clang-check cppcheck image-size image-stacks
ifneq ($(filter $(BUILD_GOALS),$(MAKECMDGOALS)),)

ifeq ($(ARCH)$(BOARD),)
$(call die,say which machine: ARCH=$(firstword $(ARCHS)) (one of: $(ARCHS)) \
	or BOARD= (one of: $(BOARDS)))
endif
ifeq ($(ARCH),)
override ARCH := $(call board_arch,$(BOARD))
endif
include arch/$(ARCH)/arch.mk
ifeq ($(BOARD),)
override BOARD := $(DEFAULT_BOARD)
endif
include boards/$(BOARD)/board.mk
HARTS_MAX ?= 1
HARTS_DEFAULT ?= 1
HARTS ?= $(HARTS_DEFAULT)
ifneq ($(words $(filter $(HARTS),$(shell seq 1 $(HARTS_MAX))) $(HARTS)),2)
$(call die,HARTS=$(HARTS): $(BOARD) has $(if $(filter 1,$(HARTS_MAX)),only \
	one,1 to $(HARTS_MAX)))
endif

# CONFIG overrides what config.h and the board say: $(BB)/config.h is found
# first, includes the real one and redefines.
CONFIG_NAMES := $(filter-out GZERO_CONFIG_H, \
	$(shell sed -n 's/^$(hash)define \([A-Z0-9_]*\).*/\1/p' include/config.h))
config_name = $(firstword $(subst =, ,$1))
config_value = $(subst $(firstword $(subst =, ,$1))=,,$1)
$(foreach c,$(CONFIG),$(if $(findstring =,$c), \
	$(if $(filter $(CONFIG_NAMES),$(call config_name,$c)),,$(call die, \
	CONFIG: no $(call config_name,$c) in include/config.h; \
	there are: $(sort $(CONFIG_NAMES)))) \
	$(if $(call number,$(call config_value,$c)),,$(call die, \
	CONFIG: $c is not NAME=number)), \
	$(call die,CONFIG: $c is not NAME=number)))
# The torture build's limits: small enough that each is met all the time.
TORTURE_CONFIG := TORTURE=1 DEBUG=1 RACE=1 RUNQ_SIZE=2 GFREE_HIGH=2 GFREE_LOW=1 \
	SLICE_NS=1000000 SCHED_TICK=3 NG=1200 NCHAN=600 CHANBUF_BYTES=65536
# Pools for many small machines.
RACE_CONFIG := RACE=1 NG=1200 NCHAN=600 CHANBUF_BYTES=65536
# The smallest kernel: docs/size.md.
MINI_CONFIG := SMALL=1 NPANIC=0 NREENT=0 NLOCK=0 NIRQ=0 CONSOLE_INPUT=0 \
	BOOTARGS_BYTES=0 CHAOS=0 WAITSINCE=0 LASTRUN_BYTES=0 WATCHDOG_NS=0 \
	STACK_GUARD_BYTES=0 G0_GUARD_BYTES=0 G0_STACK_BYTES=1024 \
	STACK_STD=512 NG=16 NCHAN=8 CHANBUF_BYTES=512
MINI_SRCS := $(addprefix kernel/,small/small.c small/select.c chan.c chanbuf.c \
	pool.c sema.c)
config_lines := $(foreach c,$(if $(filter 1,$(TORTURE)),$(TORTURE_CONFIG)) \
	$(if $(filter 1,$(MINI)),$(MINI_CONFIG)) \
	$(if $(filter 1,$(RACE)),$(RACE_CONFIG)) \
	$(CONFIG) $(if $(filter 1,$(DEBUG)),DEBUG=1), \
	'$(hash)undef $(call config_name,$c)' \
	'$(hash)define $(call config_name,$c) $(call config_value,$c)')

# Where make was called is the current directory, or with -C what the shell
# says it was. A program's path is absolute from here on unless it is in the
# tree, so that what __FILE__ shows stays short.
APP ?= $(or $(DEFAULT_APP),examples/tour.c)
APPS ?= $(APP)
find_app = $(firstword $(wildcard $(if $(filter /%,$1),$1,$(if $(FROM_C), \
	$(PWD)/$1 $(CURDIR)/$1,$(CURDIR)/$1 $(PWD)/$1))))
in_tree = $(patsubst $(CURDIR)/%,%,$(abspath $1))
is_dir = $(wildcard $1/.)
app_files = $(if $(call is_dir,$1),$(wildcard $1/*.c $1/*.S),$1)
app_folder = $(if $(call is_dir,$1),$1,$(patsubst %/,%,$(dir $1)))
ifneq ($(words $(APP)),1)
$(call die,APP=$(APP): a path without spaces$(comma) please)
endif
check_app = $(if $(call find_app,$1),$(if $(call is_dir,$(call find_app,$1)), \
	$(if $(call app_files,$(call find_app,$1)),, \
	$(call die,APP=$1: no .c file in that folder)), \
	$(if $(filter %.c %.S,$1),,$(call die,APP=$1 is not a .c file or a \
	folder of them))),$(call die,APP=$1: no such file or folder))
$(foreach a,$(APPS),$(call check_app,$a))
override APPS := $(foreach a,$(APPS),$(call in_tree,$(call find_app,$a)))

# ---- Flags ----------------------------------------------------------------

CC := $(CROSS)gcc
NM := $(CROSS)nm
BB := $(BUILD)/$(BOARD)$(if $(filter 1,$(DEBUG)),-debug)$(if \
	$(filter 1,$(TORTURE)),-torture)$(if $(filter 1,$(RACE)),-race)$(if \
	$(filter 1,$(MINI)),-mini)
# One newlib for each set of flags; another script is another newlib.
NEWLIB := $(NEWLIB_CACHE)/newlib-$(NEWLIB_TARGET)-$(shell { echo \
	'$(NEWLIB_CFLAGS) $(NEWLIB_CONF)'; cat tools/newlib.sh; } | \
	cksum | cut -d' ' -f1)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(if $(WERROR),-Werror)
DIRS := -I$(BB)/include -Iboards/$(BOARD) -Iarch/$(ARCH)/include -Iinclude
CODE := $(OPT) -g -fno-common -ffunction-sections -fdata-sections \
	$(ARCH_CFLAGS) $(STACK_CFLAGS)
LIBC_DIRS = -nostdinc -isystem $(NEWLIB)/first @$(NEWLIB)/gcc.rsp \
	-isystem $(NEWLIB)/include @$(NEWLIB)/fixed.rsp
# With DEBUG go.h's fast paths are calls, which ask whether they are legal.
COMMON = $(CODE) $(DIRS) $(LIBC_DIRS) \
	$(if $(findstring define DEBUG 1,$(config_lines)),-DGO_INLINE=0)
# kernel arch boot drivers boards: no floating point, no libc assumed.
KERNEL_FLAGS = $(COMMON) -std=c11 $(WARN) -ffreestanding $(KERNEL_CFLAGS) \
	-Ikernel
# pkg libc: what goroutines call.
LIB_FLAGS = $(COMMON) -std=c11 $(WARN) -D__DYNAMIC_REENT__ -Ikernel
# Programs. In the tree they are held to C11 as everything else is.
APP_FLAGS = $(COMMON) \
	$(if $(WERROR),-std=c11 $(WARN),-std=gnu11 -Wall -Wextra) \
	-D__DYNAMIC_REENT__ $(APP_CFLAGS)
LINK = $(CC) $(ARCH_CFLAGS) -nostdlib -nostartfiles -static -Wl,--gc-sections \
	$(ARCH_LDFLAGS) -T $(LDSCRIPT) \
	$(patsubst --defsym%,-Wl$(comma)--defsym%,$(LDDEFS))
LIBS = -Wl,--start-group $(NEWLIB)/lib/libc.a $(NEWLIB)/lib/libm.a \
	$(or $(ARCH_LIBS),-lgcc) -Wl,--end-group

KERNEL_SRCS := $(if $(filter 1,$(MINI)),$(MINI_SRCS),$(wildcard kernel/*.c \
	kernel/*.S)) $(wildcard arch/$(ARCH)/*.c \
	arch/$(ARCH)/*.S boot/$(ARCH)*.c boot/$(ARCH)*.S boards/$(BOARD)/*.c) \
	$(DRIVERS:%=drivers/%)
LIB_SRCS := $(if $(filter 1,$(MINI)),$(filter-out pkg/ticker.c,$(wildcard \
	pkg/*.c)),$(wildcard pkg/*.c libc/*.c libc/*.S))
KERNEL_OBJS := $(KERNEL_SRCS:%=$(BB)/%.o)
LIB_OBJS := $(LIB_SRCS:%=$(BB)/%.o)
OBJS := $(KERNEL_OBJS) $(LIB_OBJS)
$(KERNEL_OBJS): FLAGS = $(KERNEL_FLAGS)
$(LIB_OBJS): FLAGS = $(LIB_FLAGS)

.PHONY: FORCE
FORCE:

# Rewritten only when it would change; everything compiled depends on it.
export FLAGS_TEXT = $(CC) $(KERNEL_FLAGS) $(LIB_FLAGS) $(APP_FLAGS) $(CONFIG) \
	$(if $(filter 1,$(TORTURE)),$(TORTURE_CONFIG)) \
	$(if $(filter 1,$(MINI)),$(MINI_CONFIG))
$(BB)/flags: FORCE
	@mkdir -p $(BB)/include; \
	if ! printf '%s\n' "$$FLAGS_TEXT" | cmp -s - $@; then \
		printf '%s\n' '$(hash)include "$(CURDIR)/include/config.h"' \
			$(config_lines) >$(BB)/include/config.h; \
		printf '%s\n' "$$FLAGS_TEXT" >$@; \
	fi

$(BB)/%.c.o: %.c $(BB)/flags | $(NEWLIB)/.done
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -MMD -MP -c -o $@ $<

$(BB)/%.S.o: %.S $(BB)/flags | $(NEWLIB)/.done
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -MMD -MP -c -o $@ $<

-include $(OBJS:.o=.d)

$(NEWLIB)/.done:
	$(Q)tools/newlib.sh '$(NEWLIB_TARGET)' '$(CROSS)' '$(NEWLIB)' \
		'$(NEWLIB_CFLAGS)' $(NEWLIB_CONF)

# ---- Programs and images --------------------------------------------------

# $(BB)/app/<path in the tree>, $(BB)/out/<path elsewhere>
app_dir = $(BB)/$(if $(filter /%,$1),out$1,app/$1)
app_objs = $(patsubst $(call app_folder,$1)/%,$(call app_dir,$1)/%.o, \
	$(call app_files,$1))
app_image = $(call app_dir,$1)/image.elf
IMAGES := $(foreach a,$(APPS),$(call app_image,$a))
APP_OBJS := $(foreach a,$(APPS),$(call app_objs,$a))
# What is linked to each program of a folder besides its own file: with/*.c there.
app_with = $(if $(call is_dir,$1),,$(wildcard $(filter-out /%,$(dir $1))with/*.c))
WITH_OBJS := $(patsubst %,$(BB)/%.o,$(sort $(foreach a,$(APPS), \
	$(call app_with,$a))))
$(WITH_OBJS): FLAGS = $(APP_FLAGS)
-include $(WITH_OBJS:.o=.d)

# An image is linked twice. The first link gives the addresses from which
# mksymtab.py makes the table of symbols (section .gzsym); the linker script
# puts that where it moves nothing, which the comparison proves.
addresses = $(NM) $1 | awk '$$2 ~ /[TtDdRrBb]/ && ($$3 !~ /^__/ || \
	$$3 ~ /^__(text|data|bss)_(start|end)$$/)' | sort
# ld of these objects to that file; what does not fit is told in one line more.
ld = $(Q)$(LINK) -Wl,-Map=$(basename $2).map -o $2 $1 $(LIBS) 2>$(@D)/ld.err; \
	s=$$?; cat $(@D)/ld.err >&2; [ $$s = 0 ] || { $(if $(FLASH_SIZE), \
	$(PYTHON) tools/fits.py $(BOARD) $(FLASH_SIZE) $(RAM_SIZE) \
	$(FLASH_ORIGIN) $(basename $2).map $(@D)/ld.err;) exit $$s; }
define two_links
	$(call ld,$1,$(@D)/pass1.elf)
	$(Q)$(PYTHON) tools/mksymtab.py --cross '$(CROSS)' \
		$(addprefix --level ,$(SYMBOLS)) \
		--out $(@D)/gzsym.S $(@D)/pass1.elf
	$(Q)$(CC) $(CODE) -c -o $(@D)/gzsym.o $(@D)/gzsym.S
	$(call ld,$1 $(@D)/gzsym.o,$@)
	@$(call addresses,$(@D)/pass1.elf) >$(@D)/pass1.nm; \
	$(call addresses,$@) | cmp -s - $(@D)/pass1.nm || { \
		echo "$@: the symbol table moved an address;" \
		     "see .gzsym in $(LDSCRIPT)" >&2; exit 1; }
endef
# A folder may say in link.opt what more the linker is to do (tests/sweep), and for
# programs that are one file in with/link.opt (tests/exit).
link_opt = $(wildcard $1/link.opt $(dir $1)with/link.opt)
LINK += $(addprefix @,$(call link_opt,$(patsubst $(BB)/app/%,%,$(@D))))
define one_link
	$(call ld,$1,$@)
endef
link_image = $(if $(filter 1,$(MINI)),$(one_link),$(if \
	$(wildcard tools/mksymtab.py),$(two_links),$(one_link)))
# No image exists in which something is writable and executable: make deletes
# the target of a rule that fails.
image_check = $(Q)$(PYTHON) tools/wxcheck.py $@

define app_rules
$(filter %.c.o,$(call app_objs,$1)): \
    $(call app_dir,$1)/%.c.o: $(call app_folder,$1)/%.c $(BB)/flags \
    | $(NEWLIB)/.done
	$$(call say,CC,$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(APP_FLAGS) -MMD -MP -c -o $$@ $$<

$(filter %.S.o,$(call app_objs,$1)): \
    $(call app_dir,$1)/%.S.o: $(call app_folder,$1)/%.S $(BB)/flags \
    | $(NEWLIB)/.done
	$$(call say,AS,$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(APP_FLAGS) -MMD -MP -c -o $$@ $$<

$(call app_image,$1): $(call app_objs,$1) $(patsubst %,$(BB)/%.o, \
    $(call app_with,$1)) $(call link_opt,$1) $(OBJS) $(LDSCRIPT) \
    $(wildcard tools/mksymtab.py) tools/wxcheck.py Makefile \
    arch/$(ARCH)/arch.mk boards/$(BOARD)/board.mk
	$$(call say,LD,$$@)
	$$(call link_image,$$(filter %.o,$$^))
	$$(image_check)

-include $(patsubst %.o,%.d,$(call app_objs,$1))
endef
$(foreach a,$(APPS),$(eval $(call app_rules,$a)))

# What the runner needs to know about the board, {HARTS} and {IMAGE} open.
machine_args := $(foreach HARTS,{HARTS},$(foreach IMAGE,{IMAGE},$(QEMU_ARGS)))
machine_kernel := $(foreach IMAGE,{IMAGE},$(or $(QEMU_KERNEL),-kernel {IMAGE}))
export MACHINE_TEXT = board=$(BOARD)|arch=$(ARCH)|qemu=$(QEMU)|args=$(strip \
	$(machine_args))|kernel=$(strip $(machine_kernel))|icount=$(or \
	$(ICOUNT_SHIFT),0)|harts_max=$(HARTS_MAX)|harts_default=$(strip \
	$(HARTS_DEFAULT))|exit=$(strip \
	$(QEMU_EXIT))|exit_args=$(strip $(QEMU_EXIT_ARGS))|core=$(strip \
	$(CORE))|ram_origin=$(strip $(RAM_ORIGIN))|ram_size=$(strip \
	$(RAM_SIZE))|flash_origin=$(strip $(FLASH_ORIGIN))|flash_size=$(strip \
	$(FLASH_SIZE))|tests=$(strip $(TESTS))|app=$(strip $(or $(DEFAULT_APP), \
	examples/tour.c))|checked=$(strip \
	$(CHECKED))|standin=$(strip $(STANDIN))|baud=$(strip \
	$(BAUD))|usb_id=$(strip $(USB_ID))|flash_with=$(strip \
	$(FLASH_WITH))|flash_tools=$(strip $(FLASH_TOOLS))|openocd_cfg=$(strip \
	$(OPENOCD_CFG))|openocd_adapter=$(strip \
	$(OPENOCD_ADAPTER))|pyocd_target=$(strip \
	$(PYOCD_TARGET))|chip_id=$(strip $(CHIP_ID))|chip_id_addr=$(strip \
	$(CHIP_ID_ADDR))|chip_id_mask=$(strip $(CHIP_ID_MASK))
# Another make may be at it too: each has a file of its own until it is whole.
$(BB)/machine: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$MACHINE_TEXT" | tr '|' '\n' | \
		{ cat >$@.$$$$; cmp -s $@.$$$$ $@ && rm $@.$$$$ || mv $@.$$$$ $@; }

.PHONY: image images objects newlib print-machine
print-machine: $(BB)/machine
	@echo $<
image images: $(IMAGES) $(BB)/machine
objects: $(OBJS) $(APP_OBJS) $(WITH_OBJS)
newlib: $(NEWLIB)/.done
	@:

# ---- Checks of one board (make check calls them) --------------------------

.PHONY: object-check clang-check cppcheck
object-check: $(OBJS) $(IMAGES)
	@tools/layercheck.py --nm $(NM) $(OBJS)

# clang has its own headers, and does not know some of gcc's options.
CLANG = clang --target=$(NEWLIB_TARGET) -fsyntax-only -std=c11 $(WARN) -Werror \
	-Wno-unused-command-line-argument -nostdlibinc $(DIRS) \
	-isystem $(NEWLIB)/include -D__DYNAMIC_REENT__ \
	$(filter-out -misa-spec=% -fno-% -f%-unwind-tables,$(ARCH_CFLAGS))
clang_kernel := $(patsubst %,clang/%,$(filter %.c,$(KERNEL_SRCS)))
clang_lib := $(patsubst %,clang/%,$(filter %.c,$(LIB_SRCS)))
clang_app := $(patsubst %,clang/%,$(filter %.c,$(sort $(foreach a,$(APPS), \
	$(call app_files,$a) $(call app_with,$a)))))
$(clang_kernel): CLANG += -ffreestanding -Ikernel
$(clang_lib): CLANG += -Ikernel
clang-check: $(clang_kernel) $(clang_lib) $(clang_app)
clang/%: FORCE $(BB)/flags
	$(Q)$(CLANG) $*

cppcheck: $(BB)/flags
	@cppcheck --quiet --std=c11 --enable=warning,portability \
		--inline-suppr --suppressions-list=tools/cppcheck.supp \
		--error-exitcode=1 $(DIRS) -Ikernel $(filter %.c, \
		$(KERNEL_SRCS) $(LIB_SRCS))

# ---- Figures of one board ---------------------------------------------------

.PHONY: image-size
image-size: $(IMAGES) $(BB)/machine
	@$(PYTHON) tools/size.py --machine $(BB)/machine \
		$(if $(filter 0,$(V)),,--files) $(if $(filter 2,$(V)),--functions) \
		$(firstword $(IMAGES))

# STACK_OPTIONS are tools/stackreport.py's.
.PHONY: image-stacks
image-stacks: $(IMAGES) $(BB)/machine
	@n=$$(printf '%s\n' '$(hash)include <arch_config.h>' \
		PREEMPT_STACK_BYTES | $(CC) $(DIRS) -E -P -xc - | tail -n 1); \
	exec $(PYTHON) tools/stackreport.py --machine $(BB)/machine \
		--cross '$(CROSS)' --preempt $$(($$n)) --objects $(BB) \
		--harts $(HARTS) --run $(if $(TIMEOUT),--timeout $(TIMEOUT)) \
		$(if $(ICOUNT),--icount $(ICOUNT)) --args="$$ARGS" \
		$(STACK_OPTIONS) $(firstword $(IMAGES))

# ---- Run ------------------------------------------------------------------

.PHONY: run-qemu
run-qemu:
	$(if $(QEMU),,$(call die,nothing runs BOARD=$(BOARD): it names no QEMU))
	@tools/deps.sh $(sort $(BASE_PACKAGES) $(ARCH_PACKAGES))
	@$(if $(wildcard $(NEWLIB)/.done),:,$(SUBMAKE) newlib)
	@$(SUBMAKE) $(PARALLEL) image APP='$(abspath $(APPS))' BOARD=$(BOARD)
	@exec $(PYTHON) tools/run.py --machine $(BB)/machine --harts $(HARTS) \
		$(if $(TIMEOUT),--timeout $(TIMEOUT)) \
		$(if $(ICOUNT),--icount $(ICOUNT)) \
		$(if $(filter 1,$(RAW)),--raw) --args="$$ARGS" $(call app_image,$(APPS))

# gdb before QEMU, or with PROBE= (1, or the probe's serial number) before the
# board itself. GDB_ARGS are gdb's, behind ours.
export GDB_ARGS
.PHONY: debug
debug:
	@tools/deps.sh $(sort $(BASE_PACKAGES) $(ARCH_PACKAGES) gdb-multiarch \
		$(if $(PROBE),openocd))
	@$(if $(wildcard $(NEWLIB)/.done),:,$(SUBMAKE) newlib)
	@$(SUBMAKE) $(PARALLEL) image APP='$(abspath $(APPS))' BOARD=$(BOARD)
	@exec $(PYTHON) tools/debug.py --machine $(BB)/machine --harts $(HARTS) \
		$(if $(ICOUNT),--icount $(ICOUNT)) $(if $(PORT),--port $(if \
		$(call number,$(PORT)),$(PORT),$(call die,PORT=$(PORT) is no \
		number))) --probe='$(PROBE)' --args="$$ARGS" --gdb-args="$$GDB_ARGS" \
		$(call app_image,$(APPS))

endif

# ---- Tests ----------------------------------------------------------------

# Unit tests run on this machine: one program a file, with what the kernel calls
# in stubs, under the sanitizers. unit.mk may add sources and flags to one.
UNITS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*.c))
-include tests/unit/unit.mk
UNIT_FLAGS := -std=c11 -g -O1 -Wall -Wextra -Wshadow -pthread \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-Itests/unit -Iinclude -Ikernel

.PHONY: unit test soak refuse mutants
unit: $(UNITS)

$(BUILD)/unit/%: tests/unit/%.c Makefile
	$(call say,HOST,$<)
	@mkdir -p $(@D)
	$(Q)gcc $(UNIT_FLAGS) $(UNIT_FLAGS_$*) -MMD -MP -MF $@.d -o $@ $< \
		$(UNIT_SRCS_$*)

-include $(UNITS:=.d)

include tests/sim/sim.mk

test soak refuse:
	@tools/deps.sh $(call ALL_PACKAGES,$(TEST_ARCHS)) $(TEST_PACKAGES)
	@$(PYTHON) tools/test.py --make '$(MAKE)' --build '$(BUILD)' \
		--archs '$(TEST_ARCHS)' --seeds $(SEEDS) --only="$$ONLY" \
		$(if $(filter test,$@),,--$@) \
		$(if $(filter 1,$(TORTURE)),--torture)

# An interrupt at every instruction: everything, and what was not reached.
.PHONY: sweep
sweep:
	@tools/deps.sh $(call ALL_PACKAGES,$(TEST_ARCHS))
	@$(PYTHON) tools/sweep.py --make '$(MAKE)' --build '$(BUILD)' \
		--archs '$(TEST_ARCHS)' --words "$$ARGS" --full --verbose

# The kernel broken on purpose, in a copy under $(BUILD): see tests/mutants.
mutants:
	@tools/deps.sh $(call ALL_PACKAGES,riscv64)
	@$(SUBMAKE) newlib ARCH=riscv64
	@$(PYTHON) tools/mutants.py --make '$(MAKE)' --build '$(BUILD)' \
		--newlib '$(NEWLIB_CACHE)' --only="$$ONLY" --jobs '$(JOBS)' \
		$(if $(filter 1,$(WIDE)),--wide)

# Models of the protocols (SPIN), and the kernel's own code under C11's orders. A
# reduced cut is in make test. FULL=1: all sizes; an hour, and 12 GB.
.PHONY: model
model:
	@tools/deps.sh $(BASE_PACKAGES) $(TEST_PACKAGES)
	@bad=0; for m in tests/model/*.pml; do \
		MODEL_ONLY="^$$(basename $$m .pml):" sh tests/model/run.sh \
			$(if $(filter 1,$(FULL)),full,quick) || bad=1; \
	done; $(PYTHON) tests/weak/run.py $(if $(filter 1,$(FULL)),--all --large \
		--jobs 1) || bad=1; exit $$bad
# Long virtual lives: tests/soak.
.PHONY: nightly
nightly:
	@tools/deps.sh $(call ALL_PACKAGES,$(TEST_ARCHS))
	@for a in $(TEST_ARCHS); do \
		$(PYTHON) tests/soak/run.py --make '$(MAKE)' \
			--build '$(BUILD)' --arch $$a --hours $(HOURS) || exit 1; \
	done

# What of the kernel's machine code the tests run: tools/cover.py. The report,
# gaps and all, is in $(BUILD)/cover too.
.PHONY: target-coverage
target-coverage:
	@tools/deps.sh $(call ALL_PACKAGES,$(TEST_ARCHS))
	@for a in $(TEST_ARCHS); do \
		$(PYTHON) tools/cover.py --make '$(MAKE)' --build '$(BUILD)' \
			--arch $$a --seeds $(SEEDS) --only="$$ONLY" \
			--floor tests/plugin/floor.txt || exit 1; \
	done

# ---- Checks of the sources ------------------------------------------------

C_FILES = $(shell find include kernel pkg libc drivers arch boards boot tests \
	bench examples -name '*.[ch]')
CHECKED_APPS := $(wildcard examples/*.c tests/exit/*.c tests/depth/*.c) \
	$(foreach d,tests/target tests/core tests/soak tests/sweep tests/seeds \
	tests/gdb bench,$(if $(wildcard $d/*.c),$d))
# Without those that say they are for other machines (// only-arch:), and the sweep,
# which knows each machine, where there is none.
checked_apps = $(filter-out $(if $(filter template,$1),tests/sweep bench) $(shell grep -l '^// only-arch:' tests/exit/*.c tests/depth/*.c | \
	xargs grep -L '^// only-arch:.*\b$1\b'),$(CHECKED_APPS))
# The template of a port is held to the same.
CHECKS = check-layers check-cxx check-coverage check-orders check-mutants check-format $(foreach a,$(or $(ARCH),$(ARCHS) template), \
	check-gcc-$a check-clang-$a check-cppcheck-$a)
.PHONY: check check-layers check-cxx check-coverage check-orders check-mutants \
	check-format format
check:
	@tools/deps.sh $(call ALL_PACKAGES,$(TEST_ARCHS)) $(CHECK_PACKAGES)
	@$(SUBMAKE) -k $(CHECKS) && echo "check: all is well"

check-layers:
	@echo "check: who includes whom"
	@tools/layercheck.py

check-coverage:
	@echo "check: the table of what is tested"
	@tools/coverage.py

check-orders:
	@echo "check: the table of memory orders"
	@tools/orders.py

check-mutants:
	@echo "check: the mutants' places"
	@$(PYTHON) tools/mutants.py --hunks

# The header alone, as C++ of two ages.
check-cxx:
	@echo "check: go.h as C++"
	@for s in c++11 c++17; do \
		printf '%s\n' '$(hash)include <go.h>' \
			'int f(chan *c) { return chan_len(c); }' | \
		clang++ -x c++ -std=$$s -fsyntax-only -Wall -Wextra -Wpedantic \
			-Wshadow -Wconversion -Werror -Iinclude - || exit 1; \
	done

check-format:
	@echo "check: layout ($(words $(C_FILES)) files)"
	@bad=; for f in $(C_FILES); do \
		clang-format $$f | cmp -s - $$f || bad="$$bad $$f"; \
	done; [ -z "$$bad" ] || { \
		echo "not as clang-format has it (make format):$$bad" >&2; exit 1; }

format:
	clang-format -i $(C_FILES)

# Everything again with -Werror, in a directory of its own; then what the
# objects use of each other, and what a loader would be told about memory.
CHECK_BUILD = BUILD='$(BUILD)/check' ARCH=$*
check-gcc-%:
	@echo "check: $*, gcc's warnings"
	@$(SUBMAKE) newlib $(CHECK_BUILD)
	@$(SUBMAKE) -k $(PARALLEL) objects $(CHECK_BUILD) WERROR=1 \
		APPS='$(call checked_apps,$*)'
	@$(SUBMAKE) object-check $(CHECK_BUILD) WERROR=1
check-clang-%:
	@echo "check: $*, clang's warnings"
	@$(SUBMAKE) newlib $(CHECK_BUILD)
	@$(SUBMAKE) -k $(PARALLEL) clang-check $(CHECK_BUILD) \
		APPS='$(call checked_apps,$*)'
check-cppcheck-%:
	@echo "check: $*, cppcheck"
	@$(SUBMAKE) cppcheck $(CHECK_BUILD)

# ---- Figures ----------------------------------------------------------------

# One target a machine, so that make goes through them one by one.
SIZES := $(if $(BOARD),BOARD=$(BOARD),$(TEST_ARCHS:%=ARCH=%))
.PHONY: size $(SIZES:%=size-%)
# A board may have no room for what prints by stdio: then its own program.
size_app = $(if $(APP),APP='$(APP)',$(if $(shell grep -s ^DEFAULT_APP \
	boards/$(patsubst BOARD=%,%,$1)/board.mk),,APP=examples/pingpong.c))
size: $(SIZES:%=size-%)
$(SIZES:%=size-%): size-%:
	@$(SUBMAKE) newlib $*
	@$(SUBMAKE) $(PARALLEL) -s image $* $(call size_app,$*)
	@$(SUBMAKE) image-size $* $(call size_app,$*)
	@echo

# Instructions for each operation, and against bench/baseline.json. BENCH_OPTIONS
# are tools/counts.py's.
.PHONY: bench bench-baseline
bench bench-baseline:
	@tools/deps.sh $(call ALL_PACKAGES,$(if $(BOARD),$(call board_arch, \
		$(BOARD)),$(TEST_ARCHS)))
	@$(PYTHON) tools/counts.py --make '$(MAKE)' --build '$(BUILD)' \
		--newlib '$(NEWLIB_CACHE)' --archs '$(TEST_ARCHS)' \
		--board '$(BOARD)' $(if $(filter bench,$@),,--record) \
		$(BENCH_OPTIONS)

# The same in Go; what wants two harts, or 4 GiB; docs/performance.md.
.PHONY: bench-go bench-smp bench-million bench-charts
bench-go:
	@tools/deps.sh $(call ALL_PACKAGES,x86_64) golang-go qemu-user
	@$(PYTHON) tools/benchgo.py --make '$(MAKE)' --build '$(BUILD)' \
		--newlib '$(NEWLIB_CACHE)'
bench-smp bench-million:
	@tools/deps.sh $(call ALL_PACKAGES,$(TEST_ARCHS))
	@$(PYTHON) tools/benchbig.py --make '$(MAKE)' --build '$(BUILD)' \
		--newlib '$(NEWLIB_CACHE)' --archs '$(TEST_ARCHS)' \
		$(@:bench-%=%)
bench-charts:
	@$(PYTHON) tools/benchchart.py --build '$(BUILD)'

# What misses its target, instruction by instruction: docs/listings.
.PHONY: bench-listings
bench-listings:
	@tools/deps.sh $(call ALL_PACKAGES,$(TEST_ARCHS))
	@$(PYTHON) tools/listings.py --make '$(MAKE)' --build '$(BUILD)' \
		--newlib '$(NEWLIB_CACHE)' --archs '$(TEST_ARCHS)'

# A build of its own: stacks are painted, and gcc writes down what it knows.
STACK_BUILD = BUILD='$(BUILD)/stack' CONFIG='STACK_PAINT=1 $(CONFIG)' \
	STACK_CFLAGS='-fstack-usage -fcallgraph-info=su'
.PHONY: stack-report
stack-report:
	@$(SUBMAKE) newlib $(STACK_BUILD)
	@$(SUBMAKE) $(PARALLEL) -s image $(STACK_BUILD)
	@$(SUBMAKE) image-stacks $(STACK_BUILD)

# ---- Boards -----------------------------------------------------------------

.PHONY: boards print-boards
# Those of ARCH, its first one first.
print-boards:
	@echo $(foreach d,$(shell sed -n 's/^DEFAULT_BOARD = //p' \
		arch/$(ARCH)/arch.mk),$d $(filter-out $d,$(foreach b,$(BOARDS), \
		$(if $(filter $(ARCH),$(call board_arch,$b)),$b))))

# A table of them.
boards:
	@$(PYTHON) tools/boards.py $(foreach b,$(BOARDS),$(shell $(SUBMAKE) -s \
		print-machine BOARD=$b))

# One board, on the desk or in a lab (docs/hil.md). What these need is Debian's, so
# its own python3 runs them.
WITH ?=
PORT ?=
BENCH ?=
RETRIES ?= 2
WATCHDOG ?= 60
the_board = $(or $(BOARD),$(call die,say which board: BOARD=name (make boards)))
hil_common = --make '$(MAKE)' --build '$(BUILD)' --board '$(the_board)'
.PHONY: flash monitor hil
flash:
	@tools/deps.sh $(call ALL_PACKAGES,$(call board_arch,$(the_board))) \
		python3-serial $(filter $(or $(WITH),openocd)%,$(FLASH_PACKAGES)) \
		$(and $(filter st-flash,$(WITH)),stlink-tools) \
		$(and $(filter pyocd,$(WITH)),python3-pyocd)
	@exec tools/hil/flash.py $(hil_common) --with '$(WITH)' \
		--app '$(if $(filter-out file,$(origin APP)),$(APP))' --args="$$ARGS"

monitor:
	@tools/deps.sh python3-serial python3
	@exec tools/hil/monitor.py $(hil_common) --port '$(PORT)'

hil:
	@tools/deps.sh $(call ALL_PACKAGES,$(call board_arch,$(the_board))) \
		$(HIL_PACKAGES) $(if $(filter qemu,$(BENCH)),,openocd)
	@exec tools/hil/hil.py $(hil_common) --bench '$(BENCH)' \
		--retries '$(RETRIES)' --watchdog '$(WATCHDOG)' \
		--only="$$ONLY" --args="$$ARGS"

# ---- Everything else ------------------------------------------------------

.PHONY: help setup clean
help:
	@sed -n 's/^#: \{0,1\}//p' Makefile

setup:
	@tools/deps.sh $(call ALL_PACKAGES,$(TEST_ARCHS))

clean:
	rm -rf $(filter-out $(BUILD)/newlib-%,$(wildcard $(BUILD)/*))

#: gzero: a unikernel whose kernel is the Go scheduler
#:
#: make run-qemu ARCH=riscv64   build a program and run it (installs what is
#:                              missing: Debian 12 packages, newlib)
#: make debug ARCH=...          gdb that knows goroutines, before QEMU; PROBE=1:
#:                              before the board (PORT=, GDB_ARGS="-ex ...")
#: make test                    all tests on all machines: N passed, N failed
#: make sweep ARCH=...          an interrupt at every instruction (all of it)
#: make soak SEEDS=200          the tests under many seeded schedules
#: make refuse                  each program and each target test again and again,
#:                              every request to a pool refused once
#: make mutants                 break the kernel in many ways; each time a test
#:                              must fail (ONLY=pattern)
#: make model                   check the models of the protocols and the kernel's
#:                              memory orders (FULL=1: all sizes, an hour)
#: make nightly HOURS=100        so many virtual hours on each architecture, and on
#:                              beyond 2^32 ms
#: make target-coverage         which instructions of the kernel the tests run
#: make boards                  the boards there are, and how each is tested
#: make flash BOARD=...         program a board: WITH=openocd|pyocd|st-flash|dfu-util
#: make monitor BOARD=...       its console (PORT=/dev/...)
#: make hil BOARD=...           its tests, on the board (BENCH=file.yaml) or with
#:                              QEMU in its place (BENCH=qemu)
#: make size                    what an image is made of, what a goroutine
#:                              costs (V=1: each file, 2: each function);
#:                              MINI=1: of the smallest kernel (docs/size.md)
#: make bench                   what the scheduler's operations cost, counted; fails
#:                              when more than 2 % above bench/baseline.json, which
#:                              make bench-baseline writes (BENCH_OPTIONS="--listing
#:                              yield": the instructions of one)
#: make bench-go                the same in Go, beside ours (installs golang-go and
#:                              qemu-user)
#: make bench-smp               a spawn tree on one hart and on two, by the clock
#: make bench-million           a million goroutines, each blocked on a channel
#: make bench-charts            docs/performance.md's tables and charts, from what
#:                              make bench and make bench-go wrote
#: make bench-listings          docs/listings: what misses its target, instruction
#:                              by instruction, from what make bench wrote
#: make stack-report ARCH=...   how much stack each goroutine of APP may need,
#:                              and how much it took in a run
#:                              (STACK_OPTIONS: see tools/stackreport.py)
#: make check                   warnings, layers, layout of the sources
#: make setup                   only install the packages
#: make clean                   delete what was built, newlib excepted
#:
#: Variables                    (default)
#:   ARCH=riscv64|armv7m|x86_64   the architecture; test: (all)
#:   BOARD=name                   the machine (the architecture's first)
#:   APP=file.c or folder         the program, also outside the tree
#:                                (examples/tour.c, or what fits the board)
#:   ARGS="..."                   the program's boot arguments
#:   HARTS=n                      CPU cores (the board's)
#:   CONFIG="NG=200 ..."          limits of include/config.h, other values
#:   DEBUG=1                      a kernel that checks itself
#:   MINI=1 OPT=-Os               the smallest kernel, and gcc's level (-O2)
#:   TORTURE=1                    such a kernel that also schedules at random, with
#:                                tiny limits (run-qemu, test, soak)
#:   ICOUNT=shift                 virtual time by counted instructions: the
#:                                same run every time
#:   TIMEOUT=seconds              the runner's patience (600 without a terminal)
#:   RAW=1                        every key goes to the program as it is typed,
#:                                without echo; Ctrl-] ends the run
#:   APP_CFLAGS="..."             more flags for the program
#:   ONLY=pattern SEEDS=n         test: which (part of a name as printed, or how
#:                                names in tests/target begin), how many seeds
#:   V=1                          show commands
#:   BUILD=directory              where everything built goes (build)
