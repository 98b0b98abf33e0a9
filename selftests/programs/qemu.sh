#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# QEMU's -netdev tap: a virtual machine, which boots here, in whatever this is,
# exchanges data with this host.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

# What boots is the kernel that the harness has fetched for its own guests.
# machine: sets image and makes an initramfs that is all of the machine
machine() {
	local modules name file

	need qemu-system-x86_64 busybox xz
	[ -e "${VTUN_CACHE:-}/kernels/6.12/env" ] || skip "there is no kernel for it in the cache: scripts/fetch kernel 6.12"
	# shellcheck disable=SC1091
	. "$VTUN_CACHE/kernels/6.12/env"
	mkdir -p "$TEST_TMP/root"/{dev,proc,sys}
	cp "$(command -v busybox)" "$TEST_TMP/root/busybox"
	cp "$(tool exchange)" "$TEST_TMP/root/exchange"
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
		/busybox insmod /failover.ko
		/busybox insmod /net_failover.ko
		/busybox insmod /virtio_net.ko
		/busybox ip link set lo up
		/busybox ip addr add 10.21.0.2/24 dev eth0
		/busybox ip link set eth0 up
		echo "machine is up"
		/exchange -t 600 -S - 10.21.0.2
		# Its last bytes are still on their way.
		exec /busybox sleep 100000
	HERE
	chmod +x "$TEST_TMP/root/init"
	(cd "$TEST_TMP/root" && busybox find . | busybox cpio -o -H newc >"$TEST_TMP/initramfs")
}

# start NETDEV DEVICE_OPTIONS COMMAND...: COMMAND stands before QEMU
start() {
	background machine "${@:3}" qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display none \
		-serial stdio -m 192 -smp 2 -accel tcg,thread=single -cpu Nehalem -kernel "$image" -initrd "$TEST_TMP/initramfs" \
		-append "console=ttyS0 panic=-1 quiet nokaslr mitigations=off" \
		-netdev "tap,id=net,$1" -device "virtio-net-pci,netdev=net,romfile=$2"
}

host_side() {
	wait_for 120 vm0 has_vm0
	printf '%s\n' "addr add 10.21.0.1/24 dev vm0" "link set vm0 up" | ip -batch -
	wait_log 900 machine "machine is up"
	"$(tool exchange)" -t 300 -C - 10.21.0.2
	equal "$KIND" "$(ip -d -j link show dev vm0 | jq -r '.[0].linkinfo.info_kind')" kind
}

has_vm0() {
	ip link show dev vm0
}

# It takes the virtio header where the driver offers one
by_name() {
	machine
	start ifname=vm0,script=no,downscript=no,vhost=off "" "${ON_DRIVER[@]}"
	host_side
	(($(cat /sys/class/net/vm0/tun_flags) & 0x4000)) || fail "it has no virtio header"
}

TEST_TIMEOUT=1500
slow_test
plan 1
run_test "a tap by name" by_name
finish
