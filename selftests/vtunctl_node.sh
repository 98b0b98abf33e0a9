#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl where the node or the module is not as it should be: as an owner sees it, who needs the node.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"

node_is_missing() {
	local recipe

	vtunctl add tap0 user 1
	fake_dev
	rm "$NODE"
	unchanged fails_as 1 1 "the module $KIND is loaded, but there is no node" \
		"mkdir -p /dev/net && mknod -m 0666 $NODE c 10 " set tap0 user 2
	# What it tells to do must work.
	recipe=$(sed -n '2s/.*as root: //p' "$TEST_TMP/err")
	eval "$recipe"
	as 1 "$VTUNCTL" set tap0 user 2
	shows 2 .uid tap0
}

node_is_another_device() {
	local recipe

	vtunctl add tap0 user 1
	fake_dev
	rm "$NODE"
	touch "$NODE"
	unchanged fails_as 1 1 "is not the node of the loaded module" "rm $NODE" \
		set tap0 user 2
	rm "$NODE"
	mknod "$NODE" c 1 3
	unchanged fails_as 1 1 "is not the node of the loaded module" "rm $NODE" \
		set tap0 user 2
	recipe=$(sed -n '2s/.*as root: //p' "$TEST_TMP/err")
	eval "$recipe"
	as 1 "$VTUNCTL" set tap0 user 2
	shows 2 .uid tap0
}

node_may_not_be_opened() {
	vtunctl add tap0 user 1
	fake_dev
	chmod 0640 "$NODE"
	unchanged fails_as 1 1 "no permission to open $NODE (its mode is 0640)" \
		"chmod 0666 $NODE" set tap0 user 2
	vtunctl set tap0 user 2
	shows 2 .uid tap0
}

# Its mode allows it: the file system doesn't.
node_is_forbidden() {
	vtunctl add tap0 user 1
	fake_dev
	mount -o remount,nodev /dev/net
	unchanged fails_as 1 1 "no permission to open $NODE, although its mode is 0666" \
		"vtunctl doctor" set tap0 user 2
}

# No mode that it could have would help.
device_rule_forbids() {
	vtunctl add tap0 user 1
	ruled
	(
		echo "$BASHPID" >"$CONTAINER/cgroup.procs"
		unchanged fails_as 1 1 "the device rules of this container or service do not allow $NODE" \
			"vtunctl doctor" set tap0 user 2
		# It takes the node with nobody else.
		gives "" set tap0 user 3
	)
	as 3 "$VTUNCTL" set tap0 user 2
	shows 2 .uid tap0
}

# Stands for it: a kernel where the driver has not registered.
module_is_not_loaded() {
	vtunctl add tap0 user 1
	grep -v " $KIND\$" /proc/misc >"$TEST_TMP/misc"
	mount --bind "$TEST_TMP/misc" /proc/misc
	unchanged fails_as 1 1 "the module $KIND is not loaded" "modprobe $KIND" \
		set tap0 user 2
}

# The node of a module that was loaded with another number.
node_is_stale() {
	local minor=200

	vtunctl add tap0 user 1
	fake_dev
	rm "$NODE"
	while grep -q "^ *$minor " /proc/misc; do
		minor=$((minor + 1))
	done
	mknod -m 0666 "$NODE" c 10 "$minor"
	unchanged fails_as 1 1 "is not the node of the loaded module" "rm $NODE" \
		set tap0 user 2
	# Where /proc can't tell, the attempt does.
	mount -t tmpfs none /proc
	unchanged fails_as 1 1 "the module $KIND is not loaded" "modprobe $KIND" \
		set tap0 user 2
}

# The kernel asks modprobe for the kind, which finds none here.
module_is_nowhere() {
	local mode ko=${VTUN_KO:-$LIB_TOP/vtun.ko}

	[ "$DRIVER" = vtun ] || skip "the module is vtun's"
	[ -f "$ko" ] || skip "VTUN_KO names no vtun.ko: $ko"
	mount -t tmpfs modules /lib/modules
	mode=$(stat -c %a "$NODE")
	wait_for 20 "unloading" rmmod vtun
	trap 'insmod "$ko"; chmod "$mode" "$NODE"' EXIT
	fails "cannot add tap0: the module vtun is not loaded, and the kernel could not load it" \
		"modprobe vtun" add tap0
	insmod "$ko"
	chmod "$mode" "$NODE"
	trap - EXIT
	vtunctl add tap0
}

vtunctl_plan 8
run_test "a missing node is told, with what helps" node_is_missing
run_test "a wrong node is not opened" node_is_another_device
run_test "a node that may not be opened is told" node_may_not_be_opened
run_test "a node that more than its mode forbids is told" node_is_forbidden
run_test "a device rule is told" device_rule_forbids
run_test "a module that is not loaded is told" module_is_not_loaded
run_test "a stale node is told" node_is_stale
run_test "add tells of a module that can't be loaded" module_is_nowhere
finish
