#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl list and show: what they tell is what other tools tell, too.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"

nothing() {
	gives "" list
	equal '[]' "$(vtunctl -j)" "JSON"
	need_kind bridge
	ip link add br0 type bridge
	gives "" list
}

text() {
	vtunctl add tap0 multi_queue user daemon group adm
	vtunctl add tun0 pi
	equal "tap0: tap persist multi_queue user daemon group adm
    link down state DOWN carrier off mtu 1500
    queues 0 attached 0 detached 256 at most
    rx 0 packets 0 bytes 0 errors 0 dropped 0 frame
    tx 0 packets 0 bytes 0 errors 0 dropped
tun0: tun pi persist
    link down state DOWN carrier off mtu 1500
    queues 0 attached 0 detached
    rx 0 packets 0 bytes 0 errors 0 dropped 0 frame
    tx 0 packets 0 bytes 0 errors 0 dropped" "$(vtunctl)" list
	gives "$(vtunctl | tail -n 5)" show tun0
}

json_agrees_with_ip() {
	local theirs='[.ifindex, .ifname, .mtu, .operstate,
		(.flags|index("UP") != null), (.flags|index("NO-CARRIER") == null)]'
	local ours='[.ifindex, .ifname, .mtu, .operstate, .up,
		(.up|not) or .carrier]'

	vtunctl add tap0 user daemon
	vtunctl add tun0 group adm multi_queue
	vtunctl add tun1
	ip link set tun1 mtu 1400 up
	hold program tap,no_pi tap0
	ip link set tap0 up
	equal "$(ip -d -j link show type "$KIND" | jq -c "map($theirs)")" \
		"$(json "map($ours)")" "devices"
	shows '[true,true,"UP"]' '[.up,.carrier,.operstate]' tap0
	shows '[true,false,"DOWN"]' '[.up,.carrier,.operstate]' tun1
}

flags_in_words() {
	vtunctl add tun0 pi multi_queue
	shows '["pi","persist","multi_queue"]' .flags tun0
	hold program tap,no_pi tap0
	shows '[]' .flags tap0
	hold other tun,one_queue tun1
	shows '["pi","one_queue"]' .flags tun1
}

owners() {
	vtunctl add tap0 user daemon group adm
	vtunctl add tap1 user 4000000000 group 4000000001
	vtunctl add tap2
	shows "[\"daemon\",$(cat /sys/class/net/tap0/owner),\"adm\",$(cat /sys/class/net/tap0/group)]" \
		'[.user,.uid,.group,.gid]' tap0
	shows '["4000000000",4000000000,"4000000001",4000000001]' \
		'[.user,.uid,.group,.gid]' tap1
	shows '[]' 'keys-(keys-["user","uid","group","gid"])' tap2
	vtunctl show tap1 | grep -q "user 4000000000 group 4000000001" ||
		fail "$(vtunctl show tap1)"
}

queues_of_a_single_queue_device() {
	local program

	vtunctl add tap0
	shows '{"attached":0,"detached":0}' .queues tap0
	hold program tap,no_pi tap0
	program=$BACKGROUND
	shows '{"attached":1,"detached":0}' .queues tap0
	ip link set tap0 up
	ip link set tap0 carrier off
	shows '{"attached":1,"detached":0}' .queues tap0
	stop "$program"
	shows '{"attached":0,"detached":0}' .queues tap0
}

queues_of_a_multi_queue_device() {
	vtunctl add tun0 multi_queue
	hold one -n 3 tun,multi_queue tun0
	hold other -n 2 -d tun,multi_queue tun0
	shows '{"attached":4,"detached":1}' .queues tun0
	stop "$BACKGROUND"
	shows '{"attached":3,"detached":0}' .queues tun0
}

counters() {
	netns_add a b
	wire wire tap,no_pi a:tap0 b:tap0
	ns a ip addr add 192.0.2.1/24 dev tap0
	ns b ip addr add 192.0.2.2/24 dev tap0
	ns a ip link set tap0 up
	ns b ip link set tap0 up
	pings a 192.0.2.2
	equal "$(ns a ip -s -j link show dev tap0 | jq -c '.[0].stats64|
		[.rx.packets,.rx.bytes,.rx.errors,.rx.dropped,
		.tx.packets,.tx.bytes,.tx.errors,.tx.dropped]')" \
		"$(json '.[0].stats64|
		[.rx.packets,.rx.bytes,.rx.errors,.rx.dropped,
		.tx.packets,.tx.bytes,.tx.errors,.tx.dropped]' \
		-n a show tap0)" "counters"
	[ "$(json '.[0].stats64.rx.packets' -n a show tap0)" -ge 3 ] ||
		fail "$(vtunctl -n a)"
	vtunctl -n a show tap0 | grep -q \
		"    rx $(counter a tap0 rx_packets) packets $(counter a tap0 rx_bytes) bytes 0 errors" ||
		fail "$(vtunctl -n a)"
}

# An interface's or a process's name may hold any byte.
strange_names() {
	local name=$'tap\e[31m"\\x'

	vtunctl add "$name"
	equal 'tap\x1b[31m"\x: tap persist' "$(LC_ALL=C.UTF-8 vtunctl | head -n 1)" \
		"text"
	equal '"tap\u001b[31m\"\\x"' "$(json '.[0].ifname')" "JSON"
	vtunctl del "$name"
	vtunctl add $'tap\xc3\xbc'
	equal $'tap\xc3\xbc: tap persist' \
		"$(LC_ALL=C.UTF-8 vtunctl | head -n 1)" "UTF-8"
	equal 'tap\xc3\xbc: tap persist' "$(LC_ALL=C vtunctl | head -n 1)" \
		"no UTF-8"
	equal $'"tap\xc3\xbc"' "$(json '.[0].ifname')" "UTF-8 in JSON"
	vtunctl del $'tap\xc3\xbc'
	vtunctl add $'tap\xff'
	equal '"tap\\xff"' "$(json '.[0].ifname')" "not UTF-8"
	vtunctl del $'tap\xff'
	cp "$(tool vtunctl_hold)" "$TEST_TMP/a"$'\n'$'\xff'
	background program "$TEST_TMP/a"$'\n'$'\xff' "$NODE" tap tap0
	wait_log 20 program attached
	vtunctl -j | jq -e '.[0].processes[0].name' ||
		fail "$(vtunctl -j)"
	equal 6 "$(LC_ALL=C.UTF-8 vtunctl | wc -l)" "lines"
}

many_devices() {
	local i

	for ((i = 0; i < 40; i++)); do
		vtunctl add tun%d >/dev/null
	done
	hold program tap tap99
	equal 41 "$(json length)" "devices"
	equal "[$BACKGROUND]" "$(json 'map(.processes[].pid)')" "processes"
}

not_there() {
	need_kind bridge
	ip link add br0 type bridge
	fails "cannot show tap0: there is no such device" "-n NETNS" show tap0
	fails "cannot show br0: its kind is bridge, not $KIND" "ip(8)" show br0
	fails "cannot show lo: it is not a $KIND device" "ip(8)" -j show lo
}

shown_by_alternative_name() {
	vtunctl add tap0
	ip link property add dev tap0 altname an-alternative-name altname alt
	gives "$(vtunctl show tap0)" show an-alternative-name
	gives "$(vtunctl show tap0)" show alt
}

shows_alternative_names() {
	vtunctl add tap0
	shows null .altnames tap0
	! vtunctl show tap0 | grep altname || fail "there is none"
	ip link property add dev tap0 altname an-alternative-name altname alt
	equal "    altname an-alternative-name
    altname alt" "$(vtunctl show tap0 | sed -n 3,4p)" "text"
	shows '["an-alternative-name","alt"]' .altnames tap0
	equal "$(ip -j link show dev tap0 | jq -c '.[0].altnames')" "$(json '.[0].altnames')" "JSON"
	vtunctl add tap1
	ip link property add dev tap1 altname "$(printf '%0127d' 0)"
	shows "[\"$(printf '%0127d' 0)\"]" .altnames tap1
	ip link property del dev tap0 altname alt
	vtunctl del tap1
	equal '[["an-alternative-name"]]' "$(json 'map(.altnames)')" "devices"
}

vtunctl_plan 13
run_test "nothing to list" nothing
run_test "the text" text
run_test "JSON agrees with ip" json_agrees_with_ip
run_test "flags in words" flags_in_words
run_test "owner and group by name" owners
run_test "the queue of a single-queue device" queues_of_a_single_queue_device
run_test "queues of a multi-queue device" queues_of_a_multi_queue_device
run_test "counters" counters
run_test "names with strange bytes" strange_names
run_test "many devices" many_devices
run_test "a device that is not there" not_there
run_test "a device by alternative name" shown_by_alternative_name
run_test "all alternative names" shows_alternative_names
finish
