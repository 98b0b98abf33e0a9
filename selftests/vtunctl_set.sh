#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl set: what it changes, and that it leaves all the rest alone.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"

user_and_group() {
	vtunctl add tap0
	gives "" set tap0 user daemon
	shows '["daemon",null]' '[.user,.group]' tap0
	gives "" set tap0 group adm
	shows '["daemon","adm"]' '[.user,.group]' tap0
	gives "" set tap0 user 0 group 4000000000
	shows '[0,4000000000]' '[.uid,.gid]' tap0
	ip link property add dev tap0 altname the-other-name-of-tap0
	gives "" set the-other-name-of-tap0 group 0
	shows '[0,0]' '[.uid,.gid]' tap0
}

# Each alone, and both; who had rights as one of them has none any more.
nobody_again() {
	vtunctl add tap0 user daemon group adm
	gives "" set tap0 user none
	shows '[null,"adm"]' '[.uid,.group]' tap0
	gives "" set tap0 user daemon group none
	shows '["daemon",null]' '[.user,.gid]' tap0
	gives "" set tap0 user none
	shows '[null,null]' '[.uid,.gid]' tap0
	unchanged fails_as daemon 1 "it has no owner or group" "as root" set tap0 user daemon
	# An owner may not: the ioctls know nobody.
	vtunctl set tap0 user daemon group adm
	unchanged fails_as daemon 1 "'none' need the capability CAP_NET_ADMIN" "another user or group" \
		set tap0 user none
	AS_GROUP=adm unchanged fails_as daemon 1 "'none' need the capability CAP_NET_ADMIN" "another user or group" \
		set tap0 group none user 2
}

# Until a program decides anew.
headers() {
	vtunctl add tap0 user daemon
	gives "" set tap0 pi on
	shows '["pi","persist"]' .flags tap0
	gives "" set tap0 vnet_hdr on pi off
	shows '["persist","vnet_hdr"]' .flags tap0
	gives "" set tap0 vnet_hdr off
	shows '["persist"]' .flags tap0
	unchanged fails_as daemon 1 "pi, vnet_hdr, " "as root" set tap0 pi on
	unchanged fails_as daemon 1 "pi, vnet_hdr, " "as root" set tap0 vnet_hdr on persist on
	vtunctl set tap0 pi on vnet_hdr on
	hold program tap,no_pi tap0
	shows '["persist"]' .flags tap0
	unchanged fails "the kernel refused it: a program is attached, and has chosen its headers" "vtunctl(8)" \
		set tap0 pi on user 7
	unchanged fails "a program is attached" "vtunctl(8)" set tap0 vnet_hdr on
	shows '"daemon"' .user tap0
	# What it has chosen may be said.
	gives "" set tap0 pi off vnet_hdr off user 7
	shows '[["persist"],7]' '[.flags,.uid]' tap0
}

# rest DEVICE: what attaching could change
rest() {
	local file

	for file in tun_flags ifindex flags carrier_changes operstate; do
		cat "/sys/class/net/$1/$file"
	done
	ip -d link show dev "$1"
}

# F2.22
flags_are_kept() {
	local mode flags before

	for mode in tun tap; do
		for flags in "" pi multi_queue "pi multi_queue"; do
			# shellcheck disable=SC2086
			vtunctl add dev0 mode $mode $flags user 1
			ip link set dev0 up
			before=$(rest dev0)
			vtunctl set dev0 user 1 persist on
			equal "$before" "$(rest dev0)" "$mode $flags"
			as 1 "$VTUNCTL" set dev0 user 1 persist on
			equal "$before" "$(rest dev0)" "$mode $flags, by the owner"
			vtunctl del dev0
		done
	done
}

# IFF_ONE_QUEUE is known to sysfs only.
# F2.22 F2.42
flags_beyond_rtnetlink_are_kept() {
	vtunctl add tap0
	"$(tool attach)" "$NODE" tap,one_queue tap0 >/dev/null
	shows '["pi","persist","one_queue"]' .flags tap0
	vtunctl set tap0 user 1
	shows '["pi","persist","one_queue"]' .flags tap0
	as 1 "$VTUNCTL" set tap0 user 1
	shows '["pi","persist","one_queue"]' .flags tap0
	# Here /sys shows another network namespace than the device's.
	netns_add a
	ip link set tap0 netns a
	equal '["pi","persist","one_queue"]' \
		"$(json '.[0].flags' -n a show tap0)" "flags seen from outside"
	vtunctl -n a set tap0 user 0
	equal '[["pi","persist","one_queue"],0]' \
		"$(json '.[0]|[.flags,.uid]' -n a show tap0)" "set from outside"
	# Who may not mount has only /sys, which is right for this one.
	vtunctl add tap1
	"$(tool attach)" "$NODE" tap,one_queue tap1 >/dev/null
	equal '["pi","persist","one_queue"]' \
		"$(as 1 "$VTUNCTL" -j show tap1 | jq -c '.[0].flags')" "as user"
}

# The device of the same name in the namespace that /sys shows is another.
flags_of_a_namesake_are_not_taken() {
	netns_add a
	vtunctl add tap0 mode tun
	vtunctl -n a add tap0 mode tap
	"$(tool attach)" "$NODE" tun,one_queue tap0 >/dev/null
	equal '["persist"]' "$(nsenter --net=/run/netns/a setpriv --reuid=1 \
		--clear-groups --bounding-set=-all --inh-caps=-all \
		"$VTUNCTL" -j show tap0 | jq -c '.[0].flags')" "flags in a"
}

persist_off_deletes_at_once() {
	vtunctl add tap0
	vtunctl add tap1 user 1
	vtunctl add tap2 multi_queue
	gives "" set tap0 persist off
	as 1 "$VTUNCTL" set tap1 persist off
	gives "" set tap2 persist off user 1
	gives "" list
}

persist_while_in_use() {
	hold program tap,multi_queue,no_pi tap0
	shows '["multi_queue"]' .flags tap0
	vtunctl set tap0 persist on
	shows '["persist","multi_queue"]' .flags tap0
	vtunctl set tap0 persist off
	shows '["multi_queue"]' .flags tap0
	vtunctl set tap0 persist on user 1
	stop "$BACKGROUND"
	shows '[["persist","multi_queue"],1]' '[.flags,.uid]' tap0
	hold program tap,multi_queue,no_pi tap0
	vtunctl set tap0 persist off
	stop "$BACKGROUND"
	gives ""
}

# F2.21
program_keeps_its_queues() {
	local before

	vtunctl add tap0 multi_queue user 1
	ip link set tap0 up
	hold program -n 3 -d tap,multi_queue tap0
	before=$(rest tap0)
	shows '{"attached":2,"detached":1}' .queues tap0
	vtunctl set tap0 persist on
	equal "$before" "$(rest tap0)" "tap0"
	as 1 "$VTUNCTL" set tap0 persist on
	equal "$before" "$(rest tap0)" "tap0, by the owner"
}

# F2.14: an owner needs a queue for it; who has CAP_NET_ADMIN does not.
busy() {
	vtunctl add tap0 user 1
	background own setpriv --reuid=1 --regid=65533 --clear-groups "$(tool vtunctl_hold)" "$NODE" tap,no_pi tap0
	wait_log 20 own attached
	unchanged fails_as 1 1 "is busy: its only queue is held by vtunctl_hold($BACKGROUND) fd 3" \
		"Stop that process" set tap0 user 2
	# Who sees no process is not told of one.
	stop "$BACKGROUND"
	hold program tap,no_pi tap0
	unchanged fails_as 1 1 "held by a process that is not visible from here" \
		"Stop that process" set tap0 user 2
	gives "" set tap0 user 2 persist off
	shows '[[],2]' '[.flags,.uid]' tap0
}

# F2.15
all_queues_taken() {
	vtunctl add tap0 multi_queue user 1
	hold program -n 256 tap,multi_queue tap0
	unchanged fails_as 1 1 "it has 256 queues already" "vtunctl show tap0" \
		set tap0 user 2
	gives "" set tap0 user 2
	shows 2 .uid tap0
	vtunctl add tap1 multi_queue queues 2 user 1
	hold other -n 2 -d tap,multi_queue tap1
	unchanged fails_as 1 1 "it has 2 queues already" "vtunctl show tap1" \
		set tap1 user 2
}

# No message says that a queue came or went, or the carrier.
nothing_is_attached() {
	vtunctl add tap0 multi_queue
	ip link set tap0 up
	ip monitor link >"$TEST_TMP/monitor" &
	wait_for 10 "ip monitor" eval "ip link set lo down; ip link set lo up; grep -q lo '$TEST_TMP/monitor'"
	vtunctl set tap0 user 1 persist on
	ip link set lo down
	ip link set tap0 down
	wait_for 10 "the end" grep -q "tap0.*state DOWN" "$TEST_TMP/monitor"
	kill $!
	! grep -q 'tap0: <[^>]*LOWER_UP' "$TEST_TMP/monitor" || fail "$(cat "$TEST_TMP/monitor")"
	equal 0 "$(cat /sys/class/net/tap0/carrier_changes)" "changes of the carrier"
}

back_pressure() {
	vtunctl add tap0
	gives "" set tap0 backpressure on
	shows '["persist","backpressure"]' .flags tap0
	# Whatever the program says.
	hold program tap,no_pi tap0
	shows '["persist","backpressure"]' .flags tap0
	gives "" set tap0 backpressure off
	shows '["persist"]' .flags tap0
	vtunctl add tap1 multi_queue
	hold other -n 2 tap,no_pi,multi_queue tap1
	unchanged fails "the kernel refused it: " "vtunctl(8)" set tap1 backpressure on user 1
	shows 'null' .uid tap1
}

keep_carrier() {
	vtunctl add tap0
	ip link set tap0 up
	gives "" set tap0 keep_carrier on
	shows '["persist","keep_carrier"]' .flags tap0
	hold program tap,no_pi tap0
	stop "$BACKGROUND"
	shows true .carrier tap0
	gives "" set tap0 keep_carrier off
	shows '["persist"]' .flags tap0
	shows false .carrier tap0
}

limit_of_queues() {
	vtunctl add tap0 multi_queue
	gives "" set tap0 queues 2
	shows 2 .max_queues tap0
	hold program -n 2 tap,no_pi,multi_queue tap0
	refused "Argument list too long" "$(tool vtunctl_hold)" "$NODE" tap,multi_queue,no_pi tap0
	unchanged fails "cannot set tap0: the kernel refused it: " "vtunctl(8)" set tap0 queues 1
	gives "" set tap0 queues 3
	hold other tap,no_pi,multi_queue tap0
	shows '{"attached":3,"detached":0}' .queues tap0
	vtunctl add tap1
	unchanged fails "cannot set tap1: the kernel refused it: " "vtunctl(8)" set tap1 queues 2
}

# F2.10 F2.11 F2.12
who_may() {
	vtunctl add tap0
	unchanged fails_as 1 1 "it has no owner or group" "as root" \
		set tap0 user 1
	vtunctl add tap1 user daemon
	unchanged fails_as 2 1 "only its owner daemon may" "as root" \
		set tap1 user 2
	vtunctl add tap2 group adm
	unchanged fails_as 2 1 "only members of its group adm may" "as root" \
		set tap2 user 2
	vtunctl add tap3 user daemon group adm
	AS_GROUP=adm unchanged fails_as 2 1 \
		"only its owner daemon, and only as a member of its group adm" \
		"as root" set tap3 user 2
	# What is rtnetlink's alone is not for them.
	unchanged fails_as daemon 1 "need the capability CAP_NET_ADMIN" "as root" \
		set tap1 user 2 queues 1
	unchanged fails_as daemon 1 "need the capability CAP_NET_ADMIN" "as root" \
		set tap1 keep_carrier off
	as daemon "$VTUNCTL" set tap1 user 2
	AS_GROUP=adm as 2 "$VTUNCTL" set tap2 user 2
	AS_GROUP=adm as daemon "$VTUNCTL" set tap3 user 2
	equal '[null,2,2,2]' "$(json 'map(.uid)')" "owners"
}

bad_input_changes_nothing() {
	vtunctl add tap0 user daemon group adm
	unchanged fails "there is no user 'nosuch'" "getent passwd" \
		set tap0 group 1 user nosuch
	unchanged fails "there is no group 'nosuch'" "getent group" \
		set tap0 user 0 group nosuch persist off
	unchanged fails "there is no such device" "vtunctl list" \
		set tap1 user 0
	unchanged fails "it is not a $KIND device" "ip(8)" set lo user 0
}

no_node_is_needed() {
	vtunctl add tap0
	fake_dev
	rm "$NODE"
	gives "" set tap0 user 1
	shows 1 .uid tap0
}

vtunctl_plan 18
run_test "owner and group" user_and_group
run_test "neither owner nor group" nobody_again
run_test "headers" headers
run_test "flags and state are kept" flags_are_kept
run_test "flags that only sysfs knows are kept" flags_beyond_rtnetlink_are_kept
run_test "flags of a namesake are not taken" flags_of_a_namesake_are_not_taken
run_test "persist off deletes a device that is free" persist_off_deletes_at_once
run_test "persist while a program has the device" persist_while_in_use
run_test "a program keeps its queues" program_keeps_its_queues
run_test "a busy device is not the owner's to set" busy
run_test "nor one with all its queues" all_queues_taken
run_test "nothing is attached" nothing_is_attached
run_test "back pressure" back_pressure
run_test "a carrier that is kept" keep_carrier
run_test "the limit of queues" limit_of_queues
run_test "no node is needed" no_node_is_needed
run_test "who may, and who is told that he may not" who_may
run_test "bad input changes nothing" bad_input_changes_nothing
finish
