#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A tunnel inside a tunnel: two programs, each of which thinks of the other's
# device as the real network. Both headers are looked for in what is read.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# ether_address NAMESPACE DEVICE: as hex digits
ether_address() {
	ns "$1" cat "/sys/class/net/$2/address" | tr -d :
}

# inner MODE in outer MODE: hosts a and b
nest() {
	netns_add a b
	wire outer "$1,no_pi" a:out0 b:out0
	printf '%s\n' "addr add 10.3.0.1/24 dev out0" "link set out0 mtu 1600 up" | conf a
	printf '%s\n' "addr add 10.3.0.2/24 dev out0" "link set out0 mtu 1600 up" | conf b
	wire inner-a "$2,no_pi" a:in0 udp:a:5000:10.3.0.2:5000
	wire inner-b "$2,no_pi" b:in0 udp:b:5000:10.3.0.1:5000
	printf '%s\n' "addr add 10.4.0.1/24 dev in0" "link set in0 up" | conf a
	printf '%s\n' "addr add 10.4.0.2/24 dev in0" "link set in0 up" | conf b
}

# The echo request of 56 + 8 + 20 bytes as the outer device gave it, with
# x for what differs from packet to packet.
#	outer MODE, inner MODE
expected_request() {
	local ethernet=

	if [ "$1" = tap ]; then
		ethernet="$(ether_address b out0)$(ether_address a out0)0800"
		echo -n "$ethernet"
	fi
	if [ "$2" = tap ]; then
		ethernet="$(ether_address b in0)$(ether_address a in0)0800"
		# IPv4, 126 bytes, UDP, 10.3.0.1 to 10.3.0.2, port 5000, 106 bytes
		echo -n "4500007exxxx4000xx11xxxx0a0300010a03000213881388006axxxx"
		echo -n "$ethernet"
	else
		echo -n "45000070xxxx4000xx11xxxx0a0300010a03000213881388005cxxxx"
	fi
	# IPv4, 84 bytes, ICMP, 10.4.0.1 to 10.4.0.2, echo request
	echo "45000054xxxx4000xx01xxxx0a0400010a0400020800"
}

# F6.10 F5.2
both_headers_are_there() {
	local pattern

	nest "$1" "$2"
	pings a 10.4.0.2
	pings b 10.4.0.1
	pattern=$(expected_request "$1" "$2" | tr x .)
	equal 3 "$(lines "^out0 $pattern" "$TEST_TMP/outer.packets")" \
		"requests from a in outer packets like $pattern"
	if ! grep -q "^in0 .*45000054....4000..01....0a0400010a0400020800" \
		"$TEST_TMP/inner-a.packets"; then
		fail "the inner device never gave the request"
	fi
	equal "$KIND" "$(kind_of a in0)" "the inner kind"
	equal "$KIND" "$(kind_of a out0)" "the outer kind"
}

# When the inner program's packets don't fit into the outer device, IP fragments
# them there, and the far end sees them whole.
outer_fragments() {
	both_headers_are_there tun tun
	ns a ip link set out0 mtu 800
	pings a 10.4.0.2 -s 1400
	# the second fragment of each: 660 bytes of 1436, at offset 776 / 8
	equal 3 "$(lines '^out0 450002a8....0061..11....0a030001' \
		"$TEST_TMP/outer.packets")" "second fragments of outer packets"
}

plan 4
run_test "tun in tap" both_headers_are_there tap tun
run_test "tap in tun" both_headers_are_there tun tap
run_test "tap in tap" both_headers_are_there tap tap
run_test "tun in tun, and in its fragments" outer_fragments
finish
