#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl top: rates, as text, as JSON and on a terminal.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"

export LC_ALL=C.UTF-8
unset NO_COLOR

# on_terminal ROWS COLUMNS ARGUMENT...: vtunctl top there; the steps come on stdin
on_terminal() {
	local rows=$1 columns=$2

	shift 2
	TERM=linux /usr/bin/python3 "$LIB_TOP/selftests/tools/terminal.py" "$rows" "$columns" \
		"$VTUNCTL" "$@"
}

nothing_there() {
	equal '[]' "$(vtunctl top -1 -j -d 0.1)" "JSON"
	equal 2 "$(vtunctl top -1 -d 0.1 | wc -l)" "lines"
	vtunctl top -1 -d 0.1 | grep -q "0 devices, every 0.1 s, by name" || fail "$(vtunctl top -1 -d 0.1)"
}

# A program that is asked for goes on where nobody looks any more.
rates() {
	local pinger

	wired_taps
	equal '[0,0]' "$(json 'map(.rates.rx.packets,.rates.tx.packets)' -n a top -1 -d 0.2)" "without packets"
	background pinger ping_forever a 192.0.2.2
	pinger=$BACKGROUND
	wait_for 20 "packets" eval '[ "$(counter a tap0 rx_packets)" -gt 3 ]'
	vtunctl -n a -j top -1 -d 1 >"$TEST_TMP/json"
	kill "$pinger"
	jq -e '.[0]|.ifname == "tap0" and .interval >= 1 and .interval < 20 and
		.rates.rx.packets > 0 and .rates.rx.bytes > .rates.rx.packets * 40 and
		.rates.tx.packets > 0 and .rates.rx.packets == .rates.queues[0].rx.packets and
		(.rates.queues[0].tx|has("waiting")|not) and (.statistics.queues[0].tx|has("waiting")) and
		.processes[0].name == "wire"' "$TEST_TMP/json" >/dev/null || fail "$(cat "$TEST_TMP/json")"
}

ping_forever() {
	local program

	program=$(tool ping)
	while "$program" "$@"; do :; done
}

# Nobody reads: the fifo holds two packets, and the rest is dropped.
drops_and_what_waits() {
	vtunctl add tap0 txqueuelen 2
	hold program tap,no_pi tap0
	ip link set tap0 up
	background top "$VTUNCTL" top tap0 -d 0.5
	wait_log 20 top tap0
	send_frames tap0 200
	wait_log 20 top "dropped tx full [0-9]* ([0-9.]*/s)"
	kill "$BACKGROUND"
	wait "$BACKGROUND" || fail "status $?"
	grep -q "^tap0  *1 up .* 2  vtunctl_hold([0-9]*) fd 3$" "$TEST_TMP/top.log" || fail "the line of tap0"
	equal "2" "$(json '.[0].statistics.queues[0].tx.waiting' top -1 -d 0.1)" "what waits"
	equal "198" "$(json '.[0].statistics.tx.drop_full' top -1 -d 0.1)" "dropped"
}

# send_frames DEVICE N: all at once
send_frames() {
	/usr/bin/python3 - "$@" <<-END
		import socket, sys
		link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
		link.bind((sys.argv[1], 0))
		for _ in range(int(sys.argv[2])):
		    try:
		        link.send(bytes([2, 0, 0, 0, 0, 1]) * 2 + b"\x88\xb5" + bytes(50))
		    except OSError:
		        pass
	END
}

# Packets that one process sends and reads, over and over: five of one read, three of one write. Its socket takes
# what it writes, which would be dropped otherwise; what it sends may be, as long as the carrier is new.
batches_for_ever() {
	exec /usr/bin/python3 - "$NODE" "$1" <<-'END'
		import fcntl, os, socket, struct, sys, time
		frame = bytes([2, 0, 0, 0, 0, 1]) * 2 + b"\x88\xb5" + bytes(50)
		record = struct.pack("=II", len(frame), 0) + frame + bytes(-len(frame) % 8)
		node = os.open(sys.argv[1], os.O_RDWR | os.O_NONBLOCK)
		fcntl.ioctl(node, 0x400454ca, struct.pack("16sH22x", sys.argv[2].encode(), 0x1002))
		fcntl.ioctl(node, 0x4004be01, struct.pack("=I", 1))	# VTUN_IOC_SETMODE
		link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
		link.bind((sys.argv[2], 3))
		while True:
		    for _ in range(5):
		        link.send(frame)
		    try:
		        os.read(node, 65536)
		    except BlockingIOError:
		        pass
		    os.write(node, record * 3)
		    time.sleep(0.005)
	END
}

# A look may come in the middle of a call, which is counted in two steps.
batches() {
	vtunctl add tap0
	ip link set tap0 up
	background batches batches_for_ever tap0
	wait_for 30 "packets" eval '[ "$(cat /sys/class/net/tap0/statistics/rx_packets)" -gt 3 ]'
	vtunctl top --once -j --delay 0.5 >"$TEST_TMP/json"
	jq -e '.[0] | .interval as $s | .rates as $all | $all.queues[0] as $queue |
		($all.tx.batches * $s > 2 and $all.rx.batches * $s > 2) and
		([$all, $queue] | all(((.tx.packets - 5 * .tx.batches) * $s | fabs) < 5.5 and
			((.rx.packets - 3 * .rx.batches) * $s | fabs) < 3.5))' "$TEST_TMP/json" >/dev/null ||
		fail "$(cat "$TEST_TMP/json")"
	wait_for 60 "batches of 3 and 5" batches_in_text ' tap0 '
	wait_for 60 "batches of 3 and 5 of the queue" batches_in_text ' queue 0 ' -s
	# Plain calls have none.
	stop "$BACKGROUND"
	hold program tap,no_pi tap0
	equal "- -" "$(vtunctl top -once -d 0.1 | awk '$1 == "tap0" { print $6, $9 }')" "batches where there are none"
}

# batches_in_text LINE [OPTION]: the columns say so
batches_in_text() {
	local number='[0-9][0-9.]*k*'

	vtunctl top --once -d 0.5 "${@:2}" | sed 's/^/ /' |
		grep -q "^ *$1.* $number  *$number  *3\.0  *$number  *$number  *5\.0  *0  *[0-9]*\( \|$\)"
}

# Four devices, each of which is the first by something else: tapa by packets, tapc by bytes, tapd by drops, tapb
# by what waits.
rivals() {
	vtunctl add tapa
	vtunctl add tapb txqueuelen 8
	vtunctl add tapc
	vtunctl add tapd txqueuelen 2
	for name in tapa tapb tapc tapd; do
		ip link set "$name" up
	done
	background rivals rivals_for_ever
	wait_for 30 "packets" eval '[ "$(cat /sys/class/net/tapa/statistics/rx_packets)" -gt 0 ]'
}

rivals_for_ever() {
	exec /usr/bin/python3 - "$NODE" <<-'END'
		import fcntl, os, socket, struct, sys, time
		def frame(size):
		    return bytes([2, 0, 0, 0, 0, 1]) * 2 + b"\x88\xb5" + bytes(size - 14)
		def send(link, count):
		    for _ in range(count):
		        try:
		            link.send(frame(60))
		        except OSError:
		            pass
		nodes, links = {}, {}
		for name in "tapa", "tapb", "tapc", "tapd":
		    nodes[name] = os.open(sys.argv[1], os.O_RDWR)
		    fcntl.ioctl(nodes[name], 0x400454ca, struct.pack("16sH22x", name.encode(), 0x1002))
		    links[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
		    links[name].bind((name, 3))
		while True:
		    for _ in range(6):
		        os.write(nodes["tapa"], frame(60))
		    os.write(nodes["tapc"], frame(1400))
		    send(links["tapb"], 4)
		    send(links["tapd"], 20)
		    time.sleep(0.005)
	END
}

keys_that_sort() {
	rivals
	on_terminal 24 100 top -d 0.3 <<-'END'
		order tapa tapb tapc tapd
		send P
		see by packets
		order tapa tapc tapb tapd
		send D
		see by drops
		order tapd tapb tapa tapc
		send W
		see by waiting
		order tapb tapd tapa tapc
		send B
		see by bytes
		order tapc tapa tapb tapd
		send N
		see by name
		order tapa tapb tapc tapd
		send r
		order tapd tapc tapb tapa
		send D
		see by drops, reversed
		order tapc tapa tapb tapd
		send r
		send s
		order tapb tapd tapa tapc
		send s
		order tapa tapb tapc tapd
		send s
		order tapa tapc tapb tapd
		send s
		order tapc tapa tapb tapd
		send q
		end 0
	END
	# Without a terminal it is by name.
	order "tapa tapb tapc tapd"
}

order() {
	local wanted=$1

	shift
	equal "$wanted" "$(vtunctl top -1 -d 0.1 "$@" | awk 'NR > 2 && !/^ / { print $1 }' | xargs)" "$*"
}

one_device() {
	vtunctl add tap1
	vtunctl add tap0
	vtunctl add tun7
	order "tap0 tap1 tun7"
	order "tap1" tap1
	order "tap1" dev tap1
	order "tap0 tap1 tun7" --once
	order "tap1" tap1 -once --delay 0.2
	fails "there is no such device" "vtunctl list" top tap9
	fails "it is not a $KIND device" "ip(8)" top lo
}

a_line_for_each_queue() {
	vtunctl add tap0 multi_queue
	hold program -n 3 tap,no_pi,multi_queue tap0
	equal "queue0 queue1 queue2" "$(vtunctl top -1 -s -d 0.1 | awk '/^  queue/ { print $1 $2 }' | xargs)" "queues"
	equal 3 "$(vtunctl top -1 -d 0.1 | wc -l)" "lines"
}

json_for_ever() {
	vtunctl add tap0
	background top "$VTUNCTL" -j top -d 0.1
	wait_for 20 "three lines" eval '[ "$(wc -l <"$TEST_TMP/top.log")" -ge 3 ]'
	kill -INT "$BACKGROUND"
	wait "$BACKGROUND" || fail "status $?"
	jq -s -e 'all(length == 1 and .[0].ifname == "tap0" and .[0].interval >= 0.1)' \
		"$TEST_TMP/top.log" >/dev/null || fail "$(cat "$TEST_TMP/top.log")"
}

full_disk() {
	local said

	if said=$(vtunctl top -d 0.1 2>&1 >/dev/full); then fail "text"; fi
	[[ $said == *"could not be written"* ]] || fail "$said"
	if said=$(vtunctl top -j -d 0.1 2>&1 >/dev/full); then fail "JSON"; fi
	[[ $said == *"could not be written"* ]] || fail "$said"
}

words() {
	wrong "the delay is 0.1 to 3600 seconds, not '0'" top -d 0
	wrong "the delay is 0.1 to 3600 seconds, not '1e2'" top -d 1e2
	wrong "the delay is 0.1 to 3600 seconds, not '3601'" top -d 3601
	wrong "'-d' needs seconds after it" top -d
	wrong "'--delay' needs seconds after it" top --once --delay
	wrong "there is no option '--onc'" top --once --onc
	wrong "'tap1' is one word too many" top tap0 tap1
	wrong "it is empty" top ""
}

terminal_keys() {
	vtunctl add tap0
	vtunctl add tap1
	hold program tap,no_pi tap1
	on_terminal 24 100 top -d 60 <<-'END'
		see 2 devices, every 60.0 s, by name
		see HELD BY
		see vtunctl_hold(
		send h
		see this help, and back
		gone RX-PKT
		send ?
		see RX-PKT
		gone this help
		send +
		see every 300.0 s
		send --
		see every 30.0 s
		send d
		see Seconds between looks:
		send 7x.\x7f5\n
		see every 75.0 s
		send d12\x1b
		see every 75.0 s
		send d0\n
		see every 75.0 s
		send B
		see by bytes
		send s
		see by drops
		send N
		see by name
		send r
		see by name, reversed
		send 1
		see queue 0
		send 1
		gone queue 0
		shell vtunctl_gone_tap1
		send \x20
		see 1 device,
		send q
		end 0
	END
}

# The terminal's steps are commands of another shell.
vtunctl_gone_tap1() {
	"$VTUNCTL" del tap1
}
export -f vtunctl_gone_tap1
export VTUNCTL

devices_come_and_go() {
	on_terminal 24 100 top -d 0.2 <<-'END'
		see 0 devices
		shell "$VTUNCTL" add tap3
		see tap3
		shell "$VTUNCTL" add tun4
		see tun4
		shell "$VTUNCTL" del tap3
		gone tap3
		see 1 device,
		send q
		end 0
	END
	vtunctl add tap0
	on_terminal 24 100 top tap0 -d 0.2 <<-'END'
		see tap0
		gone tun4
		shell "$VTUNCTL" del tap0
		see 0 devices
		shell "$VTUNCTL" add tap0
		see 1 device,
		send q
		end 0
	END
}

sizes() {
	local i

	for ((i = 10; i < 40; i++)); do
		vtunctl add "tap$i"
	done
	# Nothing is ever written outside, whatever the size.
	on_terminal 10 40 top -d 60 <<-'END'
		see tap17
		gone tap18
		send \x1b[6~
		see tap25
		gone tap17
		send \x1b[B
		see tap26
		send \x1b[A
		gone tap26
		send \x1b[F
		see tap39
		send \x1b[B
		see tap39
		send \x1b[5~
		see tap24
		gone tap39
		send \x1b[H
		see tap10
		size 40 132
		see tap39
		see HELD BY
		size 3 12
		see tap10
		gone tap11
		size 1 1
		size 24 80
		see tap31
		gone tap32
		send q
		end 0
	END
}

signals() {
	local signal

	vtunctl add tap0
	for signal in INT TERM HUP QUIT USR1 ALRM PIPE; do
		on_terminal 24 80 top <<-END
			see tap0
			signal $signal
			end 0
		END
	done
	# By the keyboard as well; and stopped in between, as by a shell.
	on_terminal 24 80 top -d 60 <<-'END'
		see tap0
		signal TSTP
		stopped
		gone tap0
		signal CONT
		see tap0
		send \x03
		end 0
	END
}

hostile_names() {
	vtunctl add $'tap\e[31m'
	vtunctl add $'tap\xff'
	vtunctl add $'tap\xe4\xb8\x96\xe7\x95\x8c'
	vtunctl top -1 -d 0.1 >"$TEST_TMP/text"
	equal 0 "$(lines $'\e' "$TEST_TMP/text")" "escapes in text"
	equal 5 "$(wc -l <"$TEST_TMP/text")" "lines"
	on_terminal 24 80 top <<-'END'
		see tap\x1b[31
		see tap\xff
		see 3 devices
		send q
		end 0
	END
	equal '["tap\u001b[31m","tap世界","tap\\xff"]' "$(json 'map(.ifname)' top -1 -d 0.1)" "JSON"
}

# A terminal that can't, and one that shall not.
colours() {
	vtunctl add tap0
	for variables in TERM=dumb TERM=; do
		env "$variables" script -qec "'$VTUNCTL' top -1 -d 0.1" /dev/null >"$TEST_TMP/out" </dev/null
		equal 0 "$(lines $'\e' "$TEST_TMP/out")" "escapes with $variables"
	done
	TERM=linux timeout -s INT 3 script -qec "'$VTUNCTL' top -d 0.2" /dev/null >"$TEST_TMP/out" </dev/null || true
	grep -q $'\e\\[7m' "$TEST_TMP/out" || fail "no colours"
	NO_COLOR=1 TERM=linux timeout -s INT 3 script -qec "'$VTUNCTL' top -d 0.2" /dev/null >"$TEST_TMP/out" </dev/null || true
	grep -q 'DEVICE' "$TEST_TMP/out" || fail "nothing at all"
	equal 0 "$(lines $'\e\\[7m\|\e\\[1m' "$TEST_TMP/out")" "colours with NO_COLOR"
}

vtunctl_plan 16
run_test "no devices" nothing_there
run_test "rates" rates
run_test "drops by reason, and what waits" drops_and_what_waits
run_test "batches" batches
run_test "keys sort" keys_that_sort
run_test "one device" one_device
run_test "a line for each queue" a_line_for_each_queue
run_test "JSON without end" json_for_ever
run_test "output that can't be written is an error" full_disk
run_test "words that it does not know" words
run_test "keys" terminal_keys
run_test "devices come and go" devices_come_and_go
run_test "size of the terminal" sizes
run_test "signals" signals
run_test "hostile names" hostile_names
run_test "colours" colours
finish
