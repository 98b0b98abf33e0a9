#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# More than a device can take: no packet may be lost without being counted.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

flood() {
	local program

	need tc jq
	program=$(tool flood)
	netns_add host
	ns host "$program" "$NODE" "$@" | tee "$TEST_TMP/flood"
	# sent N read N tx_dropped N qdisc_dropped N
	read -r _ sent _ got _ dropped _ qdisc <"$TEST_TMP/flood"
}

# F7.2 F7.3 F4.26
nobody_reads() {
	local sent got dropped qdisc

	flood 1 3000 sleeping
	equal 3000 "$sent" sent
	equal 500 "$got" "read (the fifo's length)"
	equal 2500 "$dropped" "counted as dropped"
	equal 0 "$qdisc" "dropped by the qdisc"
}

# F7.2 F7.3 F7.4
reader_keeps_up_or_not() {
	local sent got dropped qdisc

	flood "$1" "$2" reading
	equal $(($1 * $2)) "$sent" sent
	# With several senders one can fill the qdisc while another empties it.
	equal "$sent" $((got + dropped + qdisc)) "read and counted as dropped"
	[ "$got" -ge 500 ] || fail "only $got packets were read"
}

several_senders_nobody_reads() {
	local sent got dropped qdisc

	flood 4 1000 sleeping
	equal 500 "$got" "read (the fifo's length)"
	equal 4000 $((got + dropped + qdisc)) "read and counted as dropped"
}

plan 4
run_test "nobody reads" nobody_reads
run_test "nobody reads what four send" several_senders_nobody_reads
run_test "one sender and a reader" reader_keeps_up_or_not 1 5000
run_test "four senders and a reader" reader_keeps_up_or_not 4 1500
finish
