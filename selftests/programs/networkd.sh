#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# systemd-networkd makes devices of Kind=tun and Kind=tap; it runs without
# systemd. Those that it has made it leaves alone if their kind is not "tun" as
# rtnetlink sees it, so vtun's get what their files say but no addresses. What
# others have made gets them, whatever its kind.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

NETWORKD=/lib/systemd/systemd-networkd

# start: with the files of its folder in /run
start() {
	[ -x "$NETWORKD" ] || skip "$NETWORKD is not installed"
	# It waits for udev unless it believes to be in a container, where /sys
	# is read-only; its bus and its parent are missed by nobody.
	mount -o remount,ro,bind /sys 2>/dev/null || mount -t sysfs -o ro sysfs /sys
	mkdir -p /run/systemd
	mount -t tmpfs systemd /run/systemd
	mkdir -p /run/systemd/network /run/systemd/netif
	chown systemd-network: /run/systemd/netif
	cp "$TEST_TMP"/*.net* /run/systemd/network/
	background networkd "${ON_DRIVER[@]}" env SYSTEMD_LOG_TARGET=console SYSTEMD_LOG_LEVEL=debug "$NETWORKD"
}

flags_of() {
	printf '%#x' "$(cat "/sys/class/net/$1/tun_flags")"
}

has_address() {
	ip -o addr show dev "$1" to "$2" | grep -q .
}

# F10.1 F4.37
makes_tun_and_tap() {
	cat >"$TEST_TMP/one.netdev" <<-'HERE'
		[NetDev]
		Name=one0
		Kind=tun
		[Tun]
		PacketInfo=yes
		User=4711
	HERE
	cat >"$TEST_TMP/two.netdev" <<-'HERE'
		[NetDev]
		Name=two0
		Kind=tap
		[Tap]
		MultiQueue=yes
		Group=4712
	HERE
	printf '[Match]\nName=one0\n[Network]\nAddress=10.19.0.1/24\nConfigureWithoutCarrier=yes\n' >"$TEST_TMP/one.network"
	printf '[Match]\nName=two0\n[Network]\nAddress=10.20.0.1/24\nConfigureWithoutCarrier=yes\n' >"$TEST_TMP/two.network"
	start
	if [ "$DRIVER" = tun ]; then
		wait_for 60 "one0's address" has_address one0 10.19.0.1
		wait_for 60 "two0's address" has_address two0 10.20.0.1
	else
		wait_log 60 networkd "one0: Received newlink with wrong KIND $KIND, expected tun"
		wait_log 60 networkd "two0: Received newlink with wrong KIND $KIND, expected tun"
		printf '%s\n' "addr add 10.20.0.1/24 dev two0" "link set two0 up" | ip -batch -
	fi
	equal "$KIND $KIND" "$(ip -d -j link show | jq -r '[.[] | select(.ifname != "lo") | .linkinfo.info_kind] | join(" ")')" kinds
	equal 0x801 "$(flags_of one0)" "flags of one0"
	equal 0x1902 "$(flags_of two0)" "flags of two0"
	equal "4711 -1" "$(cat /sys/class/net/one0/owner) $(cat /sys/class/net/one0/group)" "who may use one0"
	equal "-1 4712" "$(cat /sys/class/net/two0/owner) $(cat /sys/class/net/two0/group)" "who may use two0"
	netns_add far
	ip netns attach here $$
	background cable "$(tool wire)" "$NODE" tap,no_pi,multi_queue here:two0 far:eth0
	wait_log 30 cable ready
	printf '%s\n' "addr add 10.20.0.2/24 dev eth0" "link set eth0 up" | conf far
	exchange - far 10.20.0.2
}

# What vtun(7) shows: vtun@.service has made the device.
configures_what_is_there() {
	cat >"$TEST_TMP/tap0.network" <<-'HERE'
		[Match]
		Name=tap0
		[Network]
		Address=10.21.0.1/24
		ConfigureWithoutCarrier=yes
	HERE
	"${ON_DRIVER[@]}" ip tuntap add dev tap0 mode tap
	start
	wait_for 60 "tap0's address" has_address tap0 10.21.0.1
	ip -o link show dev tap0 up | grep -q .
	netns_add far
	ip netns attach here $$
	background cable "$(tool wire)" "$NODE" tap,no_pi here:tap0 far:eth0
	wait_log 30 cable ready
	printf '%s\n' "addr add 10.21.0.2/24 dev eth0" "link set eth0 up" | conf far
	exchange - far 10.21.0.2
}

# carry NAME: the program, until it is stopped
carry() {
	background "$1" "$(tool wire)" "$NODE" tap,no_pi here:tap0 far:eth0
	wait_log 30 "$1" ready
}

carrier_changes() {
	cat /sys/class/net/tap0/carrier_changes
}

# restart_below KEEP: the program ends, another one comes, networkd has no ConfigureWithoutCarrier;
# CHANGES says how often the carrier has changed for it, the log what networkd made of it
restart_below() {
	printf '[Match]\nName=tap0\n[Network]\nAddress=10.22.0.1/24\n' >"$TEST_TMP/tap0.network"
	"${ON_DRIVER[@]}" ip tuntap add dev tap0 mode tap
	[ "$1" = off ] || "$VTUNCTL" set tap0 keep_carrier on
	netns_add far
	ip netns attach here $$
	in_ns far "${ON_DRIVER[@]}" ip tuntap add dev eth0 mode tap
	printf '%s\n' "addr add 10.22.0.2/24 dev eth0" "link set eth0 up" | conf far
	start
	carry first
	wait_for 60 "tap0's address" has_address tap0 10.22.0.1
	exchange - far 10.22.0.2
	CHANGES=$(carrier_changes)
	stop "$BACKGROUND"
	[ "$1" = on ] || wait_log 60 networkd "tap0: Lost carrier"
	equal "$1" "$(sed 's/1/on/; s/0/off/' /sys/class/net/tap0/carrier)" "carrier without a program"
	carry second
	wait_for 60 "tap0's address" has_address tap0 10.22.0.1
	exchange - far 10.22.0.2
	CHANGES=$(($(carrier_changes) - CHANGES))
	# It takes one message after the other: with this one it has seen all.
	"${ON_DRIVER[@]}" ip tuntap add dev mark0 mode tap
	wait_log 60 networkd "mark0: "
}

# What vtun(7) shows.
keeps_the_carrier() {
	[ "$DRIVER" = vtun ] || skip "in-tree tun keeps no carrier"
	restart_below on
	equal 0 "$CHANGES" "changes of the carrier"
	equal 0 "$(lines "tap0: Lost carrier" "$TEST_TMP/networkd.log")" "times that networkd lost the carrier"
	equal 1 "$(lines "tap0: Gained carrier" "$TEST_TMP/networkd.log")" "times that networkd gained the carrier"
}

loses_the_carrier() {
	restart_below off
	equal 2 "$CHANGES" "changes of the carrier"
	equal 1 "$(lines "tap0: Lost carrier" "$TEST_TMP/networkd.log")" "times that networkd lost the carrier"
	equal 2 "$(lines "tap0: Gained carrier" "$TEST_TMP/networkd.log")" "times that networkd gained the carrier"
}

plan 4
run_test "Kind=tun and Kind=tap" makes_tun_and_tap
run_test "a device that is there" configures_what_is_there
run_test "another program, and the carrier stays" keeps_the_carrier
run_test "another program, and the carrier does not stay" loses_the_carrier
finish
