#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's packet generator, which sends one packet many times over where a device can stand
# that. This one keeps its packets in a fifo, so it can't.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

THREAD=/proc/net/pktgen/kpktgend_0

# generator FLAGS: a device that somebody has, known to the generator as pg0
generator() {
	modprobe pktgen 2>/dev/null || skip "this kernel has no pktgen"
	[ -e "$THREAD" ] || skip "pktgen does not work in this namespace"
	background attach "$(tool attach)" -w "$NODE" "$1" pg0
	wait_log 30 attach attached
	ip link set pg0 up
}

# F4.8: sharing is refused; a copy of each packet is not
tap() {
	generator tap,no_pi
	echo "add_device pg0" >"$THREAD"
	refused . tell pg0 "clone_skb 10"
	tell pg0 "clone_skb 0"
	tell pg0 "count 20"
	tell pg0 "pkt_size 60"
	tell pgctrl start
	equal 20 "$(sed -n 's/.*pkts-sofar: \([0-9]*\).*/\1/p' /proc/net/pktgen/pg0)" sent
	tell kpktgend_0 rem_device_all
}

# F4.8: it is for Ethernet only
tun() {
	generator tun,no_pi
	refused . tell kpktgend_0 "add_device pg0"
}

# tell WHOM WORDS: one order
tell() {
	echo "$2" >"/proc/net/pktgen/$1"
}

plan 2
run_test "a tap shares no packet" tap
run_test "a tun is none of its devices" tun
finish
