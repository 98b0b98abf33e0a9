#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The program ethtool(8), a test for each of its letters. It asks over netlink, where ethtool.c, coalesce.c and
# link_change.c use the ioctl. What the kernel says of a refusal, beyond the error number, comes over netlink only.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"

# device [OPTION...] FLAGS: et0, attached for as long as the test takes
device() {
	need ethtool jq
	hold holder "$@" et0
}

in_tree() { [ "$DRIVER" = tun ]; }

# line NAME [N]: what stands behind "NAME:" in stdin, the Nth time
line() {
	sed -n "s/^[[:space:]]*$1:[[:space:]]*//p" | sed -n "${2:-1}p"
}

# feature NAME: whether it is on, can't be changed, was asked for
feature() {
	ethtool --json -k et0 | jq -c --arg name "$1" '.[0][$name]|[.active,.fixed,.requested]'
}

# F4.40
driver() {
	local version=1.6

	device tap,no_pi
	in_tree || version=$("$LIB_TOP/scripts/version")
	ethtool -i et0 >"$TEST_TMP/said"
	equal "$DRIVER" "$(line driver <"$TEST_TMP/said")" driver
	equal "$version" "$(line version <"$TEST_TMP/said")" version
	equal tap "$(line bus-info <"$TEST_TMP/said")" bus-info
	equal "" "$(line firmware-version <"$TEST_TMP/said")" firmware-version
	equal "$(in_tree && echo no || echo yes)" "$(line supports-statistics <"$TEST_TMP/said")" supports-statistics
	hold other tun,no_pi et1
	equal tun "$(ethtool -i et1 | line bus-info)" "bus-info of a tun"
}

# F4.12 F4.14
features() {
	device tap,no_pi,vnet_hdr
	if in_tree; then
		equal '[false,false,true]' "$(feature tx-tcp-segmentation)" "before the program says anything"
	else
		equal '[true,false,true]' "$(feature tx-tcp-segmentation)" "before the program says anything"
	fi
	equal '[false,true,false]' "$(feature rx-vlan-offload)" "what can't be changed"
	stop "$BACKGROUND"
	hold offloads -o tap,no_pi,vnet_hdr et0
	equal '[true,false,true]' "$(feature tx-tcp-segmentation)" "as the program says"
	ethtool -K et0 tso off
	equal '[false,false,false]' "$(feature tx-tcp-segmentation)" "tso off"
	equal '[false,false,false]' "$(feature tx-tcp6-segmentation)" "tso off, IPv6"
	equal '[true,false,true]' "$(feature tx-checksum-ip-generic)" "the checksum, with tso off"
	ethtool -K et0 tso on
	equal '[true,false,true]' "$(feature tx-tcp-segmentation)" "tso on"
	refused 'Could not change any device features' ethtool -K et0 rxvlan on
}

# combined: the most that there may be, and how many there are, as -l says
combined() {
	ethtool -l et0 >"$TEST_TMP/channels"
	echo "$(line Combined 1 <"$TEST_TMP/channels") $(line Combined 2 <"$TEST_TMP/channels")"
}

queues() {
	vtunctl show et0 | sed -n 's/^ *queues //p'
}

# has_room: one more file can be attached
has_room() {
	"$(tool attach)" "$NODE" tap,no_pi,multi_queue et0
}

# F4.44
channels() {
	device -n 2 tap,no_pi,multi_queue
	if in_tree; then
		ethtool -l et0 >/dev/null 2>&1 || skip "this kernel's in-tree driver shows no channels"
		equal "256 2" "$(combined)" "channels"
		refused 'Operation not supported' ethtool -L et0 combined 3
		equal "256 2" "$(combined)" "channels"
		return
	fi
	equal "256 2" "$(combined)" "channels"
	ethtool -L et0 combined 3
	equal "256 3" "$(combined)" "channels after -L"
	equal "2 attached 0 detached 3 at most" "$(queues)" "queues after -L"
	has_room
	ethtool -L et0 combined 2
	equal "2 attached 0 detached 2 at most" "$(queues)" "queues after -L"
	refused 'Argument list too long' has_room
	refused 'Device or resource busy' ethtool -L et0 combined 1
	refused 'netlink error: requested channel count exceeds maximum' ethtool -L et0 combined 257
	refused 'netlink error: requested channel counts would result in no RX or TX channel' ethtool -L et0 combined 0
	equal "256 2" "$(combined)" "channels after refusals"
}

# The kernel passes on only what differs from what it is shown, which are the attached queues.
channels_as_shown() {
	in_tree && skip "in-tree tun takes no number of channels"
	device -n 2 tap,no_pi,multi_queue
	ethtool -L et0 combined 2
	equal "2 attached 0 detached 256 at most" "$(queues)" "queues after -L of what -l shows"
	has_room
	vtunctl set et0 queues 2
	equal "2 attached 0 detached 2 at most" "$(queues)" "queues after vtunctl set"
	refused 'Argument list too long' has_room
}

# fifo: the most that it may hold, what it holds as -g says, and as ip(8) says
fifo() {
	ethtool -g et0 >"$TEST_TMP/ring"
	echo "$(line TX 1 <"$TEST_TMP/ring") $(line TX 2 <"$TEST_TMP/ring") $(ip -j link show et0 | jq '.[0].txqlen')"
}

# F4.44
ring() {
	device tap,no_pi
	if in_tree; then
		refused 'Operation not supported' ethtool -g et0
		refused 'Operation not supported' ethtool -G et0 tx 77
		return
	fi
	equal "32767 1000 1000" "$(fifo)" "fifo"
	ethtool -G et0 tx 77
	equal "32767 77 77" "$(fifo)" "fifo after -G"
	ip link set et0 txqueuelen 88
	equal "32767 88 88" "$(fifo)" "fifo after ip link set"
	refused 'netlink error: requested ring size exceeds maximum' ethtool -G et0 tx 32768
	refused 'netlink error: requested ring size exceeds maximum' ethtool -G et0 rx 1
	equal "32767 88 88" "$(fifo)" "fifo after refusals"
}

# coalescing: rx-usecs and rx-frames
coalescing() {
	ethtool -c et0 >"$TEST_TMP/coalescing"
	echo "$(line rx-usecs <"$TEST_TMP/coalescing") $(line rx-frames <"$TEST_TMP/coalescing")"
}

# F4.43
coalesce() {
	device tap,no_pi
	if in_tree; then
		equal "n/a 0" "$(coalescing)" "coalescing"
		ethtool -C et0 rx-frames 99
		equal "n/a 64" "$(coalescing)" "coalescing after -C"
		refused 'netlink error: cannot modify an unsupported parameter' ethtool -C et0 rx-usecs 100
		equal "n/a 64" "$(coalescing)" "coalescing after a refusal"
		return
	fi
	equal "0 0" "$(coalescing)" "coalescing"
	ethtool -C et0 rx-usecs 100 rx-frames 99
	equal "100 64" "$(coalescing)" "coalescing after -C"
	ethtool -C et0 rx-frames 7
	equal "100 7" "$(coalescing)" "coalescing after -C of one"
	refused 'netlink error: rx-usecs: a packet may wait for a second at most' ethtool -C et0 rx-usecs 1000001
	refused 'netlink error: cannot modify an unsupported parameter' ethtool -C et0 tx-usecs 1
	equal "100 7" "$(coalescing)" "coalescing after refusals"
	ethtool -C et0 rx-usecs 0
	equal "0 7" "$(coalescing)" "coalescing after rx-usecs 0"
}

# counts NAME...: their values
counts() {
	local name

	ethtool -S et0 >"$TEST_TMP/counters"
	for name; do
		line "$name" <"$TEST_TMP/counters"
	done | xargs
}

# Nobody reads: of five packets two find room.
counters() {
	local i

	device tap,no_pi
	if in_tree; then
		refused 'no stats available' ethtool -S et0
		return
	fi
	equal "0 0 0" "$(counts tx_packets tx_drop_full tx_queue_0_waiting)" "counters of a new device"
	printf '%s\n' "link set et0 txqueuelen 2" "addr add 192.0.2.1/24 dev et0" "link set et0 up" \
		"neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev et0" | ip -batch -
	for i in 1 2 3 4 5; do
		echo "$i" >/dev/udp/192.0.2.2/9
	done
	equal "3 3 2" "$(counts tx_drop_full tx_queue_0_drop_full tx_queue_0_waiting)" "counters after five packets"
	equal "0 0" "$(counts tx_packets tx_queue_0_packets)" "what was read"
	equal 3 "$(ip -j -s link show et0 | jq '.[0].stats64.tx.dropped')" "what ip counts as dropped"
}

# F4.45
time_stamps() {
	device tap,no_pi
	equal "Time stamping parameters for et0:
Capabilities:
software-transmit
software-receive
software-system-clock
PTP Hardware Clock: none
Hardware Transmit Timestamp Modes: none
Hardware Receive Filter Modes: none" "$(ethtool -T et0 | sed 's/^[[:space:]]*//')" "ethtool -T"
}

# settings: speed, duplex, autonegotiation
settings() {
	ethtool et0 >"$TEST_TMP/settings"
	echo "$(line Speed <"$TEST_TMP/settings") $(line Duplex <"$TEST_TMP/settings") $(line Auto-negotiation <"$TEST_TMP/settings")"
}

# F4.41
speed() {
	local first="10000Mb/s"

	device tap,no_pi
	[[ $DRIVER != tun || $(uname -r) != 6.1.* ]] || first="10Mb/s"
	equal "$first Full off" "$(settings)" "settings of a new device"
	ethtool -s et0 speed 100 duplex half autoneg off
	equal "100Mb/s Half off" "$(settings)" "settings after -s"
	ip link set et0 up
	equal "100 half" "$(xargs </sys/class/net/et0/speed) $(xargs </sys/class/net/et0/duplex)" "sysfs after -s"
	ethtool -s et0 speed 25000 duplex full
	equal "25000Mb/s Full off" "$(settings)" "settings after -s"
}

plan 9
run_test "-i" driver
run_test "-k and -K" features
run_test "-l and -L" channels
run_test "-L of what -l shows changes nothing, vtunctl set does" channels_as_shown
run_test "-g and -G" ring
run_test "-c and -C" coalesce
run_test "-S" counters
run_test "-T" time_stamps
run_test "-s" speed
finish
