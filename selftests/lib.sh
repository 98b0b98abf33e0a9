# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What every shell test shares. A test is a bash script of this shape:
#
#	. "$(dirname "$0")/lib.sh"
#
#	# F4.10
#	bridge_takes_tap() {
#		netns_add a
#		...any command that fails, fails the test; skip "reason" leaves it
#	}
#
#	plan 1
#	run_test "a bridge takes a tap" bridge_takes_tap
#	finish
#
# Environment: DRIVER=vtun|tun chooses the node and the kind; TEST_TIMEOUT is
# the limit for one test in seconds; VERBOSE=1 shows output as it comes.
# Arguments: -l lists the tests, -t NAME runs only the test of that name.
#
# run_test starts the script once more in new network, mount and process
# namespaces and runs one function there. So tests can't see each other's
# devices, may use any name for a namespace or a device, and leave nothing
# behind however they end: with the last process everything goes.

DRIVER=${DRIVER:-vtun}
case $DRIVER in
vtun | tun) ;;
*)
	echo "Bail out! DRIVER=$DRIVER: must be vtun or tun"
	exit 1
	;;
esac
export DRIVER
NODE=/dev/net/$DRIVER
# What rtnetlink calls its devices.
# shellcheck disable=SC2034
KIND=$DRIVER

TEST_TIMEOUT=${TEST_TIMEOUT:-240}
# Starting a program is the dear thing in an emulated guest, so all that every
# test needs is done by the shell where it can be.
case $0 in
/*) LIB_SCRIPT=$0 ;;
*) LIB_SCRIPT=$PWD/$0 ;;
esac
LIB_TOP=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd -P)
TOOLS=${VTUN_TOOLS:-$LIB_TOP/build/selftests}
LIB_SKIPPED=4		# the exit status that kselftest uses for it
LIB_WANTED=
LIB_COUNT=0
LIB_FAILED=0

# ---- the outside: plan, run, report -------------------------------------

lib_arguments() {
	while getopts lt: option; do
		case $option in
		l) LIB_LIST=1 ;;
		t) LIB_WANTED=$OPTARG ;;
		*)
			echo "usage: $0 [-l] [-t NAME]" >&2
			exit 2
			;;
		esac
	done
}

# plan N: how many tests follow
plan() {
	[ -n "${LIB_INSIDE:-}" ] && return
	LIB_PLAN=$1
	[ -n "${LIB_LIST:-}" ] && return
	if [ "$EUID" != 0 ]; then
		echo "Bail out! must be root"
		exit 1
	fi
	if [ ! -c "$NODE" ]; then
		echo "Bail out! no $NODE: is the module $DRIVER loaded?"
		exit 1
	fi
	echo "TAP version 13"
	if [ -n "$LIB_WANTED" ]; then echo "1..1"; else echo "1..$1"; fi
}

# run_test NAME FUNCTION [ARGUMENT...]
run_test() {
	local name=$1

	shift
	LIB_COUNT=$((LIB_COUNT + 1))
	if [ -n "${LIB_INSIDE:-}" ]; then
		if [ "$LIB_COUNT" = "$LIB_INSIDE" ]; then lib_inside "$@"; fi
		return
	fi
	if [ -n "${LIB_LIST:-}" ]; then
		echo "$name"
	elif [ -z "$LIB_WANTED" ] || [ "$LIB_WANTED" = "$name" ]; then
		lib_outside "$name"
	fi
}

lib_outside() {
	local name=$1 number=$LIB_COUNT tmp verdict

	[ -n "$LIB_WANTED" ] && number=1
	LIB_RAN=1
	tmp=$(mktemp -d /tmp/vtun-test.XXXXXX) || exit 1
	if [ -n "${VERBOSE:-}" ]; then
		lib_isolated "$tmp" 2>&1 </dev/null | tee "$tmp/output" |
			sed -u 's/^/# /'
		verdict=${PIPESTATUS[0]}
	else
		lib_isolated "$tmp" >"$tmp/output" 2>&1 </dev/null
		verdict=$?
	fi
	case $verdict in
	0)
		echo "ok $number $name"
		;;
	"$LIB_SKIPPED")
		echo "ok $number $name # SKIP $(cat "$tmp/skip")"
		;;
	*)
		LIB_FAILED=$((LIB_FAILED + 1))
		[ -n "${VERBOSE:-}" ] || sed 's/^/# /' "$tmp/output"
		[ "$verdict" = 137 ] &&
			echo "# killed after $TEST_TIMEOUT s (TEST_TIMEOUT)"
		lib_show_logs "$tmp"
		echo "not ok $number $name"
		;;
	esac
	rm -rf "$tmp"
}

# KILL, since unshare blocks TERM while it waits for its child.
lib_isolated() {
	LIB_INSIDE=$LIB_COUNT TEST_TMP=$1 \
		timeout --foreground -s KILL "$TEST_TIMEOUT" \
		unshare --net --mount --propagation private \
		--pid --fork --kill-child --mount-proc \
		bash "$LIB_SCRIPT"
}

lib_show_logs() {
	local log

	for log in "$1"/*.log; do
		[ -s "$log" ] || continue
		echo "# --- the end of $(basename "$log"):"
		tail -n 20 "$log" | sed 's/^/# /'
	done
}

finish() {
	[ -n "${LIB_INSIDE:-}" ] && exit 1	# the test was not found
	[ -n "${LIB_LIST:-}" ] && exit 0
	if [ -n "$LIB_WANTED" ] && [ -z "${LIB_RAN:-}" ]; then
		echo "Bail out! no test is called '$LIB_WANTED'"
		exit 2
	fi
	if [ -z "$LIB_WANTED" ] && [ "$LIB_COUNT" != "$LIB_PLAN" ]; then
		echo "Bail out! $LIB_PLAN tests planned, $LIB_COUNT found"
		exit 1
	fi
	[ "$LIB_FAILED" = 0 ]
	exit
}

# ---- the inside: what a test function may use ---------------------------

lib_inside() {
	set -eE -o pipefail
	trap 'lib_on_error "$?" "$BASH_COMMAND"' ERR
	mount -t sysfs sysfs /sys	# sysfs shows the mounter's net namespace
	[ -d /run/netns ] || mkdir /run/netns
	exec {LIB_SILENCE}<> <(:)	# a pipe that never says anything
	mount -t tmpfs netns /run/netns
	[ -d /run/netns-of ] || mkdir /run/netns-of
	mount -t tmpfs netns /run/netns-of
	lib_quiet
	ip link set lo up
	"$@"
	exit 0
}

lib_on_error() {
	local i

	# A sub-shell reports first, and its parent's report only repeats it.
	echo "failed with status $1: $2"
	for ((i = 1; i < ${#FUNCNAME[@]} - 3; i++)); do
		echo "  in ${FUNCNAME[i]}, $(basename "${BASH_SOURCE[i]}") line ${BASH_LINENO[i - 1]}"
	done
}

# Router solicitations and multicast reports would be counted as packets.
lib_quiet() {
	[ -d /proc/sys/net/ipv6 ] || return 0
	echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
	echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
}

fail() {
	echo "$*"
	exit 1
}

skip() {
	echo "$*" >"$TEST_TMP/skip"
	exit "$LIB_SKIPPED"
}

# need PROGRAM...: skip where one isn't installed
need() {
	local program

	for program; do
		command -v "$program" >/dev/null ||
			skip "$program is not installed"
	done
}

# need_kind KIND...: skip where the kernel can't make a link of that kind
need_kind() {
	local kind

	for kind; do
		ip link add probe0 type "$kind" 2>/dev/null ||
			skip "this kernel has no $kind devices"
		ip link del probe0
	done
}

# equal EXPECTED SEEN WHAT
equal() {
	[ "$1" = "$2" ] || fail "$3: expected '$1', got '$2'"
}

# lines PATTERN FILE: how many match
lines() {
	grep -c -- "$1" "$2" || true
}

# refused WANTED COMMAND...: it must fail and say WANTED (a pattern for grep)
refused() {
	local wanted=$1 said

	shift
	if said=$("$@" 2>&1); then
		fail "'$*' should have been refused, but did: $said"
	fi
	grep -q -- "$wanted" <<<"$said" ||
		fail "'$*' was refused with '$said', expected '$wanted'"
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds
wait_for() {
	local until=$((SECONDS + $1)) what=$2

	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || fail "$what: waited in vain for: $*"
		read -r -t 0.05 -u "$LIB_SILENCE" || true
	done
}

# netns_add NAME...: with lo up and without IPv6
netns_add() {
	"$(tool make_netns)" "$@"
}

# netns_del NAME: with the process that stays in it
netns_del() {
	local pid

	read -r pid <"/run/netns-of/$1"
	kill "$pid"
	ip netns del "$1"
}

# ns NAME COMMAND...: run it in that namespace, with a sysfs of that namespace
ns() {
	if [ "$2" = ip ]; then
		ip -n "$1" "${@:3}"	# cheaper, and many of all commands
	else
		ip netns exec "$@"
	fi
}

# ipv6_on NAMESPACE: for devices made after this
ipv6_on() {
	# shellcheck disable=SC2016
	ns "$1" bash -c 'for file in all default lo; do
		echo 0 >/proc/sys/net/ipv6/conf/$file/disable_ipv6; done'
}

# conf NAMESPACE: iproute2's commands for it, one a line on stdin; one process
conf() {
	nsenter "--net=/run/netns/$1" ip -batch -
}

# cable NS1 DEV1 NS2 DEV2: a veth pair
cable() {
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"
}

# background NAME PROGRAM...  or  background NAME ns NAMESPACE PROGRAM...
# (or a function that ends with exec). Its output goes to $TEST_TMP/NAME.log, which is shown when the test fails; its
# process number to BACKGROUND.
background() {
	local name=$1

	shift
	[ "$1" = ns ] && set -- ip netns exec "${@:2}"
	lib_become "$@" >"$TEST_TMP/$name.log" 2>&1 </dev/null &
	# shellcheck disable=SC2034
	BACKGROUND=$!
}

# exec, so that the number is the program's and not a shell's.
lib_become() {
	[ "$(type -t "$1")" = function ] || exec "$@"
	"$@"
}

# stop PID: end a background program, which may fail for it
stop() {
	kill "$1"
	wait "$1" || true
}

lib_log_has() {
	[ -s "$TEST_TMP/$1.log" ] && grep -q -- "$2" "$TEST_TMP/$1.log"
}

# wait_log SECONDS NAME PATTERN: until a background command has written it
wait_log() {
	wait_for "$1" "'$3' in the log of $2" lib_log_has "$2" "$3"
}

# counter NAMESPACE DEVICE NAME: a statistic, of those in the kernel's table
counter() {
	local pid field line
	local -a all
	local -A at=([rx_bytes]=0 [rx_packets]=1 [rx_errors]=2 [rx_dropped]=3
		[tx_bytes]=8 [tx_packets]=9 [tx_errors]=10 [tx_dropped]=11)

	read -r pid <"/run/netns-of/$1"
	while IFS=: read -r field line; do
		[ "${field// }" = "$2" ] || continue
		read -r -a all <<<"$line"
		echo "${all[${at[$3]}]}"
		return
	done <"/proc/$pid/net/dev"
	fail "no $2 in $1"
}

# kind_of NAMESPACE DEVICE: what rtnetlink calls it
kind_of() {
	local line

	line=$(ns "$1" ip -d -o link show dev "$2")
	[[ $line =~ \\[[:space:]]+(v?tun)[[:space:]] ]] || fail "$2 in $1 is $line"
	echo "${BASH_REMATCH[1]}"
}

# tool NAME: the path of a helper program of selftests/tools
tool() {
	[ -x "$TOOLS/$1" ] || fail "no $TOOLS/$1: run 'make selftests' first"
	echo "$TOOLS/$1"
}

# wire NAME FLAGS END END...: devices whose packets tools/wire.c carries from one
# to the other; what it read is in $TEST_TMP/NAME.packets
wire() {
	local name=$1 program

	program=$(tool wire)
	shift
	background "$name" "$program" -x "$TEST_TMP/$name.packets" "$NODE" "$@"
	wait_log 30 "$name" ready
}

# pings NAMESPACE ADDRESS [-c COUNT] [-s SIZE] [-M do]: every request (3) is
# answered, with the bytes that were sent
pings() {
	"$(tool ping)" "${@:3}" "$1" "$2"
}

lib_arguments "$@"
