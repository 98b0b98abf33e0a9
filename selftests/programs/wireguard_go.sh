#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# wireguard-go, which uses what its version knows of: Debian 12's is older than
# its use of offloads and of more than one queue.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

# side NAMESPACE NUMBER
side() {
	background "wg$1" ns "$1" "${ON_DRIVER[@]}" wireguard-go --foreground "wg$1"
	wait_link "$1" "wg$1"
	wait_for 60 "the socket of wg$1" [ -S "/run/wireguard/wg$1.sock" ]
	in_ns "$1" wg set "wg$1" listen-port 51820 private-key "$TEST_TMP/$1.key" \
		peer "$3" allowed-ips 10.16.0.0/24 endpoint "$4:51820"
	printf '%s\n' "addr add 10.16.0.$2/24 dev wg$1" "link set wg$1 up mtu 1420" | conf "$1"
	is_ours "$1" "wg$1"
}

vpn() {
	local name

	need wireguard-go wg
	two_hosts
	mkdir -p /run/wireguard
	mount -t tmpfs wireguard /run/wireguard
	for name in a b; do
		wg genkey >"$TEST_TMP/$name.key"
		wg pubkey <"$TEST_TMP/$name.key" >"$TEST_TMP/$name.pub"
	done
	side a 1 "$(cat "$TEST_TMP/b.pub")" 192.0.2.2
	side b 2 "$(cat "$TEST_TMP/a.pub")" 192.0.2.1
	exchange a b 10.16.0.2
	carried a wga
	# It reads the device's state and follows changes of the MTU and of up and down.
	printf '%s\n' "link set wga down" "link set wga up mtu 1280" | conf a
	exchange b a 10.16.0.1
	stop "$BACKGROUND"
	refused "does not exist" in_ns b ip link show wgb
}

plan 1
run_test "a tunnel" vpn
finish
