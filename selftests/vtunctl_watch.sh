#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl watch: everything that happens to devices, in order, and nothing else.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"

probed() {
	vtunctl add "$1" mode tap
	vtunctl del "$1"
	wait_for 1 "the probe" grep -q "$1.*delete\|delete.*$1" "$TEST_TMP/watch.log"
}

# watching DEVICE ARGUMENT...: starts it and waits until it tells of that
# device; what it tells from then on is what tells() is asked for
watching() {
	local probe=$1

	shift
	background watch "$VTUNCTL" "$@"
	WATCH=$BACKGROUND
	wait_for 20 "watching" eval "(probed $probe)"
	TOLD=$(wc -l <"$TEST_TMP/watch.log")
}

# told: all lines since, without their times
told() {
	tail -n "+$((TOLD + 1))" "$TEST_TMP/watch.log" |
		sed -E 's/^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{3} //'
}

told_at_least() {
	[ "$(told | wc -l)" -ge "$1" ]
}

# tells LINE...: exactly these
tells() {
	local wanted

	wanted=$(printf '%s\n' "$@")
	wait_for 20 "$# lines of the watch" told_at_least $#
	equal "$wanted" "$(told)" "what it tells"
}

life_of_a_device() {
	watching probe0 watch
	vtunctl add tap0
	ip link set tap0 up
	ip link set tap0 mtu 1400
	hold program tap,no_pi tap0
	tells "tap0: create mode tap" "tap0: up" \
		"tap0: attach, queues 1 attached 0 detached" "tap0: carrier_on"
	stop "$BACKGROUND"
	ip link set tap0 down
	ip link set tap0 name tap7
	vtunctl del tap7
	wait_for 20 "the end" told_at_least 9
	equal "tap0: carrier_off
tap0: detach, queues 0 attached 0 detached
tap0: down" "$(told | sed -n 5,7p | sort)" "leaving"
	equal "tap7: rename from tap0
tap7: delete" "$(told | tail -n +8)" "the end"
}

# In JSON, with the state as it was then.
queues_come_and_go() {
	local first second

	watching probe0 watch -j
	vtunctl add tun0 multi_queue
	ip link set tun0 up
	hold first -n 2 tun,multi_queue tun0
	first=$BACKGROUND
	hold second -n 2 -d tun,multi_queue tun0
	second=$BACKGROUND
	stop "$second"
	stop "$first"
	wait_for 20 "the end" eval 'told | tail -n 1 | grep -q carrier_off'
	equal '[[1,0],[2,0],[3,0],[4,0],[3,1],[3,0],[2,0],[1,0],[0,0]]' "$(told |
		jq -s -c 'map(select(.event == ("attach", "detach"))|[.queues.attached,.queues.detached])|
			. as $all|[range(length)|select(. == 0 or $all[.] != $all[. - 1])|$all[.]]')" "queues"
	told | jq -s -e 'all(.ifname == "tun0" and .mode == "tun" and
		(.time|test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{6}Z$"))) and
		(map(.ifindex)|unique|length) == 1' >/dev/null || fail "$(told)"
	equal '["create",false,false]' "$(told | head -n 1 |
		jq -c '[.event,.up,.carrier]')" "the first"
	equal '["carrier_off",true,false]' "$(told | tail -n 1 |
		jq -c '[.event,.up,.carrier]')" "the last"
}

between_namespaces() {
	netns_add a
	watching probe0 -j watch
	vtunctl add tap0
	ip link set tap0 netns a
	vtunctl -n a add tap1
	ns a ip link set tap1 netns 1
	wait_for 20 "the end" told_at_least 3
	equal '[["create","tap0",false],["move","tap0",true],["create","tap1",false]]' \
		"$(told | jq -s -c 'map([.event,.ifname,(.netnsid|type) == "number"])')" "events"
}

one_name_only() {
	watching tap0 watch tap0
	vtunctl add tap1
	vtunctl add tap0
	ip link set tap1 up
	ip link set tap0 name tap2
	ip link set tap2 up
	ip link set tap1 down
	ip link set tap1 name tap0
	tells "tap0: create mode tap" "tap2: rename from tap0" \
		"tap0: rename from tap1"
}

others_are_not_told_of() {
	need_kind bridge dummy
	netns_add a
	watching probe0 watch
	ip link add br0 type bridge
	ip link add dummy0 type dummy
	vtunctl add tap0
	# The bridge tells of its ports, too.
	ip link set tap0 master br0
	vtunctl -n a add tap1
	ip link set dummy0 up
	ip link del dummy0
	ip link set tap0 nomaster
	vtunctl del tap0
	tells "tap0: create mode tap" "tap0: delete"
}

# It is stopped until the kernel can't keep more for it.
lost_events() {
	local i

	vtunctl add tap0
	vtunctl add tap1
	watching probe0 watch
	kill -STOP "$WATCH"
	vtunctl del tap1
	vtunctl add tap2
	ip link set tap0 name tap3
	for ((i = 0; i < 6000; i++)); do
		echo "link set dev tap2 mtu $((1000 + i % 2))"
	done >"$TEST_TMP/batch"
	ip -batch "$TEST_TMP/batch"
	ip link set tap3 up
	kill -CONT "$WATCH"
	wait_for 60 "the loss" eval 'told | grep -q lost'
	vtunctl add tap4
	wait_for 20 "the next event" eval 'told | grep -q tap4'
	# All that can be known is known, each once, whichever way it was heard.
	equal "events were lost; what follows is the difference
tap1: delete
tap2: create mode tap
tap3: rename from tap0
tap3: up
tap4: create mode tap" "$(told | sort)" "events"
	equal "tap4: create mode tap" "$(told | tail -n 1)" "the last"
}

ends_by_signal() {
	local signal status

	for signal in INT TERM; do
		watching probe0 watch
		kill "-$signal" "$WATCH"
		status=0
		wait "$WATCH" || status=$?
		equal 0 "$status" "status after SIG$signal"
	done
}

output_that_cannot_be_written() {
	local said

	"$VTUNCTL" watch 2>"$TEST_TMP/err" >/dev/full &
	wait_for 20 "its end" eval "vtunctl add tap0; vtunctl del tap0; ! kill -0 $!"
	! wait $! || fail "it did not notice"
	said=$(cat "$TEST_TMP/err")
	[[ $said == *"cannot watch the devices: the output could not be written"* ]] || fail "$said"
}

strange_names() {
	watching probe0 watch
	vtunctl add $'tap\e[31m'
	tells 'tap\x1b[31m: create mode tap'
}

words() {
	wrong "'tap1' is one word too many" watch tap0 tap1
	wrong "it is empty" watch ""
	wrong "option '-n' must stand before 'watch'" watch -n a
}

vtunctl_plan 10
run_test "the life of a device" life_of_a_device
run_test "queues come and go" queues_come_and_go
run_test "devices move between namespaces" between_namespaces
run_test "one name only" one_name_only
run_test "others are not told of" others_are_not_told_of
run_test "lost events are told and made up for" lost_events
run_test "SIGINT and SIGTERM end it" ends_by_signal
run_test "output that can't be written is an error" output_that_cannot_be_written
run_test "a name with strange bytes" strange_names
run_test "words that it does not know" words
finish
