#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bpftrace on the driver's tracepoints: the lines of docs/observing.md, as they stand there.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

# recipe TRACEPOINT: the line that is about it
recipe() {
	grep "^    bpftrace -e 'tracepoint:vtun:$1 " "$LIB_TOP/docs/observing.md"
}

# watch TRACEPOINT: its line runs, and sees everything from now on
watch() {
	[ "$DRIVER" = vtun ] || skip "in-tree tun has no tracepoints"
	need bpftrace
	[ -d /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing ||
		skip "this kernel has no tracepoints"
	[ -d /sys/kernel/tracing/events/vtun ] || skip "this kernel has no tracepoints of modules"
	recipe "$1" >"$TEST_TMP/line"
	equal 1 "$(wc -l <"$TEST_TMP/line")" lines
	background trace bash -c "exec $(cat "$TEST_TMP/line")"
	wait_log 120 trace Attaching
}

# saw PATTERN: what it says when it is interrupted
saw() {
	kill -INT "$BACKGROUND"
	wait "$BACKGROUND" || true
	lib_log_has trace "$1" || fail "no '$1' in what bpftrace said"
}

# traffic: pings through two devices whose packets a program carries
traffic() {
	local trace=$BACKGROUND

	netns_add a
	netns_add b
	wire cable tap,no_pi a:bt0 b:bt1
	printf '%s\n' "addr add 10.15.0.1/24 dev bt0" "link set bt0 up" | conf a
	printf '%s\n' "addr add 10.15.0.2/24 dev bt1" "link set bt1 up" | conf b
	in_ns a ping -c 3 -i 0.2 -W 10 10.15.0.2
	BACKGROUND=$trace
}

reads() {
	watch vtun_read
	traffic
	saw '@\[bt1\]'
}

writes() {
	watch vtun_write
	traffic
	saw '@\[bt0\]'
}

plan 2
run_test "what a read() moves" reads
run_test "what a write() moves" writes
finish
