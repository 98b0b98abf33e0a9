#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The differential test (differential/): random sequences of what a user can do, run on in-tree
# tun and on vtun in twin network namespaces, compared step by step. With DRIVER=tun in-tree tun
# is compared with itself, which shows that the test is steady. Kernels before 7.x differ from vtun
# by their age in ways that differential/differences does not list yet: there it runs only with STEPS.
#   STEPS=100000   more than the usual 3 500 steps (1 000 with DRIVER=tun), as make soak does
#   SEED=n         other random numbers
#   REACH=1        tell what was reached, too
here=$(cd "$(dirname "$0")" && pwd -P)
program=${VTUN_TOOLS:-${here%/*}/build/selftests}/differential
case ${DRIVER:-vtun} in
vtun) pair=tun,vtun name="vtun does what in-tree tun does" steps=3500 ;;
*) pair=tun,tun name="in-tree tun does what in-tree tun does" steps=1000 ;;
esac
if [ "${1-}" = -l ]; then
	echo "$name"
	exit 0
fi
echo "TAP version 13"
echo "1..1"
if [ -z "${STEPS-}" ] && [ "$(uname -r | cut -d. -f1)" -lt 7 ]; then
	echo "ok 1 $name # SKIP what 6.x lacks is not listed yet: STEPS=2000 to see it"
	exit 0
fi
if [ ! -c /dev/net/tun ] || [ ! -c "/dev/net/${pair#*,}" ]; then
	echo "not ok 1 $name"
	echo "# /dev/net/tun or /dev/net/${pair#*,} is missing"
	exit 1
fi
if "$program" --pair $pair --seed "${SEED:-1}" --steps "${STEPS:-$steps}" \
	--seconds $((${TEST_LIMIT:-300} - 50)) --differences "$here/differential/differences" ${REACH:+--list-reach} >/tmp/differential.$$ 2>&1; then
	verdict=ok
else
	verdict="not ok"
fi
sed 's/^\([^#]\)/# \1/' /tmp/differential.$$
rm -f /tmp/differential.$$
echo "$verdict 1 $name"
[ "$verdict" = ok ]
