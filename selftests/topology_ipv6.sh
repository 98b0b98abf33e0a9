#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# IPv6 as an Ethernet does it: everything here depends on multicast frames
# passing both ways.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

ethernet() {
	[ -d /proc/sys/net/ipv6 ] || skip "this kernel has no IPv6"
	netns_add a b
	ipv6_on a
	ipv6_on b
	wire lan tap,no_pi a:eth0 b:eth0
}

link_local_of() {
	ns "$1" ip -6 -j addr show dev eth0 scope link | jq -r '.[].addr_info[] | select(.local) | .local'
}

address_is() {
	ns "$1" ip -6 addr show dev eth0 to "$2" | grep -q inet6 &&
		! ns "$1" ip -6 addr show dev eth0 to "$2" tentative | grep -q inet6
}

neighbour_of() {
	ns "$1" ip -6 -j neigh show dev eth0 to "$2" | jq -r '.[].lladdr'
}

ether_address() {
	ns "$1" cat /sys/class/net/eth0/address
}

both_up() {
	ns a ip link set eth0 up
	ns b ip link set eth0 up
}

# Global and link-local addresses.
neighbour_discovery() {
	local b

	ethernet
	ns a ip addr add 2001:db8::1/64 dev eth0
	ns b ip addr add 2001:db8::2/64 dev eth0
	both_up
	wait_for 60 "a's address" address_is a 2001:db8::1
	wait_for 60 "b's address" address_is b 2001:db8::2
	equal "" "$(neighbour_of a 2001:db8::2)" "the neighbour before"
	pings a 2001:db8::2
	equal "$(ether_address b)" "$(neighbour_of a 2001:db8::2)" "a's neighbour"
	# the solicitation went to the group of 2001:db8::2, by its Ethernet address
	grep -q '^eth0 3333ff000002............86dd60' "$TEST_TMP/lan.packets"
	b=$(link_local_of b)
	wait_for 60 "b's address" address_is b "$b"
	pings a "$b%eth0"
	equal "$(ether_address b)" "$(neighbour_of a "$b")" "a's neighbour"
}

dad_failed() {
	ns b ip -6 addr show dev eth0 dadfailed | grep -q 2001:db8::1
}

duplicate_is_detected() {
	ethernet
	ns a ip addr add 2001:db8::1/64 dev eth0
	both_up
	wait_for 60 "a's address" address_is a 2001:db8::1
	ns b ip addr add 2001:db8::1/64 dev eth0
	wait_for 60 "b's duplicate" dad_failed
}

# F4.9.2
tun_has_no_neighbours() {
	[ -d /proc/sys/net/ipv6 ] || skip "this kernel has no IPv6"
	netns_add a b
	ipv6_on a
	ipv6_on b
	wire line tun,no_pi a:eth0 b:eth0
	both_up
	ns a ip addr add 2001:db8::1/64 dev eth0
	ns b ip addr add 2001:db8::2/64 dev eth0
	wait_for 60 "a's address" address_is a 2001:db8::1
	wait_for 60 "b's address" address_is b 2001:db8::2
	pings a 2001:db8::2
	equal "" "$(neighbour_of a 2001:db8::2)" "a's neighbour"
}

plan 3
run_test "neighbour discovery, for global and link-local addresses" neighbour_discovery
run_test "a duplicate address is detected" duplicate_is_detected
run_test "tun needs no neighbour" tun_has_no_neighbours
finish
