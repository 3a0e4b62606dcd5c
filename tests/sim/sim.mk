# sim.mk: the kernel on the host (tests/sim). Each variant is a build of its own
# under $(BUILD)/sim: kernel and tests hooked at each basic block and each atomic
# access, the machine (sim.c) not; then one program, linked twice for the table of
# tracebacks.
SIM := $(BUILD)/sim
SIM_DIRS := -Itests/sim/include -Iinclude -Ikernel
# No warnings here: make check has them.
SIM_CODE := -std=gnu11 -g -O1 -fno-pie -fno-stack-protector \
	-fno-omit-frame-pointer -fasynchronous-unwind-tables $(SIM_DIRS)
SIM_HOOKED := -include tests/sim/include/hook.h
SIM_POINTS := -fsanitize-coverage=trace-pc

SIM_KERNEL := $(wildcard kernel/*.c pkg/*.c)
SIM_TESTS := $(filter-out tests/target/libc.c tests/target/fault.c, \
	$(wildcard tests/target/*.c))
SIM_OWN := tests/sim/sim.c tests/sim/switch.S tests/sim/run.c tests/sim/tables.c
SIM_HEADERS := $(wildcard tests/sim/include/*.h tests/sim/*.h include/*.h \
	kernel/*.h tests/target/*.h)

# The two read stacks as memory, redzones and all.
SIM_UNCHECKED := kernel/stack.c kernel/traceback.c

# Variants: compiler, what sanitizes kernel and tests, what the machine is told.
SIM_CC_asan := gcc
SIM_SAN_asan := -fsanitize=address,undefined -fno-sanitize-recover=all
SIM_NOSAN_asan := -fno-sanitize=address
SIM_SELF_asan := -DSIM_ASAN
SIM_CC_torture := gcc
SIM_SAN_torture := $(SIM_SAN_asan)
SIM_NOSAN_torture := $(SIM_NOSAN_asan)
SIM_SELF_torture := $(SIM_SELF_asan)
SIM_CONF_torture := -DTORTURE=1 -DDEBUG=1 -DRUNQ_SIZE=2 -DGFREE_HIGH=2 \
	-DGFREE_LOW=1 -DSLICE_NS=1000000 -DSCHED_TICK=3 -DTORTURED -DSIM_SHORT=1
SIM_CC_cov := gcc
SIM_SAN_cov := --coverage
SIM_CC_tsan := gcc
SIM_SAN_tsan := -fsanitize=thread -DSIM_TSAN \
	--param tsan-instrument-func-entry-exit=0
SIM_SELF_tsan := -DSIM_TSAN
SIM_CONF_tsan := -DNG=300
SIM_VARIANTS := asan torture cov tsan

SIM_LINK = $(SIM_CC) -no-pie -Wl,-z,noexecstack $(SIM_SAN) \
	-Wl,--defsym=__text_start=__executable_start \
	-Wl,--defsym=__text_end=etext

define sim_rules
$(SIM)/$1/%: SIM_CC = $$(SIM_CC_$1)
$(SIM)/$1/%: SIM_SAN = $$(SIM_SAN_$1)
$(SIM)/$1/%: SIM_CONF = $$(SIM_CONF_$1)
$(SIM_KERNEL:%=$(SIM)/$1/%.o): $(SIM)/$1/%.o: % $(SIM_HEADERS) Makefile \
    tests/sim/sim.mk
	$$(call say,HOST,$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(SIM_CC) $$(SIM_CODE) $$(SIM_CONF) $$(SIM_HOOKED) $$(SIM_POINTS) \
		-ffreestanding $$(SIM_SAN) $$(if $$(filter $$<, \
		$$(SIM_UNCHECKED)),$$(SIM_NOSAN_$1)) -c -o $$@ $$<
$(SIM_TESTS:%=$(SIM)/$1/%.o): $(SIM)/$1/%.o: % $(SIM_HEADERS) Makefile \
    tests/sim/sim.mk
	$$(call say,HOST,$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(SIM_CC) $$(SIM_CODE) $$(SIM_CONF) $$(SIM_HOOKED) $$(SIM_POINTS) \
		-D$$(*F:.c=)_tests=sim_$$(*F:.c=)_tests \
		$$(filter-out --coverage,$$(SIM_SAN)) -c -o $$@ $$<
$(SIM_OWN:%=$(SIM)/$1/%.o): $(SIM)/$1/%.o: % $(SIM_HEADERS) Makefile \
    tests/sim/sim.mk
	$$(call say,HOST,$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(SIM_CC) $$(SIM_CODE) $$(SIM_CONF) -Wall -Wextra \
		$$(SIM_SELF_$1) -c -o $$@ $$<
$(SIM)/$1/sim: $(SIM_KERNEL:%=$(SIM)/$1/%.o) $(SIM_TESTS:%=$(SIM)/$1/%.o) \
    $(SIM_OWN:%=$(SIM)/$1/%.o)
	$$(call say,LD,$$@)
	$$(Q)$$(SIM_LINK) -o $$@.1 $$(filter %.o,$$^) -lm
	$$(Q)$$(PYTHON) tools/mksymtab.py --out $$(@D)/gzsym.S $$@.1
	$$(Q)gcc -c -o $$(@D)/gzsym.o $$(@D)/gzsym.S
	$$(Q)objcopy --rename-section .gzsym=gzsym $$(@D)/gzsym.o
	$$(Q)$$(SIM_LINK) -Wl,--defsym=__gzsym_start=__start_gzsym \
		-Wl,--defsym=__gzsym_end=__stop_gzsym -o $$@ $$(filter %.o,$$^) $$(@D)/gzsym.o -lm
endef
$(foreach v,$(SIM_VARIANTS),$(eval $(call sim_rules,$v)))
