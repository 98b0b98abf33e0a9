#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Bridges with spanning tree and with VLANs, whose ports are taps.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

# states NAMESPACE STATE: how many ports of its bridge are in it
states() {
	in_ns "$1" bridge -j link | jq "[.[] | select(.state == \"$2\")] | length"
}

tree_is_built() {
	[ "$(states left forwarding) $(states left blocking) $(states right forwarding) $(states right blocking)" = \
		"$1 $2 $3 $4" ]
}

# tree_of NAMESPACE NUMBER
tree_of() {
	conf "$1" <<-HERE
		link add br0 type bridge stp_state 1 forward_delay 200 hello_time 100 max_age 600
		link set br0 address 02:00:00:00:00:0$2
		addr add 10.17.0.$2/24 dev br0
		link set tap1 master br0 up
		link set tap2 master br0 up
		link set br0 up
	HERE
}

# Two bridges with two cables between them: a loop, but for the spanning tree.
# F4.10
spanning_tree() {
	local cable

	netns_add left right
	cable=$(tool wire)
	background one "$cable" "$NODE" tap,no_pi left:tap1 right:tap1
	cable=$BACKGROUND
	wire two tap,no_pi left:tap2 right:tap2
	wait_log 30 one ready
	tree_of left 1
	tree_of right 2
	is_ours left tap1
	# The root has the lower address; the other one's second port is shut.
	wait_for 60 "the tree" tree_is_built 2 0 1 1
	exchange left right 10.17.0.2
	# When the cable in use breaks, the other one takes over.
	kill "$cable"
	wait_for 60 "the new tree" tree_is_built 1 0 1 0
	exchange left right 10.17.0.2
}

# Hosts on access ports of two VLANs, a trunk to another bridge.
vlan_filtering() {
	local name packets

	netns_add red blue switch trunk
	conf switch <<-'HERE' || skip "this kernel's bridge filters no VLANs"
		link add br0 type bridge vlan_filtering 1 vlan_default_pvid 0
		link set br0 up
	HERE
	wire cables tap,no_pi red:eth0 switch:red0 blue:eth0 switch:blue0 trunk:eth0 switch:trunk0
	for name in red0 blue0 trunk0; do
		echo "link set $name master br0 up"
	done | conf switch
	in_ns switch bridge -batch - <<-'HERE'
		vlan add dev red0 vid 10 pvid untagged
		vlan add dev blue0 vid 20 pvid untagged
		vlan add dev trunk0 vid 10
		vlan add dev trunk0 vid 20
	HERE
	printf '%s\n' "addr add 10.18.0.1/24 dev eth0" "link set eth0 up" | conf red
	printf '%s\n' "addr add 10.18.0.1/24 dev eth0" "link set eth0 up" | conf blue
	conf trunk <<-'HERE'
		link set eth0 up
		link add link eth0 name red0 type vlan id 10
		addr add 10.18.0.2/24 dev red0
		link set red0 up
	HERE
	exchange red trunk 10.18.0.2
	# Nobody of VLAN 20 can be reached, and its members hear nothing of VLAN 10.
	refused "100% packet loss" in_ns blue ping -n -c 2 -i 0.2 -W 1 10.18.0.2
	packets=$TEST_TMP/cables.packets
	[ "$(lines '^trunk0 .\{24\}8100000a' "$packets")" -gt 100 ] || fail "VLAN 10 is not on the trunk"
	[ "$(lines '^trunk0 ffffffffffff.\{12\}81000014' "$packets")" -gt 0 ] || fail "VLAN 20 is not on the trunk"
	equal 0 "$(lines '^red0 .\{24\}8100' "$packets")" "frames with a tag on an access port"
	equal 0 "$(lines '^blue0 ' "$packets")" "frames for VLAN 20, which has nobody else"
}

slow_test
plan 2
run_test "spanning tree over two cables" spanning_tree
run_test "VLAN filtering" vlan_filtering
finish
