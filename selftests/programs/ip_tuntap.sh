#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `ip tuntap`, which knows only /dev/net/tun. Devices for a user and a group,
# which then needs no privilege.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

USER_ID=4711
GROUP_ID=4712
OTHER_ID=4713

ip_tuntap() {
	"${ON_DRIVER[@]}" ip tuntap "$@"
}

# as UID GID COMMAND...
as() {
	setpriv --reuid "$1" --regid "$2" --clear-groups --inh-caps=-all "${@:3}"
}

# sysfs_is DEVICE FILE VALUE: iproute2 knows no attributes of kinds other than tun
sysfs_is() {
	equal "$3" "$(cat "/sys/class/net/$1/$2")" "$2 of $1"
}

# F10.1 F4.20 F4.37
#	MODE FLAGS: NO_PI, PERSIST and the type
add_and_del() {
	need setpriv
	ip_tuntap add dev "$1"0 mode "$1"
	equal "$KIND" "$(ip -d -j link show dev "$1"0 | jq -r '.[0].linkinfo.info_kind')" kind
	sysfs_is "$1"0 tun_flags "$2"
	sysfs_is "$1"0 owner -1
	sysfs_is "$1"0 group -1
	ip link set "$1"0 up
	sysfs_is "$1"0 carrier 0
	sysfs_is "$1"0 operstate down
	ip_tuntap del dev "$1"0 mode "$1"
	refused "does not exist" ip link show "$1"0
}

# F2.29 F2.7 F2.14
refused_names() {
	need setpriv
	refused "Invalid argument" ip_tuntap add dev a%sb mode tun
	refused "Device or resource busy" ip_tuntap add dev lo mode tun
	ip_tuntap add dev tun0 mode tun
	refused "Device or resource busy" ip_tuntap add dev tun0 mode tun
	refused "Invalid argument" ip_tuntap del dev tun0 mode tap
	sysfs_is tun0 tun_flags 0x1801
}

# F2.36 F4.37
#	WORDS FLAGS
flags_are_taken() {
	# shellcheck disable=SC2086
	ip_tuntap add name tap0 mode tap $1
	sysfs_is tap0 tun_flags "$2"
	# shellcheck disable=SC2086
	ip_tuntap del dev tap0 mode tap $1
	refused "does not exist" ip link show tap0
}

all_flags() {
	flags_are_taken "pi multi_queue" 0x902
	flags_are_taken "one_queue" 0x3802
	flags_are_taken "vnet_hdr" 0x5802
	flags_are_taken "one_queue vnet_hdr multi_queue pi" 0x6902
}

# F2.10 F2.25 F10.1
owner_may_attach() {
	local program

	program=$(tool attach)
	need setpriv
	ip_tuntap add dev mine0 mode tap user "$USER_ID"
	sysfs_is mine0 owner "$USER_ID"
	as "$USER_ID" "$USER_ID" "$program" "$NODE" tap mine0
	refused "Operation not permitted" as "$OTHER_ID" "$OTHER_ID" "$program" "$NODE" tap mine0
	refused "Operation not permitted" as "$USER_ID" "$USER_ID" "$program" "$NODE" tap other0
	as "$USER_ID" "$USER_ID" "$program" "$NODE" tap mine0	# it has stayed
}

# F2.10
group_may_attach() {
	local program

	program=$(tool attach)
	need setpriv
	ip_tuntap add dev ours0 mode tun group "$GROUP_ID"
	sysfs_is ours0 group "$GROUP_ID"
	as "$OTHER_ID" "$GROUP_ID" "$program" "$NODE" tun ours0
	setpriv --reuid "$OTHER_ID" --regid "$OTHER_ID" --groups "$GROUP_ID" --inh-caps=-all \
		"$program" "$NODE" tun ours0
	refused "Operation not permitted" as "$GROUP_ID" "$OTHER_ID" "$program" "$NODE" tun ours0
}

# F2.12
both_must_match() {
	local program

	program=$(tool attach)
	need setpriv
	ip_tuntap add dev both0 mode tun user "$USER_ID" group "$GROUP_ID"
	as "$USER_ID" "$GROUP_ID" "$program" "$NODE" tun both0
	refused "Operation not permitted" as "$USER_ID" "$OTHER_ID" "$program" "$NODE" tun both0
	refused "Operation not permitted" as "$OTHER_ID" "$GROUP_ID" "$program" "$NODE" tun both0
}

# F2.11: in-tree kernels before the fix let anybody attach.
nobodys_device() {
	local program

	program=$(tool attach)
	need setpriv
	ip_tuntap add dev free0 mode tun
	if [ "$DRIVER" = tun ] && as "$USER_ID" "$USER_ID" "$program" "$NODE" tun free0; then
		skip "this kernel's tun has not got the fix"
	fi
	refused "Operation not permitted" as "$USER_ID" "$USER_ID" "$program" "$NODE" tun free0
	"$program" "$NODE" tun free0
}

# iproute2 prints only links of the kind "tun", so there is nothing to see of
# others. -d adds the processes.
shown_by_ip_tuntap() {
	local program word

	program=$(tool attach)
	ip_tuntap add dev tap0 mode tap user "$USER_ID" multi_queue
	background holder "$program" -w "$NODE" tap,no_pi,multi_queue tap0
	wait_log 30 holder attached
	if [ "$DRIVER" = vtun ]; then
		equal "" "$(ip tuntap show)" "what it shows"
		equal "[]" "$(ip -d -j tuntap show)" "what it shows as JSON"
		return
	fi
	for word in show list lst ""; do
		# shellcheck disable=SC2086
		equal "tap0: tap multi_queue persist user $USER_ID" "$(ip tuntap $word)" "what it shows"
	done
	ip -d tuntap show | grep -q "Attached to processes:.*attach($BACKGROUND)"
	equal "tap0 $USER_ID" "$(ip -j tuntap show | jq -r '.[0] | "\(.ifname) \(.user)"')" JSON
	# With both options it prints processes as no parser takes them.
	ip -d -j tuntap show | grep -q "\"name\":\"attach\",\"pid\":$BACKGROUND"
}

plan 9
run_test "add and del: tun" add_and_del tun 0x1801
run_test "add and del: tap" add_and_del tap 0x1802
run_test "names that are refused" refused_names
run_test "flags" all_flags
run_test "its owner may attach" owner_may_attach
run_test "its group may attach" group_may_attach
run_test "owner and group must both match" both_must_match
run_test "nobody's device needs privilege" nobodys_device
run_test "show, -d and -j" shown_by_ip_tuntap
finish
