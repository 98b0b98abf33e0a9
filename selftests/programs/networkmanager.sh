#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NetworkManager gives addresses to a device that somebody else has made; it runs
# without systemd. To it vtun's are devices of a kind that it doesn't know, which
# "generic" profiles are for; those that it makes itself, of type tun, it leaves
# alone if their kind is not "tun" as rtnetlink sees it.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

PROFILE_TYPE=generic
[ "$DRIVER" = vtun ] || PROFILE_TYPE=tun

# profile NAME ADDRESS: as vtun(7) shows it
profile() {
	cat >"$TEST_TMP/profiles/$1.nmconnection" <<-HERE
		[connection]
		id=$1
		type=$PROFILE_TYPE
		interface-name=$1
		[tun]
		mode=2
		[ipv4]
		method=manual
		address1=$2
		[ipv6]
		method=disabled
	HERE
	chmod 600 "$TEST_TMP/profiles/$1.nmconnection"
}

# start: with the profiles in its folder; all that it writes goes there, too
start() {
	command -v NetworkManager >/dev/null || skip "no NetworkManager: scripts/deps network-manager installs it"
	need nmcli dbus-daemon
	# It waits for udev unless /sys is read-only, as in a container.
	mount -o remount,ro,bind /sys 2>/dev/null || mount -t sysfs -o ro sysfs /sys
	mkdir -p /run/dbus /run/NetworkManager "$TEST_TMP/none"
	mount -t tmpfs dbus /run/dbus
	mount -t tmpfs manager /run/NetworkManager
	mount -t tmpfs state /var/lib/NetworkManager
	cat >"$TEST_TMP/manager.conf" <<-HERE
		[main]
		plugins=keyfile
		dns=none
		no-auto-default=*
		ignore-carrier=interface-name:tap*
		[device-vtun]
		match-device=interface-name:tap*
		managed=1
		[keyfile]
		path=$TEST_TMP/profiles
		[logging]
		backends=stderr
	HERE
	background bus dbus-daemon --system --nofork --nopidfile --address=unix:path=/run/dbus/system_bus_socket
	wait_for 30 "the bus" [ -S /run/dbus/system_bus_socket ]
	background manager "${ON_DRIVER[@]}" NetworkManager --no-daemon --config="$TEST_TMP/manager.conf" \
		--config-dir="$TEST_TMP/none" --intern-config=/dev/null --state-file="$TEST_TMP/state" --pid-file="$TEST_TMP/pid"
	wait_for 60 "the manager" nmcli general
}

has_address() {
	ip -o addr show dev "$1" to "$2" | grep -q .
}

gives_addresses() {
	mkdir "$TEST_TMP/profiles"
	profile tap0 10.22.0.1/24
	"${ON_DRIVER[@]}" ip tuntap add dev tap0 mode tap
	start
	wait_for 60 "tap0's address" has_address tap0 10.22.0.1
	netns_add far
	ip netns attach here $$
	background cable "$(tool wire)" "$NODE" tap,no_pi here:tap0 far:eth0
	wait_log 30 cable ready
	printf '%s\n' "addr add 10.22.0.2/24 dev eth0" "link set eth0 up" | conf far
	exchange - far 10.22.0.2
	# A program that goes takes the carrier with it, but not the address.
	stop "$BACKGROUND"
	has_address tap0 10.22.0.1
}

makes_a_device() {
	mkdir "$TEST_TMP/profiles"
	start
	nmcli connection add type tun con-name made ifname tap5 mode tap owner 4711 ip4 10.23.0.1/24
	wait_for 60 "tap5" [ -e /sys/class/net/tap5 ]
	equal "$KIND" "$(ip -d -j link show dev tap5 | jq -r '.[0].linkinfo.info_kind')" kind
	wait_for 30 "its owner" grep -qx 4711 /sys/class/net/tap5/owner
	[ "$DRIVER" = vtun ] || wait_for 60 "its address" has_address tap5 10.23.0.1
}

plan 2
run_test "a device that is there gets its address" gives_addresses
run_test "a profile of type tun makes a device" makes_a_device
finish
