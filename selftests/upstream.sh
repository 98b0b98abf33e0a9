#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's own tests of tun, built from its source packages and unchanged: they
# open /dev/net/tun, and find vtun's node there, in a mount namespace of their own.
# What one of them doesn't pass is run on the same kernel's in-tree tun as well, and
# is a failure only if in-tree tun passes it.
#
# tap.c drives macvtap, not a node in /dev/net, but is upstream's test of tap devices.
# Tests that upstream expects to fail wait ten seconds each, in vain, and those of RDMA
# over tun are of another subsystem: TEST_SOAK=1 runs them, too. bpf/prog_tests, which needs a kernel's build tree, is left out.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

UPSTREAM=$LIB_TOP/build/upstream
LIMIT=${TEST_LIMIT:-280}

# on NODE COMMAND...: where that node is /dev/net/tun
on() {
	# shellcheck disable=SC2016
	unshare -nm --propagation private bash -c '
		mount --bind "$1" /dev/net/tun &&
		mount -t sysfs sysfs /sys &&
		mkdir -p /run/netns && mount -t tmpfs netns /run/netns &&
		ip link set lo up && cd "${3%/*}" || exit 1
		shift
		exec timeout "$@"' - "$1" "$LIMIT" "${@:2}" </dev/null 2>&1
}

# passed NAME FILE: whether the test has passed, by what was printed
passed() {
	grep -Eqx "ok [0-9]+ $1( # XFAIL.*)?" "$2"
}

# verdict TITLE NAME FOLDER: one test's, by what was printed on each driver
verdict() {
	local title=$1 name=$2 dir=$3

	NUMBER=$((NUMBER + 1))
	if passed "$name" "$dir/vtun"; then
		echo "ok $NUMBER $title"
	elif passed "$name" "$dir/tun"; then
		FAILED=1
		awk -v name="$name" '
			$1 == "#" && $2 == "RUN" { mine = index($0 " ", " " name " "); next }
			/^not ok / { if (mine) exit; next }
			mine { said = said "# " $0 "\n" }
			END { printf "%s", said }' "$dir/vtun"
		echo "not ok $NUMBER $title"
	else
		echo "ok $NUMBER $title # SKIP in-tree tun doesn't pass it on this kernel"
	fi
}

# names PROGRAM: its tests' whole names; it lists those of a fixture in two columns
names() {
	"$1" -l 2>&1 | awk '
		function pairs(    i, j) {
			for (i = 1; i <= tests; i++) {
				if (!variants) print fixture "." test[i]
				for (j = 1; j <= variants; j++) print fixture "." variant[j] "." test[i]
			}
			tests = variants = 0
		}
		/^# FIXTURE/ { v = index($0, "VARIANT"); t = index($0, "TEST"); next }
		/^---/ { pairs(); next }
		{
			f = substr($0, 1, v - 1); gsub(/ /, "", f); if (f != "") fixture = f
			x = substr($0, v, t - v); gsub(/ /, "", x); if (x != "") variant[++variants] = x
			x = substr($0, t); gsub(/ /, "", x); if (x != "") test[++tests] = x
		}
		END { pairs() }'
}

# program FOLDER NAME: one that is built on the kselftest harness
program() {
	local path=$UPSTREAM/$1/$2 title dir name all run=() lost=()

	dir=$(mktemp -d /tmp/upstream.XXXXXX)
	: >"$dir/tun"
	mapfile -t all < <(names "$path")
	for name in "${all[@]}"; do
		title="$1 $2: $name"
		[ -z "$LIB_WANTED" ] || [ "$LIB_WANTED" = "$title" ] || continue
		[ -n "${TEST_SOAK-}" ] || ! grep -Fqx "$name" "$path.expected" || continue
		run+=("$name")
	done
	[ ${#run[@]} -gt 0 ] || return
	on "$NODE" "$path" "${run[@]/#/-r}" >"$dir/vtun"
	for name in "${run[@]}"; do
		passed "$name" "$dir/vtun" || lost+=("$name")
	done
	[ ${#lost[@]} = 0 ] || on /dev/net/tun "$path" "${lost[@]/#/-r}" >"$dir/tun"
	# Where neither driver passes anything, the comparison is worth nothing.
	if ! grep -q '^ok ' "$dir/vtun" "$dir/tun"; then
		FAILED=1 NUMBER=$((NUMBER + 1))
		tail -n 20 "$dir/vtun" | sed 's/^/# /'
		echo "not ok $NUMBER $1 $2 runs"
		return
	fi
	for name in "${run[@]}"; do
		verdict "$1 $2: $name" "$name" "$dir"
	done
	rm -rf "$dir"
}

# script FOLDER NAME: one whose exit status tells
script() {
	local path=$UPSTREAM/$1/$2 title="$1 $2" dir node

	[ -z "$LIB_WANTED" ] || [ "$LIB_WANTED" = "$title" ] || return
	dir=$(mktemp -d /tmp/upstream.XXXXXX)
	for node in vtun tun; do
		{
			echo "#  RUN $title"
			if on "/dev/net/$node" "$path"; then
				echo "ok 1 $title"
				break
			fi
		} >"$dir/$node"
	done
	verdict "$title" "$title" "$dir"
	rm -rf "$dir"
}

if [ "$DRIVER" = tun ]; then
	echo "1..0 # SKIP vtun's run compares with in-tree tun"
	exit "$LIB_SKIPPED"
fi
if [ ! -e "$UPSTREAM/7.x/built" ]; then
	echo "Bail out! nothing in $UPSTREAM: run scripts/upstream"
	exit 1
fi
# Some of them unload tun when they are done: not while it is open.
exec {hold}<>/dev/net/tun
NUMBER=0 FAILED=0
for folder in 6.12 7.x; do
	program $folder net/tun
	program $folder net/tap
	for path in "$UPSTREAM/$folder"/*/*.sh; do
		case $path in
		*/ktap_helpers.sh | *'*'*) ;;
		*/rxe_sent_rcvd_bytes.sh) [ -z "${TEST_SOAK-}" ] || ! command -v rping >/dev/null || script $folder "rdma/${path##*/}" ;;
		*/rdma/*) [ -z "${TEST_SOAK-}" ] || script $folder "rdma/${path##*/}" ;;
		*) script $folder "${path#"$UPSTREAM/$folder/"}" ;;
		esac
	done
done
echo "1..$NUMBER"
exec {hold}>&-
[ "$FAILED" = 0 ]
