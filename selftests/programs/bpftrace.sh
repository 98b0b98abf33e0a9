#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bpftrace on the driver's tracepoints: the lines of docs/observing.md, as they stand there.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"
# shellcheck source=../tools/vtunctl.sh
. "$(dirname "$0")/../tools/vtunctl.sh"

# recipe TRACEPOINT: the line that is about it
recipe() {
	grep "^    bpftrace -e 'tracepoint:vtun:$1 " "$LIB_TOP/docs/observing.md"
}

# watch TRACEPOINT: its line runs, and sees everything from now on; -v tells when it does
watch() {
	local last

	[ "$DRIVER" = vtun ] || skip "in-tree tun has no tracepoints"
	need bpftrace
	[ -d /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing ||
		skip "this kernel has no tracepoints"
	[ -d /sys/kernel/tracing/events/vtun ] || skip "this kernel has no tracepoints of modules"
	[ -e /sys/kernel/btf/vmlinux ] || skip "this kernel has no BTF, from which bpftrace knows its types"
	recipe "$1" >"$TEST_TMP/line"
	equal 1 "$(wc -l <"$TEST_TMP/line")" lines
	last=$(grep -o 'tracepoint:vtun:[a-z_]*' "$TEST_TMP/line" | tail -1)
	background trace bash -c "exec $(sed 's/bpftrace -e/bpftrace -v -e/' "$TEST_TMP/line")"
	wait_log 120 trace "Attaching $last"
	sleep 1
	TRACE=$BACKGROUND
}

has_ended() { ! readlink "/proc/$1/exe"; }

# Debian 12's bpftrace now and then sleeps on after a signal, until another comes; one that comes while it prints would
# end it.
has_ended_or_tell() {
	has_ended "$TRACE" && return
	if [ "$SECONDS" -ge "$TELL" ]; then
		kill -INT "$TRACE"
		TELL=$((SECONDS + 20))
	fi
	return 1
}

# saw PATTERN: what it says when it is interrupted
saw() {
	TELL=0
	wait_for 90 "the end of bpftrace" has_ended_or_tell
	lib_log_has trace "$1" || fail "no '$1' in what bpftrace said"
}

# traffic: pings through two devices whose packets a program carries
traffic() {
	netns_add a
	netns_add b
	wire cable tap,no_pi a:bt0 b:bt1
	printf '%s\n' "addr add 10.15.0.1/24 dev bt0" "link set bt0 up" | conf a
	printf '%s\n' "addr add 10.15.0.2/24 dev bt1" "link set bt1 up" | conf b
	in_ns a ping -c 3 -i 0.2 -W 10 10.15.0.2
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

attaches() {
	watch vtun_attach
	"$(tool attach)" "$NODE" tap,no_pi bt2
	saw 'attach takes queue 0 of bt2'
}

detaches() {
	watch vtun_detach
	"$(tool attach)" "$NODE" tap,no_pi bt2
	saw 'attach leaves queue 0 of bt2'
}

# Nobody reads, and the fifo has no room.
drops() {
	watch vtun_drop
	netns_add a
	background hold ns a "$(tool attach)" -w "$NODE" tap,no_pi bt3
	wait_log 30 hold attached
	printf '%s\n' "link set bt3 txqueuelen 0" "addr add 10.15.1.1/24 dev bt3" "link set bt3 up" | conf a
	in_ns a ping -c 3 -i 0.2 -W 1 10.15.1.2 || true
	saw '@\[bt3, 0, tx, drop_full\]'
}

# one_by_one: pings from bt4, whose fifo has room for one packet, so each is waited for
one_by_one() {
	netns_add a
	netns_add b
	wire cable tap,no_pi a:bt4 b:bt5
	printf '%s\n' "link set bt4 txqueuelen 1" "addr add 10.15.2.1/24 dev bt4" "link set bt4 up" | conf a
	printf '%s\n' "addr add 10.15.2.2/24 dev bt5" "link set bt5 up" | conf b
	in_ns a "$VTUNCTL" set bt4 backpressure on
	in_ns a ping -c 10 -i 0.2 -W 10 10.15.2.2
}

stalls() {
	watch vtun_stall
	one_by_one
	saw '@us\[bt4, 0\]'
}

wakes() {
	watch vtun_wake
	one_by_one
	saw '@\[bt4, 0\]: [1-9]'
}

plan 7
run_test "what a read() moves" reads
run_test "what a write() moves" writes
run_test "who takes a queue" attaches
run_test "who leaves one" detaches
run_test "who drops, and why" drops
run_test "how often a queue goes on" wakes
run_test "how long back pressure lasts" stalls
finish
