#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl doctor: the module's file, the module, the node, the caller and security modules. What a
# guest has not, as Secure Boot, is told by files of /sys and /proc that the test replaces.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"
. "$(dirname "$0")/tools/doctor.sh"

SIG_ENFORCE=/sys/module/module/parameters/sig_enforce
LOCKDOWN=/sys/kernel/security/lockdown
SECURE_BOOT=/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c

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

module_is_not_installed() {
	healthy
	rm "$MODULES/updates/vtun.ko"
	depmod "$(uname -r)" 2>/dev/null
	finds warning module_not_installed "$MODULES/modules.dep has no vtun"
	[[ $MEND == "make modules && make install "* ]] || fail "$MEND"
	fake_file /var/lib/dkms/vtun/source ""
	finds warning module_not_installed ""
	equal "apt-get install linux-headers-$(uname -r) && dkms autoinstall -k $(uname -r)" "$MEND" "what mends it"
}

module_is_not_indexed() {
	healthy
	rm "$MODULES"/modules.dep*
	finds warning module_not_indexed "$MODULES/updates/vtun.ko exists"
	mended module_not_indexed
	mkdir "$MODULES/updates/dkms"
	mv "$MODULES/updates/vtun.ko" "$MODULES/updates/dkms/vtun.ko.xz"
	rm "$MODULES"/modules.dep*
	finds warning module_not_indexed "$MODULES/updates/dkms/vtun.ko.xz exists"
}

module_is_for_another_kernel() {
	healthy
	mkdir -p /lib/modules/9.9.9-other/updates
	mv "$MODULES/updates/vtun.ko" /lib/modules/9.9.9-other/updates
	depmod "$(uname -r)" 2>/dev/null
	depmod 9.9.9-other 2>/dev/null
	finds warning module_for_other_kernel "/lib/modules/9.9.9-other has it"
}

module_was_built_for_another_kernel() {
	healthy
	LC_ALL=C sed -i 's/vermagic=[0-9]/vermagic=9/' "$MODULES/updates/vtun.ko"
	finds warning module_wrong_kernel "vermagic of $MODULES/updates/vtun.ko: 9."
	# What is compressed is looked into as well.
	need xz
	xz "$MODULES/updates/vtun.ko"
	depmod "$(uname -r)" 2>/dev/null
	finds warning module_wrong_kernel "vermagic of $MODULES/updates/vtun.ko.xz: 9."
	rm "$MODULES/updates/vtun.ko.xz"
	echo text >"$MODULES/updates/vtun.ko"
	depmod "$(uname -r)" 2>/dev/null || true
	printf 'updates/vtun.ko:\n' >"$MODULES/modules.dep"
	lacks module_wrong_kernel
}

modules_can_not_be_seen() {
	mount -t tmpfs modules /lib/modules
	finds note module_folder_unknown "$MODULES: No such file"
}

module_is_not_loaded() {
	healthy
	fake_file /proc/misc "$(grep -v " $KIND\$" /proc/misc)"
	finds error module_not_loaded "/proc/misc has no $KIND"
	[[ $MEND == "modprobe $KIND "* ]] || fail "$MEND"
	finds note node_unknown "/proc/misc does not tell"
	# Then what modprobe would not load is an error as well.
	LC_ALL=C sed -i 's/vermagic=[0-9]/vermagic=9/' "$MODULES/updates/vtun.ko"
	finds error module_wrong_kernel ""
	rm "$MODULES/updates/vtun.ko"
	depmod "$(uname -r)" 2>/dev/null
	finds error module_not_installed ""
}

# The kernel of a guest demands no signatures, but may be said to.
module_is_not_signed() {
	healthy
	lacks module_unsigned
	fake_file "$SIG_ENFORCE" 'Y\n'
	finds warning module_unsigned "$SIG_ENFORCE is Y"
	[[ $MEND == *"sign-file sha256 KEY.priv KEY.der $MODULES/updates/vtun.ko "* ]] || fail "$MEND"
	fake_file "$SIG_ENFORCE" 'N\n'
	lacks module_unsigned
	fake_file "$LOCKDOWN" 'none [integrity] confidentiality\n'
	finds warning module_unsigned "$LOCKDOWN has [integrity]"
	fake_file "$LOCKDOWN" 'none integrity [confidentiality]\n'
	finds warning module_unsigned "$LOCKDOWN has [confidentiality]"
	fake_file "$LOCKDOWN" '[none] integrity confidentiality\n'
	fake_file /proc/misc ""
	fake_file "$SIG_ENFORCE" 'Y\n'
	finds error module_unsigned "$SIG_ENFORCE is Y"
}

secure_boot_demands_signatures() {
	healthy
	fake_file "$SECURE_BOOT" '\x06\0\0\0\x01'
	lacks module_unsigned	# alone, it does not
	fake_file "$LOCKDOWN" 'none [integrity] confidentiality\n'
	finds warning module_unsigned "Secure Boot is on, and $LOCKDOWN has [integrity]"
	umount "$LOCKDOWN"
	mount -t tmpfs none "${LOCKDOWN%/*}"
	finds warning module_unsigned "Secure Boot is on, and $LOCKDOWN can't be read"
	fake_file "$SECURE_BOOT" '\x06\0\0\0\0'
	finds note module_signature_unknown "$LOCKDOWN can't be read"
}

# sign FILE NAME: as the kernel's sign-file does, with a new key of that name
sign() {
	local length

	openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=$2" -keyout "$TEST_TMP/key" -out "$TEST_TMP/certificate" 2>/dev/null
	openssl cms -sign -binary -noattr -outform DER -in "$1" -signer "$TEST_TMP/certificate" \
		-inkey "$TEST_TMP/key" -md sha256 -nocerts -out "$TEST_TMP/signature"
	length=$(stat -c %s "$TEST_TMP/signature")
	{
		cat "$TEST_TMP/signature"
		# struct module_signature: PKCS#7, and the length, most significant byte first
		printf '%b' "\0\0\x02\0\0\0\0\0\0\0\x$(printf %02x $((length / 256)))\x$(printf %02x $((length % 256)))"
		echo "~Module signature appended~"
	} >>"$1"
}

module_is_signed_by_a_stranger() {
	need openssl
	[ -e /proc/keys ] || skip "this kernel has no keys"
	healthy
	sign "$MODULES/updates/vtun.ko" "Example key"
	lacks module_key_missing
	fake_file "$SIG_ENFORCE" 'Y\n'
	fake_file /proc/keys "0b4bd6c5 I------     1 perm 1f030000     0     0 keyring   .machine: 1\n"
	finds note module_key_unknown "signed by 'Example key'"
	fake_file /proc/keys "1ae51df6 I------     1 perm 1f030000     0     0 asymmetri Distribution key: 1ab2: X509.rsa 1ab2 []\n"
	finds warning module_key_missing "signed by 'Example key', whom /proc/keys does not have"
	fake_file /proc/keys "1ae51df6 I------     1 perm 1f030000     0     0 asymmetri Example key: 1ab2: X509.rsa 1ab2 []\n"
	lacks module_key_missing
	lacks module_key_unknown
	lacks module_unsigned
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

security_module_forbids() {
	THROUGH=("$(tool no_write)")
	"${THROUGH[@]}" /bin/true || skip "this kernel has no Landlock"
	finds error node_security_module "its mode allows it; open: Permission denied"
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
	fake_file /dev/kmsg "${denial//vtun/sda}"
	lacks selinux_denied
	fake_file /var/log/audit/audit.log "type=AVC msg=audit(1.1:6): avc:  denied  { relabelfrom } for pid=7 tclass=tun_socket\n"
	finds warning selinux_denied "{ relabelfrom } for pid=7"
	umount /var/log/audit/audit.log
	chmod 0600 /dev/kmsg
	finds_as 1 note selinux_unknown "/dev/kmsg: Permission denied"
	[ -e /proc/self/attr/current ] || return 0
	confined system_u:system_r:openvpn_t:s0
	finds note selinux_context "its context is system_u:system_r:openvpn_t:s0"
	confined unconfined_u:unconfined_r:unconfined_t:s0
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

# What can't be read is told, and is no fault.
nothing_can_be_seen() {
	fake_dev
	mount -t tmpfs none /proc
	finds note module_loaded_unknown "/proc/misc: No such file"
	finds note node_unknown ""
	finds note user_namespace_unknown "/proc/self/ns/net: No such file"
}

vtunctl_plan 23
run_test "nothing is wrong" nothing_is_wrong
run_test "the text" the_text
run_test "the manual has all ids" the_manual_has_all_ids
run_test "a module that is not installed" module_is_not_installed
run_test "a module that depmod has not seen" module_is_not_indexed
run_test "a module for another kernel" module_is_for_another_kernel
run_test "a module that was built for another kernel" module_was_built_for_another_kernel
run_test "modules that can't be seen" modules_can_not_be_seen
run_test "a module that is not loaded" module_is_not_loaded
run_test "an unsigned module where signatures are demanded" module_is_not_signed
run_test "Secure Boot demands signatures" secure_boot_demands_signatures
run_test "a module signed with a key that the kernel has not" module_is_signed_by_a_stranger
run_test "a missing node" node_is_missing
run_test "a node that is another device" node_is_another
run_test "a node's mode" node_mode_forbids
run_test "a file system without device nodes" file_system_forbids
run_test "a container's device rule" device_rule_forbids
run_test "a security module that keeps from the node" security_module_forbids
run_test "a caller without CAP_NET_ADMIN" caller_lacks_capability
run_test "capabilities that don't count" capabilities_do_not_count
run_test "a denial of SELinux" selinux_denies
run_test "a denial of AppArmor" apparmor_denies
run_test "what can't be seen is told" nothing_can_be_seen
finish
