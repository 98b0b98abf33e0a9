#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A guest under Secure Boot, which takes the module that is signed with an enrolled key, and no other.
# The firmware's own keys are those that Debian's ovmf has for tests, and Debian's kernel is signed with them once more.
# What shim and MokManager do on the screen is done by writing to the firmware's list, which the
# kernel reads as it reads that of machine-owner keys.
# usage: selftests/packages/signing.sh FOLDER           on the host: boots twice, keeps things in FOLDER
#        selftests/packages/signing.sh enroll|check FOLDER    in its guests
top=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
# shellcheck source=lib.sh
. "$top/selftests/packages/lib.sh"
firmware=/usr/share/OVMF/OVMF_CODE_4M.fd
variables=/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd
firmware_key=/usr/share/ovmf/PkKek-1-snakeoil
list=/sys/firmware/efi/efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f

# make_key NAME: as docs/signing.md has it
make_key() {
	openssl req -new -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=$1" \
		-addext extendedKeyUsage=codeSigning -keyout "$work/$1.key" -outform DER -out "$work/$1.der" 2>/dev/null
}

# sign NAME: the module, with that key
sign() {
	cp "$module" "$work/$1.ko"
	"$kdir/scripts/sign-file" sha256 "$work/$1.key" "$work/$1.der" "$work/$1.ko"
}

# sign_image: the kernel, below a folder that has its modules, where scripts/guest finds them
sign_image() {
	mkdir -p "$work/lib/modules"
	# shellcheck disable=SC2154
	ln -sfn "$modules" "$work/lib/modules/$release"
	# shellcheck disable=SC2154
	sbsign --key "$work/firmware.key" --cert "$firmware_key.pem" --output "$work/vmlinuz" "$image" 2>/dev/null
}

# An entry of the firmware's list counts if it is signed with a key of the firmware's.
sign_entry() {
	openssl x509 -inform DER -in "$work/owner.der" -out "$work/owner.pem"
	cert-to-efi-sig-list "$work/owner.pem" "$work/owner.list"
	sign-efi-sig-list -a -k "$work/firmware.key" -c "$firmware_key.pem" db "$work/owner.list" "$work/signed" >/dev/null
	# In front of it are attributes: kept, seen while booting and later, written with a time stamp, appended.
	{ printf '\x67\0\0\0' && cat "$work/signed"; } >"$work/entry"
}

in_guest() {
	"$top/scripts/guest" -k "$work/vmlinuz" --no-module --timeout 300 \
		--qemu "-drive if=pflash,unit=0,format=raw,readonly=on,file=$firmware -drive if=pflash,unit=1,format=raw,file=$work/vars" \
		-- "$0" "$1" "$work"
}

prepare() {
	# shellcheck disable=SC1090
	. "$("$top/scripts/fetch" kernel 6.12)"
	module=$("$top/scripts/module" 6.12 -s)
	cp "$variables" "$work/vars"
	openssl rsa -in "$firmware_key.key" -passin pass:snakeoil -out "$work/firmware.key" 2>/dev/null
	sign_image
	make_key owner
	make_key stranger
	sign owner
	sign stranger
	cp "$module" "$work/nobody.ko"
	sign_entry
	make -s -C "$top/tools/vtunctl"
}

# doctor_says NAME IDS: of the module that NAME has signed. Sets SAID to all it says.
doctor_says() {
	cp "$work/$1.ko" "/lib/modules/$(uname -r)/vtun.ko"
	depmod
	SAID=$("$top/build/vtunctl" doctor || true)
	equal "$2" "$(sed -n 's/.*\[\(module_[a-z_]*\)\]$/\1/p' <<<"$SAID" | xargs)" "what doctor says of $1's module"
}

# names_secure_boot: as what demands the signature
names_secure_boot() {
	grep -q "^    seen: Secure Boot is on, and /sys/kernel/security/lockdown has \[integrity\]; " <<<"$SAID"
}

enroll() {
	mount -t efivarfs efivarfs /sys/firmware/efi/efivars
	chattr -i "$list"
	dd if="$work/entry" of="$list" bs=64k conv=notrunc oflag=append status=none
	pass "the owner's key is enrolled"
}

check() {
	mount -t efivarfs efivarfs /sys/firmware/efi/efivars
	grep -q 'asymmetri owner: ' /proc/keys
	pass "the kernel has the owner's key"
	refuses "Key was rejected by service" insmod "$work/nobody.ko"
	refuses "Key was rejected by service" insmod "$work/stranger.ko"
	pass "under Secure Boot it refuses a module with no signature, or with a stranger's"
	own_modules >/dev/null
	doctor_says nobody "module_unsigned module_not_loaded"
	names_secure_boot
	doctor_says stranger "module_key_missing module_not_loaded"
	names_secure_boot
	doctor_says owner module_not_loaded
	pass "vtunctl doctor says which is why"
	bash -c "$(sed -n 's/^    mend: \(modprobe vtun\) .*/\1/p' <<<"$SAID")"
	[ -d /sys/module/vtun ]
	doctor_says owner ""
	pass "what doctor says loads the module with the owner's, and then it finds nothing"
}

case $1 in
enroll | check)
	work=$2
	"$1"
	;;
*)
	work=$(realpath "$1")
	prepare
	in_guest enroll
	in_guest check
	;;
esac
