#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl del: all that were named, or none.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"

deletes_all_named() {
	local name

	for name in tap0 tap1 tun0 tun1; do
		vtunctl add "$name"
	done
	gives "" del tap1 tun0 tun1
	equal '["tap0"]' "$(json 'map(.ifname)')" "what is left"
	gives "" delete tap0
	gives "" list
}

by_alternative_name() {
	vtunctl add tap0
	vtunctl add tap1
	ip link property add dev tap0 altname a-rather-long-alternative-name
	gives "" del a-rather-long-alternative-name
	equal '["tap1"]' "$(json 'map(.ifname)')" "what is left"
}

with_a_program() {
	local program

	vtunctl add tap0 multi_queue
	hold persistent -n 2 -d tap,multi_queue tap0
	program=$BACKGROUND
	hold transient tun tun0
	vtunctl del tap0 tun0
	gives "" list
	kill -0 "$program" "$BACKGROUND"	# they have not ended
	grep -q '^iff:.$' "/proc/$program/fdinfo/3" ||
		fail "the file is still attached"
	stop "$program"
	stop "$BACKGROUND"
}

one_is_missing() {
	vtunctl add tap0
	unchanged fails "cannot delete tap1: there is no such device" \
		"vtunctl list" del tap0 tap1
	unchanged fails "cannot delete tap1: there is no such device" \
		"-n NETNS" del tap1 tap0
}

one_is_of_another_kind() {
	need_kind bridge
	ip link add br0 type bridge
	vtunctl add tap0
	unchanged fails "cannot delete br0: its kind is bridge, not $KIND" \
		"ip(8)" del tap0 br0
	unchanged fails "cannot delete lo: it is not a $KIND device" \
		"ip(8)" del tap0 lo
}

# Both drivers' devices may be there; each has tools of its own.
the_other_driver_is_another_kind() {
	local other=tun

	[ "$DRIVER" = vtun ] || other=vtun
	[ -c "/dev/net/$other" ] || skip "the driver $other is not loaded"
	background other "$(tool attach)" -w "/dev/net/$other" tap tap0
	wait_log 20 other attached
	unchanged fails "its kind is $other, not $KIND" "ip(8)" del tap0
	unchanged fails "its kind is $other, not $KIND" "ip(8)" show tap0
	unchanged fails "its kind is $other, not $KIND" "ip(8)" \
		set tap0 user 1
	unchanged fails "of another kind ($other)" "another name" add tap0
	gives "" list
}

one_is_named_twice() {
	vtunctl add tap0
	ip link property add dev tap0 altname tapalias
	unchanged wrong "'tap0' is given twice" del tap0 tap0
	unchanged wrong "'tapalias' is given twice" del tap0 tapalias
}

needs_privileges() {
	vtunctl add tap0 user 1
	vtunctl add tap1
	unchanged fails_as 1 1 "cannot delete tap0: this needs" \
		"'vtunctl set NAME persist off'" del tap0 tap1
	# What it tells an owner to do must work.
	as 1 "$VTUNCTL" set tap0 persist off
	equal '["tap1"]' "$(json 'map(.ifname)')" "what is left"
}

vtunctl_plan 8
run_test "all that are named are deleted" deletes_all_named
run_test "an alternative name will do" by_alternative_name
run_test "programs do not keep a device" with_a_program
run_test "nothing is deleted if one is missing" one_is_missing
run_test "nothing is deleted if one is of another kind" one_is_of_another_kind
run_test "the other driver's devices are left alone" the_other_driver_is_another_kind
run_test "nothing is deleted if one is named twice" one_is_named_twice
run_test "it needs CAP_NET_ADMIN" needs_privileges
finish
