#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A bridge with tap ports: the topology of virtual machines on one host.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# A host with one network card: its far end is tapN in the namespace "switch".
host() {
	local name=$1 number=$2

	netns_add "$name"
	wire "$name" tap,no_pi "$name:eth0" "switch:tap$number"
	ns "$name" ip addr add "10.1.0.$number/24" dev eth0
	ns "$name" ip link set eth0 up
	ns switch ip link set "tap$number" master br0 up
}

switch_with_hosts() {
	local number

	netns_add switch
	ns switch ip link add br0 type bridge
	ns switch ip link set br0 up
	for ((number = 1; number <= $1; number++)); do
		host "host$number" "$number"
	done
}

address_of() {
	ns "$1" cat /sys/class/net/eth0/address
}

learned() {
	ns switch bridge fdb show dev "$2" | grep -q "^$(address_of "$1") .*master br0"
}

# F4.10
two_hosts_ping() {
	switch_with_hosts 2
	pings host1 10.1.0.2
	pings host2 10.1.0.1
	learned host1 tap1
	learned host2 tap2
	equal "$KIND" "$(kind_of switch tap1)" "the port's kind"
}

# What the switch knows goes to one port only.
third_host_hears_nothing() {
	local before

	switch_with_hosts 3
	pings host1 10.1.0.2
	pings host3 10.1.0.2	# now every address is known
	before=$(counter host3 eth0 rx_packets)
	pings host1 10.1.0.2 -c 10
	# ARP may be asked again, by broadcast; the ten pairs can't be hidden by that.
	[ "$(counter host3 eth0 rx_packets)" -le $((before + 2)) ] ||
		fail "host3 got packets that were for others"
}

large_packets_cross() {
	switch_with_hosts 2
	for device in tap1 tap2 br0; do
		ns switch ip link set "$device" mtu 9000
	done
	ns host1 ip link set eth0 mtu 9000
	ns host2 ip link set eth0 mtu 9000
	pings host1 10.1.0.2 -M "do" -s 8972
}

# F4.10
bridge_refuses_tun() {
	netns_add switch
	ns switch ip link add br0 type bridge
	wire lone tun,no_pi switch:tun0 switch:tun1
	refused "Invalid argument" ns switch ip link set tun0 master br0
	equal null "$(ns switch ip -j link show tun0 | jq -r '.[0].master')" master
}

deleting_a_port_leaves_the_others() {
	local wire_of_host3

	switch_with_hosts 2
	host host3 3
	wire_of_host3=$BACKGROUND
	pings host1 10.1.0.3
	stop "$wire_of_host3"
	refused "does not exist" ns switch ip link show tap3
	equal "" "$(ns switch bridge fdb show | grep tap3 || true)" "entries of the port"
	pings host1 10.1.0.2
}

plan 5
run_test "two hosts ping through a bridge" two_hosts_ping
run_test "a third host hears nothing of it" third_host_hears_nothing
run_test "large packets cross a bridge" large_packets_cross
run_test "a bridge refuses a tun" bridge_refuses_tun
run_test "a port goes with its program, the others stay" deleting_a_port_leaves_the_others
finish
