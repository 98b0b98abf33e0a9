#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The module itself: what it says of itself, loading, unloading, what holds it.
# VTUN_KO is the vtun.ko built for this kernel.

if [ "${DRIVER:-vtun}" != vtun ]; then
	echo "TAP version 13"
	echo "1..0 # SKIP loading and unloading is tested on vtun only"
	exit 4
fi
. "$(dirname "$0")/lib.sh"

MODULE=${VTUN_KO:-$LIB_TOP/vtun.ko}
MODE=$(stat -c %a "$NODE" 2>/dev/null)
LOADS=100
[ "${KERNEL-6.12}" = 6.12 ] || LOADS=20	# once is enough for a hundred

loaded() {
	[ -d /sys/module/vtun ]
}

# load [PARAMETER...]: and give the node the mode that it had
load() {
	insmod "$MODULE" "$@"
	chmod "$MODE" "$NODE"
}

# A namespace that has ended may hold the module a little longer.
unload() {
	! loaded || wait_for 20 "unloading" rmmod vtun
}

# Leave the module as it was found, however the test ends.
restore() {
	unload
	load
}

# begin: each test's first line, for a known state
begin() {
	[ -f "$MODULE" ] || skip "VTUN_KO names no vtun.ko: $MODULE"
	need insmod rmmod
	trap restore EXIT
	unload
}

# attach DEVICE [FLAGS]: proves that the driver works
attaches() {
	"$(tool attach)" "$NODE" "${2:-tap,no_pi}" "$1" >/dev/null
}

# hold DEVICE: a process attached to it
hold() {
	background hold "$(tool attach)" -w "$NODE" tap,no_pi "$1"
	wait_log 20 hold attached
}

# The refusal must leave the driver as it is.
refuses_to_unload() {
	refused "in use" rmmod vtun
	loaded || fail "the module went all the same"
	attaches proof0
	refused "does not exist" ip link show dev proof0
}

# What it says of itself.
modinfo_fields() {
	local key

	need modinfo
	[ -f "$MODULE" ] || skip "VTUN_KO names no vtun.ko: $MODULE"
	equal GPL "$(modinfo -F license "$MODULE")" license
	equal vtun "$(modinfo -F name "$MODULE")" name
	modinfo -F alias "$MODULE" | grep -qx rtnl-link-vtun ||
		fail "no alias for rtnetlink"
	modinfo -F parm "$MODULE" | grep -q '^minor:' ||
		fail "no description of the parameter minor"
	for key in description version; do
		[ -n "$(modinfo -F "$key" "$MODULE")" ] || fail "no $key"
	done
}

# F1.1: the node and the kind come and go with the module
node_comes_and_goes() {
	local minor

	begin
	[ ! -e "$NODE" ] || fail "$NODE is there without the module"
	! grep -qw vtun /proc/misc || fail "/proc/misc has vtun"
	refused "Unknown device type" ip link add x0 type vtun

	load
	[ -c "$NODE" ] || fail "no $NODE"
	minor=$(awk '$2 == "vtun" { print $1 }' /proc/misc)
	[ -n "$minor" ] || fail "vtun is not in /proc/misc"
	equal "10:$minor" "$(cat /sys/class/misc/vtun/dev)" "numbers in sysfs"
	equal "$(printf 'a:%x' "$minor")" "$(stat -c %t:%T "$NODE")" "numbers"
	grep -qx DEVNAME=net/vtun /sys/class/misc/vtun/uevent ||
		fail "the device does not say where its node belongs"
	attaches tap0

	unload
	[ ! -e "$NODE" ] || fail "$NODE stays behind"
	! grep -qw vtun /proc/misc || fail "/proc/misc still has vtun"
	refused "Unknown device type" ip link add x0 type vtun
}

# F10.11: one line tells that it is there
load_line() {
	local before after version

	begin
	version=$(modinfo -F version "$MODULE")
	before=$(dmesg | grep -c '] vtun: ' || true)
	load
	after=$(dmesg | grep -c '] vtun: ' || true)
	equal $((before + 1)) "$after" "lines about vtun"
	dmesg | grep '] vtun: ' | tail -n 1 | grep -qF "$version" ||
		fail "the line does not tell the version $version"
	unload
	equal "$after" "$(dmesg | grep -c '] vtun: ')" "lines after unloading"
}

# Loading twice is refused and disturbs nothing.
load_twice() {
	begin
	load
	hold tap0
	refused "File exists" insmod "$MODULE"
	ip link show dev tap0 >/dev/null
	stop "$BACKGROUND"
}

# F1.17 F10.9: an open file holds the module, attached or not
open_file_holds() {
	begin
	load
	exec 9<>"$NODE"
	refuses_to_unload
	exec 9>&-
	rmmod vtun

	load
	hold tap0
	refuses_to_unload
	ip link show dev tap0 >/dev/null
	ip link del tap0
	refuses_to_unload
	stop "$BACKGROUND"
	wait_for 20 "unloading" rmmod vtun
}

# F1.9 F10.9: a process that is killed lets the module go
killed_process_lets_go() {
	local i

	begin
	for i in 1 2 3; do
		load
		hold tap0
		kill -KILL "$BACKGROUND"
		wait "$BACKGROUND" 2>/dev/null || true
		wait_for 20 "unloading" rmmod vtun
	done
}

# F1.17 F10.9: a persistent device holds it, with no file open
persistent_device_holds() {
	begin
	load
	"$(tool set_persist)" "$NODE" tun stays0 on
	refuses_to_unload
	ip link set stays0 up
	"$(tool set_persist)" "$NODE" tun stays0 on
	refuses_to_unload
	"$(tool set_persist)" "$NODE" tun stays0 off
	refused "does not exist" ip link show dev stays0
	rmmod vtun

	load
	"$(tool set_persist)" "$NODE" tap stays0 on
	refuses_to_unload
	ip link del stays0
	rmmod vtun
}

# F10.8 F10.9: … in whatever namespace, and until that ends
namespace_lets_go() {
	begin
	load
	netns_add away
	"$(tool set_persist)" "$NODE" tap stays0 on
	ip link set stays0 netns away
	refuses_to_unload
	netns_del away
	wait_for 20 "unloading" rmmod vtun
}

# F1.15 F1.17: a packet that waits inside the stack holds its writer's file
packet_on_its_way_holds() {
	begin
	need_kind bridge dummy
	load
	# Nothing but the program's packet may wait: no IGMP of the bridge.
	ip link add br0 type bridge mcast_snooping 0
	ip link add slow0 type dummy
	tc qdisc add dev slow0 root netem delay 8s 2>/dev/null ||
		skip "this kernel has no netem"
	ip link set slow0 master br0
	"$(tool set_persist)" "$NODE" tap,no_pi tap0 on
	ip link set tap0 master br0
	ip link set br0 up
	ip link set slow0 up
	ip link set tap0 up
	# ports forward after a while, if this kernel speaks STP
	background churn "$(tool churn)" "$NODE" tap,no_pi tap0
	wait_for 60 "a packet that waits" is_delayed slow0
	stop "$BACKGROUND"
	wait_log 20 churn opened
	ip link del tap0
	is_delayed slow0 || skip "too slow: nothing waits any longer"
	refused "in use" rmmod vtun
	wait_for 60 "unloading" rmmod vtun
	! is_delayed slow0 || fail "unloaded while a packet waited"
}

# is_delayed DEVICE: does its qdisc hold packets?
is_delayed() {
	tc -s qdisc show dev "$1" | grep -q ' backlog [0-9]*b [1-9]'
}

# A number of one's own choice, and a node made by hand.
minor_parameter() {
	local node=/dev/net/vtun-by-hand

	begin
	load minor=250
	equal 250 "$(cat /sys/module/vtun/parameters/minor)" parameter
	equal 444 "$(stat -c %a /sys/module/vtun/parameters/minor)" mode
	equal a:fa "$(stat -c %t:%T "$NODE")" "numbers of the node"
	grep -qx DEVNAME=net/vtun /sys/class/misc/vtun/uevent
	rm -f "$node"
	mknod "$node" c 10 250
	"$(tool attach)" "$node" tun,no_pi tun0
	background hold "$(tool attach)" -w "$node" tun tun0
	wait_log 20 hold attached
	equal vtun "$(ip -d -j link show tun0 | jq -r '.[0].linkinfo.info_kind')" kind
	stop "$BACKGROUND"
	unload
	refused "No such device" "$(tool attach)" "$node" tun,no_pi tun0
	load
	refused "No such device" "$(tool attach)" "$node" tun,no_pi tun0
	rm "$node"
}

# A number that can't be had: an error, and nothing is left behind.
bad_minor() {
	local value taken

	begin
	taken=$(awk '$1 < 255 { print $1; exit }' /proc/misc)
	for value in abc -7 256 70000 99999999999999999999 $taken; do
		refused "could not insert" insmod "$MODULE" minor="$value"
		! loaded || fail "loaded with minor=$value"
		[ ! -e "$NODE" ] || fail "$NODE is there, minor=$value"
		refused "Unknown device type" ip link add x0 type vtun
	done
	refused "could not insert" insmod "$MODULE" minor
	load
	attaches tap0
}

# Loaded and unloaded while others open, attach and pass packets.
many_loads() {
	local i said

	begin
	background churn1 "$(tool churn)" "$NODE" tun,no_pi churn0
	set -- "$BACKGROUND"
	background churn2 "$(tool churn)" "$NODE" tap,no_pi churn1
	set -- "$@" "$BACKGROUND"
	"$(tool reload)" "$MODULE" vtun "$LOADS"
	kill "$@"
	wait "$@"
	for i in 1 2; do
		said=$(cat "$TEST_TMP/churn$i.log")
		[[ $said =~ ^opened\ ([0-9]+)\ written\ ([0-9]+)\ absent\ ([0-9]+)$ ]]
		((BASH_REMATCH[1] > 0 && BASH_REMATCH[2] > 0 &&
			BASH_REMATCH[3] > 0)) || fail "it met nothing: $said"
	done
	load
	attaches tap0
}

plan 12
run_test "modinfo has every field" modinfo_fields
run_test "node and kind come and go with the module" node_comes_and_goes
run_test "loading logs one line" load_line
run_test "loading twice is refused" load_twice
run_test "an open file holds the module" open_file_holds
run_test "a killed process lets the module go" killed_process_lets_go
run_test "a persistent device holds the module" persistent_device_holds
run_test "the end of a namespace lets the module go" namespace_lets_go
run_test "a packet on its way holds the module" packet_on_its_way_holds
run_test "minor chooses the number" minor_parameter
run_test "a bad minor leaves nothing behind" bad_minor
run_test "loads and unloads while others try to use it" many_loads
finish
