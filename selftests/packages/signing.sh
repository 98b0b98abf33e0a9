#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A guest whose firmware is UEFI, and whose kernel demands signatures: it takes the module that is signed with
# an enrolled key, and no other. What shim and MokManager do on the screen is done by writing to the
# firmware's list, which the kernel reads as it reads that of machine-owner keys.
# usage: selftests/packages/signing.sh FOLDER           on the host: boots twice, keeps things in FOLDER
#        selftests/packages/signing.sh enroll|check FOLDER    in its guests
top=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
# shellcheck source=lib.sh
. "$top/selftests/packages/lib.sh"
firmware=/usr/share/OVMF/OVMF_CODE_4M.fd

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

in_guest() {
	"$top/scripts/guest" -k 6.12 --no-module --timeout 300 \
		--qemu "-drive if=pflash,unit=0,format=raw,readonly=on,file=$firmware -drive if=pflash,unit=1,format=raw,file=$work/vars" \
		-- "$0" "$1" "$work"
}

prepare() {
	# shellcheck disable=SC1090
	. "$("$top/scripts/fetch" kernel 6.12)"
	module=$("$top/scripts/module" 6.12 -s)
	cp "${firmware/CODE/VARS}" "$work/vars"
	make_key owner
	make_key stranger
	sign owner
	sign stranger
	cp "$module" "$work/nobody.ko"
	make -s -C "$top/tools/vtunctl"
}

# doctor_says NAME IDS: of the module that NAME has signed
doctor_says() {
	cp "$work/$1.ko" "/lib/modules/$(uname -r)/vtun.ko"
	depmod
	equal "$2" "$({ "$top/build/vtunctl" -j doctor || true; } |
		jq -r '[.[].id | select(startswith("module_"))] | join(" ")')" "what doctor says of $1's module"
}

enroll() {
	mount -t efivarfs efivarfs /sys/firmware/efi/efivars
	"$top/selftests/packages/enroll" "$work/owner.der"
	pass "the owner's key is enrolled"
}

check() {
	grep -q 'asymmetri owner: ' /proc/keys
	pass "the kernel has the owner's key"
	echo 1 >/sys/module/module/parameters/sig_enforce
	refuses "Key was rejected by service" insmod "$work/nobody.ko"
	refuses "Key was rejected by service" insmod "$work/stranger.ko"
	pass "a kernel that demands signatures refuses a module with none, or with a stranger's"
	own_modules >/dev/null
	doctor_says nobody "module_unsigned module_not_loaded"
	doctor_says stranger "module_key_missing module_not_loaded"
	doctor_says owner module_not_loaded
	pass "vtunctl doctor says which is why"
	insmod "$work/owner.ko"
	[ -d /sys/module/vtun ]
	doctor_says owner ""
	pass "it takes the module with the owner's, and doctor finds nothing"
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
