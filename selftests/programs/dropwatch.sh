#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dropwatch, which asks the kernel's drop monitor, shows a reason for each drop, by name.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

# The monitor is in the first network namespace, whatever namespace a drop is in.
if [ -z "${LIB_INSIDE:-}" ]; then
	exec {FIRST_NETNS}</proc/self/ns/net
	export FIRST_NETNS
fi

monitor() {
	printf '%s\n' "set alertmode packet" start >"$TEST_TMP/orders"
	exec nsenter "--net=/proc/self/fd/$FIRST_NETNS" stdbuf -oL dropwatch -l kas <"$TEST_TMP/orders"
}

# watch: it sees everything from now on
watch() {
	need dropwatch
	modprobe -q drop_monitor || true	# it may be built in, or there
	background drops monitor
	MONITOR=$BACKGROUND
	wait_for 60 "a word of dropwatch" lib_log_has drops "Kernel monitoring activated\|Unable to find NET_DM family"
	! lib_log_has drops "Unable to find NET_DM family" || skip "this kernel has no drop monitor"
}

has_ended() { ! readlink "/proc/$1/exe"; }

# unwatch: the monitor is the kernel's, and would outlive the program
unwatch() {
	kill -INT "$MONITOR"
	wait_for 60 "the end of dropwatch" has_ended "$MONITOR"
	lib_log_has drops "Got a stop message"
}

has_three() {
	[ "$(lines "drop reason: FULL_RING" "$TEST_TMP/drops.log")" = 3 ]
}

# Nobody reads: of five packets two find room.
full_fifo() {
	local i

	watch
	background hold "$(tool attach)" -w "$NODE" tap,no_pi dw0
	wait_log 30 hold attached
	printf '%s\n' "link set dw0 txqueuelen 2" "addr add 10.23.0.1/24 dev dw0" "link set dw0 up" \
		"neigh add 10.23.0.2 lladdr 02:00:00:00:00:02 dev dw0" | ip -batch -
	equal 0 "$(lines "drop reason: FULL_RING" "$TEST_TMP/drops.log")" "drops before there were any"
	for i in 1 2 3 4 5; do
		echo "$i" >/dev/udp/10.23.0.2/9
	done
	equal 3 "$(cat /sys/class/net/dw0/statistics/tx_dropped)" "packets that were dropped"
	wait_for 60 "three drops with their reason" has_three
	unwatch
}

plan 1
run_test "a full fifo" full_fifo
finish
