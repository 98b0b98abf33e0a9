# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests of vtunctl share; they source lib.sh first. VTUNCTL names
# another program than the one in build/, as one that was built for in-tree tun.

VTUNCTL_OWN=$LIB_TOP/build/vtunctl
VTUNCTL=${VTUNCTL:-$VTUNCTL_OWN}

# vtunctl_plan N: plan, where vtunctl and the driver go together
vtunctl_plan() {
	if [ -z "${LIB_INSIDE:-}${LIB_LIST:-}" ]; then
		if [ ! -x "$VTUNCTL" ]; then
			echo "Bail out! no $VTUNCTL: run 'make tools' first"
			exit 1
		fi
		if [ "$DRIVER" != vtun ] && [ "$VTUNCTL" = "$VTUNCTL_OWN" ]; then
			echo "TAP version 13"
			echo "1..0 # SKIP vtunctl has to do with vtun devices only"
			exit 0
		fi
	fi
	plan "$1"
}

vtunctl() {
	"$VTUNCTL" "$@"
}

# wired_taps: namespaces a and b, each with a tap0, 192.0.2.1 and 192.0.2.2, and a wire between
wired_taps() {
	netns_add a b
	vtunctl -n a add tap0
	vtunctl -n b add tap0
	wire wire tap,no_pi a:tap0 b:tap0
	conf a <<-END
		addr add 192.0.2.1/24 dev tap0
		link set tap0 up
	END
	conf b <<-END
		addr add 192.0.2.2/24 dev tap0
		link set tap0 up
	END
}

# gives TEXT ARGUMENT...: what vtunctl prints is exactly that, and it succeeds
gives() {
	local text=$1 said

	shift
	said=$(vtunctl "$@") || fail "'vtunctl $*' failed"
	equal "$text" "$said" "vtunctl $*"
}

# fails_as USER STATUS WHY TODO ARGUMENT...: vtunctl fails with that status and
# says, on stderr only, two lines with these texts. USER is root or a number.
fails_as() {
	local user=$1 status=$2 why=$3 todo=$4 seen=0 said

	shift 4
	as "$user" "$VTUNCTL" "$@" >"$TEST_TMP/out" 2>"$TEST_TMP/err" || seen=$?
	equal "$status" "$seen" "exit status of 'vtunctl $*'"
	[ ! -s "$TEST_TMP/out" ] || fail "'vtunctl $*' wrote to stdout"
	mapfile -t said <"$TEST_TMP/err"
	equal 2 "${#said[@]}" "lines of '${said[*]}'"
	[[ ${said[0]} == "vtunctl: "*"$why"* ]] ||
		fail "'vtunctl $*' said '${said[0]}', not '$why'"
	[[ ${said[1]} == "  "*"$todo"* ]] ||
		fail "'vtunctl $*' said '${said[1]}', not '$todo'"
}

# fails WHY TODO ARGUMENT..., and wrong WHY ARGUMENT... for the command line
fails() {
	fails_as root 1 "$@"
}

wrong() {
	local why=$1

	shift
	fails_as root 2 "$why" "'vtunctl help' shows" "$@"
}

# as USER COMMAND...: without privileges, unless it is root
as() {
	local user=$1

	shift
	if [ "$user" = root ]; then
		"$@"
	else
		setpriv --reuid="$user" --regid="${AS_GROUP:-65533}" \
			--clear-groups --bounding-set=-all --inh-caps=-all \
			"$@"
	fi
}

# json FILTER ARGUMENT...: of what vtunctl prints with -j
json() {
	local filter=$1

	shift
	vtunctl -j "$@" | jq -c "$filter"
}

# shows VALUE FILTER DEVICE
shows() {
	equal "$1" "$(json ".[0]|$2" show "$3")" "$2 of $3"
}

# The devices here, with all that does not move by itself.
snapshot() {
	ip -d link
}

# unchanged COMMAND...: the command must leave all devices as they are
unchanged() {
	local before

	before=$(snapshot)
	"$@"
	equal "$before" "$(snapshot)" "devices after '$*'"
}

# hold NAME [-n COUNT] [-d] [-o] FLAGS DEVICE: keeps it attached; BACKGROUND is who
hold() {
	local name=$1 program options=()

	shift
	while [[ $1 == -* ]]; do
		if [ "$1" = -n ]; then
			options+=("$1" "$2")
			shift
		else
			options+=("$1")
		fi
		shift
	done
	program=$(tool vtunctl_hold)
	background "$name" "$program" "${options[@]}" "$NODE" "$@"
	wait_log 20 "$name" attached
}

# ruled: in the cgroup CONTAINER, of version 2, nobody may open the node. Groups are seen by all, so it goes with the test.
ruled() {
	local groups=$TEST_TMP/groups status=0

	mkdir "$groups"
	mount -t cgroup2 none "$groups" || skip "this kernel has no cgroups of version 2"
	CONTAINER=$(mktemp -d "$groups/vtun.XXXXXX")
	trap 'rmdir "$CONTAINER"' EXIT
	"$(tool device_rule)" "$CONTAINER" "$NODE" || status=$?
	[ "$status" != 4 ] || skip "this kernel has no device programs"
	equal 0 "$status" "exit status of device_rule"
}

# fake_dev: a /dev/net of our own with the node in it
fake_dev() {
	local number

	# shellcheck disable=SC2046
	number=$(stat -c '0x%t 0x%T' "$NODE")
	mount -t tmpfs fake /dev/net
	# shellcheck disable=SC2086
	mknod -m 0666 "$NODE" c $number
}
