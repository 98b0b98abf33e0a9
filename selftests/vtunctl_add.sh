#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl add: what is created, and that nothing is where it fails.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"

# created ARGUMENTS... -- JSON: what ip says of the device
created() {
	local arguments=()

	while [ "$1" != -- ]; do
		arguments+=("$1")
		shift
	done
	gives "" add "${arguments[@]}"
	equal "$2" "$(ip -d -j link show dev "${arguments[0]}" |
		jq -c '.[0].linkinfo|.info_data+{kind: .info_kind}')" \
		"add ${arguments[*]}"
}

# expect TYPE PI MULTI_QUEUE [MORE]: JSON of a persistent device
expect() {
	local queues=

	[ "$3" = false ] || queues=,'"numqueues":0,"numdisabled":0'
	echo "{\"type\":\"$1\",\"pi\":$2,\"vnet_hdr\":false,\"multi_queue\":$3$queues,\"persist\":true${4:-},\"kind\":\"$KIND\"}"
}

mode_from_the_name() {
	created tun5 -- "$(expect tun false false)"
	created tapestry -- "$(expect tap false false)"
	created tap0 mode tun -- "$(expect tun false false)"
	created wan0 mode tap -- "$(expect tap false false)"
	unchanged wrong "begins neither with 'tun' nor with 'tap'" add wan1
	unchanged wrong "begins neither with 'tun' nor with 'tap'" add Tap1
}

flags() {
	created tun0 pi -- "$(expect tun true false)"
	created tap0 multi_queue -- "$(expect tap false true)"
	created tap1 pi multi_queue mode tap -- "$(expect tap true true)"
}

owner_and_group() {
	local user group

	user=,'"user":"daemon"'
	group=,'"group":"adm"'
	created tap0 user daemon -- "$(expect tap false false "$user")"
	created tap1 group adm -- "$(expect tap false false "$group")"
	created tun0 group adm user daemon -- \
		"$(expect tun false false "$user$group")"
	vtunctl add tap2 user "$(id -u daemon)" group 4000000000
	shows "$(id -u daemon)" .uid tap2
	shows 4000000000 .gid tap2
	vtunctl add tap3 user 0 group 0
	shows '[0,0]' '[.uid,.gid]' tap3
}

stays_down_without_a_program() {
	vtunctl add tap0
	shows '[false,false,{"attached":0,"detached":0},[]]' \
		'[.up,.carrier,.queues,.processes]' tap0
	as root "$(tool attach)" "$NODE" tap,no_pi tap0 >/dev/null
	shows '["persist"]' .flags tap0
}

template_takes_the_first_free_number() {
	vtunctl add tap0
	gives tap1 add tap%d
	equal '[{"ifname":"tap2"}]' "$(json . add tap%d)" "JSON"
	vtunctl del tap1
	gives tap1 add tap%d
	gives wan0a add wan%da mode tun
	equal '["tap0","tap1","tap2","wan0a"]' \
		"$(json 'map(.ifname)|sort')" devices
}

bad_names() {
	unchanged wrong "it is empty" add ""
	unchanged wrong "longer than 15 bytes" add tap1234567890123
	unchanged wrong "names of folders" add . mode tap
	unchanged wrong "names of folders" add .. mode tap
	unchanged wrong "a '/' or ':' in it" add tap/0
	unchanged wrong "a '/' or ':' in it" add tap:0
	unchanged wrong "white space" add "tap 0"
	unchanged wrong "white space" add $'tap\n0'
	unchanged wrong "white space" add $'tap\xa0'
	unchanged wrong "'%' is only allowed once" add tap%s
	unchanged wrong "'%' is only allowed once" add tap%d%d
	unchanged wrong "'%' is only allowed once" add tap%
	vtunctl add tap123456789012
	equal '["tap123456789012"]' "$(json 'map(.ifname)')" "15 bytes"
}

name_is_taken() {
	vtunctl add tap0
	unchanged fails "taken by a $KIND device in mode tap" \
		"Choose another name" add tap0
	unchanged fails "taken by a $KIND device in mode tap" \
		"ip -d link show dev tap0" add tap0 mode tun
	unchanged fails "taken by a device of another kind" \
		"Choose another name" add lo mode tap
	need_kind bridge
	ip link add br0 type bridge
	unchanged fails "taken by a device of another kind (bridge)" \
		"Choose another name" add br0 mode tap
	ip link property add dev br0 altname tap7
	unchanged fails "taken by a device of another kind (bridge)" \
		"Choose another name" add tap7
	unchanged fails_as 1 1 "taken by a $KIND device" \
		"Choose another name" add tap0
}

unknown_users_and_groups() {
	unchanged fails "there is no user 'nosuch'" "getent passwd" \
		add tap0 user nosuch
	unchanged fails "there is no group 'nosuch'" "getent group" \
		add tap0 user daemon group nosuch
	unchanged fails "there is no user '-1'" "below 4294967295" \
		add tap0 user -1
	unchanged fails "there is no user '4294967295'" "below 4294967295" \
		add tap0 user 4294967295
	unchanged fails "there is no group '99999999999999999999'" "number" \
		add tap0 group 99999999999999999999
	unchanged fails "there is no user ''" "getent passwd" add tap0 user ""
	unchanged fails "there is no user '0x1'" "getent passwd" \
		add tap0 user 0x1
}

needs_privileges() {
	unchanged fails_as 1 1 "CAP_NET_ADMIN" "Run it as root" add tap0
	unchanged fails_as 1 1 "CAP_NET_ADMIN" "Run it as root" \
		add tap0 user 1
}

need_user_namespaces() {
	unshare --user --net true 2>/dev/null ||
		skip "no user namespaces here"
}

unmapped_ids() {
	need_user_namespaces
	# shellcheck disable=SC2016
	unshare --map-root-user --net bash -eE -c '
		. "$1/lib.sh"
		. "$1/tools/vtunctl.sh"
		fails "user 1 has no mapping" /proc/self/uid_map \
			add tap0 user daemon
		fails "group 1 has no mapping" /proc/self/gid_map \
			add tap0 group 1
		gives ""
		vtunctl add tap0 user 0 group 0
		shows "[0,0]" "[.uid,.gid]" tap0
	' "$0" "$(dirname "$LIB_SCRIPT")"
}

# The kernel refuses the owner when the device is there already.
half_done_is_undone() {
	need_user_namespaces
	echo "0 0 4294967295" >"$TEST_TMP/map"
	chmod 755 "$TEST_TMP"
	# shellcheck disable=SC2016
	unshare --map-root-user --net --mount bash -eE -c '
		. "$1/lib.sh"
		. "$1/tools/vtunctl.sh"
		ip monitor link >"$TEST_TMP/monitor" &
		monitor=$!
		seen() { grep -q "$1" "$TEST_TMP/monitor"; }
		wait_for 10 "ip monitor" eval "ip link set lo down; ip link set lo up; seen lo"
		said=$(mount --bind "$TEST_TMP/map" /proc/$BASHPID/uid_map
			exec "$VTUNCTL" add tap0 user 1 2>&1) && fail "it worked"
		grep -q "Invalid argument" <<<"$said" || fail "$said"
		wait_for 10 "its end" seen "Deleted.*tap0"
		kill $monitor
		gives ""
	' "$0" "$(dirname "$LIB_SCRIPT")"
}

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

vtunctl_plan 16
run_test "the mode follows from the name" mode_from_the_name
run_test "pi and multi_queue" flags
run_test "owner and group by name and number" owner_and_group
run_test "a new device is down and free" stays_down_without_a_program
run_test "a template takes the first free number" template_takes_the_first_free_number
run_test "names that are none are refused" bad_names
run_test "a name that is taken is refused" name_is_taken
run_test "unknown users and groups are refused" unknown_users_and_groups
run_test "it needs CAP_NET_ADMIN" needs_privileges
run_test "ids without a mapping are refused" unmapped_ids
run_test "a half-done add is undone" half_done_is_undone
run_test "a missing node is told, with what helps" node_is_missing
run_test "a wrong node is not opened" node_is_another_device
run_test "a node that may not be opened is told" node_may_not_be_opened
run_test "a module that is not loaded is told" module_is_not_loaded
run_test "a stale node is told" node_is_stale
finish
