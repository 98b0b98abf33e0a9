#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# OpenVPN, unmodified, between two hosts.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"
# shellcheck source=../tools/openvpn.sh
. "$(dirname "$0")/../tools/openvpn.sh"

# vpn_up MODE SERVER_OPTION...: with TLS
vpn_up() {
	background server vpn_side b "$TEST_TMP" server "$NODE" "$1" vpn0 \
		--dh none "${@:2}"
	background client vpn_side a "$TEST_TMP" client "$NODE" "$1" vpn0 \
		--client --remote 192.0.2.2 --nobind --remote-cert-tls server
	wait_log 120 client "Initialization Sequence Completed"
}

tun_with_tls() {
	need openvpn openssl
	two_hosts
	vpn_keys "$TEST_TMP"
	vpn_up tun --server 10.8.0.0 255.255.255.0
	is_ours a vpn0
	is_ours b vpn0
	exchange a b 10.8.0.1
	carried a vpn0
	stop "$BACKGROUND"
	refused "does not exist" in_ns a ip link show vpn0
}

# The server is a bridge of the VPN and a host behind it.
tap_in_a_bridge() {
	need openvpn openssl
	two_hosts
	netns_add behind
	vpn_keys "$TEST_TMP"
	conf b <<-'HERE'
		link add port0 type veth peer name eth0 netns behind
		link add br0 type bridge
		link set port0 master br0 up
		link set br0 up
		addr add 10.9.0.1/24 dev br0
	HERE
	printf '%s\n' "addr add 10.9.0.3/24 dev eth0" "link set eth0 up" | conf behind
	vpn_up tap --server-bridge 10.9.0.1 255.255.255.0 10.9.0.100 10.9.0.120
	in_ns b ip link set vpn0 master br0 up
	exchange a behind 10.9.0.3
	carried a vpn0
}

# peer NAMESPACE NUMBER OTHER_NUMBER OPTION...: with a secret that both know,
# and the node where OpenVPN looks for it by itself
peer() {
	background "$1" ns "$1" "${ON_DRIVER[@]}" openvpn --dev vpn0 --dev-type tun --proto udp4 \
		--remote "192.0.2.$3" --ifconfig "10.8.0.$2" "10.8.0.$3" \
		--secret "$TEST_TMP/secret" --cipher AES-256-CBC --verb 3 "${@:4}"
}

ifindex_of() {
	in_ns a ip -j link show dev vpn0 | jq '.[0].ifindex'
}

# A restart keeps the file and the device, or makes both anew.
#	PERSIST_OPTION...
restart() {
	local before client same=no

	need openvpn
	two_hosts
	openvpn --genkey secret "$TEST_TMP/secret"
	peer b 2 1
	peer a 1 2 "$@"
	client=$BACKGROUND
	exchange a b 10.8.0.2
	before=$(ifindex_of)
	kill -USR1 "$client"
	wait_for 60 "the second start" restarted
	exchange b a 10.8.0.1
	[ "$before" = "$(ifindex_of)" ] && same=yes
	if [ $# = 0 ]; then
		equal no "$same" "the same device"
	else
		equal yes "$same" "the same device"
		grep -q "Preserving previous TUN/TAP instance: vpn0" "$TEST_TMP/a.log"
	fi
	is_ours a vpn0
}

restarted() {
	[ "$(lines "Initialization Sequence Completed" "$TEST_TMP/a.log")" = 2 ]
}

# F10.1 F10.3: a device that OpenVPN only makes, and one that it removes
mktun_rmtun() {
	need openvpn setpriv
	"${ON_DRIVER[@]}" openvpn --mktun --dev tap7 --user nobody --group nogroup
	openvpn --mktun --dev tun7 --dev-node "$NODE"
	equal "$KIND" "$(ip -d -j link show dev tap7 | jq -r '.[0].linkinfo.info_kind')" kind
	equal "$(id -u nobody)" "$(cat /sys/class/net/tap7/owner)" owner
	equal "$(getent group nogroup | cut -d: -f3)" "$(cat /sys/class/net/tap7/group)" group
	# IFF_ONE_QUEUE, which OpenVPN asks for, is seen here and nowhere else.
	equal "0x3802 0x3801" "$(printf '%#x %#x' "$(cat /sys/class/net/tap7/tun_flags)" \
		"$(cat /sys/class/net/tun7/tun_flags)")" flags
	openvpn --rmtun --dev tun7 --dev-node "$NODE"
	"${ON_DRIVER[@]}" openvpn --rmtun --dev tap7
	refused "does not exist" ip link show tun7
	refused "does not exist" ip link show tap7
}

slow_test
plan 5
run_test "tun, with TLS" tun_with_tls
run_test "tap in a bridge, with TLS" tap_in_a_bridge
run_test "a restart makes the device anew" restart
run_test "a restart with --persist-tun keeps it" restart --persist-tun --persist-key
run_test "--mktun and --rmtun" mktun_rmtun
finish
