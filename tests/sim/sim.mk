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
SIM_OWN := tests/sim/sim.c tests/sim/switch.S tests/sim/host.c
SIM_MORE := tests/sim/turns.c tests/sim/threads.c tests/sim/run.c \
	tests/sim/tables.c tests/sim/exits.c tests/sim/fuzz.c tests/sim/fuzzmain.c
SIM_HEADERS := $(wildcard tests/sim/include/*.h tests/sim/*.h include/*.h \
	kernel/*.h tests/target/*.h)

# The programs of tests/exit make one program, which takes a name first. Not those
# about hardware faults, input, boot or newlib; that have constructors, name main in a
# traceback, loop in one basic block, or need the torture build.
SIM_EXITS := $(filter-out $(foreach n,fault% g0_% overflow% boot_% console_% stray_% irq_at% handlers_nest \
	stack_% panic_busy_console panic_bad_text ctor deadlock_init \
	deadlock panic panic_traceback main_ends_first lock_order timer_locks timer_prints, \
	tests/exit/$n.c),$(wildcard tests/exit/*.c))

# Two read stacks as memory, redzones and all; three look into free blocks.
SIM_UNCHECKED := kernel/stack.c kernel/traceback.c kernel/pool.c kernel/chanbuf.c kernel/ledger.c

# Variants: compiler, what sanitizes kernel and tests, what the machine is told.
SIM_CC_asan := gcc
SIM_SAN_asan := -fsanitize=address,undefined -fno-sanitize-recover=all
SIM_NOSAN_asan := -fno-sanitize=address
SIM_SELF_asan := -DSIM_ASAN
SIM_CC_torture := gcc
SIM_SAN_torture := $(SIM_SAN_asan)
SIM_NOSAN_torture := $(SIM_NOSAN_asan)
SIM_SELF_torture := $(SIM_SELF_asan)
SIM_CONF_torture := -DTORTURE=1 -DDEBUG=1 -DGO_INLINE=0 -DRUNQ_SIZE=2 -DGFREE_HIGH=2 \
	-DGFREE_LOW=1 -DSLICE_NS=1000000 -DSCHED_TICK=3 -DTORTURED -DSIM_SHORT=1
SIM_CC_cov := gcc
SIM_SAN_cov := --coverage -O0
SIM_CC_covt := gcc
SIM_SAN_covt := --coverage -O0
SIM_CONF_covt := $(SIM_CONF_torture)
SIM_CC_tsan := gcc
SIM_SAN_tsan := -fsanitize=thread -DSIM_TSAN \
	--param tsan-instrument-func-entry-exit=0
SIM_SELF_tsan := -DSIM_TSAN
SIM_CONF_tsan := -DNG=300
# For fuzz.c, whose every input boots the kernel anew: small, and its data in
# sections of their own (fuzzmain.c).
SIM_CC_replay := gcc
SIM_SAN_replay := $(SIM_SAN_asan)
SIM_NOSAN_replay := $(SIM_NOSAN_asan)
SIM_SELF_replay := -DSIM_ASAN -DSIM_REPLAY
SIM_CONF_replay := -DMAXHARTS=4 -DNG=16 -DNCHAN=16 -DCHANBUF_BYTES=1024 \
	-DSTACK0_COUNT=1 -DSTACK2_COUNT=1 -DSTACK3_COUNT=1
SIM_RESET_replay := yes
SIM_CC_fuzz := clang
SIM_SAN_fuzz := -fsanitize=address,undefined,fuzzer-no-link \
	-fno-sanitize-recover=all
SIM_NOSAN_fuzz := $(SIM_NOSAN_asan)
SIM_SELF_fuzz := -DSIM_ASAN
SIM_CONF_fuzz := $(SIM_CONF_replay)
SIM_RESET_fuzz := yes
# Harts that are threads, without ThreadSanitizer and with it.
SIM_CC_threads := gcc
SIM_SAN_threads := -O2 -DSIM_THREADS
SIM_SELF_threads := -DSIM_THREADS -pthread
SIM_HARTS_threads := threads
SIM_CC_threadsan := gcc
SIM_SAN_threadsan := $(SIM_SAN_tsan) -DSIM_THREADS
SIM_SELF_threadsan := $(SIM_SELF_tsan) -DSIM_THREADS -pthread
SIM_CONF_threadsan := $(SIM_CONF_tsan) -DSIM_SHORT=1
SIM_HARTS_threadsan := threads
SIM_VARIANTS := asan torture cov covt tsan threads threadsan replay fuzz

SIM_LINK = $(SIM_CC) -no-pie -Wl,-z,noexecstack $(SIM_SAN) \
	-Wl,--defsym=__text_start=__executable_start \
	-Wl,--defsym=__text_end=etext $(SIM_WRAPS:%=-Wl,--wrap=%)
SIM_WRAPS := poolget poolput chanbufalloc chanbuffree

sim_own = $(patsubst %,$(SIM)/$1/%.o,$(SIM_OWN) \
	tests/sim/$(or $(SIM_HARTS_$1),turns).c)

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
	$$(if $$(SIM_RESET_$1),$$(Q)objcopy --rename-section .bss=kbss$$(comma)alloc \
		--rename-section .data=kdata \
		--redefine-sym __sanitizer_cov_trace_pc=sim_point $$@)
$(SIM_TESTS:%=$(SIM)/$1/%.o): $(SIM)/$1/%.o: % $(SIM_HEADERS) Makefile \
    tests/sim/sim.mk
	$$(call say,HOST,$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(SIM_CC) $$(SIM_CODE) $$(SIM_CONF) $$(SIM_HOOKED) $$(SIM_POINTS) \
		-D$$(*F:.c=)_tests=sim_$$(*F:.c=)_tests \
		$$(filter-out --coverage,$$(SIM_SAN)) -c -o $$@ $$<
$(patsubst %,$(SIM)/$1/%.o,$(SIM_OWN) $(SIM_MORE)): $(SIM)/$1/%.o: % $(SIM_HEADERS) Makefile \
    tests/sim/sim.mk
	$$(call say,HOST,$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(SIM_CC) $$(SIM_CODE) $$(SIM_CONF) -Wall -Wextra \
		$$(SIM_SELF_$1) -DSIM_EXITS="$(foreach e, \
		$(SIM_EXITS:tests/exit/%.c=%),EXIT($e))" -c -o $$@ $$<
$(SIM_EXITS:%=$(SIM)/$1/%.o): $(SIM)/$1/%.o: % $(SIM_HEADERS) Makefile \
    tests/sim/sim.mk
	$$(call say,HOST,$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(SIM_CC) $$(SIM_CODE) $$(SIM_CONF) $$(SIM_HOOKED) $$(SIM_POINTS) \
		-include include/go.h -DSIM_MAIN=exit_$$(*F:.c=) \
		$$(filter-out --coverage,$$(SIM_SAN)) -c -o $$@ $$<
$(SIM)/$1/sim: $(SIM_KERNEL:%=$(SIM)/$1/%.o) $(SIM_TESTS:%=$(SIM)/$1/%.o) \
    $(call sim_own,$1) $(SIM)/$1/tests/sim/run.c.o \
    $(SIM)/$1/tests/sim/tables.c.o
	$$(sim_link)
$(SIM)/$1/exits: $(SIM_KERNEL:%=$(SIM)/$1/%.o) $(SIM_EXITS:%=$(SIM)/$1/%.o) \
    $(call sim_own,$1) $(SIM)/$1/tests/sim/run.c.o \
    $(SIM)/$1/tests/sim/exits.c.o
	$$(sim_link)
$(SIM)/$1/replay: $(SIM_KERNEL:%=$(SIM)/$1/%.o) $(call sim_own,$1) \
    $(SIM)/$1/tests/sim/fuzz.c.o $(SIM)/$1/tests/sim/fuzzmain.c.o
	$$(call say,LD,$$@)
	$$(Q)$$(SIM_LINK) $$(if $$(filter fuzz,$1),-fsanitize=fuzzer) -o $$@ \
		$$(filter %.o,$$^) -lm
endef
define sim_link
	$(call say,LD,$@)
	$(Q)$(SIM_LINK) -o $@.1 $(filter %.o,$^) -lm
	$(Q)$(PYTHON) tools/mksymtab.py --out $@.gzsym.S $@.1
	$(Q)gcc -c -o $@.gzsym.o $@.gzsym.S
	$(Q)objcopy --rename-section .gzsym=gzsym $@.gzsym.o
	$(Q)$(SIM_LINK) -Wl,--defsym=__gzsym_start=__start_gzsym \
		-Wl,--defsym=__gzsym_end=__stop_gzsym \
		-o $@ $(filter %.o,$^) $@.gzsym.o -lm
endef
$(foreach v,$(SIM_VARIANTS),$(eval $(call sim_rules,$v)))

# ---- Coverage -----------------------------------------------------------------

SIM_UNITS := $(UNITS:$(BUILD)/unit/%=$(SIM)/unitcov/%)
$(SIM)/unitcov/%: tests/unit/%.c $(SIM_HEADERS) tests/sim/sim.mk
	$(call say,HOST,$<)
	@mkdir -p $(@D)
	$(Q)gcc -std=c11 -g -O1 --coverage -pthread -Itests/unit -Iinclude \
		-Ikernel -o $@ $(CURDIR)/$< $(UNIT_SRCS_$*)

.PHONY: host-coverage sim-coverage
sim-coverage: $(SIM)/cov/sim $(SIM)/cov/exits $(SIM)/covt/sim $(SIM_UNITS)
host-coverage:
	@tools/deps.sh $(BASE_PACKAGES)
	@$(SUBMAKE) $(PARALLEL) sim-coverage
	@$(PYTHON) tests/sim/coverage.py --sim '$(SIM)' \
		--log '$(SIM)/coverage.txt' $(UNITS:$(BUILD)/unit/%=%)

# ---- Fuzzing --------------------------------------------------------------------

# make fuzz SECONDS=n: libFuzzer, from tests/sim/corpus.txt and what earlier runs
# found. A failing input is printed, and kept in $(SIM)/corpus.
SECONDS ?= 60
.PHONY: fuzz
fuzz:
	@tools/deps.sh $(BASE_PACKAGES) clang libclang-rt-14-dev
	@$(SUBMAKE) $(PARALLEL) $(SIM)/fuzz/replay
	@mkdir -p $(SIM)/corpus
	@$(PYTHON) tests/sim/corpus.py tests/sim/corpus.txt $(SIM)/corpus
	@$(SIM)/fuzz/replay -max_len=300 -max_total_time=$(SECONDS) \
		-artifact_prefix=$(SIM)/corpus/ -print_final_stats=1 $(SIM)/corpus
