#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# All that programs and administrators do to devices, at the same time, for VTUN_SECONDS (10);
# selftests/stress/ is the program, VTUN_SEED= repeats a run's choices, VTUN_PAUSE= is how many of
# 100 transitions in the driver pause where the kernel has fault injection (5). make stress takes longer.
. "$(dirname "$0")/lib.sh"

# F1.13 F4.31 F9.3 F10.1: nothing hangs, and nothing is left
all_roles() {
	# In-tree tun has bugs that such a mixture finds at once.
	[ "$DRIVER" = vtun ] || skip "in-tree tun warns of queue numbers that don't exist any more"
	# With fault injection the driver pauses where something could come in between.
	local pause=/sys/kernel/debug/vtun_pause/probability status=0
	[ ! -e "$pause" ] || echo "${VTUN_PAUSE:-5}" >"$pause"
	"$(tool stress)" --seconds "${VTUN_SECONDS:-10}" ${VTUN_SEED:+--seed "$VTUN_SEED"} 2>&1 || status=$?
	[ ! -e "$pause" ] || echo 0 >"$pause"
	return "$status"
}

# The figures are wanted of a run that succeeds, too; the program's own limits end it.
VERBOSE=1
TEST_TIMEOUT=$((${VTUN_SECONDS:-10} + 900))
plan 1
run_test "all roles at the same time" all_roles
finish
