#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The tests of the packages on Debian 13, and in a guest of it. This tree, the cache and what the kernel has are in its
# folder as well, as long as the mount namespace is there that this runs in.
# usage: unshare -m selftests/packages/debian13.sh ROOT PACKAGES NEWER-PACKAGES     (folders; ROOT of scripts/fetch debian13)
# shellcheck source=../../scripts/common.sh
. "$(dirname "$0")/../../scripts/common.sh"
root=$1 old=$2 new=$3
for folder in "$TOP" "$CACHE" /dev /proc /sys; do
	mkdir -p "$root$folder"
	mount --bind "$folder" "$root$folder"
done
# Nothing is started by installing it.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
chroot "$root" "$TOP/selftests/packages/dkms.sh" "$old" "$new"
# The guest looks for its kernel's modules in its own root.
# shellcheck disable=SC1090
. "$("$TOP/scripts/fetch" kernel 7.x)"
mount -t tmpfs modules "$root/usr/lib/modules"
# shellcheck disable=SC2154
ln -s "$modules" "$root/usr/lib/modules/$release"
"$TOP/scripts/guest" -k 7.x --root "$root" --no-module --timeout 1800 -- "$TOP/selftests/packages/guest.sh" "$old" "$new"
