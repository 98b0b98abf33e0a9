#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtun@NAME.service: what its program makes of a file in /etc/vtun, and that a mistake leaves nothing.
# That systemd starts it is what selftests/packages/guest.sh shows.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"

PATH=$(dirname "$VTUNCTL"):$PATH

# A guest's /etc is the host's, and not to be written.
own_etc() {
	local over=$TEST_TMP/etc

	mkdir "$over"
	mount -t tmpfs etc "$over"
	mkdir "$over/upper" "$over/work"
	mount -t overlay -o "lowerdir=/etc,upperdir=$over/upper,workdir=$over/work" etc /etc
	mkdir -p /etc/vtun
	OWN_ETC=1
}

# file NAME [LINE...]: the whole of /etc/vtun/NAME.conf, which this test alone sees
file() {
	local name=$1

	shift
	[ -n "${OWN_ETC-}" ] || own_etc
	printf '%s\n' "$@" >"/etc/vtun/$name.conf"
}

service() {
	"$LIB_TOP/tools/service/vtun-device" "$@"
}

# mistake WHY LINE...: with that file no device is made
mistake() {
	local why=$1

	shift
	file tap0 "$@"
	unchanged refused "$why" service up tap0
}

# addresses DEVICE
addresses() {
	ip -o address show dev "$1" | awk '{ print $4 }' | xargs
}

all_keys() {
	file lan0 "# A device with all that can be said" "mode = tap" "user=daemon" " group =	adm " "multi_queue=yes" "" \
		"queues=4" "pi=yes" "vnet_hdr=yes" "backpressure=yes" "keep_carrier=yes" "index=4711" "mtu=1400" \
		"txqueuelen=7" "hwaddress=02:00:00:00:00:aB" "alias=  for the *  guests " "altname=guests  lan" \
		"altname=office" "address=192.0.2.1/24 198.51.100.1/24" "address = 203.0.113.1/32"
	equal "" "$(service up lan0)" "what it says"
	shows '["tap","daemon","adm",["pi","persist","multi_queue","vnet_hdr","backpressure","keep_carrier"],4]' \
		'[.mode,.user,.group,.flags,.max_queues]' lan0
	shows '[4711,1400,true,["guests","lan","office"]]' '[.ifindex,.mtu,.up,.altnames]' lan0
	equal '[7,"02:00:00:00:00:ab","for the *  guests"]' \
		"$(ip -j link show dev lan0 | jq -c '.[0]|[.txqlen,.address,.ifalias]')" "lan0"
	equal "192.0.2.1/24 198.51.100.1/24 203.0.113.1/32" "$(addresses lan0)" "addresses"
	service down lan0
	gives ""
}

no_more_than_is_said() {
	file tun0
	service up tun0
	shows '["tun",null,null,["persist"],1500,true]' '[.mode,.uid,.gid,.flags,.mtu,.up]' tun0
	file tap0 "multi_queue=no" "pi=no" "vnet_hdr=no" "backpressure=no" "keep_carrier=no" "user=none"
	service up tap0
	shows '["tap",null,["persist"],null]' '[.mode,.uid,.flags,.max_queues]' tap0
	equal "" "$(addresses tap0)" "addresses"
	# The last line need not end.
	printf 'mode=tun\nmtu=1300' >/etc/vtun/vpn.conf
	service up vpn
	shows '["tun",1300]' '[.mode,.mtu]' vpn
}

# Whoever sees the device come sees it as it stays.
at_once() {
	file tap0 "mtu=1400"
	ip -d monitor link >"$TEST_TMP/monitor" &
	wait_for 10 "ip monitor" eval "ip link set lo down; ip link set lo up; grep -q lo '$TEST_TMP/monitor'"
	service up tap0
	wait_for 10 "the device" grep -q "tap0: <[^>]*UP" "$TEST_TMP/monitor"
	kill $!
	grep -m 1 tap0 "$TEST_TMP/monitor" >"$TEST_TMP/first"
	grep -q "mtu 1400 .*DOWN" "$TEST_TMP/first" || fail "$(cat "$TEST_TMP/first")"
}

mistakes() {
	unchanged refused "/etc/vtun/tap0.conf: no such file" service up tap0
	mistake "tap0.conf: line 2: no key 'colour' (mode user .* altname)" "mode=tap" "colour=red"
	mistake "line 3: 'frob' is not KEY=VALUE" "# a remark" "" "frob" "mode=tap"
	mistake "line 1: mode is tun or tap, not 'bridge'" "mode=bridge"
	mistake "line 2: mtu is there twice" "mtu=1400" "mtu=1400"
	mistake "line 2: alias is there twice" "alias=one" "alias=two"
	mistake "line 1: user has no value" "user="
	mistake "line 1: alias has no value" "alias ="
	mistake "line 1: user takes one word, not 'daemon root'" "user=daemon root"
	mistake "line 1: index takes one word" "index=7 up"
	for key in multi_queue pi vnet_hdr backpressure keep_carrier; do
		mistake "line 1: $key is yes or no, not 'on'" "$key=on"
	done
	# What vtunctl says of a value.
	mistake "mtu is a number" "mtu=large"
	mistake "mtu less than device minimum" "mtu=20"
	mistake "'queues' is for devices with 'multi_queue'" "queues=2"
	mistake "queues is a number from 1 to 256" "multi_queue=yes" "queues=0"
	mistake "txqueuelen is a number" "txqueuelen=-1"
	mistake "index is a number" "index=0"
	mistake "the index 1 is taken by lo" "index=1"
	mistake "address is six bytes" "hwaddress=02:00"
	mistake "'address' is for devices in mode tap" "mode=tun" "hwaddress=02:00:00:00:00:01"
	mistake "an alias has 1 to 255 bytes" "alias=$(printf '%0256d' 0)"
	mistake "there is no user 'nosuch'" "user=nosuch"
	mistake "with the alternative name lo: the name is taken" "altname=guests lo"
	# netns and persist are no keys: the device would not be the service's any more.
	mistake "no key 'netns'" "netns=a"
	mistake "no key 'persist'" "persist=off"
	# These come when the device is there.
	mistake "192.0.2.999/24" "address=192.0.2.1/24 192.0.2.999/24"
	file tap0
	service up tap0
}

names() {
	file dev "mode=tap" "altname=name"
	service up dev
	equal '[["dev",["name"]]]' "$(json 'map([.ifname,.altnames])')" "devices"
	service down dev
	gives ""
	refused "no device can be called '../tap0'" service up ../tap0
	refused "no device can be called 'tap%d'" service up tap%d
	file wan0 "mtu=1400"
	refused "begins neither with 'tun' nor with 'tap'" service up wan0
	gives ""
}

# It is not the service's, nor is it deleted.
device_is_there() {
	vtunctl add tap0 user daemon
	file tap0 "mtu=1400"
	unchanged refused "the name is taken" service up tap0
}

device_is_gone() {
	file tap0
	service up tap0
	vtunctl del tap0
	equal "" "$(service down tap0)" "what it says"
	service up tap0
	# A file that is gone, too, does not keep the device.
	rm /etc/vtun/tap0.conf
	service down tap0
	gives ""
}

# Every line of the example may be put to use.
the_example() {
	local key keys

	file tap0
	cp "$LIB_TOP/tools/service/tap0.conf" /etc/vtun/tap0.conf
	service up tap0
	shows '["tap",["persist"],null]' '[.mode,.flags,.uid]' tap0
	service down tap0
	sed -i 's/^#\([a-z_]*=\)/\1/; s/=no$/=yes/; s/alice/daemon/; s/kvm/adm/; s| 2001:db8::1/64||' /etc/vtun/tap0.conf
	service up tap0
	shows '["tap","daemon","adm",["pi","persist","multi_queue","vnet_hdr","backpressure","keep_carrier"],4]' \
		'[.mode,.user,.group,.flags,.max_queues]' tap0
	keys=$(sed -n 's/^keys="\(.*\)"$/\1/p' "$LIB_TOP/tools/service/vtun-device")
	[ "$(wc -w <<<"$keys")" -gt 10 ] || fail "keys: $keys"
	for key in $keys; do
		grep -q "^$key=" /etc/vtun/tap0.conf || fail "the example has no $key"
		grep -q "[ \"]$key=" "$LIB_TOP/tools/service/vtun.conf.5" || fail "vtun.conf(5) does not tell of $key"
	done
}

vtunctl_plan 8
run_test "all keys" all_keys
run_test "a file that says little" no_more_than_is_said
run_test "the device comes with all of it" at_once
run_test "mistakes leave no device" mistakes
run_test "names" names
run_test "a device that is there already" device_is_there
run_test "a device that is gone" device_is_gone
run_test "the example" the_example
finish
