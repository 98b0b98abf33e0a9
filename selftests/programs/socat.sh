#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# socat's TUN address, which carries packets of a device to another address.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

# tunnel NAMESPACE NUMBER PEER OPTIONS COMMAND...: relay0 with 10.12.0.NUMBER
tunnel() {
	background "$1" ns "$1" "${@:5}" \
		"TUN:10.12.0.$2/24,tun-name=relay0,iff-up,$4" \
		"UDP:$3:6000,bind=:6000"
}

relay() {
	need socat
	two_hosts
	tunnel a 1 192.0.2.2 "$1,tun-device=$NODE" socat
	tunnel b 2 192.0.2.1 "$1" "${ON_DRIVER[@]}" socat
	# socat ends when its peer is not there, so nothing may be sent before.
	wait_udp a 6000
	wait_udp b 6000
	exchange a b 10.12.0.2
	carried a relay0
	is_ours a relay0
	is_ours b relay0
}

# socat sets them by ioctl on a socket, after TUNSETIFF.
interface_options() {
	local options=iff-broadcast,iff-debug,iff-promisc,iff-allmulti,iff-noarp,iff-multicast flag flags

	need socat
	netns_add a
	tunnel a 1 127.0.0.1 "tun-type=tap,iff-no-pi,tun-device=$NODE,$options" socat
	wait_link a relay0 up
	is_ours a relay0
	flags=$(in_ns a ip -j link show dev relay0 | jq -c '.[0].flags')
	for flag in BROADCAST DEBUG PROMISC ALLMULTI NOARP MULTICAST UP LOWER_UP; do
		[[ $flags == *"\"$flag\""* ]] || fail "no $flag in $flags"
	done
	equal "10.12.0.1/24" "$(in_ns a ip -j addr show dev relay0 |
		jq -r '.[0].addr_info[0] | "\(.local)/\(.prefixlen)"')" address
}

# Without tun-name the kernel chooses, with a name that is taken socat ends.
names() {
	need socat
	netns_add a
	background first ns a socat "TUN:10.12.0.1/24,tun-device=$NODE,iff-up" PIPE
	wait_link a tun0 up
	refused "Device or resource busy" ns a socat "TUN,tun-device=$NODE,tun-name=tun0" PIPE
	stop "$BACKGROUND"
	refused "does not exist" in_ns a ip link show tun0
}

plan 5
run_test "tun over UDP" relay tun-type=tun,iff-no-pi
run_test "tun with packet information over UDP" relay tun-type=tun
run_test "tap over UDP" relay tun-type=tap,iff-no-pi
run_test "options of the interface" interface_options
run_test "names" names
finish
