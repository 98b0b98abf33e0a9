#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl where the node or the module is not as it should be.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"

node_is_missing() {
	local recipe

	fake_dev
	rm "$NODE"
	unchanged fails "the module $KIND is loaded, but there is no node" \
		"mkdir -p /dev/net && mknod -m 0666 $NODE c 10 " add tap0
	# What it tells to do must work.
	recipe=$(sed -n '2s/.*as root: //p' "$TEST_TMP/err")
	eval "$recipe"
	vtunctl add tap0
}

node_is_another_device() {
	local recipe

	fake_dev
	rm "$NODE"
	touch "$NODE"
	unchanged fails "is not the node of the loaded module" "rm $NODE" \
		add tap0
	rm "$NODE"
	mknod "$NODE" c 1 3
	unchanged fails "is not the node of the loaded module" "rm $NODE" \
		add tap0
	recipe=$(sed -n '2s/.*as root: //p' "$TEST_TMP/err")
	eval "$recipe"
	vtunctl add tap0
}

node_may_not_be_opened() {
	fake_dev
	chmod 0640 "$NODE"
	unchanged fails_as 1 1 "no permission to open $NODE (its mode is 0640)" \
		"chmod 0666 $NODE" add tap0
	vtunctl add tap0
}

# Stands for it: a kernel where the driver has not registered.
module_is_not_loaded() {
	grep -v " $KIND\$" /proc/misc >"$TEST_TMP/misc"
	mount --bind "$TEST_TMP/misc" /proc/misc
	unchanged fails "the module $KIND is not loaded" "modprobe $KIND" \
		add tap0
	gives ""
}

# The node of a module that was loaded with another number.
node_is_stale() {
	local minor=200

	fake_dev
	rm "$NODE"
	while grep -q "^ *$minor " /proc/misc; do
		minor=$((minor + 1))
	done
	mknod "$NODE" c 10 "$minor"
	unchanged fails "is not the node of the loaded module" "rm $NODE" \
		add tap0
	# Where /proc can't tell, the attempt does.
	mount -t tmpfs none /proc
	unchanged fails "the module $KIND is not loaded" "modprobe $KIND" \
		add tap0
}

vtunctl_plan 5
run_test "a missing node is told, with what helps" node_is_missing
run_test "a wrong node is not opened" node_is_another_device
run_test "a node that may not be opened is told" node_may_not_be_opened
run_test "a module that is not loaded is told" module_is_not_loaded
run_test "a stale node is told" node_is_stale
finish
