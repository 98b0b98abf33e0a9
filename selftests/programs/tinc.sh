#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tinc: as a router on tun, as a switch on tap.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

# Both nodes have the same key pair: making one takes long enough.
keys() {
	openssl genrsa -traditional -out "$TEST_TMP/key" 1024
	openssl rsa -in "$TEST_TMP/key" -RSAPublicKey_out -out "$TEST_TMP/public"
}

# node NAME PEER TYPE MODE [OPTION]
node() {
	local dir=$TEST_TMP/$1

	mkdir -p "$dir/hosts"
	cp "$TEST_TMP/key" "$dir/rsa_key.priv"
	printf '%s\n' "Name = $1" "ConnectTo = $2" "Interface = vpn0" "DeviceType = $3" \
		"Mode = $4" "AddressFamily = ipv4" "PingInterval = 60" "${@:5}" >"$dir/tinc.conf"
	{ echo "Address = 192.0.2.1"; echo "Subnet = 10.14.0.1/32"; cat "$TEST_TMP/public"; } >"$dir/hosts/a"
	{ echo "Address = 192.0.2.2"; echo "Subnet = 10.14.0.2/32"; cat "$TEST_TMP/public"; } >"$dir/hosts/b"
}

# vpn TYPE MODE
vpn() {
	need tincd openssl
	two_hosts
	keys
	node a b "$@" "Device = $NODE"
	node b a "$@"
	background a ns a tincd -D -d2 -c "$TEST_TMP/a" --pidfile="$TEST_TMP/a.pid"
	background b ns b "${ON_DRIVER[@]}" tincd -D -d2 -c "$TEST_TMP/b" --pidfile="$TEST_TMP/b.pid"
	wait_link a vpn0
	wait_link b vpn0
	printf '%s\n' "addr add 10.14.0.1/24 dev vpn0" "link set vpn0 up" | conf a
	printf '%s\n' "addr add 10.14.0.2/24 dev vpn0" "link set vpn0 up" | conf b
	is_ours a vpn0
	is_ours b vpn0
	exchange a b 10.14.0.2
	carried b vpn0
}

slow_test
plan 2
run_test "router mode" vpn tun router
run_test "switch mode" vpn tap switch
finish
