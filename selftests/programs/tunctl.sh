#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tunctl of uml-utilities, the oldest of the programs that make devices.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

# sysfs DEVICE FILE
sysfs() {
	cat "/sys/class/net/$1/$2"
}

# F10.1 F4.20 F4.37
named() {
	need tunctl
	equal "Set 'tap7' persistent and owned by uid 4711" \
		"$(tunctl -f "$NODE" -t tap7 -u 4711)" "what it says"
	equal 4711 "$(sysfs tap7 owner)" owner
	equal -1 "$(sysfs tap7 group)" group
	equal 0x1802 "$(printf '%#x' "$(sysfs tap7 tun_flags)")" flags
	equal "Set 'tap7' nonpersistent" "$(tunctl -f "$NODE" -d tap7)" "what it says"
	refused "does not exist" ip link show tap7
}

numbered() {
	need tunctl
	equal tap0 "$("${ON_DRIVER[@]}" tunctl -b)" "first name"
	equal tap1 "$("${ON_DRIVER[@]}" tunctl -b -g 4712)" "second name"
	equal "-1 4712" "$(sysfs tap1 owner) $(sysfs tap1 group)" "owner and group"
	refused "Invalid argument" tunctl -f "$NODE" -t lo
	tunctl -f "$NODE" -d tap0
	equal tap0 "$(tunctl -b -f "$NODE")" "a name that is free again"
}

plan 2
run_test "a device by name" named
run_test "devices by number" numbered
finish
