# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154
# What the tests of the packages share. They change the system they run on, one step after the
# other, so the first that fails ends the test: whatever comes next would fail, too.

set -eE -o pipefail
count=0

pass() {
	count=$((count + 1))
	echo "ok $count - $*"
}

fail() {
	trap - ERR
	echo "not ok $((count + 1)) - $*"
	exit 1
}
# shellcheck disable=SC2154
trap 'fail "$BASH_COMMAND (status $?, line $LINENO)"' ERR

# equal WANTED GOT WHAT
equal() {
	[ "$1" = "$2" ] || fail "$3: '$2', not '$1'"
}

# refuses WORD COMMAND...: it fails and says WORD
refuses() {
	local word=$1 said
	shift
	! said=$("$@" 2>&1) || fail "$* succeeded"
	[[ $said == *"$word"* ]] || fail "$* said '$said'"
}

# absent PATH...
absent() {
	local path
	for path; do
		[ ! -e "$path" ] || fail "there is $path"
	done
}

version_of() { dpkg-deb -f "$1"/vtun-dkms_*.deb Version; }

# What readelf(1) thinks of a module matters to nobody.
dkms_status() { dkms status vtun 2>/dev/null | sort; }

# The Debian that this runs on: of 13 it is scripts/fetch's.
debian=$(sed 's/\..*//' /etc/debian_version)

# overlays: whatever changes of the host's file systems is below $over from now on, in this mount namespace
overlays() {
	local folder
	over=$(mktemp -d)
	trap 'umount -l "$over" && rmdir "$over"' EXIT
	mount -t tmpfs packages "$over"
	for folder in etc usr var; do
		mkdir "$over/$folder" "$over/$folder.work"
		mount -t overlay -o "lowerdir=/$folder,upperdir=$over/$folder,workdir=$over/$folder.work" overlay "/$folder"
	done
}

# has_headers NAME: as if linux-headers of that kernel of scripts/fetch were installed. Sets release.
has_headers() {
	local kdir modules
	if [ "$debian" = 12 ]; then
		# shellcheck disable=SC1090
		. "$("$top/scripts/fetch" kernel "$1")"
		ln -sfn "$kdir" "/usr/src/linux-headers-$release"
	else
		release=$(basename /usr/lib/modules.apart/"${1%.x}".*-amd64)
		modules=/usr/lib/modules.apart/$release
	fi
	if [ ! -e "/lib/modules/$release" ]; then
		mkdir -p "/lib/modules/$release"
		cp "$modules"/modules.{order,builtin,builtin.modinfo} "/lib/modules/$release"
		# DKMS takes a kernel without modules for one that is not installed. Any will do.
		[ "$debian" = 12 ] || cp /usr/lib/modules.apart/6.12.*/kernel/drivers/net/dummy.ko* "/lib/modules/$release"
		depmod "$release"
	fi
	ln -sfn "/usr/src/linux-headers-$release" "/lib/modules/$release/build"
}

# apt-get as a user has it; nothing is fetched, since scripts/deps has installed what they depend on.
install_all() {
	apt-get install -y -q -o APT::Sandbox::User=root "$@" >"$log" 2>&1 ||
		{ tail -40 "$log"; fail "apt-get install $*"; }
}

purge_all() {
	apt-get purge -y -q -o APT::Sandbox::User=root "$@" >"$log" 2>&1 ||
		{ tail -40 "$log"; fail "apt-get purge $*"; }
}

# What of the file systems is no more as it was, but for what dpkg, ldconfig, depmod, DKMS, and rpm asked by it keep for
# themselves.
changes() {
	find "$@" \( -type f -o -type l -o -type c \) 2>/dev/null |
		grep -vE '/(ld\.so\.cache|aux-cache|modules\.[a-z.]+|dkms/mok\.(key|pub)|extended_states)$|/\.rpmdb/|/lib/(dpkg|apt|systemd)/|/(cache|log)/' | sort || true
}

# own_modules: a guest's folder of modules becomes one of its own, which has none yet: depmod reads each
# anew. Prints where the kernel's are.
own_modules() {
	local folder real
	folder=/lib/modules/$(uname -r)
	real=$(readlink -f "$folder")
	rm "$folder"
	mkdir "$folder"
	cp "$real"/modules.[bo]* "$folder"
	echo "$real"
}
