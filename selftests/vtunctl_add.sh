#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl add: what is created, and that nothing is where it fails.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"

# created "FLAGS OWNER GROUP" ARGUMENT...: what sysfs says of the device then
created() {
	local expected=$1 sysfs=/sys/class/net/$2

	shift
	gives "" add "$@"
	equal "$expected" "$(cd "$sysfs" && cat tun_flags owner group | xargs)" \
		"add $*"
	equal "$KIND" "$(ip -d -j link show dev "$1" |
		jq -r '.[0].linkinfo.info_kind')" "kind"
}

# 0x1 is tun, 0x2 tap, 0x100 multi_queue, 0x800 persist, 0x1000 no pi.
mode_from_the_name() {
	created "0x1801 -1 -1" tun5
	created "0x1802 -1 -1" tapestry
	created "0x1801 -1 -1" tap0 mode tun
	created "0x1802 -1 -1" wan0 mode tap
	unchanged wrong "begins neither with 'tun' nor with 'tap'" add wan1
	unchanged wrong "begins neither with 'tun' nor with 'tap'" add Tap1
}

flags() {
	created "0x801 -1 -1" tun0 pi
	created "0x1902 -1 -1" tap0 multi_queue
	created "0x902 -1 -1" tap1 pi multi_queue mode tap
}

owner_and_group() {
	local user group

	user=$(id -u daemon)
	group=$(getent group adm | cut -d: -f3)
	created "0x1802 $user -1" tap0 user daemon
	created "0x1802 -1 $group" tap1 group adm
	created "0x1801 $user $group" tun0 group adm user daemon
	created "0x1802 $user 4000000000" tap2 user "$user" group 4000000000
	created "0x1802 0 0" tap3 user 0 group 0
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

vtunctl_plan 11
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
finish
