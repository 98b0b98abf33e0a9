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
	created "0x1802 -1 $group" tap4 user none group adm
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

# The kernel refuses an owner that vtunctl takes for mapped.
refusal_leaves_nothing() {
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
		vtunctl add tap1
		wait_for 10 "the next device" seen tap1
		kill $monitor
		! seen tap0 || fail "there was a device for a moment"
		gives "$(vtunctl show tap1)"
	' "$0" "$(dirname "$LIB_SCRIPT")"
}

headers_and_back_pressure() {
	created "0x4802 -1 -1" tap0 vnet_hdr pi
	created "0x1882 -1 -1" tap1 backpressure
	shows '["persist","backpressure"]' .flags tap1
	shows '["pi","persist","vnet_hdr"]' .flags tap0
}

# It waits for a program, and goes with it.
not_persistent() {
	created "0x1002 -1 -1" tap0 persist off
	created "0x1902 -1 -1" tap1 multi_queue persist on
	gives "" add tun0 persist off altname vpn mtu 1400
	shows '["tun0",[],1400]' '[.ifname,.flags,.mtu]' vpn
	"$(tool attach)" "$NODE" tap,no_pi tap0 >/dev/null
	"$(tool attach)" "$NODE" tap,no_pi,multi_queue tap1 >/dev/null
	equal '["tap1","tun0"]' "$(json 'map(.ifname)')" devices
}

number() {
	local pid

	gives "" add tap0 index 4711 mtu 1400
	shows '[4711,1400]' '[.ifindex,.mtu]' tap0
	gives "" add tap1 index 2147483647
	shows 2147483647 .ifindex tap1
	unchanged fails "cannot add tap2: the index 4711 is taken by tap0" "Choose another index" add tap2 index 4711
	unchanged fails "the index 1 is taken by lo" "Choose another index" add tap%d index 1
	unchanged fails "the name is taken by a $KIND device in mode tap" "Choose another name" add tap0 index 4712
	unchanged fails "cannot add tap2 with the alternative name tap0: the name is taken" "Choose another name" \
		add tap2 index 4712 altname tap0
	unchanged fails_as 1 1 "CAP_NET_ADMIN" "Run it as root" add tap2 index 4711
	gives tap2 add tap%d index 4712
	for bad in 0 -1 2147483648 4294967297 x; do
		unchanged wrong "index is a number from 1 to 2147483647, not '$bad'" add tap3 index "$bad"
	done
	# In another namespace it is that one's numbers that count.
	netns_add a
	gives "" add tap0 index 4711 netns a
	equal '[["tap0",4711]]' "$(json 'map([.ifname,.ifindex])' -n a)" "devices in a"
	read -r pid </run/netns-of/a
	unchanged fails "cannot add tap9: the index 4711 is taken by tap0" "Choose another index" add tap9 index 4711 netns "$pid"
	vtunctl -n a add tap8 index 4713
	unchanged fails "the index 4713 is taken by tap8" "Choose another index" add tap%d index 4713 netns a
	gives tap1 add tap%d index 4712 netns a
}

# One more than the limit can't be attached.
limit_of_queues() {
	created "0x1902 -1 -1" tap0 multi_queue queues 2
	shows 2 .max_queues tap0
	hold program -n 2 tap,multi_queue,no_pi tap0
	refused "Argument list too long" "$(tool vtunctl_hold)" "$NODE" tap,multi_queue,no_pi tap0
	shows '{"attached":2,"detached":0}' .queues tap0
	vtunctl add tap1 multi_queue
	shows 256 .max_queues tap1
	vtunctl add tap2
	shows null .max_queues tap2
	unchanged wrong "'queues' is for devices with 'multi_queue'" add tap3 queues 2
	unchanged wrong "queues is a number from 1 to 256, not '0'" add tap3 multi_queue queues 0
	unchanged wrong "queues is a number from 1 to 256, not '257'" add tap3 multi_queue queues 257
	unchanged wrong "not '2x'" add tap3 multi_queue queues 2x
	unchanged wrong "not ''" add tap3 multi_queue queues ""
}

carrier_is_kept() {
	vtunctl add tap0 keep_carrier
	vtunctl add tap1
	shows '["persist","keep_carrier"]' .flags tap0
	ip link set tap0 up
	ip link set tap1 up
	hold program tap,no_pi tap0
	hold other tap,no_pi tap1
	shows '[true,true]' '[.up,.carrier]' tap0
	shows '[true,true]' '[.up,.carrier]' tap1
	kill %1 %2
	wait %1 %2 || true
	shows '[true,true]' '[.up,.carrier]' tap0
	shows '[true,false]' '[.up,.carrier]' tap1
}

# link DEVICE: what ip(8) says of it
link() {
	ip -j link show dev "$1" | jq -c '.[0]|[.mtu,.txqlen,.address,.ifalias]'
}

what_ip_sets_too() {
	vtunctl add tap0 mtu 1400 txqueuelen 7 address 02:00:00:00:00:aB alias "for the guests"
	equal '[1400,7,"02:00:00:00:00:ab","for the guests"]' "$(link tap0)" tap0
	vtunctl add tun0 alias "$(printf '%0255d' 0)" txqueuelen 0
	equal "[1500,null,null,\"$(printf '%0255d' 0)\"]" "$(link tun0)" tun0
	unchanged wrong "'address' is for devices in mode tap" add tun1 address 02:00:00:00:00:01
	unchanged wrong "it is a group's" add tap1 address 01:00:00:00:00:01
	unchanged wrong "it is zero" add tap1 address 00:00:00:00:00:00
	for bad in 02:00:00:00:00 02:00:00:00:00:00:01 2:0:0:0:0:1 02-00-00-00-00-01 02:00:00:00:00:0g ""; do
		unchanged wrong "six bytes as in 02:00:00:00:00:01, not '$bad'" add tap1 address "$bad"
	done
	unchanged wrong "an alias has 1 to 255 bytes" add tap1 alias ""
	unchanged wrong "an alias has 1 to 255 bytes" add tap1 alias "$(printf '%0256d' 0)"
	unchanged wrong "mtu is a number from 1 to" add tap1 mtu 0
	unchanged wrong "mtu is a number from 1 to" add tap1 mtu -1
	unchanged wrong "txqueuelen is a number from 0 to" add tap1 txqueuelen 99999999999999999999
}

# The words are the kernel's.
the_kernel_says_why() {
	unchanged fails "cannot add tap0: the kernel refused it: mtu less than device minimum (Invalid argument)" \
		"vtunctl(8)" add tap0 mtu 20
	unchanged fails "the kernel refused it: mtu greater than device maximum (Invalid argument)" \
		"vtunctl(8)" add tap0 mtu 70000
}

in_another_namespace() {
	local pid

	netns_add a
	vtunctl add tap0 netns a mtu 1300 user daemon
	gives ""
	equal '[1300,"daemon"]' "$(json '.[0]|[.mtu,.user]' -n a show tap0)" "tap0 in a"
	read -r pid </run/netns-of/a
	vtunctl add tap1 netns "$pid"
	vtunctl add tap2 netns /run/netns/a
	equal '["tap0","tap1","tap2"]' "$(json 'map(.ifname)' -n a)" "devices in a"
	# A name wins over a number.
	netns_add "$pid"
	vtunctl add tap3 netns "$pid"
	equal '["tap3"]' "$(json 'map(.ifname)' -n "$pid")" "the name of a number"
	gives ""
	fails "taken in that network namespace" "Choose another" add tap0 netns a
	gives tap3 add tap%d netns a
	unchanged fails "/run/netns/b: No such file" "ip netns list" add tap0 netns b
	unchanged fails "/dev/null is not a network namespace" "ip netns list" add tap0 netns /dev/null
	unchanged fails "neither a network namespace nor a process 99999999" "ip netns list" add tap0 netns 99999999
}

# Older kernels look for the name in this namespace, too; they can't be helped, but it is said.
a_name_that_is_only_taken_here() {
	netns_add a
	vtunctl add tap0
	if vtunctl add tap0 netns a 2>"$TEST_TMP/said"; then
		equal '["tap0"]' "$(json 'map(.ifname)' -n a)" "devices in a"
	else
		grep -q "or only in this one, which older kernels mind" "$TEST_TMP/said" || fail "$(cat "$TEST_TMP/said")"
		equal '[]' "$(json 'map(.ifname)' -n a)" "devices in a"
	fi
}

# Without rights in the other namespace, root here is not enough.
rights_in_both_namespaces() {
	need_user_namespaces
	# shellcheck disable=SC2016
	unshare --map-root-user --net bash -eE -c '
		. "$1/lib.sh"
		. "$1/tools/vtunctl.sh"
		vtunctl add tap0
		unchanged fails "CAP_NET_ADMIN in this network namespace, and in that of the device" "as root" \
			add tap1 netns "$2"
	' "$0" "$(dirname "$LIB_SCRIPT")" $$
	gives ""
}

# altnames DEVICE [OPTION...]: what ip(8) says of it
altnames() {
	local device=$1

	shift
	ip "$@" -j link show dev "$device" | jq -c '.[0].altnames'
}

alternative_names() {
	local long

	long=$(printf '%0127d' 0)
	vtunctl add tap0 altname vpn mtu 1400 altname "$long" user daemon
	equal "[\"vpn\",\"$long\"]" "$(altnames tap0)" tap0
	shows '["tap0",1400,"daemon"]' '[.ifname,.mtu,.user]' vpn
	shows '"tap0"' .ifname "$long"
	gives "" add tun0 altname .vpn
	equal '[".vpn"]' "$(altnames tun0)" tun0
	# A template takes what is left.
	gives tap2 add tap%d altname tap1
	equal '["tap1"]' "$(altnames tap2)" tap2
}

alternative_names_that_are_none() {
	unchanged wrong "cannot be an alternative name: it is longer than 127 bytes" add tap0 altname "$(printf '%0128d' 0)"
	unchanged wrong "cannot be an alternative name: it is empty" add tap0 altname vpn altname ""
	unchanged wrong "white space" add tap0 altname "v pn"
	unchanged wrong "a '/' or ':' in it" add tap0 altname v/pn
	unchanged wrong "a '/' or ':' in it" add tap0 altname v:pn
	unchanged wrong "names of folders" add tap0 altname ..
	unchanged wrong "a '%' in it" add tap%d altname vpn%d
	unchanged wrong "altname 'vpn' is given twice" add tap0 altname vpn altname tap altname vpn
	unchanged wrong "'tap0' is the device's name" add tap0 altname vpn altname tap0
}

# The device was there for a moment, so its name, and the names before the refused one, are free again.
alternative_name_is_taken() {
	vtunctl add tap0 altname vpn
	unchanged fails "cannot add tap1 with the alternative name vpn: the name is taken by a $KIND device in mode tap" \
		"ip -d link show dev vpn" add tap1 altname office altname vpn altname home
	unchanged fails "the name is taken by a $KIND device in mode tap" "Choose another name" \
		add tap%d altname office altname tap0
	unchanged fails "the name is taken by a device of another kind" "Choose another name" \
		add tap1 mode tun altname lo
	unchanged fails_as 1 1 "CAP_NET_ADMIN" "Run it as root" add tap1 altname office
	gives "" add tap1 altname office altname home
	equal '["office","home"]' "$(altnames tap1)" tap1
}

# The name is taken here, and so is the device's number: neither matters there.
alternative_names_in_another_namespace() {
	local pid

	netns_add a
	vtunctl add tap9 altname vpn
	gives "" add tap0 netns a mtu 1300 altname vpn altname office
	read -r pid </run/netns-of/a
	gives "" add tap1 altname home netns "$pid"
	gives tap2 add tap%d altname guests netns /run/netns/a
	equal '[["tap0",["vpn","office"]],["tap1",["home"]],["tap2",["guests"]]]' \
		"$(json 'map([.ifname,.altnames])' -n a)" "devices in a"
	equal 1300 "$(json '.[0].mtu' -n a show office)" "mtu"
	equal '[["tap9",["vpn"]]]' "$(json 'map([.ifname,.altnames])')" "devices here"
	unchanged fails "cannot add tap3 with the alternative name home: the name is taken in that network namespace" \
		"Choose another name" add tap3 netns a altname free altname home
	unchanged fails "cannot add tap1: the name is taken in that network namespace" \
		"Choose another name" add tap1 netns a altname free
	! grep "or only in this one" "$TEST_TMP/err" || fail "that name is free here"
	equal '["tap0","tap1","tap2"]' "$(json 'map(.ifname)' -n a)" "devices in a"
	gives "" add tap3 netns a altname free
	equal '["free"]' "$(altnames tap3 -n a)" tap3
	unchanged fails "/run/netns/b: No such file" "ip netns list" add tap4 netns b altname x
	unchanged fails "/proc/99999999/ns/net: No such file" "ip netns list" add tap4 netns 99999999 altname x
}

# with_net_admin ARGUMENT...: vtunctl with that capability and no other
with_net_admin() {
	setpriv --bounding-set=-all,+net_admin --inh-caps=-all "$VTUNCTL" "$@"
}

# Who may make a device there, but not go there, makes none.
rights_for_alternative_names() {
	local said

	netns_add a
	with_net_admin add tap0 netns a
	if said=$(with_net_admin add tap1 netns a altname vpn 2>&1); then
		fail "it worked"
	fi
	[[ $said == *"CAP_SYS_ADMIN"*"Run it as root"* ]] || fail "$said"
	equal '["tap0"]' "$(json 'map(.ifname)' -n a)" "devices in a"
	gives ""
	with_net_admin add tap1 altname vpn
	equal '["vpn"]' "$(altnames tap1)" tap1
}

no_node_is_needed() {
	fake_dev
	rm "$NODE"
	vtunctl add tap0
	equal '["tap0"]' "$(json 'map(.ifname)')" devices
}

vtunctl_plan 27
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
run_test "a refusal leaves nothing" refusal_leaves_nothing
run_test "virtio header and back pressure" headers_and_back_pressure
run_test "a device that goes with its program" not_persistent
run_test "a number for the device" number
run_test "a limit of queues" limit_of_queues
run_test "a carrier that is kept" carrier_is_kept
run_test "what ip can set as well" what_ip_sets_too
run_test "the kernel's words are shown" the_kernel_says_why
run_test "a device in another namespace" in_another_namespace
run_test "a name that is only taken here" a_name_that_is_only_taken_here
run_test "rights in both namespaces are needed" rights_in_both_namespaces
run_test "alternative names" alternative_names
run_test "alternative names that are none" alternative_names_that_are_none
run_test "an alternative name that is taken" alternative_name_is_taken
run_test "alternative names in another namespace" alternative_names_in_another_namespace
run_test "who can't go there gives no alternative names" rights_for_alternative_names
run_test "no node is needed" no_node_is_needed
finish
