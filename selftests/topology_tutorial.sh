#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A first TUN program as tutorials have it: see tools/tutorial.c.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# F2.30 F2.39 F5.5 F10.1
answers_ping() {
	local program

	need ifconfig
	program=$(tool tutorial)
	netns_add host
	background tutorial ns host "$program" "$NODE" "$@"
	wait_log 30 tutorial '^lesson0$'
	pings host 10.77.0.99
	pings host 10.77.0.2 -s 1400
	equal 6 "$(counter host lesson0 rx_packets)" "packets from the program"
	equal 6 "$(counter host lesson0 tx_packets)" "packets to the program"
	equal "$KIND" "$(kind_of host lesson0)" kind
	stop "$BACKGROUND"
	refused "does not exist" ns host ip link show lesson0
}

# F2.30
two_at_a_time() {
	local program

	need ifconfig
	program=$(tool tutorial)
	netns_add host
	background first ns host "$program" "$NODE"
	wait_log 30 first '^lesson0$'
	background second ns host "$program" "$NODE" pi
	wait_log 30 second '^lesson1$'
}

plan 3
run_test "answers ping" answers_ping
run_test "answers ping, with packet information" answers_ping pi
run_test "a second one gets the next name" two_at_a_time
finish
