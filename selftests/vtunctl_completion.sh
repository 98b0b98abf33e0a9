#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What bash completes on a command line of vtunctl.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"
# shellcheck source=../tools/vtunctl/vtunctl.bash
. "$LIB_TOP/tools/vtunctl/vtunctl.bash"

# completes WORDS WORD...: the choices for the last WORD of "vtunctl WORD..."
completes() {
	local choices=$1

	shift
	# Nothing to choose from is an error to compgen, and none to us.
	set +e
	trap - ERR
	COMP_WORDS=(vtunctl "$@")
	COMP_CWORD=$#
	_vtunctl
	equal "$choices" "${COMPREPLY[*]}" "vtunctl $*"
}

commands_and_words() {
	completes "-j -p -s -n -V add del set list show watch top exec doctor help" ""
	completes "set show" s
	completes "list" -j -p li
	completes "" add ""
	completes "mode user group pi vnet_hdr multi_queue queues persist backpressure keep_carrier index mtu txqueuelen address netns alias altname" \
		add tap0 ""
	completes "mode multi_queue mtu" add dev tap0 pi m
	completes "user group pi vnet_hdr persist backpressure keep_carrier queues" set tap0 ""
	completes "-s" list ""
}

values() {
	completes "tun tap" add tap0 mode ""
	completes "on off" set tap0 persist ""
	completes "on off" set tap0 backpressure ""
	completes "on off" set tap0 keep_carrier ""
	completes "on off" set tap0 pi ""
	completes "on off" set tap0 vnet_hdr ""
	completes "on off" add tap0 persist ""
	completes "pi persist" add tap0 vnet_hdr p
	completes "mtu" add tap0 keep_carrier mt
	completes "" add tap0 mtu ""
	completes "" add tap0 index ""
	completes "" add tap0 altname m
	completes "altname" add tap0 altname m altn
	completes "daemon" add tap0 user daem
	completes "daemon" set dev tap0 group daem
	completes "none" set tap0 user non
	completes "none" set tap0 group non
}

names() {
	vtunctl add tap0
	vtunctl add tun0
	netns_add there
	vtunctl -n there add wan0 mode tap
	completes "tap0 tun0" del ""
	completes "tap0 tun0" del tap0 ""
	completes "tun0" show tu
	completes "tap0" set dev ta
	completes "tap0 tun0" doctor ""
	completes "" doctor tap0 ""
	completes "-j tap0 tun0" watch ""
	completes "-j" watch tap0 ""
	completes "there" -n ""
	completes "there" add tap1 netns ""
	completes "-s wan0" -n there show ""
	completes "-s" show tap0 ""
	completes "-d -1 -s -j tap0 tun0" top ""
	completes "" top -d ""
}

programs() {
	completes "vtunctl_completes_this" exec vtunctl_completes_t
	completes "vtunctl_completes_this" -j exec -- vtunctl_completes_t
	touch "$TEST_TMP/one_file"
	completes "$TEST_TMP/one_file" exec cat "$TEST_TMP/one_f"
	completes "$TEST_TMP/one_file" exec -- del "$TEST_TMP/one_f"
	# Where bash-completion is there, the program's own completion is asked.
	_command_offset() { COMPREPLY=("from word $1"); }
	completes "from word 4" -n x exec cat "$TEST_TMP/one_f"
	completes "from word 3" exec -- cat "" ""
	completes "from word 2" exec ""
}

# A function is a command as well.
vtunctl_completes_this() { :; }

vtunctl_plan 4
run_test "commands and their words" commands_and_words
run_test "values of words" values
run_test "names of devices and namespaces" names
run_test "a program and its words" programs
finish
