#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ssh -w: a tunnel through a connection of OpenSSH.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

server() {
	need ssh ssh-keygen
	[ -x /usr/sbin/sshd ] || skip "sshd is not installed"
	mkdir -p /run/sshd
	# A guest's root may be locked; sshd lets nobody in who is.
	sed 's/^root:[^:]*/root:*/' /etc/shadow >"$TEST_TMP/shadow"
	mount --bind "$TEST_TMP/shadow" /etc/shadow
	ssh-keygen -q -t ed25519 -N "" -f "$TEST_TMP/host"
	ssh-keygen -q -t ed25519 -N "" -f "$TEST_TMP/user"
	cat >"$TEST_TMP/sshd_config" <<-HERE
		ListenAddress 192.0.2.2
		HostKey $TEST_TMP/host
		AuthorizedKeysFile $TEST_TMP/user.pub
		PermitRootLogin yes
		PermitTunnel yes
		StrictModes no
		UsePAM no
		UseDNS no
		PidFile none
	HERE
	background server ns b "${ON_DRIVER[@]}" /usr/sbin/sshd -D -e -f "$TEST_TMP/sshd_config"
	wait_tcp b 22
}

# MODE DEVICE
tunnel() {
	two_hosts
	server
	background client ns a "${ON_DRIVER[@]}" ssh -F none -N -T -i "$TEST_TMP/user" -o "Tunnel $1" -w 3:4 \
		-o "UserKnownHostsFile /dev/null" -o "StrictHostKeyChecking no" -o "BatchMode yes" \
		-o "ExitOnForwardFailure yes" root@192.0.2.2
	wait_link a "$2"3
	wait_link b "$2"4
	printf '%s\n' "addr add 10.15.0.1 peer 10.15.0.2 dev ${2}3" "link set ${2}3 up" | conf a
	printf '%s\n' "addr add 10.15.0.2 peer 10.15.0.1 dev ${2}4" "link set ${2}4 up" | conf b
	is_ours a "$2"3
	is_ours b "$2"4
	exchange a b 10.15.0.2
	carried a "$2"3
}

slow_test
plan 2
run_test "point-to-point" tunnel point-to-point tun
run_test "ethernet" tunnel ethernet tap
finish
