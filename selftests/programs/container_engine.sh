#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Podman with crun: what --device gives a container, and what it keeps from the others. The root file
# system is a folder with the host's /usr in it, so that no image is needed; nor is systemd.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

RUN=()		# what starts podman, if anything
NETWORK=ns:/run/netns/inside

as_user() {
	setpriv --reuid=4711 --regid=4711 --clear-groups --bounding-set=-all --inh-caps=-all \
		env HOME="$BOX" XDG_RUNTIME_DIR="$BOX" "$@"
}

# prepare: the folder of all that podman keeps, and the container's root below it
prepare() {
	local name

	need podman crun
	grep -qw mqueue /proc/filesystems || skip "this kernel has no POSIX message queues"
	mount -t cgroup2 none /sys/fs/cgroup || skip "this kernel has no cgroups of version 2"
	BOX=$TEST_TMP/box
	chmod 755 "$TEST_TMP"
	mkdir -p "$BOX"/root/{usr,etc,tmp,proc,sys,dev,run,tools}
	for name in bin lib lib64 sbin; do
		ln -s "usr/$name" "$BOX/root/$name"
	done
	cp "$(tool attach)" "$VTUNCTL" "$BOX/root/tools"
	netns_add inside
}

# container OPTIONS COMMAND...: in the namespace "inside", unless NETWORK is another
container() {
	local options

	read -r -a options <<<"$1"
	shift
	"${RUN[@]}" podman --root "$BOX/store" --runroot "$BOX/run" --tmpdir "$BOX/tmp" --storage-driver vfs \
		--cgroup-manager cgroupfs --events-backend none --runtime crun \
		run --rm --pidfile "$BOX/pid" --network "$NETWORK" -v /usr:/usr:ro "${options[@]}" \
		--rootfs "$BOX/root" env PATH=/tools:/usr/sbin:/usr/bin "$@"
}

# attaches DEVICE OPTIONS: so that a container does, and keeps it; its process is CONTAINED
attaches() {
	background box container "$2" attach -w /dev/net/tun tap,no_pi "$1"
	wait_log 60 box attached
	CONTAINED=$(<"$BOX/pid")
	[ ! -e "/sys/class/net/$1" ] || fail "$1 is outside of the container"
}

# inside DEVICE: what the contained process' network says of its kind
inside() {
	nsenter -t "$CONTAINED" --net ip -d -j link show dev "$1" | jq -r '.[0].linkinfo.info_kind'
}

# As vtun(7) has it.
with_the_node() {
	prepare
	attaches tap0 "--device $NODE:/dev/net/tun --cap-add NET_ADMIN"
	equal "$KIND" "$(inside tap0)" kind
	kill -KILL "$CONTAINED"
	wait "$BACKGROUND" || true
	wait_for 30 "tap0 goes with its program" lacks_link tap0
	[ "$DRIVER" = vtun ] || return 0
	container "--device $NODE --cap-add NET_ADMIN" vtunctl add tap1
	is_ours inside tap1
	[ ! -e /sys/class/net/tap1 ] || fail "tap1 is outside of the container"
}

lacks_link() {
	! has_link inside "$1"
}

# What Podman's rules forbid, that is any node which was not asked for, even if it is there.
without_the_node() {
	local number

	prepare
	refused "attach: $NODE: No such file" container "--cap-add NET_ADMIN" attach "$NODE" tap,no_pi tap0
	refused "attach: $NODE: Operation not permitted" \
		container "--cap-add NET_ADMIN -v $NODE:$NODE" attach "$NODE" tap,no_pi tap0
	number=$(stat -c '0x%t 0x%T' "$NODE")
	refused "attach: $NODE: Operation not permitted" container "--cap-add NET_ADMIN --cap-add MKNOD" \
		bash -c "mkdir /dev/net && mknod -m 666 $NODE c $number && exec attach $NODE tap,no_pi tap0"
	[ "$DRIVER" = tun ] || refused '\[node_device_rule\]' container "-v $NODE:$NODE" vtunctl doctor
}

# A device that was made outside needs no privilege there.
without_capability() {
	prepare
	"${ON_DRIVER[@]}" ip tuntap add dev tap0 mode tap user 4711
	ip link set dev tap0 netns inside
	refused "attach: tap1: Operation not permitted" container "--device $NODE" attach "$NODE" tap,no_pi tap1
	attaches tap0 "--device $NODE:/dev/net/tun --user 4711"
	equal "$KIND" "$(inside tap0)" kind
}

rootless() {
	prepare
	chown -R 4711:4711 "$BOX"
	cd "$BOX"
	RUN=(as_user)
	NETWORK=none
	attaches tap0 "--device $NODE:/dev/net/tun --cap-add NET_ADMIN"
	equal "$KIND" "$(inside tap0)" kind
	lacks_link tap0
	refused "attach: $NODE: No such file" container "--cap-add NET_ADMIN" attach "$NODE" tap,no_pi tap0
}

plan 4
run_test "a container that is given the node" with_the_node
run_test "containers that are not" without_the_node
run_test "a container without CAP_NET_ADMIN" without_capability
run_test "a container of a user" rootless
finish
