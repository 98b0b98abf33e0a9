#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The plugin with which the system's ip(8) knows devices of the kind vtun.

. "$(dirname "$0")/lib.sh"

PLUGIN=$LIB_TOP/build/iproute2/link_vtun.so

if [ -z "${LIB_INSIDE:-}${LIB_LIST:-}" ]; then
	if [ "$DRIVER" != vtun ]; then
		echo "TAP version 13"
		echo "1..0 # SKIP the plugin has to do with vtun devices only"
		exit 0
	fi
	if [ ! -e "$PLUGIN" ]; then
		echo "TAP version 13"
		echo "1..0 # SKIP no $PLUGIN: make iproute2"
		exit 0
	fi
fi

# As installed, but in a folder of the test's.
installed() {
	local file

	make -s -C "$LIB_TOP/tools/iproute2" install DESTDIR="$TEST_TMP/root"
	file=$(find "$TEST_TMP/root" -name link_vtun.so)
	IP_LIB_DIR=${file%/*}
	export IP_LIB_DIR
	ip=$(command -v ip)
}

# data DEVICE: what ip tells in JSON that is vtun's
data() {
	ip -d -j link show dev "$1" | jq -c '.[0].linkinfo.info_data'
}

# made "TUN_FLAGS OWNER GROUP" DEVICE WORD...
made() {
	local expected=$1 name=$2

	shift 2
	ip link add "$name" type vtun "$@"
	equal "$expected" "$(cd "/sys/class/net/$name" && cat tun_flags owner group | xargs)" "$name $*"
}

where_ip_looks() {
	installed
	grep -qaF "${IP_LIB_DIR#"$TEST_TMP/root"}" "$ip" || fail "$ip does not look in $IP_LIB_DIR"
}

# 0x1 is tun, 0x2 tap, 0x80 back pressure, 0x100 multi_queue, 0x800 persist, 0x1000 no pi, 0x4000 vnet_hdr.
all_words() {
	local user group

	installed
	user=$(id -u daemon)
	group=$(getent group adm | cut -d: -f3)
	made "0x1802 -1 -1" v0
	made "0x1801 -1 -1" v1 mode tun
	made "0x1902 -1 -1" v2 mode tap multi_queue
	made "0x1802 -1 -1" v3 multi_queue off
	made "0x4982 $user $group" v4 pi vnet_hdr on multi_queue on backpressure user daemon group adm queues 3 keep_carrier
	made "0x1802 7 4000000000" v5 user 7 group 4000000000 pi off
	ip link add v6 mtu 1400 txqueuelen 5 address 02:00:00:00:00:01 type vtun mode tap
	equal '[1400,5,"02:00:00:00:00:01"]' "$(ip -j link show v6 | jq -c '.[0]|[.mtu,.txqlen,.address]')" "v6"
}

# shown WORDS DEVICE: the line that begins with the kind
shown() {
	equal "$1" "$(ip -d link show dev "$2" | sed -nE 's/^ *(vtun .*keep_carrier (on|off)) .*/\1/p')" "$2"
}

show_text() {
	installed
	ip link add v0 type vtun mode tun
	shown "vtun mode tun pi off vnet_hdr off multi_queue off persist on backpressure off keep_carrier off" v0
	ip link add v1 type vtun multi_queue queues 4 user daemon group 4000000000 pi vnet_hdr backpressure keep_carrier
	shown "vtun mode tap user daemon group 4000000000 pi on vnet_hdr on multi_queue on queues 4 numqueues 0 numdisabled 0 persist on backpressure on keep_carrier on" v1
	# Without -d it shows nothing more than of other kinds.
	[ "$(ip link show dev v0 | wc -l)" = 2 ] || fail "$(ip link show dev v0)"
}

show_json() {
	local program

	installed
	ip link add v0 type vtun
	equal '{"mode":"tap","pi":false,"vnet_hdr":false,"multi_queue":false,"persist":true,"backpressure":false,"keep_carrier":false}' \
		"$(data v0)" v0
	ip link add v1 type vtun mode tun multi_queue queues 4 user daemon group 4000000000 keep_carrier
	program=$(tool vtunctl_hold)
	background program "$program" -n 3 -d "$NODE" tun,no_pi,multi_queue v1
	wait_log 20 program attached
	equal '{"mode":"tun","user":"daemon","group":4000000000,"pi":false,"vnet_hdr":false,"multi_queue":true,"queues":4,"numqueues":2,"numdisabled":1,"persist":true,"backpressure":false,"keep_carrier":true}' \
		"$(data v1)" v1
}

# What programs made is shown as well.
show_others_devices() {
	local program

	installed
	program=$(tool vtunctl_hold)
	background program "$program" "$NODE" tap,vnet_hdr tap0
	wait_log 20 program attached
	equal '[true,false,true]' "$(data tap0 | jq -c '[.pi,.persist,.vnet_hdr]')" tap0
}

change() {
	installed
	ip link add v0 type vtun multi_queue
	ip link set v0 type vtun user daemon queues 2 backpressure on keep_carrier vnet_hdr
	equal '["daemon",2,true,true,true]' "$(data v0 | jq -c '[.user,.queues,.backpressure,.keep_carrier,.vnet_hdr]')" v0
	ip link set v0 type vtun user 4294967295 backpressure off keep_carrier off vnet_hdr off
	equal '[null,2,false,false,false]' "$(data v0 | jq -c '[.user,.queues,.backpressure,.keep_carrier,.vnet_hdr]')" v0
}

# The kernel's words where it is the kernel that refuses.
refusals() {
	installed
	refused 'argument "veth" is wrong: mode is "tun" or "tap"' ip link add v0 type vtun mode veth
	refused 'argument "nosuch" is wrong: there is no such user' ip link add v0 type vtun user nosuch
	refused 'argument "nosuch" is wrong: there is no such group' ip link add v0 type vtun group nosuch
	refused 'argument "x" is wrong: a number' ip link add v0 type vtun queues x
	refused 'unknown command "frob"' ip link add v0 type vtun frob
	refused 'Usage: ... vtun \[ mode' ip link add v0 type vtun frob
	refused 'argument "mode"' ip link add v0 type vtun mode
	equal "" "$(ip -o link show type vtun)" "devices"
	ip link add v0 type vtun
	refused 'Error: a device keeps its mode' ip link set v0 type vtun mode tun
	refused 'Error: only a device with multi_queue' ip link set v0 type vtun queues 2
	equal tap "$(data v0 | jq -r .mode)" "mode"
}

help_text() {
	local word text

	installed
	text=$(ip link help vtun 2>&1) || true
	for word in mode user group pi vnet_hdr multi_queue queues persist backpressure keep_carrier; do
		grep -qw "$word" <<<"$text" || fail "help does not tell of $word: $text"
	done
	equal "$text" "$(ip link add v0 type vtun help 2>&1 || true)" "help of add"
	equal "" "$(ip -o link show type vtun)" "devices"
}

# Without words ip needs no plugin, nor does it to find devices.
without_plugin() {
	ip link add v0 type vtun
	equal v0 "$(ip -j link show type vtun | jq -r '.[].ifname')" "devices"
	equal null "$(data v0)" "what ip tells of it"
}

plan 9
run_test "make install puts it where ip looks" where_ip_looks
run_test "add, with all words" all_words
run_test "show in text" show_text
run_test "show in JSON" show_json
run_test "show devices that programs made" show_others_devices
run_test "set" change
run_test "what is refused" refusals
run_test "help" help_text
run_test "without the plugin devices can be made, too" without_plugin
finish
