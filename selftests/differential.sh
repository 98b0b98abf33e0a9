#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The differential test (differential/): random sequences of what a user can do, run on in-tree
# tun and on vtun in twin network namespaces, compared step by step. With DRIVER=tun in-tree tun
# is compared with itself, which shows that the test is steady.
#   STEPS=100000   more than the usual 20 000 steps (2 000 with DRIVER=tun), as make soak does
#   SEED=n         other random numbers
#   REACH=1        tell what was reached, too
here=$(cd "$(dirname "$0")" && pwd -P)
program=${VTUN_TOOLS:-${here%/*}/build/selftests}/differential
differences=$here/differential/differences
case ${DRIVER:-vtun} in
vtun) pair=tun,vtun name="vtun does what in-tree tun does" steps=20000 ;;
*) pair=tun,tun name="in-tree tun does what in-tree tun does" steps=2000 ;;
esac
replay_name="a script that a run printed shows the difference again"
if [ "${1-}" = -l ]; then
	printf '%s\n' "$name" "$replay_name"
	exit 0
fi
failed=0
log=$(mktemp)
trap 'rm -f "$log" "$log.script"' EXIT

# verdict NUMBER STATUS NAME: after what the program said
verdict() {
	sed 's/^\([^#]\)/# \1/' "$log"
	[ "$2" = 0 ] || failed=1
	[ "$2" = 0 ] && echo "ok $1 $3" || echo "not ok $1 $3"
}

# Without the list of differences the kind differs, if not something else does first. The script
# of that must show it again, and nothing with the list.
replay() {
	"$program" --pair tun,vtun --seed 1 --steps 2000 --failures 1 >"$log"
	[ $? = 1 ] || return 1
	grep ');$' "$log" >"$log.script"
	[ -s "$log.script" ] || return 1
	"$program" --pair tun,vtun --replay "$log.script" >"$log"
	[ $? = 1 ] && grep -q '^# DIFFERENT' "$log" || return 1
	"$program" --pair tun,vtun --replay "$log.script" --differences "$differences" >"$log"
}

echo "TAP version 13"
echo "1..2"
if [ ! -c /dev/net/tun ] || [ ! -c "/dev/net/${pair#*,}" ]; then
	echo "Bail out! /dev/net/tun or /dev/net/${pair#*,} is missing"
	exit 1
fi
# The program keeps the kernel from loading what it asks for.
modprobe -q 8021q
"$program" --pair $pair --seed "${SEED:-1}" --steps "${STEPS:-$steps}" \
	--seconds $((${TEST_LIMIT:-600} - 60)) --differences "$differences" ${REACH:+--list-reach} >"$log" 2>&1
verdict 1 $? "$name"
if [ "${pair#*,}" = vtun ]; then
	status=0
	replay || status=1
	[ "$status" = 1 ] || : >"$log"		# long, and of interest only if it is wrong
	verdict 2 "$status" "$replay_name"
else
	echo "ok 2 $replay_name # SKIP tun does not differ from itself"
fi
exit $failed
