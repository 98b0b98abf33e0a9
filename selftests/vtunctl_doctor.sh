#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl doctor: the node, the caller and security modules. Those that a guest has not are told by
# files of /sys and /proc that the test replaces. What SELinux itself says, selftests/packages/selinux.sh has.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"
. "$(dirname "$0")/tools/doctor.sh"

nothing_is_wrong() {
	healthy
	gives "0 errors, 0 warnings, 0 notes" doctor
	equal '[]' "$(vtunctl -j doctor)" findings
}

the_text() {
	healthy
	equal "error: there is no device tap0 in this network namespace [device_missing]
    seen: rtnetlink does not find it
    mend: vtunctl add tap0 mode tun  # or mode tap; to look in another namespace: vtunctl -n NETNS doctor
1 error, 0 warnings, 0 notes" "$(vtunctl doctor tap0 || true)" text
}

# Programs rely on ids, so each is written down.
the_manual_has_all_ids() {
	local id ids

	ids=$(sed -nE 's/.*"((module|node|no|user|selinux|apparmor|device)_[a-z0-9_]+)".*/\1/p' "$LIB_TOP"/tools/vtunctl/doctor_*.c)
	[ "$(wc -l <<<"$ids")" -gt 40 ] || fail "ids: $ids"
	for id in $ids; do
		grep -qw "$id" "$LIB_TOP/tools/vtunctl/vtunctl.8" || fail "vtunctl.8 does not tell of $id"
	done
}

node_is_missing() {
	fake_dev
	rm "$NODE"
	finds error node_missing "No such file or directory; the module has registered 10:"
	mended node_missing
}

node_is_another() {
	fake_dev
	rm "$NODE"
	touch "$NODE"
	finds error node_wrong "no character device (mode 100644)"
	mended node_wrong
	rm "$NODE"
	mknod "$NODE" c 1 3
	finds error node_wrong "character device 1:3, and the module has registered 10:"
	mended node_wrong
	lacks node_mode
}

node_mode_forbids() {
	fake_dev
	chmod 0640 "$NODE"
	finds_as 1 error node_mode "its mode is 0640, its owner root, its group root"
	finds note node_not_for_all "its mode is 0640"
	mended node_not_for_all
	finds_as 1 warning no_net_admin ""
	chmod 0700 /dev/net
	finds_as 1 error node_mode "$NODE: Permission denied"
}

file_system_forbids() {
	fake_dev
	mount -o remount,nodev /dev/net
	finds error node_nodev "mounted with nodev"
	mended node_nodev
}

# The first version's controller has a file where the second has a program.
device_rule_forbids() {
	local group=$TEST_TMP/cgroup

	mkdir "$group"
	mount -t cgroup -o devices none "$group" 2>/dev/null || skip "this kernel has no device controller"
	mkdir "$group/container"
	echo "c $((0x$(stat -c %t "$NODE"))):$((0x$(stat -c %T "$NODE"))) rwm" >"$group/container/devices.deny"
	lacks node_device_rule
	THROUGH=(bash -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$group/container")
	finds error node_device_rule "its mode 0666 allows it; open: Operation not permitted"
	rmdir "$group/container"
}

# The second version's has a program, as those have whom systemd or podman starts.
device_program_forbids() {
	fake_dev
	ruled
	lacks node_device_rule
	(
		echo "$BASHPID" >"$CONTAINER/cgroup.procs"
		finds error node_device_rule "its mode 0666 allows it; open: Operation not permitted"
		finds_as 1 error node_device_rule "open: Operation not permitted"
		# What the mode forbids nobody asks the rule.
		chmod 0640 "$NODE"
		finds error node_device_rule "its mode 0640 allows it"
		finds_as 1 error node_mode "its mode is 0640"
		lacks_as 1 node_device_rule
	)
}

security_module_forbids() {
	THROUGH=("$(tool no_write)")
	"${THROUGH[@]}" /bin/true || skip "this kernel has no Landlock"
	finds error node_security_module "its mode allows it; open: Permission denied"
}

node_does_not_open() {
	THROUGH=("$(tool refuse)" writing)
	finds error node_does_not_open "open: Input/output error"
}

caller_lacks_capability() {
	finds_as 1 warning no_net_admin "it runs as daemon without the capability CAP_NET_ADMIN"
	[[ $MEND == "vtunctl add NAME mode tun user daemon "* ]] || fail "$MEND"
	lacks no_net_admin
	# Who owns the device needs none.
	vtunctl add tap0 user daemon
	finds_as 1 note no_net_admin "" tap0
	lacks_as 1 device_permission tap0
}

capabilities_do_not_count() {
	lacks user_namespace
	vtunctl add tap0 user 4711
	THROUGH=(unshare --user --map-root-user)
	finds warning user_namespace "belongs to a user namespace outside its own"
	finds note user_namespace "" tap0
	finds error device_permission "no CAP_NET_ADMIN that counts" tap0
	THROUGH=(unshare --user --map-root-user --net)
	lacks user_namespace
}

# confined CONTEXT: vtunctl runs in it
confined() {
	printf '%s\n' "$1" >"$TEST_TMP/context"
	THROUGH=(bash -c 'for file in /proc/$$/attr/current /proc/$$/attr/apparmor/current; do
		[ ! -e "$file" ] || mount --bind "$0" "$file"
	done; exec "$@"' "$TEST_TMP/context")
}

selinux_denies() {
	local denial='6,700,1,-;audit: type=1400 audit(1.1:5): avc:  denied  { read write } for  pid=9 comm="openvpn" name="vtun" dev="devtmpfs" tclass=chr_file\n'

	fake_file /sys/fs/selinux/enforce 0
	fake_file /dev/kmsg "$denial"
	lacks selinux_denied
	fake_file /sys/fs/selinux/enforce 1
	finds warning selinux_denied 'avc:  denied  { read write } for  pid=9 comm="openvpn"'
	fake_file /dev/kmsg "${denial//vtun/sda}6,701,2,-;avc:  denied  { create } for pid=9 tclass=tun_socket\n6,702,3,-;eth0: up\n"
	finds warning selinux_denied '{ create } for pid=9 tclass=tun_socket'
	[[ $MEND == "dmesg | grep "* ]] || fail "$MEND"
	fake_file /dev/kmsg "${denial//vtun/sda}${denial/chr_file/dir}${denial%\\n} permissive=1\n"
	lacks selinux_denied
	fake_file /var/log/audit/audit.log "type=AVC msg=audit(1.1:6): avc:  denied  { relabelfrom } for pid=7 tclass=tun_socket\n"
	finds warning selinux_denied "{ relabelfrom } for pid=7"
	[[ $MEND == "ausearch "* ]] || fail "$MEND"
	umount /var/log/audit/audit.log
	chmod 0600 /dev/kmsg
	finds_as 1 note selinux_unknown "/dev/kmsg: Permission denied"
	[ -e /proc/self/attr/current ] || return 0
	confined unconfined_u:unconfined_r:openvpn_t:s0-s0:c0.c1023
	finds note selinux_context "its context is unconfined_u:unconfined_r:openvpn_t:s0-s0:c0.c1023"
	[[ $MEND == "sesearch -A -s openvpn_t "* ]] || fail "$MEND"
	confined unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023
	lacks selinux_context
	confined system_u:system_r:unconfined_service_t
	lacks selinux_context
}

apparmor_denies() {
	fake_file /sys/module/apparmor/parameters/enabled 'Y\n'
	fake_file /dev/kmsg '6,700,1,-;audit: type=1400 audit(1.1:5): apparmor="DENIED" operation="open" profile="qemu" name="/dev/net/vtun" pid=9\n'
	finds warning apparmor_denied 'operation="open" profile="qemu" name="/dev/net/vtun"'
	fake_file /dev/kmsg '6,700,1,-;apparmor="DENIED" operation="open" profile="qemu" name="/dev/sda" pid=9\n'
	lacks apparmor_denied
	chmod 0600 /dev/kmsg
	finds_as 1 note apparmor_unknown "/dev/kmsg: Permission denied"
	[ -e /proc/self/attr/current ] || return 0
	confined "qemu (enforce)"
	finds note apparmor_profile "its profile is qemu, in mode enforce"
	confined "qemu (complain)"
	lacks apparmor_profile
}

# The kernel's own words, when a profile keeps a program from the node.
apparmor_profile_denies() {
	local profile=$TEST_TMP/profile security=$TEST_TMP/security

	need apparmor_parser
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] || skip "this kernel has no AppArmor"
	mkdir "$security"
	mount -t securityfs securityfs "$security"
	printf '%s\n' "profile vtun_test {" "file," "network," "capability," "audit deny /dev/net/vtun rw," "}" >"$profile"
	apparmor_parser --skip-cache --subdomainfs "$security/apparmor" -r "$profile"
	lacks apparmor_profile
	THROUGH=(bash -c 'echo exec vtun_test >/proc/self/attr/apparmor/exec; exec "$@"' vtun_test)
	refused "Permission denied" "${THROUGH[@]}" head -c 0 /dev/net/vtun
	finds note apparmor_profile "its profile is vtun_test, in mode enforce"
	finds error node_security_module "its mode allows it; open: Permission denied"
	THROUGH=()
	finds warning apparmor_denied 'profile="vtun_test" name="/dev/net/vtun"'
}

# What can't be read is told, and is no fault.
nothing_can_be_seen() {
	fake_dev
	mount -t tmpfs none /proc
	finds note module_loaded_unknown "/proc/misc: No such file"
	finds note node_unknown ""
	finds note user_namespace_unknown "/proc/self/ns/net: No such file"
	THROUGH=("$(tool refuse)" netlink)
	finds note device_unknown "rtnetlink: Address family not supported" tap0
}

vtunctl_plan 17
run_test "nothing is wrong" nothing_is_wrong
run_test "the text" the_text
run_test "the manual has all ids" the_manual_has_all_ids
run_test "a missing node" node_is_missing
run_test "a node that is another device" node_is_another
run_test "a node's mode" node_mode_forbids
run_test "a file system without device nodes" file_system_forbids
run_test "a container's device rule" device_rule_forbids
run_test "a container's device program" device_program_forbids
run_test "a security module that keeps from the node" security_module_forbids
run_test "a node that does not open" node_does_not_open
run_test "a caller without CAP_NET_ADMIN" caller_lacks_capability
run_test "capabilities that don't count" capabilities_do_not_count
run_test "a denial of SELinux" selinux_denies
run_test "a denial of AppArmor" apparmor_denies
run_test "a profile of AppArmor that forbids the node" apparmor_profile_denies
run_test "what can't be seen is told" nothing_can_be_seen
finish
