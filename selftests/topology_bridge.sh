#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A bridge with tap ports: the topology of virtual machines on one host.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# switch_with_hosts N: hostN has eth0, whose far end is tapN in "switch"
switch_with_hosts() {
	local number names=() ends=()

	for ((number = 1; number <= $1; number++)); do
		names+=("host$number")
		ends+=("host$number:eth0" "switch:tap$number")
	done
	netns_add switch "${names[@]}"
	wire cables tap,no_pi "${ends[@]}"
	{
		echo "link add br0 type bridge"
		for ((number = 1; number <= $1; number++)); do
			echo "link set tap$number master br0 up"
		done
		echo "link set br0 up"
	} | conf switch
	for ((number = 1; number <= $1; number++)); do
		printf '%s\n' "addr add 10.1.0.$number/24 dev eth0" "link set eth0 up" | conf "host$number"
	done
}

address_of() {
	ns "$1" cat /sys/class/net/eth0/address
}

learned() {
	ns switch bridge fdb show dev "$2" | grep -q "^$(address_of "$1") .*master br0"
}

# What the switch knows goes to one port only.
# F4.10
hosts_ping() {
	local before

	switch_with_hosts 3
	pings host1 10.1.0.2
	pings host2 10.1.0.1
	learned host1 tap1
	learned host2 tap2
	equal "$KIND" "$(kind_of switch tap1)" "the port's kind"
	pings host3 10.1.0.2	# now every address is known
	before=$(counter host3 eth0 rx_packets)
	pings host1 10.1.0.2 -c 10
	# ARP may be asked again, by broadcast; the ten pairs can't be hidden by that.
	[ "$(counter host3 eth0 rx_packets)" -le $((before + 2)) ] ||
		fail "host3 got packets that were for others"
	printf 'link set %s mtu 9000\n' tap1 tap2 br0 | conf switch
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
	local cable

	switch_with_hosts 2
	netns_add host3
	background third "$(tool wire)" "$NODE" tap,no_pi host3:eth0 switch:tap3
	cable=$BACKGROUND
	wait_log 30 third ready
	ns switch ip link set tap3 master br0 up
	printf '%s\n' "addr add 10.1.0.3/24 dev eth0" "link set eth0 up" | conf host3
	pings host1 10.1.0.3
	stop "$cable"
	refused "does not exist" ns switch ip link show tap3
	equal "" "$(ns switch bridge fdb show | grep tap3 || true)" "entries of the port"
	pings host1 10.1.0.2
}

plan 3
run_test "hosts ping through a bridge, small and large, unheard by others" hosts_ping
run_test "a bridge refuses a tun" bridge_refuses_tun
run_test "a port goes with its program, the others stay" deleting_a_port_leaves_the_others
finish
