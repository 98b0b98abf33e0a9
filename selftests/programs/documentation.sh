#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The examples of README.md and the manual pages, as scripts/doc-check finds them: all of a page one after the
# other, those that begin with # as root, those with $ as the user alice.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tools/programs.sh
. "$(dirname "$0")/../tools/programs.sh"

DOC_CHECK=$LIB_TOP/scripts/doc-check
PAGES=(README.md docs/man/vtun.4 docs/man/vtun.7 tools/vtunctl/vtunctl.8)

# What a page takes for granted before one of its lines.
before() {
	case $1 in
	"README.md ethtool"*) echo "vtunctl add tap0" ;;
	"tools/vtunctl/vtunctl.8 ip link set"*) echo "ip link add br0 type bridge" ;;
	esac
}

# The user alice, the commands of this tree first in the path, where she can reach them.
prepare() {
	chmod 755 "$TEST_TMP"
	install -D -m 755 "$VTUNCTL" "$TEST_TMP/bin/vtunctl"
	export PATH=$TEST_TMP/bin:$PATH
	cp /etc/passwd /etc/group "$TEST_TMP/"
	echo "alice:x:4711:4711::/:/bin/sh" >>"$TEST_TMP/passwd"
	echo "alice:x:4711:" >>"$TEST_TMP/group"
	mount --bind "$TEST_TMP/passwd" /etc/passwd
	mount --bind "$TEST_TMP/group" /etc/group
}

# does LINE...: a prompt and a command, as whoever the prompt says
does() {
	case $1 in
	"# "*) bash -o pipefail -c "${1#??}" ;;
	"\$ "*) setpriv --reuid=alice --regid=alice --init-groups --inh-caps=-all bash -o pipefail -c "${1#??}" ;;
	esac
}

examples_of() {
	local number line setup count=0

	[ "$DRIVER" = vtun ] || skip "they are about vtun"
	need jq ethtool setpriv wireguard-go wg
	prepare
	"$DOC_CHECK" --commands "$1" >"$TEST_TMP/commands"
	while IFS=$'\t' read -r number line; do
		[ -n "$line" ] || continue
		setup=$(before "$1 ${line#??}")
		[ -z "$setup" ] || bash -c "$setup"
		does "$line" </dev/null || fail "$1:$number: exit status $? of $line"
		count=$((count + 1))
	done <"$TEST_TMP/commands"
	[ "$count" -gt 0 ] || fail "$1 has no example that is run"
}

plan ${#PAGES[@]}
for page in "${PAGES[@]}"; do
	run_test "examples of $page" examples_of "$page"
done
finish
