#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl show: the processes that hold a device, and no others.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"

# F1.16
processes() {
	local first second

	vtunctl add tap0 multi_queue
	hold first tap,multi_queue tap0
	first=$BACKGROUND
	hold second -n 3 -d tap,multi_queue tap0
	second=$BACKGROUND
	hold third tun tun0
	shows "[{\"name\":\"vtunctl_hold\",\"pid\":$first,\"fds\":[3]},{\"name\":\"vtunctl_hold\",\"pid\":$second,\"fds\":[3,4,5]}]" \
		.processes tap0
	vtunctl show tap0 | grep -qxF \
		"    held by vtunctl_hold($first) fd 3, vtunctl_hold($second) fd 3 4 5" ||
		fail "$(vtunctl show tap0)"
	ip link set tap0 name renamed0
	shows "[$first,$second]" '.processes|map(.pid)' renamed0
	stop "$first"
	shows "[$second]" '.processes|map(.pid)' renamed0
}

# A file that attached to nothing is no holder, nor is one of another driver.
other_files_do_not_count() {
	vtunctl add tap0 multi_queue
	hold program tap,multi_queue tap0
	exec 7<>"$NODE"
	[ ! -c /dev/net/tun ] || exec 8<>/dev/net/tun
	shows "[$BACKGROUND]" '.processes|map(.pid)' tap0
}

# The node may have any path; the file is known by the device number.
node_of_another_name() {
	# shellcheck disable=SC2046
	mknod "$TEST_TMP/node" c $(stat -c '0x%t 0x%T' "$NODE")
	background program "$(tool vtunctl_hold)" "$TEST_TMP/node" tap tap0
	wait_log 20 program attached
	shows "[$BACKGROUND]" '.processes|map(.pid)' tap0
}

namesake_elsewhere() {
	local here

	netns_add a
	hold here tap tap0
	here=$BACKGROUND
	background there ip netns exec a "$(tool vtunctl_hold)" "$NODE" tap tap0
	wait_log 20 there attached
	shows "[$here]" '.processes|map(.pid)' tap0
	equal "[$BACKGROUND]" "$(json '.[0].processes|map(.pid)' -n a show tap0)" \
		"processes of tap0 in a"
}

# Its program stays here, where a device of that name is made anew.
moved_device() {
	local program

	netns_add a
	hold moved tap tap0
	program=$BACKGROUND
	ip link set tap0 netns a
	equal "[$program]" "$(json '.[0].processes|map(.pid)' -n a show tap0)" \
		"processes of tap0 in a"
	vtunctl add tap0
	shows '[]' '.processes|map(.pid)' tap0
	hold here tap tap0
	shows "[$BACKGROUND]" '.processes|map(.pid)' tap0
	equal "[$program]" "$(json '.[0].processes|map(.pid)' -n a show tap0)" \
		"processes of tap0 in a"
}

hidden_process() {
	hold program tap tap0
	as 1 "$VTUNCTL" show tap0 >"$TEST_TMP/shown"
	grep -qxF "    held by a process that is not visible from here (root sees more)" \
		"$TEST_TMP/shown" || fail "$(cat "$TEST_TMP/shown")"
	equal '[{"attached":1,"detached":0},[]]' "$(as 1 "$VTUNCTL" -j |
		jq -c '.[0]|[.queues,.processes]')" "as a user"
}

vtunctl_plan 6
run_test "processes that hold a device" processes
run_test "files that are not attached do not count" other_files_do_not_count
run_test "a process that used another node" node_of_another_name
run_test "a device of the same name elsewhere" namesake_elsewhere
run_test "a device that was moved away" moved_device
run_test "a process that may not be seen" hidden_process
finish
