#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl show -s and list -s: what the driver counts, as ethtool and ip show it.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"

# Two devices, and pings that have gone from one to the other.
traffic() {
	wired_taps
	pings a 192.0.2.2 -c 5
}

same_as_ethtool() {
	local program='
		.[0].statistics|
		[(.rx|to_entries[]|{key: ("rx_" + .key), value}),
		 (.tx|to_entries[]|{key: ("tx_" + .key), value}),
		 (.device // {}|to_entries[]),
		 (.queues[]|.queue as $n|(.rx|to_entries[]|{key: "rx_queue_\($n)_\(.key)", value}),
			(.tx|to_entries[]|{key: "tx_queue_\($n)_\(.key)", value})),
		 (.others|(.rx|to_entries[]|{key: "rx_other_\(.key)", value}),
			(.tx|to_entries[]|{key: "tx_other_\(.key)", value}))]|
		map("\(.key): \(.value)")|sort[]'

	need ethtool
	traffic
	ns a ethtool -S tap0 | sed -n 's/^ *\([a-z_0-9]*: [0-9]*\)$/\1/p' | LC_ALL=C sort >"$TEST_TMP/ethtool"
	vtunctl -n a -j show -s tap0 | jq -r "$program" | LC_ALL=C sort >"$TEST_TMP/vtunctl"
	diff "$TEST_TMP/ethtool" "$TEST_TMP/vtunctl"
	[ "$(wc -l <"$TEST_TMP/vtunctl")" -gt 20 ] || fail "only $(wc -l <"$TEST_TMP/vtunctl") rows"
}

sums() {
	traffic
	vtunctl -n a -j -s show tap0 | jq -e '.[0]|
		.stats64.rx.packets >= 5 and
		([.stats64|.rx.packets,.rx.bytes,.tx.packets,.tx.bytes] ==
			[.statistics|.rx.packets,.rx.bytes,.tx.packets,.tx.bytes]) and
		(.statistics|.rx.packets == .queues[0].rx.packets and .others.rx.packets == 0)' \
		>/dev/null || fail "$(vtunctl -n a -j show -s tap0)"
	# What a queue has counted that is gone, is the others'.
	stop "$BACKGROUND"
	vtunctl -n a -j show -s tap0 | jq -e '.[0].statistics|
		.queues == [] and .others.rx.packets >= 5 and .rx.packets == .others.rx.packets' \
		>/dev/null || fail "$(vtunctl -n a -j show -s tap0)"
	vtunctl -n a show -s tap0 | grep -q "^    other queues rx [0-9]* packets" || fail "$(vtunctl -n a show -s tap0)"
}

the_text() {
	vtunctl add tap0 multi_queue txqueuelen 1
	equal "$(vtunctl show tap0)
    all rx 0 packets 0 bytes
    all tx 0 packets 0 bytes" "$(vtunctl show -s tap0)" "no queue"
	hold program -n 2 tap,no_pi,multi_queue tap0
	vtunctl show -s tap0 >"$TEST_TMP/text"
	equal "    queue 0 rx 0 packets 0 bytes
    queue 0 tx 0 packets 0 bytes
    queue 1 rx 0 packets 0 bytes
    queue 1 tx 0 packets 0 bytes" "$(grep "^    queue [0-9]" "$TEST_TMP/text")" "two queues"
	equal "$(vtunctl list -s)" "$(vtunctl show tap0 -s)" "list"
	equal "$(vtunctl list -s)" "$(vtunctl -s)" "no command"
	[ "$(vtunctl list | wc -l)" -lt "$(vtunctl list -s | wc -l)" ] || fail "list without -s"
}

# It needs no privileges.
as_a_user() {
	vtunctl add tap0
	equal "$(vtunctl -j show -s tap0)" "$(as 1 "$VTUNCTL" -j show -s tap0)" "as a user"
	equal 0 "$(json '.[0].statistics.rx.packets' show -s tap0)" "packets"
}

# A drop is told by its reason.
drops() {
	vtunctl add tap0 txqueuelen 1
	hold program tap,no_pi tap0
	ip link set tap0 up
	/usr/bin/python3 - <<-END
		import socket
		link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
		link.bind(("tap0", 0))
		for _ in range(3):
		    try:
		        link.send(bytes([2, 0, 0, 0, 0, 1]) * 2 + b"\x88\xb5" + bytes(50))
		    except OSError:
		        pass
	END
	vtunctl show -s tap0 | grep -qx "    queue 0 tx 0 packets 0 bytes.* 2 drop_full.*" || fail "$(vtunctl show -s tap0)"
	equal '[2,1,2]' "$(json '.[0]|[.statistics.tx.drop_full,.statistics.queues[0].tx.waiting,.stats64.tx.dropped]' \
		show -s tap0)" "counts"
}

# While queues come and go there is an answer all the same.
while_queues_change() {
	local i

	vtunctl add tap0 multi_queue
	background churn churn
	for ((i = 0; i < 30; i++)); do
		json '.[0].statistics.queues|length' show -s tap0 >>"$TEST_TMP/lengths"
	done
	kill "$BACKGROUND"
	equal 30 "$(grep -c '^[0-9]' "$TEST_TMP/lengths")" "answers"
}

churn() {
	local program

	program=$(tool vtunctl_hold)
	while :; do
		timeout 0.2 "$program" -n 20 "$NODE" tap,no_pi,multi_queue tap0 || true
	done
}

vtunctl_plan 6
run_test "every row that ethtool has" same_as_ethtool
run_test "sums" sums
run_test "the text" the_text
run_test "drops by reason" drops
run_test "a user sees it, too" as_a_user
run_test "while queues come and go" while_queues_change
finish
