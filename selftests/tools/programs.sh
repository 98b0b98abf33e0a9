# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests with real programs share; they source lib.sh first.

VTUNCTL=${VTUNCTL:-$LIB_TOP/build/vtunctl}
# shellcheck disable=SC2034
OTHER=/dev/net/tun

# before "plan": this file takes minutes, so it runs where it is asked for
slow_test() {
	[ -z "${LIB_INSIDE:-}${LIB_LIST:-}${VTUN_SLOW:-}" ] || return 0
	echo "TAP version 13"
	echo "1..0 # SKIP slow: make programs runs it"
	exit 0
}

# A command put behind this opens /dev/net/tun and gets the driver's node.
if [ "$DRIVER" = vtun ]; then
	ON_DRIVER=("$VTUNCTL" exec --)
else
	# shellcheck disable=SC2034
	ON_DRIVER=()
fi

# in_ns NAMESPACE COMMAND...: what it has of /sys is not the namespace's
in_ns() {
	nsenter "--net=/run/netns/$1" "${@:2}"
}

# two_hosts: a and b, at the ends of a cable: 192.0.2.1 and 192.0.2.2
two_hosts() {
	netns_add a b
	conf a <<-'HERE'
		link add net0 type veth peer name net0 netns b
		addr add 192.0.2.1/24 dev net0
		link set net0 up
	HERE
	conf b <<-'HERE'
		addr add 192.0.2.2/24 dev net0
		link set net0 up
	HERE
}

has_link() {
	in_ns "$1" ip -o link show dev "$2" ${3:+"$3"} | grep -q .
}

# wait_link NAMESPACE DEVICE [up]: until a program has made it
wait_link() {
	wait_for 60 "$2 in $1" has_link "$@"
}

# wait_udp NAMESPACE PORT: until a socket is bound to it
wait_udp() {
	wait_for 60 "port $2 in $1" in_ns "$1" grep -qi "$(printf ':%04X ' "$2")" /proc/net/udp
}

# wait_tcp NAMESPACE PORT: until somebody listens there
wait_tcp() {
	wait_for 60 "port $2 in $1" in_ns "$1" grep -qi "$(printf ':%04X .* 0A ' "$2")" /proc/net/tcp
}

# is_ours NAMESPACE DEVICE: the driver's
is_ours() {
	equal "$KIND" "$(kind_of "$1" "$2")" "kind of $2 in $1"
}

# exchange FROM TO ADDRESS [OPTION...]: bytes both ways, each looked at
exchange() {
	"$(tool exchange)" "${@:4}" "$1" "$2" "$3"
}

# carried NAMESPACE DEVICE: both directions have at least as many bytes as
# exchange sends, so that it can't have gone another way
carried() {
	local line
	local -a rx tx

	mapfile -t line < <(in_ns "$1" ip -s -o link show dev "$2" | tr "\\\\" "\n")
	read -r -a rx <<<"${line[3]}"
	read -r -a tx <<<"${line[5]}"
	((rx[0] > 300000 && tx[0] > 300000)) ||
		fail "$2 in $1 has received ${rx[0]} bytes and sent ${tx[0]}"
}
