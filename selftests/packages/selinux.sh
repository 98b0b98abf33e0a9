#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A guest where SELinux enforces selinux.cil: what it really denies, and says of that, vtunctl doctor finds.
# usage: selftests/packages/selinux.sh FOLDER           on the host: boots once, keeps things in FOLDER
#        selftests/packages/selinux.sh check FOLDER     in its guest
top=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
# shellcheck source=lib.sh
. "$top/selftests/packages/lib.sh"
vtunctl=$top/build/vtunctl
node=/dev/net/vtun

prepare() {
	secilc -o "$work/policy" -f /dev/null "$top/selftests/packages/selinux.cil"
	make -s -C "$top/tools/vtunctl"
}

# in_domain TYPE COMMAND...
in_domain() {
	bash -c 'printf u:r:%s "$0" >/proc/self/attr/exec; exec "$@"' "$@"
}

enforce() { echo "$1" >/sys/fs/selinux/enforce; }

# doctor TYPE FILTER: what jq makes of what doctor says in that domain
doctor() {
	{ in_domain "$1" "$vtunctl" -j doctor || true; } | jq -rc "$2"
}

# finds TYPE LEVEL ID WORDS: doctor does in that domain; WORDS are a part of how it was seen
finds() {
	local found
	found=$(doctor "$1" ".[] | select(.id == \"$3\") | .level + \" \" + .seen")
	[[ $found == "$2 "*"$4"* ]] || fail "in $1 it finds $3 as '$found', not '$2' with '$4'"
}

# lacks TYPE ID: ID is a regular expression
lacks() {
	equal "[]" "$(doctor "$1" "[.[].id | select(test(\"^($2)\$\"))]")" "what doctor finds in $1"
}

# The kernel doesn't log all of many denials in a row if that is limited. udev would label the node.
load_policy() {
	sysctl -q -w kernel.printk_ratelimit=0
	mount -t selinuxfs selinuxfs /sys/fs/selinux
	cat "$work/policy" >/sys/fs/selinux/load
	chcon -t tun_tap_device_t "$node"
	equal u:r:unconfined_t "$(tr -d '\0' </proc/self/attr/current)" "this process' context"
	pass "the policy is loaded"
}

# Denials stay in the log, so what lacks them comes first.
nothing_is_denied() {
	in_domain no_node_t head -c 0 "$node"
	dmesg | grep -q 'avc:  denied .* name="vtun" .* permissive=1'
	enforce 1
	lacks unconfined_t "selinux_.*|node_.*"
	pass "what was let pass is no denial, and who is unconfined no finding"
	"$vtunctl" add tap0 mode tap
	"$vtunctl" exec ip tuntap add tap1 mode tap
	pass "there devices can be made"
}

# node_is_denied TYPE SEEN DENIAL: the node is, to that domain
node_is_denied() {
	refuses "Permission denied" in_domain "$1" head -c 0 "$node"
	finds unconfined_t warning selinux_denied "$3"
	finds "$1" error node_security_module "$2: Permission denied"
	finds "$1" warning selinux_denied "comm=\"vtunctl\""
	finds "$1" note selinux_context "its context is u:r:$1"
	lacks "$1" node_mode
	lacks unconfined_t "selinux_context|node_.*"
	pass "$1: doctor tells that SELinux forbids the node, and how the kernel said it"
}

tells_what_to_do() {
	refuses "a security module keeps this process from $node" in_domain no_node_t "$vtunctl" exec true
	refuses "'vtunctl doctor' tells" in_domain no_node_t "$vtunctl" exec true
	refuses "a security module forbids it" in_domain no_device_t "$vtunctl" add tap2
	refuses "'vtunctl doctor' tells" in_domain no_device_t "$vtunctl" add tap2
	pass "vtunctl's other commands name doctor"
}

device_is_denied() {
	refuses "Permission denied" in_domain no_device_t "$vtunctl" exec ip tuntap add tap2 mode tap
	finds unconfined_t warning selinux_denied '{ create } for '
	finds no_device_t warning selinux_denied 'comm="ip" scontext=u:r:no_device_t tcontext=u:r:no_device_t tclass=tun_socket'
	refuses "Permission denied" in_domain no_device_t "$vtunctl" exec ip tuntap del tap0 mode tap
	finds no_device_t warning selinux_denied '{ relabelfrom } for '
	finds no_device_t note selinux_context "its context is u:r:no_device_t"
	lacks no_device_t "node_.*"
	pass "no_device_t: the node opens; doctor tells that SELinux forbids to make a device, and to attach to one"
}

# All but the last steps of what mends it, which this policy is too small for.
mend_names_what_was_denied() {
	local mend denials what
	mend=$(doctor unconfined_t '.[] | select(.id == "selinux_denied") | .mend')
	denials=$(bash -c "${mend%% | audit2allow *}")
	for what in no_node_t.*chr_file no_use_t.*chr_file no_open_t.*chr_file no_device_t.*tun_socket; do
		grep -q "avc:  denied .* scontext=u:r:$what" <<<"$denials" || fail "'$mend' leaves out $what: $denials"
	done
	equal "sesearch -A -s no_use_t -c tun_socket" \
		"$(doctor no_use_t '.[] | select(.id == "selinux_context") | .mend' | sed 's/  #.*//')" "what tells of a domain"
	pass "what doctor tells to do names what was denied"
}

check() {
	load_policy
	nothing_is_denied
	node_is_denied no_node_t "its folder may be searched; stat" '{ read } for '
	node_is_denied no_use_t "its mode allows it; open" 'comm="head" name="vtun" dev="devtmpfs"'
	node_is_denied no_open_t "its mode allows it; open" "comm=\"head\" path=\"$node\" dev=\"devtmpfs\""
	device_is_denied
	tells_what_to_do
	mend_names_what_was_denied
	enforce 0
	lacks no_use_t "selinux_.*|node_.*"
	in_domain no_device_t "$vtunctl" add tap2
	pass "where SELinux only warns, nothing is found, and all may be done"
}

case $1 in
check)
	work=$2
	check
	;;
*)
	work=$(realpath "$1")
	prepare
	"$top/scripts/guest" -k 6.12 --boot security=selinux --timeout 600 -- "$0" check "$work"
	;;
esac
