#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vtunctl exec: for one program and its children /dev/net/tun is the node.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/vtunctl.sh"

OTHER=/dev/net/tun

number() {
	stat -L -c %t:%T "$1"
}

# ends STATUS COMMAND...
ends() {
	local wanted=$1 seen=0

	shift
	"$@" >"$TEST_TMP/out" 2>"$TEST_TMP/err" || seen=$?
	equal "$wanted" "$seen" "exit status of '$*'"
}

# The node of another driver, by a number that nobody has, so that only the
# right one can work.
other_node() {
	fake_dev
	mknod -m 0666 "$OTHER" c 10 199
}

# F10.1
program_and_children_see_it() {
	other_node
	equal "$(number "$NODE")" "$(vtunctl exec stat -L -c %t:%T "$OTHER")" "number of the program's node"
	equal "$(number "$NODE")" "$(vtunctl exec -- sh -c "(stat -L -c %t:%T $OTHER; :); :")" "of its child's"
	vtunctl exec ip tuntap add dev made0 mode tap
	equal "$KIND" "$(ip -d -j link show dev made0 | jq -r '.[0].linkinfo.info_kind')" kind
	equal a:c7 "$(number "$OTHER")" "the system's node"
	refused "" ip tuntap add dev made1 mode tap
	# Once more, inside.
	equal "$(number "$NODE")" "$(vtunctl exec "$VTUNCTL" exec stat -L -c %t:%T "$OTHER")" "twice"
}

nothing_else_changes() {
	local inside outside

	other_node
	mkdir "$TEST_TMP/shared"
	mount -t tmpfs shared "$TEST_TMP/shared"
	mount --make-rshared /
	mkdir "$TEST_TMP/shared/theirs"
	outside=$(cat /proc/self/mountinfo)
	vtunctl exec mount -t tmpfs theirs "$TEST_TMP/shared/theirs"
	# What the program mounts elsewhere is seen as if it had been started directly.
	mountpoint -q "$TEST_TMP/shared/theirs"
	umount "$TEST_TMP/shared/theirs"
	equal "$outside" "$(cat /proc/self/mountinfo)" "the system's mounts"
	equal a:c7 "$(number "$OTHER")" "the system's node"
	inside=$(vtunctl exec cat /proc/self/mountinfo)
	equal 1 $(($(wc -l <<<"$inside") - $(wc -l <<<"$outside"))) "mounts more inside"
	equal "$(readlink /proc/self/ns/{net,pid,user,uts,ipc,cgroup})" \
		"$(vtunctl exec readlink /proc/self/ns/{net,pid,user,uts,ipc,cgroup})" namespaces
}

other_node_need_not_exist() {
	fake_dev
	mkdir /dev/net/folder
	touch /dev/net/folder/inside
	mknod -m 0640 /dev/net/null c 1 3
	ln -s vtun /dev/net/link
	mount --make-rshared /
	vtunctl exec ip tuntap add dev made0 mode tun
	equal "$KIND" "$(ip -d -j link show dev made0 | jq -r '.[0].linkinfo.info_kind')" kind
	[ ! -e "$OTHER" ] || fail "the system has got a $OTHER"
	equal $'folder\nlink\nnull\ntun\nvtun' "$(vtunctl exec ls /dev/net)" "what is there"
	equal $'folder\nlink\nnull\nvtun' "$(ls /dev/net)" "what is outside"
	vtunctl exec test -e /dev/net/folder/inside
	equal vtun "$(vtunctl exec readlink /dev/net/link)" "a link"
	equal "640 1:3" "$(vtunctl exec stat -c '%a %t:%T' /dev/net/null)" "another node"
	vtunctl exec sh -c 'echo text >/dev/net/null'
}

other_node_may_be_a_link() {
	fake_dev
	ln -s nowhere "$OTHER"
	equal "$(number "$NODE")" "$(vtunctl exec stat -L -c %t:%T "$OTHER")" "instead of a link to nothing"
	equal nowhere "$(readlink "$OTHER")" "the system's"
	mkdir "$TEST_TMP/node"
	mknod "$TEST_TMP/node/tun" c 10 199
	ln -sfn "$TEST_TMP/node/tun" "$OTHER"
	mount --make-rshared /
	equal "$(number "$NODE")" "$(vtunctl exec stat -L -c %t:%T "$OTHER")" "instead of a link's target"
	equal a:c7 "$(number "$OTHER")" "the system's"
	# As container runtimes give a node.
	rm "$OTHER"
	touch "$OTHER"
	mount --bind "$TEST_TMP/node/tun" "$OTHER"
	equal "$(number "$NODE")" "$(vtunctl exec stat -L -c %t:%T "$OTHER")" "instead of a mount"
	equal a:c7 "$(number "$OTHER")" "the system's"
}

status_is_the_programs() {
	ends 0 vtunctl exec true
	ends 1 vtunctl exec false
	ends 77 vtunctl exec -- sh -c 'exit 77'
	ends 143 vtunctl exec sh -c 'kill -TERM $$'
	touch "$TEST_TMP/text"
	fails_as root 126 "Permission denied" "allowed to execute" exec "$TEST_TMP/text"
	fails_as root 126 "Permission denied" "allowed to execute" exec /dev
	fails_as root 127 "no such program" "PATH" exec no-such-program
	fails_as root 127 "no such program" "PATH" exec /dev/null/program
	printf '#!/no/such/shell\n' >"$TEST_TMP/text"
	chmod +x "$TEST_TMP/text"
	fails_as root 127 "interpreter" "PATH" exec "$TEST_TMP/text"
}

it_becomes_the_program() {
	background program "$VTUNCTL" exec sh -c 'echo $$; trap "echo got it; exit 9" USR1; while :; do sleep 0.2; done'
	wait_log 20 program "^$BACKGROUND\$"
	kill -USR1 "$BACKGROUND"
	ends 9 wait "$BACKGROUND"
	wait_log 5 program "got it"
	# Nothing of ours stays open for it.
	equal "$(find /proc/self/fd/ | wc -l)" "$(vtunctl exec find /proc/self/fd/ | wc -l)" files
}

words_are_the_programs() {
	equal "-j -n -- exec  x" "$(vtunctl exec echo -j -n -- exec '' x)" words
	equal "-- -V" "$(vtunctl exec -- echo -- -V)" words
	equal x "$(vtunctl -j e -- echo x)" "shortened"
	fails_as root 125 "the PROGRAM is missing" "vtunctl help" exec
	fails_as root 125 "the PROGRAM is missing" "vtunctl help" exec --
	fails_as root 125 "the PROGRAM is missing" "vtunctl help" exec ""
	fails_as root 125 "'exec' has no option '-j'" "vtunctl help" exec -j ip
	fails_as root 127 "cannot execute -j: there is no such program" "PATH" exec -- -j
}

in_a_network_namespace() {
	netns_add a
	vtunctl -n a exec ip tuntap add dev made0 mode tap
	equal "$KIND" "$(kind_of a made0)" kind
	refused "does not exist" ip link show made0
	fails_as root 125 "/run/netns/nowhere: No such file" "ip netns list" -n nowhere exec true
}

# public PROGRAM: a copy that anybody may execute; the project may lie in root's home
public() {
	install -D -m 755 "$1" "/run/public/${1##*/}"
	echo "/run/public/${1##*/}"
}

# F2.10 F2.25: the user's numbers are the same outside, where the device is.
user_without_privilege() {
	local program

	program=$(public "$(tool attach)")
	other_node
	vtunctl add mine0 mode tap user 4711
	vtunctl add ours0 mode tap group 65533
	vtunctl add roots0 mode tap
	as 4711 "$VTUNCTL" exec "$program" "$OTHER" tap,no_pi mine0
	as 4712 "$VTUNCTL" exec "$program" "$OTHER" tap,no_pi ours0
	refused "Operation not permitted" as 4712 "$VTUNCTL" exec "$program" "$OTHER" tap,no_pi mine0
	refused "Operation not permitted" as 4711 "$VTUNCTL" exec "$program" "$OTHER" tap,no_pi roots0
	refused "Operation not permitted" as 4711 "$VTUNCTL" exec "$program" "$OTHER" tap,no_pi new0
	equal "4711" "$(as 4711 "$VTUNCTL" exec id -u)" user
	equal "65533" "$(as 4711 "$VTUNCTL" exec id -g)" group
	equal 0000000000000000 "$(as 4711 "$VTUNCTL" exec sed -n 's/^CapEff:\t//p' /proc/self/status)" capabilities
	equal a:c7 "$(number "$OTHER")" "the system's node"
}

user_without_other_node() {
	fake_dev
	vtunctl add mine0 mode tap user 4711
	as 4711 "$VTUNCTL" exec "$(public "$(tool attach)")" "$OTHER" tap,no_pi mine0
	[ ! -e "$OTHER" ] || fail "the system has got a $OTHER"
}

# A program that makes and uses its own device, started by a user.
in_a_user_namespace() {
	local program command

	program=$(public "$(tool tutorial)")
	command=$(public "$VTUNCTL")
	need ifconfig
	other_node
	background tutorial setpriv --reuid=4711 --regid=4711 --clear-groups \
		--bounding-set=-all --inh-caps=-all \
		unshare --user --map-root-user --net "$command" exec "$program" "$OTHER"
	wait_log 30 tutorial '^lesson0$'
	nsenter -t "$BACKGROUND" --user --net \
		ping -n -c 3 -i 0.2 -W 10 10.77.0.99
}

capability_would_be_lost() {
	local some="--inh-caps=-all,+net_admin --ambient-caps=-all,+net_admin --bounding-set=-all,+net_admin"

	other_node
	# shellcheck disable=SC2086
	ends 125 setpriv --reuid=4711 --regid=4711 --clear-groups $some "$VTUNCTL" exec true
	grep -q "takes away CAP_NET_ADMIN" "$TEST_TMP/err"
	grep -q -- "--device $NODE:$OTHER" "$TEST_TMP/err"
}

# shellcheck disable=SC2016
user_namespaces_are_forbidden() {
	ends 125 as 4711 unshare --user --map-root-user sh -c '
		echo 0 >/proc/sys/user/max_user_namespaces
		exec setpriv --inh-caps=-all --bounding-set=-all "$0" exec true' "$(public "$VTUNCTL")"
	grep -q "needs the capability CAP_SYS_ADMIN, or a user namespace" "$TEST_TMP/err"
	grep -q "Run it as root, or allow user namespaces" "$TEST_TMP/err"
}

node_is_missing() {
	fake_dev
	rm "$NODE"
	fails_as root 125 "is loaded, but there is no node" "mknod" exec true
	grep -v " $KIND\$" /proc/misc >"$TEST_TMP/misc"
	mount --bind "$TEST_TMP/misc" /proc/misc
	fails_as root 125 "the module $KIND is not loaded" "modprobe" exec true
}

# Its root is no mount, so there is nothing that could be kept from the system.
chroot_is_told() {
	local dir=$TEST_TMP/root/below name

	mkdir -p "$dir"/{dev/net,proc,usr,etc}
	for name in bin sbin lib lib64; do
		ln -s "usr/$name" "$dir/$name"
	done
	mknod -m 0666 "$dir/dev/net/vtun" c "$((0x$(stat -c %t "$NODE")))" "$((0x$(stat -c %T "$NODE")))"
	mknod -m 0666 "$dir/dev/net/tun" c 10 199
	mount --bind /usr "$dir/usr"
	mount -t proc proc "$dir/proc"
	cp "$VTUNCTL" "$dir/vtunctl"
	ends 125 chroot "$dir" /vtunctl exec true
	grep -q "In a chroot, make its folder a mount" "$TEST_TMP/err"
	mount --rbind "$dir" "$dir"
	equal "$(number "$NODE")" "$(chroot "$dir" /vtunctl exec stat -c %t:%T "$OTHER")" "in the chroot"
}

vtunctl_plan 15
run_test "a program and its children see the node" program_and_children_see_it
run_test "nothing else of the system changes" nothing_else_changes
run_test "/dev/net/tun need not exist" other_node_need_not_exist
run_test "/dev/net/tun may be a link or a mount" other_node_may_be_a_link
run_test "the exit status is the program's" status_is_the_programs
run_test "it becomes the program" it_becomes_the_program
run_test "words after the program are its own" words_are_the_programs
run_test "-n chooses its network namespace" in_a_network_namespace
run_test "a user gets no more rights by it" user_without_privilege
run_test "a user needs no /dev/net/tun" user_without_other_node
run_test "a user's own network" in_a_user_namespace
run_test "a capability that would be lost is told" capability_would_be_lost
run_test "forbidden user namespaces are told" user_namespaces_are_forbidden
run_test "a missing node or module is told" node_is_missing
run_test "a chroot that is no mount is told" chroot_is_told
finish
