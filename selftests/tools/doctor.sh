# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests of vtunctl doctor share; they source lib.sh and vtunctl.sh first.

MODULES=/lib/modules/$(uname -r)

# fake_file PATH TEXT: a file of /proc, /sys or /dev says that; seen by this test only
fake_file() {
	local dir=${1%/*} fake

	fake=$(mktemp "$TEST_TMP/fake.XXXXXX")
	printf '%b' "$2" >"$fake"
	chmod 0644 "$fake"
	if [ ! -e "$1" ]; then
		until [ -d "$dir" ]; do dir=${dir%/*}; done
		if [ ! -e "$dir/.fake" ]; then
			mount -t tmpfs fake "$dir"
			touch "$dir/.fake"
		fi
		mkdir -p "${1%/*}"
		touch "$1"
	fi
	mount --bind "$fake" "$1"
}

# fake_modules: an empty folder of modules for the running kernel
fake_modules() {
	need depmod
	mount -t tmpfs modules /lib/modules
	mkdir -p "$MODULES/updates"
	depmod "$(uname -r)" 2>/dev/null
}

# healthy: all that concerns no device is as it should be
healthy() {
	need strip
	[ -f "${VTUN_KO-}" ] || skip "VTUN_KO does not tell where the module's file is"
	fake_modules
	strip --strip-debug -o "$MODULES/updates/vtun.ko" "$VTUN_KO"
	depmod "$(uname -r)" 2>/dev/null
	fake_file /sys/kernel/security/lockdown '[none] integrity confidentiality\n'
	# What other tests made a security module say stays in the kernel's log.
	fake_file /dev/kmsg ''
}

# doctor_as USER ID ARGUMENT...: its findings go to $TEST_TMP/findings, the worst of which is its
# status. Sets FOUND to level and how it was seen of the one with that id, and MEND to what mends it;
# one jq for all of it, since starting programs is dear in a guest.
doctor_as() {
	local user=$1 id=$2 seen=0 all

	shift 2
	as "$user" "${THROUGH[@]}" "$VTUNCTL" -j "${OPTIONS[@]}" doctor "$@" >"$TEST_TMP/findings" || seen=$?
	jq -r --arg id "$id" 'all(.id != "" and .what != "" and .seen != "" and .mend != ""),
		(map({note: 0, warning: 3, error: 4}[.level]) | max // 0),
		(.[] | select(.id == $id) | .level, .seen, .mend)' "$TEST_TMP/findings" >"$TEST_TMP/all"
	mapfile -t all <"$TEST_TMP/all"
	equal "true $seen" "${all[0]} ${all[1]}" "completeness and exit status of 'doctor $*', which found $(<"$TEST_TMP/findings")"
	FOUND=("${all[@]:2:2}")
	MEND=${all[4]-}
}
OPTIONS=()
THROUGH=()	# a program that starts vtunctl, if any

# finds_as USER LEVEL ID SEEN ARGUMENT...: it finds that; SEEN is a part of how
finds_as() {
	local level=$2 id=$3 seen=$4

	doctor_as "$1" "$3" "${@:5}"
	[ ${#FOUND[@]} = 2 ] || fail "no $id: $(<"$TEST_TMP/findings")"
	equal "$level" "${FOUND[0]}" "level of $id"
	[[ ${FOUND[1]} == *"$seen"* ]] || fail "$id was seen otherwise than '$seen': ${FOUND[1]}"
}

# finds LEVEL ID SEEN ARGUMENT...
finds() {
	finds_as root "$@"
}

# lacks_as USER ID ARGUMENT...: it does not find that
lacks_as() {
	doctor_as "$@"
	[ ${#FOUND[@]} = 0 ] || fail "$2: $(<"$TEST_TMP/findings")"
}

# lacks ID ARGUMENT...
lacks() {
	lacks_as root "$@"
}

# mended ID ARGUMENT...: the command that it told mends that
mended() {
	PATH=$(dirname "$VTUNCTL"):$PATH bash -c "$MEND" || fail "'$MEND' fails"
	lacks "$@"
}
