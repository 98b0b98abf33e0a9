#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two hosts behind a router, all links tun devices: configured by iproute2 and
# by the older tools, which set the same things through ioctls.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

links() {
	netns_add left router right
	wire cables "$1" left:tun0 router:left0 right:tun0 router:right0
	ns router sh -c "echo 1 >/proc/sys/net/ipv4/ip_forward"
}

# Each packet crosses the router once in each direction.
hosts_reach_each_other() {
	local lost

	lost=$(counter router left0 tx_dropped)
	pings left 10.2.2.1 | tee "$TEST_TMP/ping"
	equal 3 "$(lines 'ttl=63' "$TEST_TMP/ping")" "replies through one router"
	pings right 10.2.1.1
	equal 6 "$(counter router left0 rx_packets)" "packets from the left"
	equal 6 "$(counter router left0 tx_packets)" "packets to the left"
	equal 6 "$(counter router right0 rx_packets)" "packets from the right"
	equal 6 "$(counter router right0 tx_packets)" "packets to the right"
	equal $((6 * 84)) "$(counter router left0 tx_bytes)" "bytes to the left"
	equal "$lost" "$(counter router left0 tx_dropped)" "packets lost to the left"
}

# F4.24 F4.25
by_iproute2() {
	links "$1"
	conf left <<-'HERE'
		addr add 10.2.1.1 peer 10.2.1.254 dev tun0
		link set tun0 up
		route add default dev tun0
	HERE
	conf right <<-'HERE'
		addr add 10.2.2.1/24 dev tun0
		link set tun0 up
		route add default via 10.2.2.254
	HERE
	conf router <<-'HERE'
		addr add 10.2.1.254/24 dev left0
		addr add 10.2.2.254/24 dev right0
		link set left0 up
		link set right0 up
	HERE
	hosts_reach_each_other
}

# F4.24 F4.25
by_net_tools() {
	need ifconfig route
	links "$1"
	ns left ifconfig tun0 10.2.1.1 pointopoint 10.2.1.254 up
	ns left route add default gw 10.2.1.254
	ns right ifconfig tun0 10.2.2.1 netmask 255.255.255.0 up
	ns right route add -net 10.2.1.0/24 dev tun0
	ns router ifconfig left0 10.2.1.254 netmask 255.255.255.0 up
	ns router ifconfig right0 10.2.2.254 netmask 255.255.255.0 up
	hosts_reach_each_other
	ns left ifconfig tun0 >"$TEST_TMP/ifconfig"
	grep -q 'POINTOPOINT,RUNNING,NOARP,MULTICAST' "$TEST_TMP/ifconfig"
	grep -q 'destination 10.2.1.254' "$TEST_TMP/ifconfig"
	grep -q 'TX packets 6 ' "$TEST_TMP/ifconfig"
	ns left ifconfig tun0 down
	refused "unreachable" ns left ping -n -c 1 -W 1 10.2.2.1
}

fragments_are_put_together() {
	links tun,no_pi
	printf '%s\n' "addr add 10.2.1.1 peer 10.2.1.254 dev tun0" "link set tun0 mtu 576 up" | conf left
	printf '%s\n' "addr add 10.2.1.254 peer 10.2.1.1 dev left0" "link set left0 mtu 576 up" | conf router
	pings left 10.2.1.254 -s 2000
	# 2008 bytes of ICMP at 552 a fragment
	equal 12 "$(counter router left0 rx_packets)" fragments
}

plan 3
run_test "routed by iproute2, with packet information" by_iproute2 tun
run_test "routed by ifconfig and route" by_net_tools tun,no_pi
run_test "a small MTU fragments, the far end reassembles" fragments_are_put_together
finish
