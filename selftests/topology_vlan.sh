#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# VLAN devices on tap: the program reads frames with the tag in its place,
# whether the stack or the device has put it there.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# vlan NAMESPACE LOWER NAME ID ADDRESS [PROTOCOL]
vlan() {
	conf "$1" <<-HERE
		link add link $2 name $3 type vlan id $4 ${6:+protocol $6}
		addr add $5 dev $3
		link set $3 up
	HERE
}

trunk() {
	netns_add a b
	wire trunk tap,no_pi a:eth0 b:eth0
	printf '%s\n' "link set eth0 up" "link add link eth0 name probe0 type vlan id 1" "link del probe0" |
		conf a || skip "this kernel has no vlan devices"
	ns b ip link set eth0 up
}

# tagged TAG...: a's requests have them behind the two addresses
tagged() {
	local tags

	tags=$(printf '%s' "$@")
	equal 3 "$(lines "^eth0 .\{24\}${tags}080045000054.*0a0500010a0500020800" \
		"$TEST_TMP/trunk.packets")" "requests with the tags $tags"
}

# F6.29
one_tag() {
	trunk
	if [ "$1" = by-stack ]; then
		need ethtool
		ns a ethtool -K eth0 tx-vlan-offload off tx-vlan-stag-hw-insert off
	fi
	vlan a eth0 v100 100 10.5.0.1/24 "$2"
	vlan b eth0 v100 100 10.5.0.2/24 "$2"
	pings a 10.5.0.2
	case $2 in
	802.1Q) tagged 81000064 ;;
	802.1ad) tagged 88a80064 ;;
	esac
}

# F6.29
two_tags() {
	local name

	trunk
	for name in a b; do
		ns "$name" ip link add link eth0 name s7 type vlan id 7 protocol 802.1ad
		ns "$name" ip link set s7 up
	done
	vlan a s7 c100 100 10.5.0.1/24
	vlan b s7 c100 100 10.5.0.2/24
	pings a 10.5.0.2
	tagged 88a80007 81000064
}

# F4.25
other_vlan_hears_nothing() {
	local before

	trunk
	vlan a eth0 v100 100 10.5.0.1/24
	vlan b eth0 v100 100 10.5.0.2/24
	vlan b eth0 v200 200 10.5.0.3/24
	ns a ip neigh add 10.5.0.2 lladdr "$(ns b cat /sys/class/net/v100/address)" dev v100
	ns b ip neigh add 10.5.0.1 lladdr "$(ns a cat /sys/class/net/v100/address)" dev v100
	before=$(counter a eth0 tx_bytes)
	pings a 10.5.0.2
	equal $((3 * (14 + 4 + 84))) $(($(counter a eth0 tx_bytes) - before)) "bytes of three requests"
	equal 0 "$(counter b v200 rx_packets)" "packets in VLAN 200"
	[ "$(counter b v100 rx_packets)" -ge 3 ] || fail "VLAN 100 has no packets"
}

plan 5
run_test "a tag put in by the device" one_tag by-device 802.1Q
run_test "a tag put in by the stack" one_tag by-stack 802.1Q
run_test "a service tag put in by the device" one_tag by-device 802.1ad
run_test "a service tag around a customer's" two_tags
run_test "another VLAN hears nothing, and the tag is counted" other_vlan_hears_nothing
finish
