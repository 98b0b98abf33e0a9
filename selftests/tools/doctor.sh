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
}

# doctor_as USER ARGUMENT...: its findings go to $TEST_TMP/findings, the worst of which is its status
doctor_as() {
	local user=$1 seen=0 worst

	shift
	as "$user" "$VTUNCTL" -j "${OPTIONS[@]}" doctor "$@" >"$TEST_TMP/findings" || seen=$?
	jq -e 'all(.id != "" and .what != "" and .seen != "" and .mend != "")' "$TEST_TMP/findings" >/dev/null ||
		fail "something is missing: $(cat "$TEST_TMP/findings")"
	worst=$(jq 'map({note: 0, warning: 3, error: 4}[.level]) | max // 0' "$TEST_TMP/findings")
	equal "$worst" "$seen" "exit status of 'doctor $*', which found $(cat "$TEST_TMP/findings")"
}
OPTIONS=()

# finds_as USER LEVEL ID SEEN ARGUMENT...: it finds that; SEEN is a part of how, MEND is what mends it
finds_as() {
	local user=$1 level=$2 id=$3 seen=$4 finding

	shift 4
	doctor_as "$user" "$@"
	finding=$(jq -c ".[] | select(.id == \"$id\")" "$TEST_TMP/findings")
	[ -n "$finding" ] || fail "no $id: $(cat "$TEST_TMP/findings")"
	equal "$level" "$(jq -r .level <<<"$finding")" "level of $id"
	[[ $(jq -r .seen <<<"$finding") == *"$seen"* ]] || fail "$id was seen otherwise than '$seen': $finding"
	# shellcheck disable=SC2034
	MEND=$(jq -r .mend <<<"$finding")
}

# finds LEVEL ID SEEN ARGUMENT...
finds() {
	finds_as root "$@"
}

# lacks ID ARGUMENT...: it does not find that
lacks() {
	local id=$1

	shift
	doctor_as root "$@"
	jq -e "all(.id != \"$id\")" "$TEST_TMP/findings" >/dev/null || fail "$id: $(cat "$TEST_TMP/findings")"
}

# mended ID ARGUMENT...: the command that it told mends that
mended() {
	PATH=$(dirname "$VTUNCTL"):$PATH bash -c "$MEND" || fail "'$MEND' fails"
	lacks "$@"
}
