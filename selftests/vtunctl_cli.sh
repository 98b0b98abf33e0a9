#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl's command line: options, commands, JSON, and what it refuses.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"

no_command_lists() {
	gives ""
	vtunctl add tap0
	gives "$(vtunctl list)"
	equal '["tap0"]' "$(json 'map(.ifname)')" "devices"
}

version() {
	local option

	[[ $(vtunctl -V) =~ ^vtunctl\ [0-9.]+$ ]] || fail "$(vtunctl -V)"
	for option in -Version --Version --version; do
		gives "$(vtunctl -V)" "$option"
	done
	equal '"vtunctl"' "$(json '.[0].program' -V)" program
	equal "$(vtunctl -V)" \
		"vtunctl $(json '.[0].version' -V | tr -d '"')" version
}

help_tells_all() {
	local command

	for command in add del set list show watch top exec doctor help; do
		vtunctl help | grep -q "^  $command" || fail "no $command"
	done
	gives "$(vtunctl help)" -h
	gives "$(vtunctl help)" --help
	equal '["add","del","set","list","show","watch","top","exec","doctor","help"]' \
		"$(json 'map(.command)' help)" commands
}

json_is_compact_or_pretty() {
	vtunctl add tap0
	vtunctl add tun0
	equal 1 "$(vtunctl -j | wc -l)" "lines of compact JSON"
	[ "$(vtunctl -j -p | wc -l)" -gt 20 ] || fail "not indented"
	equal "$(vtunctl -j | jq -S .)" "$(vtunctl --json --pretty | jq -S .)" \
		"content"
	gives "$(vtunctl list)" -p list
}

commands_can_be_short() {
	vtunctl a tap0
	vtunctl se tap0 user 1
	gives "$(vtunctl show tap0)" sh tap0
	gives "$(vtunctl list)" lst
	gives "$(vtunctl list)" l
	vtunctl delete tap0
	gives "" list
	wrong "'s' could be more than one command" s tap0
}

# Behind commands that show something, as well.
options_behind() {
	vtunctl add tap0
	equal "$(vtunctl -j)" "$(vtunctl list -j)" "list -j"
	equal "$(vtunctl -j -p)" "$(vtunctl show tap0 --json -p)" "show -j -p"
	equal "$(vtunctl -s)" "$(vtunctl show --stats tap0)" "show -s"
	equal "$(vtunctl -j -s)" "$(vtunctl list -statistics -j)" "list -s -j"
}

keyword_before_the_name() {
	vtunctl add dev tap0 mode tun
	vtunctl add name tap1
	vtunctl add dev dev mode tap
	vtunctl set dev dev user 1
	gives "$(vtunctl show dev)" show dev dev
	equal '["tap0","tap1","dev"]' "$(json 'map(.ifname)')" "devices"
	vtunctl del dev tap0 dev
	vtunctl del tap1
	gives "" list
}

refuses_options() {
	wrong "there is no option '-x'" -x
	wrong "there is no option '--jsonp'" --jsonp list
	wrong "'-n' needs the name" -n
	vtunctl add tap0
	unchanged wrong "option '-j' must stand before 'set'" set tap0 user 1 -j
	unchanged wrong "option '-n' must stand before 'list'" list -n x
	unchanged wrong "option '-n' must stand before 'del'" del tap0 -n x
}

refuses_commands() {
	wrong "there is no command 'frob'" frob
	wrong "there is no command ''" ""
	wrong "there is no command 'addx'" addx tap0
	wrong "'help' takes no 'add'" help add
	wrong "'list' takes no 'tap0'" list tap0
}

refuses_words() {
	unchanged wrong "the NAME of a device is missing" add
	unchanged wrong "'frob' is not a word known here" add tap0 frob
	unchanged wrong "persist is 'on' or 'off', not 'no'" add tap0 persist no
	unchanged wrong "'index' needs a value" add tap0 index
	unchanged wrong "'pi' is given twice" add tap0 pi pi
	unchanged wrong "'mode' is given twice" add tap0 mode tap mode tap
	unchanged wrong "mode is 'tun' or 'tap', not 'veth'" add tap0 mode veth
	unchanged wrong "'user' needs a value" add tap0 user
	unchanged wrong "'altname' needs a value" add tap0 altname vpn altname
	vtunctl add tap0
	unchanged wrong "the NAME of a device is missing" set
	unchanged wrong "nothing to set" set tap0
	unchanged wrong "'mode' is not a word known here" set tap0 mode tun
	unchanged wrong "'altname' is not a word known here" set tap0 altname vpn
	unchanged wrong "persist is 'on' or 'off', not '1'" set tap0 persist 1
	unchanged wrong "pi is 'on' or 'off', not 'yes'" set tap0 pi yes
	unchanged wrong "'vnet_hdr' needs a value" set tap0 vnet_hdr
	unchanged wrong "'index' is not a word known here" set tap0 index 7
	unchanged wrong "the NAME of a device is missing" del
	unchanged wrong "the NAME of a device is missing" show
	unchanged wrong "'tap1' is one word too many" show tap0 tap1
	unchanged wrong "'tap1' is one word too many" doctor tap0 tap1
	unchanged wrong "it is empty" show ""
	unchanged wrong "it is empty" doctor ""
	unchanged wrong "it is empty" del tap0 ""
	unchanged wrong "longer than 127 bytes" show "$(printf '%0128d' 0)"
}

a_full_disk_is_told() {
	local arguments said

	vtunctl add tap0
	for arguments in "" -V help "-j list" "-j help" "add tap%d" doctor "-j doctor"; do
		# shellcheck disable=SC2086
		if said=$(vtunctl $arguments 2>&1 >/dev/full); then
			fail "'vtunctl $arguments' did not notice"
		fi
		[[ $said == *"could not be written"* ]] || fail "$said"
	done
}

netns_by_name_and_path() {
	netns_add a
	vtunctl -n a add tap0
	gives ""
	equal '["tap0"]' "$(json 'map(.ifname)' -n a)" "devices in a"
	equal "$(ns a "$VTUNCTL" list)" "$(vtunctl -netns a list)" "list"
	gives "$(vtunctl -n a)" --netns /run/netns/a
	vtunctl -n a del tap0
	gives "" -n a list
}

netns_that_is_none() {
	fails "/run/netns/nowhere: No such file" "ip netns list" -n nowhere
	fails "is not a network namespace" "ip netns list" -n /dev/null
	fails "the name is too long" "ip netns list" -n "$(printf '%05000d' 0)"
	netns_add a
	fails_as 1 1 "CAP_SYS_ADMIN" "as root" -n a
	gives ""
}

vtunctl_plan 13
run_test "without a command it lists" no_command_lists
run_test "-V prints the version" version
run_test "help shows every command" help_tells_all
run_test "-j prints JSON, -p indents it" json_is_compact_or_pretty
run_test "a command may be shortened" commands_can_be_short
run_test "-j, -p and -s may stand behind" options_behind
run_test "dev or name may stand before the name" keyword_before_the_name
run_test "wrong options are refused" refuses_options
run_test "wrong commands are refused" refuses_commands
run_test "wrong words are refused and change nothing" refuses_words
run_test "output that can't be written is an error" a_full_disk_is_told
run_test "-n works in a namespace by name or path" netns_by_name_and_path
run_test "-n tells why a namespace can't be entered" netns_that_is_none
finish
