#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl doctor: the module and its file. What this guest has not, as Secure Boot (packages/signing.sh has), is told by files of
# /sys and /proc that the test replaces.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"
. "$(dirname "$0")/tools/doctor.sh"

SIG_ENFORCE=/sys/module/module/parameters/sig_enforce
LOCKDOWN=/sys/kernel/security/lockdown
SECURE_BOOT=/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c

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
}

module_tells_nothing() {
	healthy
	echo text >"$MODULES/updates/vtun.ko"
	finds note module_vermagic_unknown "no vermagic can be read from $MODULES/updates/vtun.ko"
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

vtunctl_plan 10
run_test "a module that is not installed" module_is_not_installed
run_test "a module that depmod has not seen" module_is_not_indexed
run_test "a module for another kernel" module_is_for_another_kernel
run_test "a module that was built for another kernel" module_was_built_for_another_kernel
run_test "a module that tells nothing" module_tells_nothing
run_test "modules that can't be seen" modules_can_not_be_seen
run_test "a module that is not loaded" module_is_not_loaded
run_test "an unsigned module where signatures are demanded" module_is_not_signed
run_test "Secure Boot demands signatures" secure_boot_demands_signatures
run_test "a module signed with a key that the kernel has not" module_is_signed_by_a_stranger
finish
