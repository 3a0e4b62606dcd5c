#!/bin/sh
# run.sh [quick|full] checks the models of this directory with SPIN, in TAP:
# each model holds, completely searched, at each size; and each mutant of it (a
# known way to write the protocol wrong) is found. Needs spin and gcc. Builds
# in $MODEL_BUILD, or in a temporary directory that it removes. $MODEL_ONLY, an
# extended regular expression, picks tests by their names, which begin with the
# model's. What each model is for and what its properties are stands at its
# beginning; the last lines count.
#
# quick: a minute and 1 GB. full: all sizes; half an hour, $MODEL_MB of memory
# (12000). A search that was not complete for whatever reason has failed.
set -u
level=${1:-quick}
here=$(cd "$(dirname "$0")" && pwd)
n=0
failed=0
killed=0
mutants=0
total=0

case $level in
quick) mb=${MODEL_MB:-2500} maxdepth=1000000 ;;
full) mb=${MODEL_MB:-12000} maxdepth=10000000 ;;
*)
	echo "usage: run.sh [quick|full]" >&2
	exit 2
	;;
esac
for tool in spin gcc; do
	if ! command -v $tool >/dev/null; then
		echo "Bail out! $tool is not installed (Debian packages spin, gcc)"
		exit 1
	fi
done
if [ -n "${MODEL_BUILD:-}" ]; then
	build=$MODEL_BUILD
	mkdir -p "$build" || exit 1
else
	build=$(mktemp -d) || exit 1
	trap 'rm -rf "$build"' EXIT
	trap 'exit 1' HUP INT TERM
fi
cd "$build" || exit 1

partial='not completed|too small|out of memory|MEMLIM|hash factor|aborted'

wanted() {
	echo "$1" | grep -Eq "${MODEL_ONLY:-.}" || return 1
	start=$(date +%s)
}

# search model optimisation macros...: leaves pan's report in ./out.
search() {
	model=$1 opt=$2
	shift 2
	status=1
	rm -f pan pan.* ./*.pml.trail out
	if ! spin -a "$@" "$here/$model.pml" >out 2>&1 ||
		! gcc $opt -w -DSAFETY -DCOLLAPSE -DMEMLIM="$mb" -o pan pan.c \
			>>out 2>&1; then
		return
	fi
	./pan -m$maxdepth -w20 >out 2>&1
	status=$?
}

# complete: pan ended by itself and has left nothing out.
complete() {
	[ "$status" -eq 0 ] && grep -q 'errors: [0-9]' out &&
		! grep -Eqi "$partial" out
}

states() {
	sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1 states/p' out
}

depth() {
	sed -n 's/.*depth reached \([0-9]*\),.*/depth \1/p' out
}

report() {
	n=$((n + 1))
	if [ "$1" = ok ]; then
		echo "ok $n - $2 # $(states), $(depth), $(($(date +%s) - start)) s"
	else
		failed=$((failed + 1))
		echo "not ok $n - $2 # $(states), pan ended with $status"
		grep -v 'Depth= ' out | head -n 30 | sed 's/^/#   /'
		if [ -n "${MODEL_BUILD:-}" ] && [ -f "$model.pml.trail" ]; then
			mv "$model.pml.trail" "failed.$n.trail"
			echo "#   trail: $build/failed.$n.trail; show it with"
			echo "#   spin -p -k failed.$n.trail $3 $here/$model.pml"
		fi
	fi
}

# holds model "what it is" macros...
holds() {
	model=$1 what=$2
	shift 2
	wanted "$model: $what" || return 0
	search "$model" -O2 "$@"
	total=$((total + $(awk '/states, stored/ { s = $1 }
		END { printf "%d", s }' out)))
	if complete && grep -q 'errors: 0' out; then
		report ok "$model: $what: holds" "$*"
	else
		report bad "$model: $what: holds" "$*"
	fi
}

# found model mutant macros...: a property is violated, not just anything.
found() {
	model=$1 mutant=$2
	shift 2
	what="$model: mutant $(echo "$mutant" | tr A-Z a-z)"
	wanted "$what" || return 0
	mutants=$((mutants + 1))
	search "$model" -O0 -DM_"$mutant" "$@"
	if grep -q '^pan:1: assertion violated' out &&
		grep -q "M_$mutant\>" "$here/$model.pml"; then
		killed=$((killed + 1))
		report ok "$what: found" "-DM_$mutant $*"
	else
		report bad "$what: found" "-DM_$mutant $*"
	fi
}

echo "TAP version 13"

# ---- The models -------------------------------------------------------------

holds idle "1 hart, slices, timers" -DNH=1 -DSLICE -DTIMERS=2
holds idle "2 harts, 3 submits + 2 interrupts"
holds idle "2 harts, rings of 1" -DCAP=1
holds idle "2 harts, rings of 3, 5 + 1" -DCAP=3 -DSUBS=5 -DIRQS=1
holds idle "2 harts, slices, 2 + 1" -DSLICE -DSUBS=2 -DIRQS=1
holds idle "2 harts, timers, 1 + 1, 2 timers" -DTIMERS=2 -DSUBS=1 -DIRQS=1
holds idle "2 harts, late IPIs, 2 + 1" -DLATEIPI -DSUBS=2 -DIRQS=1
holds idle "2 harts, 1 P, slices" -DNP=1 -DSLICE
holds idle "3 harts, 2 + 0" -DNH=3 -DSUBS=2 -DIRQS=0
holds idle "3 harts, 2 Ps, 2 + 1" -DNH=3 -DNP=2 -DSUBS=2 -DIRQS=1
holds park "1 hart" -DNH=1
holds park "1 hart, edge-triggered" -DNH=1 -DEDGE
holds park "2 harts"
holds park "2 harts, edge-triggered" -DEDGE
holds park "3 harts" -DNH=3
holds sema "a giver, a handler, a timed waiter"
holds sema "2 givers, a timed waiter" -DGIVERS=2 -DIRQS=0
holds sema "2 timed waiters" -DTIMED=2 -DIRQS=0
holds sema "2 handlers" -DGIVERS=0 -DIRQS=2
holds switch "1 hart" -DNH=1 -DIRQS=2
holds switch "2 harts"
holds switch "2 harts, 4 goroutines" -DNG=4 -DOPS=2
holds switch "3 harts" -DNH=3 -DOPS=2
holds stw "2 harts, 2 submits, 2 stops"
holds stw "2 harts, one interrupt each" -DONCE
holds locked "2 harts, 1 P, 1 locked"
holds locked "2 harts, 1 P, 2 locked" -DNL=2
holds locked "2 harts, 2 Ps, 2 locked, 1 + 2" -DNP=2 -DNL=2 -DSUBS=1
holds locked "3 harts, 1 P, 1 + 1" -DNH=3 -DNP=1 -DSUBS=1 -DRDY=1

if [ "$level" = full ]; then
	holds idle "2 harts, 4 + 3" -DSUBS=4 -DIRQS=3
	holds idle "2 harts, slices, 3 + 2" -DSLICE
	holds idle "2 harts, timers, slices, 2 + 1, 2 timers" \
		-DTIMERS=2 -DSLICE -DSUBS=2 -DIRQS=1
	holds idle "2 harts, 3 timers, 2 + 0" -DTIMERS=3 -DSUBS=2 -DIRQS=0
	holds idle "2 harts, late IPIs, slices, 3 + 2" -DLATEIPI -DSLICE
	holds idle "3 harts, 4 + 0" -DNH=3 -DSUBS=4 -DIRQS=0
	holds idle "3 harts, 3 + 1" -DNH=3 -DSUBS=3 -DIRQS=1
	holds idle "3 harts, 2 + 2" -DNH=3 -DSUBS=2 -DIRQS=2
	holds idle "3 harts, slices, 2 + 0" -DNH=3 -DSLICE -DSUBS=2 -DIRQS=0
	holds idle "3 harts, 1 timer, 1 + 0" \
		-DNH=3 -DTIMERS=1 -DSUBS=1 -DIRQS=0
	holds idle "3 harts, late IPIs, 1 + 1" \
		-DNH=3 -DLATEIPI -DSUBS=1 -DIRQS=1
	holds idle "3 harts, 2 Ps, slices, 2 + 2" \
		-DNH=3 -DNP=2 -DSLICE -DSUBS=2 -DIRQS=2
	holds idle "3 harts, 1 P, slices" -DNH=3 -DNP=1 -DSLICE
	for v in V_DROP_UNLOCKED V_FASTWAKE V_DRAINONE V_NOGLOBCHECK; do
		holds idle "2 harts, $v" -D$v
		holds idle "3 harts, 2 + 1, $v" -DNH=3 -DSUBS=2 -DIRQS=1 -D$v
	done
	holds park "3 harts, edge-triggered" -DNH=3 -DEDGE
	holds sema "a giver, a handler, 2 timed waiters" -DTIMED=2
	holds sema "2 givers, a handler, a timed waiter" -DGIVERS=2
	holds switch "2 harts, 6 steps, 2 interrupts" -DOPS=6 -DIRQS=2
	holds switch "2 harts, 4 goroutines, 3 steps" -DNG=4 -DOPS=3
	holds switch "2 harts, 4 goroutines, 2 interrupts" \
		-DNG=4 -DOPS=2 -DIRQS=2
	holds switch "3 harts, 3 steps" -DNH=3 -DOPS=3
	holds stw "2 harts, 3 submits, 3 stops" -DSUBS=3 -DSTOPS=3
	holds stw "2 harts, V_STEAL_NOLOOK" -DV_STEAL_NOLOOK
	holds stw "3 harts, 1 submit, 1 stop" -DNH=3 -DSUBS=1 -DSTOPS=1
	holds stw "3 harts, 0 submits, 2 stops" -DNH=3 -DSUBS=0 -DSTOPS=2
	for v in V_KICK_NONE V_LOCK_NOSPILL; do
		holds locked "2 harts, 1 P, $v" -D$v
		holds locked "3 harts, 2 Ps, 1 + 1, $v" \
			-DNH=3 -DNP=2 -DSUBS=1 -DRDY=1 -D$v
	done
	holds locked "2 harts, 1 P, 2 locked, 3 + 3" -DNL=2 -DSUBS=3 -DRDY=3
	holds locked "2 harts, 2 Ps, 2 locked, 2 + 2" -DNP=2 -DNL=2
	holds locked "3 harts, 2 Ps, 1 locked" -DNH=3 -DNP=2 -DSUBS=1 -DRDY=1
	holds locked "3 harts, 2 Ps, 2 locked" \
		-DNH=3 -DNP=2 -DNL=2 -DSUBS=1 -DRDY=1
	holds park "3 harts, 3 rounds" -DNH=3 -DROUNDS=3 -DTOTAL=3
	holds park "3 harts, 3 rounds, edge-triggered" \
		-DNH=3 -DROUNDS=3 -DTOTAL=3 -DEDGE
fi

# ---- The mutants ------------------------------------------------------------

# giveup and workqueued
found idle RECHECK_NONE
found idle RECHECK_EARLY
found idle RECHECK_GLOBAL
found idle RECHECK_LOCAL -DV_DROP_UNLOCKED
found idle RECHECK_NOLOCK -DV_DROP_UNLOCKED
found idle RESPIN_NOT -DV_DROP_UNLOCKED -DNH=3 -DSUBS=2 -DIRQS=0
found idle SPINNING_SHARED
found idle LIST_COUNTED
# wakep
found idle NEEDSPIN_NONE
found idle NEEDSPIN_ORDER
found idle NEEDSPIN_NOLOCK
found idle NPIDLE_HINT
found idle CHAIN_NONE
found idle WAKE_ONEP -DNP=1
# mpark
found idle SLEEP_UNMASKED
found idle READY_UNSEEN
found idle NEXTP_CLEARED
found idle RETAKE_BLIND
# who puts wakes
found idle DRAIN_NOWAKE
found idle PREEMPT_NOWAKE
found idle YIELD_SPILL
found idle EXEC_GAP
# checkdead
found idle DEAD_EARLY
found idle DEAD_MARK
found idle DEAD_HANDLER
# slices and timers
found idle SLICE_NOARM -DSLICE
found idle KICK_NONE -DSLICE -DNP=1
found idle TIMER_UNARMED -DTIMERS=1
found idle TIMER_UNWATCHED -DTIMERS=1
found idle TIMER_UNSET -DTIMERS=2 -DSUBS=1 -DIRQS=0

found park UNLOCK_FIRST
found park STATUS_LATE
found park DROPG_LATE
found park COUNT_LATE
found park PREEMPT_LOCKED -DNH=1
found park LIST_READ
found park COMMIT_EARLY
found park COMMIT_STORE -DEDGE
found park TOUCH_LATE -DEDGE
found park WAITER_KEPT

found sema QUEUE_BLIND
found sema OPEN_NOT
found sema OPEN_EARLY -DTIMED=2 -DIRQS=0
found sema WITHDRAW_SHUT
found sema TIMED_BLIND
found sema COUNT_LOCKED
found sema WAKE_LOCKED
found sema GIVE_LOST

# whose context is not saved yet
found switch WAIT_NONE
found switch EXEC_NOWAIT
found switch FREE_SHARED
# the order of gswitch
found switch CLEAR_FIRST
found switch CLEAR_EARLY
found switch COUNT_LATE
found switch ASKED_LATE
found switch LOOK_NONE
found switch LOOK_UNMASKED
found switch NEXT_DROPPED
# who picks whom, and when
found switch PARK_STEALS
found switch SELF_SWITCH
found switch GONE_PUTS
found switch STATUS_LATE

# stop, and the stopped
found stw GIVEUP_NOLOOK
found stw RETAKE_STOPPED
found stw SPIN_KEPT
found stw STOPM_RUNS
found stw COUNT_UNLOCKED
found stw IDLE_KEPT
found stw EXEC_GAP -DONCE
found stw RELEASEM_NOLOOK -DONCE
# start, and the next one
found stw START_LATE
found stw START_NOWAKE
found stw SEMA_NONE
found stw SEMA_LOST

# who gets a P
found locked GIVEUP_LOCKED -DNL=2
found locked GIVEUP_WAIT -DNH=3 -DNP=2 -DSUBS=1 -DRDY=1
found locked IDLE_UNUSED -DNH=3 -DNP=2 -DSUBS=1 -DRDY=1
found locked WAIT_UNSAID
found locked SERVE_FORGETS -DNL=2
found locked HANDOFF_FORGETS
found locked EXIT_KEEPS
# who sleeps
found locked PUT_NOWAKE -DNP=2
found locked SLEEP_NOLOOK -DNP=2
# the slice clock
found locked CLOCK_STALE
found locked HELD_CLOCK -DNP=2
found locked READY_NOCLOCK

echo "1..$n"
echo "# $total states in all sizes; $killed of $mutants mutants found"
echo "# $((n - failed)) passed, $failed failed"
[ $failed -eq 0 ]
