#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# socat's TUN address: another program that was written for /dev/net/tun and
# needs no more than the name of the node.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# tunnel NAMESPACE NUMBER PEER TYPE: device relay0 with 10.12.0.NUMBER
tunnel() {
	background "$1" ns "$1" socat \
		"TUN:10.12.0.$2/24,tun-device=$NODE,tun-name=relay0,tun-type=$4,iff-no-pi,iff-up" \
		"UDP:$3:6000,bind=:6000"
	wait_for 60 "$1's device" ns "$1" ip addr show dev relay0 to "10.12.0.$2"
}

relay() {
	need socat
	netns_add a b
	cable a net0 b net0
	ns a ip addr add 192.0.2.1/24 dev net0
	ns b ip addr add 192.0.2.2/24 dev net0
	ns a ip link set net0 up
	ns b ip link set net0 up
	tunnel a 1 192.0.2.2 "$1"
	tunnel b 2 192.0.2.1 "$1"
	pings a 10.12.0.2
	pings b 10.12.0.1 -s 1300
	equal "$KIND" "$(kind_of a relay0)" "kind of socat's device"
}

plan 2
run_test "tun over UDP" relay tun
run_test "tap over UDP" relay tap
finish
