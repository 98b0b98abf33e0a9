#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The packages in a guest, under systemd: module, service, a program, an upgrade below it, the demo, removal.
# DKMS installs what it has built in dkms.sh, as on a machine without a compiler: an emulated one
# would take half an hour to compile it.
# usage: selftests/packages/guest.sh PACKAGES NEWER-PACKAGES      (folders, in a guest without the module)
top=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
# shellcheck source=lib.sh
. "$top/selftests/packages/lib.sh"
old=$(realpath "$1") new=$(realpath "$2")
version=$(version_of "$old") newer=$(version_of "$new")
release=$(uname -r)
log=/run/packages/log
export DEBIAN_FRONTEND=noninteractive

# The guest's udev rule is what the packages have to bring, and services may run. Of the modules only those of the
# demo are there, since depmod reads each anew; of the triggers man-db's would take minutes.
prepare() {
	local real module over=/run/packages
	mkdir -p $over /var/cache/debconf
	mount -t tmpfs packages $over
	real=$(own_modules)
	for module in "$real"/kernel/drivers/net/{tun,veth}.ko* "$real"/kernel/net/{802,bridge,llc}/*.ko*; do
		install -D -m 0644 "$module" "/lib/modules/$release/${module#"$real"/}"
	done
	depmod
	rm -f /run/udev/rules.d/60-vtun.rules /var/lib/man-db/auto-update /usr/sbin/policy-rc.d
	udevadm control --reload
	touch /etc/dkms/no-autoinstall
}

# A guest's process 1 is none of systemd's: that is in a process namespace of its own, but in the same
# file systems and network, and leaves devices to the udev there is. What else it would start costs minutes.
start_systemd() {
	local unit units=/run/systemd/system pid
	mkdir -p $units
	for unit in systemd-udev{d,-trigger}.service systemd-udevd-{control,kernel}.socket systemd-tmpfiles-setup{,-dev}.service \
		systemd-journal-flush.service systemd-update-utmp.service systemd-logind.service dbus.{socket,service}; do
		ln -s /dev/null "$units/$unit"
	done
	container=other unshare --mount --pid --cgroup --fork --mount-proc /lib/systemd/systemd \
		--unit=basic.target --log-target=console >/run/packages/systemd.log 2>&1 </dev/null &
	until pid=$(pgrep -P $!); do sleep 0.2; done
	enter=(nsenter -t "$pid" -m -p -C)
	until [ -S /run/systemd/private ]; do sleep 0.5; done
	"${enter[@]}" systemctl is-system-running --wait >/dev/null || true
}

if [ "${3-}" != inside ]; then
	prepare
	start_systemd
	echo "# systemd runs"
	exec "${enter[@]}" "$top/selftests/packages/guest.sh" "$old" "$new" inside
fi

uppers() { changes /run/tmp/virtme_rw_overlay*/upper "/lib/modules/$release"; }

# deploy FOLDER VERSION
deploy() {
	install_all "$1"/*.deb
	dkms ldtarball --archive "$1/vtun.tar.gz" >"$log" 2>&1
	dkms install "vtun/$2" -k "$release" >"$log" 2>&1
	equal "$2" "$(modinfo -F version vtun)" "the installed module's version"
}

loaded() { [ -d /sys/module/vtun ]; }
active() { [ "$(systemctl is-active "$1")" = active ]; }

before=$(uppers)
deploy "$old" "$version"
! loaded || fail "the module is loaded"
/lib/systemd/systemd-modules-load
loaded
udevadm settle
equal 666 "$(stat -c %a /dev/net/vtun)" "the node's mode"
pass "modules-load.d loads the module, and everybody may open the node"

modprobe -r vtun
! loaded || fail "the module is loaded"
ip link add some0 type vtun
loaded
ip link del some0
modprobe -r vtun
pass "ip link add type vtun loads it, too"

export IP_LIB_DIR=$old
ip link add some1 type vtun mode tap multi_queue queues 3
equal "vtun tap true 3" "$(ip -d -j link show some1 |
	jq -r '.[0].linkinfo | "\(.info_kind) \(.info_data | "\(.mode) \(.multi_queue) \(.queues)")"')" "what ip shows of it"
refuses keep_carrier ip link add type vtun help
refuses "tun\" or \"tap" ip link add some2 type vtun mode bridge
ip link del some1
modprobe -r vtun
unset IP_LIB_DIR
pass "with the plugin ip knows its words, and those of what is wrong"

cat >/etc/vtun/pong0.conf <<-END
	# A network that answers to ping.
	mode = tun
	user=daemon
	mtu=1400
	address=10.9.0.1/16 fd00:9::1/64
END
systemctl -q enable --now vtun@pong0
active vtun@pong0
equal "tun daemon 1400 true" "$(vtunctl -j show pong0 | jq -r '.[0] | "\(.mode) \(.user) \(.mtu) \(.up)"')" "the device"
ip -o addr show dev pong0 to 10.9.0.1 | grep -q 10.9.0.1/16
ip -o addr show dev pong0 to fd00:9::1 | grep -q fd00:9::1/64
pass "vtun@pong0.service loads the module and makes the device of its file"

cat >/etc/vtun/tap0.conf <<-END
	mode=tap
	user=daemon
	group=adm
	multi_queue=yes
	queues=4
	pi=yes
	vnet_hdr=yes
	backpressure=yes
	keep_carrier=yes
	index=4711
	mtu=1400
	txqueuelen=7
	hwaddress=02:00:00:00:00:01
	alias=for the guests
	altname=guests lan
	altname=office
	address=10.9.8.1/24
END
systemctl start vtun@tap0
equal '["tap","daemon","adm",["pi","persist","multi_queue","vnet_hdr","backpressure","keep_carrier"],4,4711,true,1400,["guests","lan","office"]]' \
	"$(vtunctl -j show tap0 | jq -c '.[0] | [.mode, .user, .group, .flags, .max_queues, .ifindex, .up, .mtu, .altnames]')" \
	"what vtunctl shows"
equal '[7,"02:00:00:00:00:01","for the guests","10.9.8.1"]' \
	"$(ip -d -j addr show dev tap0 | jq -c '.[0] | [.txqlen, .address, .ifalias, .addr_info[0].local]')" "what ip shows"
systemctl stop vtun@tap0
absent /sys/class/net/tap0
rm /etc/vtun/tap0.conf
pass "vtun@tap0.service makes a device of all keys, and takes it away"

for mistake in colour=red mode=bridge "user=daemon root" mtu=1 address=10.9.0.999/8 "mode"; do
	printf 'user=daemon\n%s\n' "$mistake" >/etc/vtun/tun7.conf
	systemctl reset-failed
	refuses "failed" systemctl start vtun@tun7
	[ ! -e /sys/class/net/tun7 ] || fail "a file with '$mistake' makes a device"
done
rm /etc/vtun/tun7.conf
refuses "failed" systemctl start vtun@tun7
journalctl -q -u vtun@tun7 | grep -q "line 2: no key 'colour'"
journalctl -q -u vtun@tun7 | grep -q "tun7.conf: no such file"
# systemd remembers what has failed, until it is told not to.
systemctl reset-failed
pass "a mistake in its file leaves no device, and the journal says which"

setpriv --reuid daemon --regid daemon --clear-groups "$old/pong" pong0 10.9.0.0/16 &
pong=$!
until vtunctl -j show pong0 | jq -e '.[0].queues.attached == 1' >/dev/null; do
	kill -0 "$pong"
	sleep 0.5
done
ping -q -c 3 -i 0.2 -W 20 10.9.1.2 >"$log"
pass "a program with libvtun and without privileges answers through it"

index=$(cat /sys/class/net/pong0/ifindex)
ping -i 0.5 10.9.1.3 >/run/packages/ping 2>&1 &
pings=$!
deploy "$new" "$newer"
equal "vtunctl $newer" "$(vtunctl -V)" "the newer vtunctl"
kill -INT "$pings"
wait "$pings" || true
# The last one may have been on its way.
replies=$(grep -c icmp_seq= /run/packages/ping)
equal "$replies" "$(sed -n 's/.*icmp_seq=\([0-9]*\).*/\1/p' /run/packages/ping | tail -1)" "the last of $replies answers"
kill -0 "$pong"
active vtun@pong0
equal "$index" "$(cat /sys/class/net/pong0/ifindex)" "the device's index"
equal "$version" "$(cat /sys/module/vtun/version)" "the loaded module"
pass "an upgrade keeps a device in use: of $replies pings none is lost"

systemctl stop vtun@pong0
absent /sys/class/net/pong0
kill "$pong" 2>/dev/null || true
wait "$pong" || true
modprobe -r vtun
systemctl start vtun@pong0
equal "$newer" "$(cat /sys/module/vtun/version)" "the module after it was loaded anew"
pass "stopping the service takes the device away; what is loaded next is the newer module"

mkdir -p /run/packages/demo/{scripts,selftests/tools}
cp "$top/scripts/demo" /run/packages/demo/scripts
cp "$top/selftests/tools/openvpn.sh" /run/packages/demo/selftests/tools
DEMO_BYTES=1000000 /run/packages/demo/scripts/demo >"$log" 2>&1 || { tail -40 "$log"; fail "the demo"; }
tail -1 "$log" | grep -q '^Everything arrived'
pass "the demo: $(tail -1 "$log")"

purge_all vtun-tools vtun-dkms libvtun0 libvtun-dev
absent /sys/class/net/pong0
! loaded || fail "the module is still loaded"
equal "" "$(systemctl list-units --no-legend 'vtun@*')" "units that are left"
equal "$before" "$(uppers)" "what is left"
absent /etc/vtun /var/lib/dkms/vtun /usr/src/vtun-*
pass "purge takes devices and module away, too, and leaves nothing"
echo "$count passed"
