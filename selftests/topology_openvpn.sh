#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# OpenVPN, unmodified and with TLS, between two hosts.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tools/openvpn.sh
. "$(dirname "$0")/tools/openvpn.sh"

# Two hosts and a network between them.
hosts() {
	need openvpn openssl socat
	netns_add server client
	cable server net0 client net0
	ns server ip addr add 192.0.2.1/24 dev net0
	ns client ip addr add 192.0.2.2/24 dev net0
	ns server ip link set net0 up
	ns client ip link set net0 up
	vpn_keys "$TEST_TMP"
}

# vpn_up MODE SERVER_OPTION...
vpn_up() {
	background server vpn_side server "$TEST_TMP" server "$NODE" "$1" vpn0 \
		--dh none "${@:2}"
	background client vpn_side client "$TEST_TMP" client "$NODE" "$1" vpn0 \
		--client --remote 192.0.2.1 --nobind --remote-cert-tls server
	wait_log 120 client "Initialization Sequence Completed"
}

# transfer FROM TO ADDRESS
transfer() {
	local receiver

	rm -f "$TEST_TMP/received"
	background listen vpn_listen "$2" 7000 "$TEST_TMP/received"
	receiver=$BACKGROUND
	vpn_send "$1" "$3" 7000 "$TEST_TMP/file"
	wait "$receiver"
	equal "$(vpn_sum "$TEST_TMP/file")" "$(vpn_sum "$TEST_TMP/received")" \
		"checksum of what $2 received"
}

file_both_ways() {
	local before bytes=1000000

	head -c "$bytes" /dev/urandom >"$TEST_TMP/file"
	before=$(counter server vpn0 rx_bytes)
	transfer client server "$1"
	[ "$(counter server vpn0 rx_bytes)" -gt $((before + bytes)) ] ||
		fail "the file has not come through the device"
	before=$(counter server vpn0 tx_bytes)
	transfer server client "$2"
	[ "$(counter server vpn0 tx_bytes)" -gt $((before + bytes)) ] ||
		fail "the file has not gone through the device"
}

tun_mode() {
	hosts
	vpn_up tun --server 10.8.0.0 255.255.255.0
	equal "$KIND" "$(kind_of client vpn0)" "kind of OpenVPN's device"
	pings client 10.8.0.1
	pings server 10.8.0.2
	file_both_ways 10.8.0.1 10.8.0.2
}

# The server is a bridge of the VPN and a host behind it.
tap_in_a_bridge() {
	hosts
	netns_add behind
	cable server port0 behind eth0
	ns behind ip addr add 10.9.0.3/24 dev eth0
	ns behind ip link set eth0 up
	ns server ip link add br0 type bridge
	ns server ip addr add 10.9.0.1/24 dev br0
	ns server ip link set port0 master br0 up
	ns server ip link set br0 up
	vpn_up tap --server-bridge 10.9.0.1 255.255.255.0 10.9.0.100 10.9.0.120
	ns server ip link set vpn0 master br0 up
	pings client 10.9.0.3
	pings behind 10.9.0.100
	file_both_ways 10.9.0.1 10.9.0.100
}

devices_go_with_it() {
	local client

	hosts
	vpn_up tun --server 10.8.0.0 255.255.255.0
	client=$BACKGROUND
	pings client 10.8.0.1
	stop "$client"
	refused "does not exist" ns client ip link show vpn0
}

plan 3
run_test "tun: ping and a file both ways" tun_mode
run_test "tap in a bridge: ping and a file both ways" tap_in_a_bridge
run_test "the device goes with OpenVPN" devices_go_with_it
finish
