#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs that know only /dev/net/tun, as `ip tuntap`: the node is mounted over
# it. Devices for a user and a group, which then needs no privilege.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

USER_ID=4711
GROUP_ID=4712
OTHER_ID=4713

# The mount is seen in this test's mount namespace only.
as_dev_net_tun() {
	need setpriv
	[ -c /dev/net/tun ] || skip "no /dev/net/tun to mount over"
	mount --bind "$NODE" /dev/net/tun
	# Who opens the node is not asked for privilege, if its mode lets him.
	chmod 0666 /dev/net/tun
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
	as_dev_net_tun
	ip tuntap add dev "$1"0 mode "$1"
	equal "$KIND" "$(ip -d -j link show dev "$1"0 | jq -r '.[0].linkinfo.info_kind')" kind
	sysfs_is "$1"0 tun_flags "$2"
	sysfs_is "$1"0 owner -1
	sysfs_is "$1"0 group -1
	ip link set "$1"0 up
	sysfs_is "$1"0 carrier 0
	sysfs_is "$1"0 operstate down
	ip tuntap del dev "$1"0 mode "$1"
	refused "does not exist" ip link show "$1"0
}

# F2.29 F2.7 F2.14
refused_names() {
	as_dev_net_tun
	refused "Invalid argument" ip tuntap add dev a%sb mode tun
	refused "Device or resource busy" ip tuntap add dev lo mode tun
	ip tuntap add dev tun0 mode tun
	refused "Device or resource busy" ip tuntap add dev tun0 mode tun
	refused "Invalid argument" ip tuntap del dev tun0 mode tap
	sysfs_is tun0 tun_flags 0x1801
}

# F2.36 F4.37
flags_are_taken() {
	as_dev_net_tun
	ip tuntap add dev tap0 mode tap pi multi_queue
	sysfs_is tap0 tun_flags 0x902
	ip tuntap del dev tap0 mode tap multi_queue
	refused "does not exist" ip link show tap0
}

# F2.10 F2.25 F10.1
owner_may_attach() {
	local program

	program=$(tool attach)
	as_dev_net_tun
	ip tuntap add dev mine0 mode tap user "$USER_ID"
	sysfs_is mine0 owner "$USER_ID"
	as "$USER_ID" "$USER_ID" "$program" /dev/net/tun tap mine0
	refused "Operation not permitted" as "$OTHER_ID" "$OTHER_ID" "$program" /dev/net/tun tap mine0
	refused "Operation not permitted" as "$USER_ID" "$USER_ID" "$program" /dev/net/tun tap other0
	as "$USER_ID" "$USER_ID" "$program" /dev/net/tun tap mine0	# it has stayed
}

# F2.10
group_may_attach() {
	local program

	program=$(tool attach)
	as_dev_net_tun
	ip tuntap add dev ours0 mode tun group "$GROUP_ID"
	sysfs_is ours0 group "$GROUP_ID"
	as "$OTHER_ID" "$GROUP_ID" "$program" /dev/net/tun tun ours0
	setpriv --reuid "$OTHER_ID" --regid "$OTHER_ID" --groups "$GROUP_ID" --inh-caps=-all \
		"$program" /dev/net/tun tun ours0
	refused "Operation not permitted" as "$GROUP_ID" "$OTHER_ID" "$program" /dev/net/tun tun ours0
}

# F2.12
both_must_match() {
	local program

	program=$(tool attach)
	as_dev_net_tun
	ip tuntap add dev both0 mode tun user "$USER_ID" group "$GROUP_ID"
	as "$USER_ID" "$GROUP_ID" "$program" /dev/net/tun tun both0
	refused "Operation not permitted" as "$USER_ID" "$OTHER_ID" "$program" /dev/net/tun tun both0
	refused "Operation not permitted" as "$OTHER_ID" "$GROUP_ID" "$program" /dev/net/tun tun both0
}

# F2.11: in-tree kernels before the fix let anybody attach.
nobodys_device() {
	local program

	program=$(tool attach)
	as_dev_net_tun
	ip tuntap add dev free0 mode tun
	if [ "$DRIVER" = tun ] && as "$USER_ID" "$USER_ID" "$program" /dev/net/tun tun free0; then
		skip "this kernel's tun has not got the fix"
	fi
	refused "Operation not permitted" as "$USER_ID" "$USER_ID" "$program" /dev/net/tun tun free0
	"$program" /dev/net/tun tun free0
}

# iproute2 prints only links of the kind "tun".
shown_by_ip_tuntap() {
	as_dev_net_tun
	ip tuntap add dev tap0 mode tap user "$USER_ID"
	case $DRIVER in
	tun) equal "tap0: tap persist user $USER_ID" "$(ip tuntap show)" "what it shows" ;;
	vtun) equal "" "$(ip tuntap show)" "what it shows" ;;
	esac
}

plan 9
run_test "add and del: tun" add_and_del tun 0x1801
run_test "add and del: tap" add_and_del tap 0x1802
run_test "names that are refused" refused_names
run_test "pi and multi_queue" flags_are_taken
run_test "its owner may attach" owner_may_attach
run_test "its group may attach" group_may_attach
run_test "owner and group must both match" both_must_match
run_test "nobody's device needs privilege" nobodys_device
run_test "ip tuntap show" shown_by_ip_tuntap
finish
