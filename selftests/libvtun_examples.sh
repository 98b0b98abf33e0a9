#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The examples of libvtun carry real traffic, as they are for people to copy.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

EXAMPLES=${VTUN_EXAMPLES:-$LIB_TOP/build/lib/examples}

# example NAME ARGUMENT...: runs until the test ends; it says which driver it has got
example() {
	local name=$1 calls="one packet a call"

	shift
	[ -x "$EXAMPLES/$name" ] || fail "no $EXAMPLES/$name: run 'make lib' first"
	[ "$DRIVER" = tun ] || calls="many packets a call"
	background "$name" "$EXAMPLES/$name" -n "$NODE" "$@"
	wait_log 30 "$name" ready
	grep -q ": $DRIVER, $calls" "$TEST_TMP/$name.log" || fail "it has got another driver"
}

# cable_for MODE: a and b at the ends of the program
cable_for() {
	local option=()

	[ "$1" = tun ] || option=(-t)
	netns_add a b
	ipv6_on a
	ipv6_on b
	example forward "${option[@]}" one two
	ip link set one netns a
	ip link set two netns b
	conf a <<-'HERE'
		addr add 10.7.0.1/24 dev one
		addr add fd00:7::1/64 dev one nodad
		link set one up
	HERE
	conf b <<-'HERE'
		addr add 10.7.0.2/24 dev two
		addr add fd00:7::2/64 dev two nodad
		link set two up
	HERE
}

forwards() {
	local exchange

	exchange=$(tool exchange)
	cable_for "$1"
	pings a 10.7.0.2
	pings b 10.7.0.1 -s 1400
	pings a fd00:7::2
	"$exchange" -t 60 -b 3000000 a b 10.7.0.2
	"$exchange" -t 60 -b 3000000 b a fd00:7::1
	equal 0 "$(counter a one tx_dropped)" "packets that the program has missed"
	equal 0 "$(counter b two rx_errors)" "packets that were refused"
}

# What comes is large only if the program says that it takes it.
forwards_large_packets() {
	local bytes packets

	cable_for tun
	"$(tool exchange)" -t 60 -b 3000000 a b 10.7.0.2
	bytes=$(counter a one tx_bytes)
	packets=$(counter a one tx_packets)
	[ "$bytes" -gt $((packets * 1500)) ] || fail "$packets packets with $bytes bytes"
}

# A cable of which an end is down loses packets, and is fine afterwards.
survives_down() {
	cable_for tun
	pings a 10.7.0.2
	ip -n b link set two down
	ns a ping -c 1 -W 1 10.7.0.2 && fail "an answer from where nothing is"
	ip -n b link set two up
	pings a 10.7.0.2
}

ends_with_the_device() {
	cable_for tun
	ip -n b link del two
	wait "$BACKGROUND" && fail "it ended without an error"
	lib_log_has forward "two: the device is gone"
}

answers() {
	netns_add a
	ipv6_on a
	example pong pong0 10.7.0.0/16 10.9.3.0/25 fd00:7::/63
	ip link set pong0 netns a
	conf a <<-'HERE'
		addr add 192.0.2.1/24 dev pong0
		addr add fd00:1::1/64 dev pong0 nodad
		link set pong0 up
		route add 10.0.0.0/8 dev pong0
		route add fd00::/16 dev pong0
	HERE
	pings a 10.7.0.0
	pings a 10.7.255.255 -s 1400
	pings a 10.9.3.127 -s 0
	pings a fd00:7:0:1::42
	pings a fd00:7::1 -s 1200
	[ "$(counter a pong0 tx_packets)" -ge 15 ] || fail "answers came from somewhere else"
}

# Neither who is outside, nor what is no request, nor a fragment.
answers_no_others() {
	answers
	ns a ping -c 1 -W 1 10.9.3.128 && fail "an answer of a network that is not there"
	ns a ping -c 1 -W 1 10.8.0.0 && fail "an answer of a network that is not there"
	ns a ping -c 1 -W 1 fd00:7:0:2::1 && fail "an answer of a network that is not there"
	ns a ping -c 1 -W 1 -s 2000 10.7.1.1 && fail "an answer to fragments"
	pings a 10.7.1.1
}

# Many at a time: each that it has got is answered. Others may be lost before and behind.
answers_a_flood() {
	netns_add a
	example pong pong0 10.7.0.0/16
	ip link set pong0 netns a
	conf a <<-'HERE'
		addr add 10.7.0.1/16 dev pong0
		link set pong0 up
	HERE
	ns a ping -q -c 2000 -l 200 -f 10.7.3.4 | tee "$TEST_TMP/ping"
	wait_for 10 "all answers" as_many_answers
	[ "$(counter a pong0 rx_packets)" -gt 1000 ] || fail "too few answers"
	equal 0 "$(counter a pong0 rx_dropped)" "answers that were refused"
}

as_many_answers() {
	[ "$(counter a pong0 rx_packets)" = "$(counter a pong0 tx_packets)" ]
}

says_why() {
	refused "cannot open /dev/null/none" "$EXAMPLES/pong" -n /dev/null/none pong0 10.0.0.0/8
	refused "no-such.*modprobe vtun" "$EXAMPLES/forward" -n /dev/net/no-such one two
	refused "usage" "$EXAMPLES/pong" pong0
	refused "usage" "$EXAMPLES/forward" one
	refused "not a network" "$EXAMPLES/pong" pong0 10.0.0.0/33
	refused "not a network" "$EXAMPLES/pong" pong0 10.0.0.0
	example pong pong0 10.0.0.0/8
	refused "only queue" "$EXAMPLES/pong" -n "$NODE" pong0 10.0.0.0/8
}

plan 9
run_test "forward: ping, UDP and TCP, tun" forwards tun
run_test "forward: ping, UDP and TCP, tap" forwards tap
run_test "forward: large packets" forwards_large_packets
run_test "forward: an end that is down for a while" survives_down
run_test "forward: an end that goes" ends_with_the_device
run_test "pong: hosts that answer" answers
run_test "pong: and those that don't" answers_no_others
run_test "pong: many at a time" answers_a_flood
run_test "both say why they can't start" says_why
finish
