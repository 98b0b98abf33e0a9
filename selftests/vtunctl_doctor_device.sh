#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl doctor NAME: what a device is missing, and what is behind it.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"
. "$(dirname "$0")/tools/doctor.sh"

# outer: a way out, by which the default route leads, and a router's settings
outer() {
	need_kind dummy
	ip link add outer0 type dummy
	ip addr add 198.51.100.1/24 dev outer0
	ip link set outer0 up
	ip route add default via 198.51.100.2
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
}

# working FLAGS DEVICE: a program has it, it is up, and fits
working() {
	hold program "$1" "$2"
	ip link set "$2" mtu 1400 up
}

nothing_is_wrong() {
	healthy
	outer
	working tun,no_pi tun0
	gives "0 errors, 0 warnings, 0 notes" doctor tun0
	vtunctl add tap0 multi_queue
	working tap,no_pi,multi_queue tap0
	gives "0 errors, 0 warnings, 0 notes" doctor dev tap0
	ip link property add dev tap0 altname another
	equal '[]' "$(vtunctl -j doctor another)" findings
}

device_is_missing() {
	finds error device_missing "rtnetlink does not find it" tun7
	mended device_missing tun7
	finds error device_missing "" "tun'; exit"
	[[ $MEND == "vtunctl add 'tun'\\''; exit' mode tun "* ]] || fail "$MEND"
}

name_is_taken() {
	finds error device_name_taken "call the driver of lo: " lo
	need_kind bridge
	ip link add tap0 type bridge
	finds error device_name_taken "call the driver of tap0: bridge" tap0
	PATH=$(dirname "$VTUNCTL"):$PATH bash -c "$MEND" >"$TEST_TMP/name"
	lacks device_name_taken "$(cat "$TEST_TMP/name")"
	[ -c /dev/net/tun ] || return 0
	ip tuntap add dev tun9 mode tun
	finds error device_name_taken "call the driver of tun9: tun" tun9
	[[ $MEND == *"vtunctl exec PROGRAM" ]] || fail "$MEND"
}

# F2.10 F2.11 F2.12
user_may_not_attach() {
	vtunctl add tap0
	vtunctl add tap1 user 4711
	vtunctl add tap2 group 4711
	vtunctl add tap3 user 1 group 4711
	finds_as 1 error device_permission "its owner is not set, its group not set; the process is daemon in group 65533, and has no CAP_NET_ADMIN" tap0
	may_attach_when_mended tap0
	finds_as 1 error device_permission "its owner is 4711, its group not set" tap1
	may_attach_when_mended tap1
	finds_as 1 error device_permission "its owner is not set, its group 4711" tap2
	may_attach_when_mended tap2
	AS_GROUP=4711 lacks_as 1 device_permission tap3
	finds_as 1 error device_permission "its owner is daemon, its group 4711" tap3
	may_attach_when_mended tap3
	lacks device_permission tap0
}

# may_attach_when_mended DEVICE: user 1, whom the doctor examined
may_attach_when_mended() {
	PATH=$(dirname "$VTUNCTL"):$PATH bash -c "$MEND" || fail "'$MEND' fails"
	lacks_as 1 device_permission "$1"
	as 1 "$(tool attach)" "$NODE" tap,no_pi "$1"
}

nobody_reads() {
	vtunctl add tap0
	finds error device_no_reader "0 queues attached" tap0
	lacks device_no_carrier tap0
	hold program tap,no_pi tap0
	lacks device_no_reader tap0
	vtunctl add tun0 multi_queue
	hold other -d tun,no_pi,multi_queue tun0
	finds error device_queues_detached "0 queues attached, 1 detached" tun0
}

device_is_down() {
	hold program tap,no_pi tap0
	finds error device_down "no flag UP" tap0
	mended device_down tap0
	# What mends it is done where it is wrong.
	netns_add a
	vtunctl -n a add tap0
	OPTIONS=(-n a)
	finds error device_down "no flag UP" tap0
	equal "ip netns exec a ip link set dev tap0 up" "$MEND" "what mends it"
	mended device_down tap0
	ns a ip link set tap0 down
	OPTIONS=(-n /run/netns/a)
	finds error device_down "no flag UP" tap0
	mended device_down tap0
}

carrier_is_off() {
	working tap,no_pi tap0
	ip link set tap0 carrier off
	finds error device_no_carrier "carrier off" tap0
	mended device_no_carrier tap0
}

queue_has_no_room() {
	working tap,no_pi tap0
	ip link set tap0 txqueuelen 0
	finds error device_no_queue_room "txqueuelen is 0" tap0
	mended device_no_queue_room tap0
}

# send COUNT: that many packets for the program of tun0, 0: for ever
send() {
	local n

	for ((n = 0; !$1 || n < $1; n++)); do
		echo >/dev/udp/192.0.2.2/9
	done
}

queue_is_full() {
	working tun,no_pi tun0
	ip addr add 192.0.2.1/24 dev tun0
	ip link set tun0 txqueuelen 10
	send 5
	lacks device_dropped tun0
	send 15
	finds note device_dropped "the device dropped 10 packets since it exists, its qdisc 0; txqueuelen is 10" tun0
	background sender send 0
	finds warning device_queue_full "txqueuelen is 10" tun0
	kill "$BACKGROUND"
	equal "ip link set dev tun0 txqueuelen 20" "${MEND%%  #*}" "what mends it"
	lacks device_queue_full tun0
}

# What the qdisc drops is no drop of the device.
qdisc_is_full() {
	working tun,no_pi tun0
	ip addr add 192.0.2.1/24 dev tun0
	tc qdisc replace dev tun0 root netem loss 100% 2>/dev/null || skip "this kernel has no netem"
	send 7
	finds note device_dropped "the device dropped 0 packets since it exists, its qdisc 7" tun0
}

reverse_path_is_filtered() {
	need_kind veth
	working tun,no_pi tun0
	echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
	echo 0 >/proc/sys/net/ipv4/conf/tun0/rp_filter
	lacks device_rp_filter tun0
	echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter
	finds note device_rp_filter "rp_filter of tun0 is 0, of all 1; dropped for it on all devices here: 0" tun0
	mended device_rp_filter tun0
	echo 1 >/proc/sys/net/ipv4/conf/tun0/rp_filter
	# A packet whose sender is not behind its device is evidence.
	netns_add a
	ip link add v0 type veth peer name v1 netns a
	ip addr add 203.0.113.1/24 dev v0
	ip link set v0 up
	conf a <<-END
		addr add 203.0.113.2/24 dev v1
		addr add 192.0.2.9/32 dev v1
		link set v1 up
	END
	ns a ping -n -c 1 -W 10 203.0.113.1	# so that the address is known
	ns a ping -n -c 1 -W 1 -I 192.0.2.9 203.0.113.1 || true
	finds warning device_rp_filter "rp_filter of tun0 is 1, of all 1; dropped for it on all devices here: 1" tun0
	mended device_rp_filter tun0
}

nothing_is_forwarded() {
	hold program tun,no_pi tun0
	echo 0 >/proc/sys/net/ipv4/ip_forward
	finds note device_forwarding "in /proc/sys/net/ipv4/conf/tun0 is 0, in ipv6 0" tun0
	mended device_forwarding tun0
	echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
	finds note device_forwarding "in /proc/sys/net/ipv4/conf/tun0 is 1, in ipv6 0" tun0
	equal "sysctl -w net.ipv6.conf.all.forwarding=1" "${MEND%%  #*}" "what mends it"
	# A bridge passes frames on without that.
	need_kind bridge
	hold other tap,no_pi tap0
	finds note device_forwarding "" tap0
	ip link add br0 type bridge
	ip link set tap0 master br0
	lacks device_forwarding tap0
}

packets_are_too_large() {
	hold program tun,no_pi tun0
	finds note device_mtu_unknown "no default route but through tun0" tun0
	outer
	finds note device_mtu "its MTU is 1500, that of outer0, where the default route goes, 1500" tun0
	equal "ip link set dev tun0 mtu 1420" "$MEND" "what mends it"
	mended device_mtu tun0
	ip route del default
	ipv6_of outer0
	ip link set tun0 mtu 1500
	finds note device_mtu "that of outer0" tun0
	# A VPN may take the default route: what carries it is looked for.
	ip link set tun0 mtu 1420 up
	ip route add default dev tun0 metric 1
	lacks device_mtu tun0
}

ipv6_of() {
	echo 0 >"/proc/sys/net/ipv6/conf/$1/disable_ipv6"
	ip -6 route add default dev "$1"
}

no_offloads() {
	hold program tap,no_pi tap0
	lacks device_offloads tap0
	need ethtool
	# Its program asks for none, but the driver cuts what the stack leaves whole.
	hold other tap,no_pi,vnet_hdr tap1
	lacks device_offloads tap1
	ethtool -K tap1 tx off
	finds note device_offloads "tx-checksumming off, tcp-segmentation-offload off" tap1
	mended device_offloads tap1
	hold third -o tap,no_pi,vnet_hdr tap2
	lacks device_offloads tap2
	ethtool -K tap2 tso off
	finds note device_offloads "tx-checksumming on, tcp-segmentation-offload off" tap2
	mended device_offloads tap2
}

# What can't be asked is told, and is no fault. /proc says nothing here, or there is but one file
# for a process to open, and that is taken.
nothing_can_be_seen() {
	hold program tap,no_pi,vnet_hdr,multi_queue tap0
	mount -t tmpfs none /proc/sys
	finds note device_rp_filter_unknown "No such file" tap0
	finds note device_forwarding_unknown "No such file" tap0
	vtunctl add tap1
	THROUGH=(bash -c 'ulimit -n 4; exec "$0" "$@"')
	finds note device_reader_unknown "ethtool does not tell" tap1
	finds note device_queue_unknown "rtnetlink: Too many open files" tap1
	finds note device_mtu_unknown "default route in /proc/net: Too many open files" tap1
	finds note device_offloads_unknown "ethtool: Too many open files" tap0
}

vtunctl_plan 15
run_test "nothing is wrong" nothing_is_wrong
run_test "a device that is not there" device_is_missing
run_test "a name that another device has" name_is_taken
run_test "a user who may not attach" user_may_not_attach
run_test "a device that nobody reads" nobody_reads
run_test "a device that is down" device_is_down
run_test "a device without carrier" carrier_is_off
run_test "a queue without room" queue_has_no_room
run_test "a queue that is full" queue_is_full
run_test "a qdisc that drops" qdisc_is_full
run_test "a reverse path filter" reverse_path_is_filtered
run_test "packets that are not forwarded" nothing_is_forwarded
run_test "an MTU too large for a tunnel" packets_are_too_large
run_test "a virtio header without offloads" no_offloads
run_test "what can't be seen is told" nothing_can_be_seen
finish
