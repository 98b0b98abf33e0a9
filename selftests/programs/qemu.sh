#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# QEMU's -netdev tap: a virtual machine, which boots here, in whatever this is,
# exchanges data with this host.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

image=

# What boots is the kernel that the harness has fetched for its own guests.
# make_machine: sets image and makes an initramfs that is all of the machine. It has three
# network cards and serves at one after the other; the last bytes need time to leave.
make_machine() {
	local modules name file

	need qemu-system-x86_64 busybox xz
	[ -e "${VTUN_CACHE:-}/kernels/6.12/env" ] || skip "there is no kernel for it in the cache: scripts/fetch kernel 6.12"
	# shellcheck disable=SC1091
	. "$VTUN_CACHE/kernels/6.12/env"
	mkdir -p "$TEST_TMP/root"/{dev,proc,sys}
	cp "$(command -v busybox)" "$TEST_TMP/root/busybox"
	cp "$(tool exchange)" "$(tool channels)" "$TEST_TMP/root/"
	for name in failover net_failover virtio_net; do
		file=$(find "$modules/kernel" -name "$name.ko*" -print -quit)
		case $file in
		*.xz) xz -dc "$file" >"$TEST_TMP/root/$name.ko" ;;
		*) cp "$file" "$TEST_TMP/root/$name.ko" ;;
		esac
	done
	cat >"$TEST_TMP/root/init" <<-'HERE'
		#!/busybox sh
		/busybox mount -t proc proc /proc
		/busybox mount -t sysfs sysfs /sys
		/busybox mount -t devtmpfs dev /dev
		/busybox insmod /failover.ko
		/busybox insmod /net_failover.ko
		/busybox insmod /virtio_net.ko
		/busybox ip link set lo up
		for n in 0 1 2; do
			/busybox ip addr add 10.21.$n.2/24 dev eth$n
			/busybox ip link set eth$n up
		done
		echo "machine is up"
		/exchange -t 1000 -S - 10.21.0.2
		/exchange -t 1000 -S - 10.21.1.2
		/channels eth2 4
		/exchange -t 1000 -S - 10.21.2.2
		exec /busybox sleep 100000
	HERE
	chmod +x "$TEST_TMP/root/init"
	(cd "$TEST_TMP/root" && busybox find . | busybox cpio -o -H newc >"$TEST_TMP/initramfs")
}

# card NAME OPTIONS [DEVICE_OPTIONS]: adds one, whose host's side is tap NAME
card() {
	cards+=(-netdev "tap,id=$1,vhost=off,$2" -device "virtio-net-pci,netdev=$1,romfile=${3-}")
}

has_vm() {
	ip link show dev "$1"
}

queues_are() {
	[ "$1" = "$(find "/sys/class/net/$2/queues" -name 'tx-*' | wc -l)" ]
}

# flags_have NAME BITS
flags_have() {
	(($(cat "/sys/class/net/$1/tun_flags") & $2)) || fail "$1 has flags $(cat "/sys/class/net/$1/tun_flags")"
}

# Booting a machine in an emulated guest takes minutes, so one has all three kinds of tap:
# vm0 by name, vm1 by fd, which whoever started QEMU has opened, and vm2 with four queues.
# Its driver uses one of them for each processor, until it is told otherwise: one, since
# processors that take turns on an emulated one wait for each other for ever.
switch_on() {
	local cards=() n

	card vm0 ifname=vm0,script=no,downscript=no
	card vm1 fd=3
	card vm2 ifname=vm2,script=no,downscript=no,queues=4 ,mq=on,vectors=10
	# Its clock may stand still for longer than a kernel that checks it would have patience.
	background machine "${ON_DRIVER[@]}" "$(tool attach)" -x /dev/net/tun tap,no_pi,vnet_hdr vm1 \
		qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display none -serial stdio -m 192 \
		-smp 1 -accel tcg,thread=single -cpu Nehalem -kernel "$image" -initrd "$TEST_TMP/initramfs" \
		-append "console=ttyS0 panic=-1 quiet nokaslr mitigations=off no_timer_check" "${cards[@]}"
	for n in 0 1 2; do
		wait_for 120 "vm$n" has_vm "vm$n"
		printf '%s\n' "addr add 10.21.$n.1/24 dev vm$n" "link set vm$n up" | ip -batch -
		# It takes the virtio header where the driver offers one.
		flags_have "vm$n" 0x4000
		equal "$KIND" "$(ip -d -j link show dev "vm$n" | jq -r '.[0].linkinfo.info_kind')" "kind of vm$n"
	done
	flags_have vm2 0x100
}

is_up_or_dead() {
	lib_log_has machine "machine is up\|Kernel panic" || ! kill -0 "$BACKGROUND"
}

# An emulator that is emulated itself now and then breaks a kernel that patches its own code.
three_taps() {
	local n tries

	make_machine
	for tries in 1 2 3; do
		switch_on
		wait_for 1500 "'machine is up' in the log of machine" is_up_or_dead
		! lib_log_has machine "machine is up" || break
		[ "$tries" != 3 ] || fail "the machine has died three times while it started"
		stop "$BACKGROUND"
	done
	wait_for 60 "one queue in use" queues_are 1 vm2
	for n in 0 1 2; do
		[ "$n" != 2 ] || wait_for 120 "four queues in use" queues_are 4 vm2
		"$(tool exchange)" -t 300 -C - "10.21.$n.2"
	done
}

TEST_TIMEOUT=2700
slow_test
plan 1
run_test "taps by name, by fd and with four queues" three_taps
finish
