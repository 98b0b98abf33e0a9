#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's packet generator, whose threads, one a processor, call the device directly.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# generator FLAGS: the device pg0, whose packets go to $TEST_TMP/pg.packets
generator() {
	modprobe pktgen 2>/dev/null || skip "this kernel has no pktgen"
	# Each network namespace that is made while it is loaded gets its threads.
	trap 'modprobe -r pktgen' EXIT
	[ -e /proc/net/pktgen/kpktgend_1 ] || skip "one processor has one generator"
	ip netns attach here $$
	wire pg "$1" here:pg0 here:pg1
	ip link set pg0 up
}

# tell WHOM WORDS: one order
tell() {
	echo "$2" >"/proc/net/pktgen/$1"
}

# sender PROCESSOR COUNT: a thread's own packets, which have its number in their address
sender() {
	tell "kpktgend_$1" "add_device pg0@$1"
	tell "pg0@$1" "count $2"
	tell "pg0@$1" "pkt_size 60"
	tell "pg0@$1" "dst_mac 02:00:00:00:00:01"
	tell "pg0@$1" "src_mac 02:00:00:00:01:0$1"
	tell "pg0@$1" "dst 10.1.0.1"
}

all_were_read() {
	[ "$(lines '^pg0 020000000001' "$TEST_TMP/pg.packets")" = "$1" ]
}

# F4.8
shares_no_packet() {
	generator tap,no_pi
	sender 0 20
	refused "not supported\|error 524" tell pg0@0 "clone_skb 10"
	tell pg0@0 "clone_skb 0"
	tell pgctrl start
	equal 20 "$(sed -n 's/.*pkts-sofar: \([0-9]*\).*/\1/p' /proc/net/pktgen/pg0@0)" sent
	wait_for 30 "all packets" all_were_read 20
}

# As many as the fifo holds, so that none is lost: each is read once, and each sender's
# in the order that the number in it tells.
# F4.7
two_at_once() {
	local cpu

	generator tap,no_pi
	sender 0 400
	sender 1 400
	tell pgctrl start
	wait_for 30 "all packets" all_were_read 800
	equal "800 0" "$(cat /sys/class/net/pg0/statistics/tx_{packets,dropped} | xargs)" "sent and dropped"
	for cpu in 0 1; do
		# Behind the header of UDP: be9be955, the packet's number, the time.
		sed -n "s/^pg0 02000000000102000000010${cpu}.*be9be955\(.\{8\}\).*/\1/p" "$TEST_TMP/pg.packets" >"$TEST_TMP/numbers"
		equal 400 "$(sort -u "$TEST_TMP/numbers" | wc -l)" "packets of processor $cpu"
		sort -c "$TEST_TMP/numbers"
	done
}

# F4.8
only_ethernet() {
	generator tun,no_pi
	refused "nvalid argument" tell kpktgend_0 "add_device pg0"
}

plan 3
run_test "a tap shares no packet" shares_no_packet
run_test "two processors send at once" two_at_once
run_test "a tun is none of its devices" only_ethernet
finish
