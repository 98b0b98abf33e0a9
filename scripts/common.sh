# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the scripts in this folder: messages, places, locks.
# shellcheck shell=bash disable=SC2034

set -euo pipefail
shopt -s inherit_errexit

me=${0##*/}

# Progress goes to stderr: stdout is for what a caller reads.
say() { printf '%s: %s\n' "$me" "$*" >&2; }
die() { say "$*"; exit 1; }

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE=${VTUN_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vtun}
BUILD=$TOP/build

# What kbuild and a guest's kernel command line can't carry is refused here, once.
# A guest has empty folders in place of the three below /var.
check_place() {
	case $2 in
	/*) ;;
	*) die "$1 is '$2', which is no absolute path" ;;
	esac
	case $2 in
	*[!A-Za-z0-9/._+@-]*) die "$1 is in '$2': letters, digits and /._+@- only, kernel builds don't take others" ;;
	/var/tmp/* | /var/cache/* | /var/log/*)
		die "$1 is in $2, which guests can't see: use a folder outside /var/tmp, /var/cache and /var/log" ;;
	esac
}
check_place "the cache (VTUN_CACHE)" "$CACHE"
check_place "the project" "$TOP"

# progress NAME: how many lines of a build have come in so far, for whoever waits
progress() {
	local name=$1 now last=0 n=0
	while read -r _; do
		n=$((n + 1))
		now=$SECONDS
		if [ $((now - last)) -ge 10 ]; then
			say "building $name: $n files, $now s"
			last=$now
		fi
	done
}

# newer_tree FOLDER: what packages are made of, in which the version alone is another
newer_tree() {
	mkdir -p "$1"
	cp -a "$TOP"/{Kbuild,LICENSE,README.md,CHANGELOG.md,Makefile,include,src,tools,scripts,docs} "$1"
	sed -i '/^#define VTUN_VERSION/s/"$/+newer"/' "$1/src/vtun.h"
}

# One process at a time makes a thing; whoever waited finds it made. The lock goes with the process.
take_lock() {
	mkdir -p "$CACHE"
	exec {lock_fd}>"$CACHE/.lock-$1"
	if ! flock -n "$lock_fd"; then
		say "waiting for another run that prepares $1"
		flock "$lock_fd"
	fi
}
drop_lock() { exec {lock_fd}>&-; }

need_root() {
	[ "$(id -u)" = 0 ] || die "$1 needs root: run it as root"
}
