#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# slirp4netns: a user without any privilege gets a network, by a tap in a user
# and network namespace of his own. (pasta does the same, but Debian 12's loses
# streams on either driver.)
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

as_user() {
	exec setpriv --reuid=4711 --regid=4711 --clear-groups --bounding-set=-all --inh-caps=-all "$@"
}

# inside: the number of a process there, as it says it itself
inside() {
	wait_for 60 "the namespace" [ -s "$TEST_TMP/user/pid" ]
	cat "$TEST_TMP/user/pid"
}

# shellcheck disable=SC2016
slirp() {
	local pid

	need slirp4netns
	chmod 755 "$TEST_TMP"
	mkdir -m 777 "$TEST_TMP/user"
	background slirp as_user "${ON_DRIVER[@]}" bash -c '
		unshare --user --map-root-user --net sleep 1000 &
		until [ "$(readlink /proc/$!/ns/net)" != "$(readlink /proc/$$/ns/net)" ] &&
			read -r _ _ n <"/proc/$!/uid_map" && [ -n "$n" ]; do sleep 0.1; done
		echo $! >"$1/pid"
		exec slirp4netns --configure --mtu=1500 $! tap0' - "$TEST_TMP/user"
	pid=$(inside)
	wait_for 60 "the device" tap_has_address "$pid" 10.0.2.100
	is_ours_in "$pid" tap0
	exchange "$pid" - 10.0.2.2 -l 127.0.0.1
}

# tap_has_address PID ADDRESS
tap_has_address() {
	nsenter -t "$1" --net ip -o addr show dev tap0 to "$2" | grep -q .
}

# is_ours_in PID DEVICE
is_ours_in() {
	equal "$KIND" "$(nsenter -t "$1" --net ip -d -j link show dev "$2" | jq -r '.[0].linkinfo.info_kind')" kind
}

plan 1
run_test "slirp4netns" slirp
finish
