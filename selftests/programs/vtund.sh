#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# VTun's vtund, which the driver's first users ran.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

# profile DEVICE TYPE PROTO
profile() {
	cat >"$TEST_TMP/$1.conf" <<-HERE
		options { port 5000; syslog daemon; }
		tunnel { passwd secret; type $2; proto $3; device $1; keepalive no; encrypt no; compress no; }
	HERE
}

# TYPE PROTO FLAGS: what the device is
tunnel() {
	need vtund
	two_hosts
	# Its lock files are the system's business.
	mkdir -p /run/lock
	mount -t tmpfs lock /run/lock
	mkdir -p /run/lock/vtund
	profile here0 "$1" "$2"
	profile there0 "$1" "$2"
	background server ns b "${ON_DRIVER[@]}" vtund -n -s -f "$TEST_TMP/there0.conf"
	wait_tcp b 5000
	background client ns a "${ON_DRIVER[@]}" vtund -n -f "$TEST_TMP/here0.conf" tunnel 192.0.2.2
	wait_link a here0
	wait_link b there0
	printf '%s\n' "addr add 10.13.0.1/24 dev here0" "link set here0 up" | conf a
	printf '%s\n' "addr add 10.13.0.2/24 dev there0" "link set there0 up" | conf b
	is_ours a here0
	is_ours b there0
	exchange a b 10.13.0.2
	carried a here0
	equal "$3" "$(in_ns a ip -j link show dev here0 | jq -r '.[0].link_type')" "link type"
}

plan 2
run_test "tun over TCP" tunnel tun tcp none
run_test "ether over UDP" tunnel ether udp ether
finish
