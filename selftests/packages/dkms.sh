#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The packages on the host's file systems, whose changes go with the mount namespace that this runs in:
# that they are installed, that DKMS builds for two kernels, that an upgrade replaces what there was and
# a purge leaves nothing. Puts beside the packages what the guest needs: an archive of what DKMS built for its kernel,
# and the program pong.
# usage: unshare -m selftests/packages/dkms.sh PACKAGES NEWER-PACKAGES      (folders)
top=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
# shellcheck source=lib.sh
. "$top/selftests/packages/lib.sh"
old=$(realpath "$1") new=$(realpath "$2")
version=$(version_of "$old") newer=$(version_of "$new")
export DEBIAN_FRONTEND=noninteractive

overlays
log=$over/log

case $debian in
12) kernels=(6.12 6.1) ;;
*) kernels=(7.x 6.12) ;;
esac
has_headers "${kernels[0]}"
newest=$release
before=$(changes "$over"/{etc,usr,var})

install_all "$old"/*.deb
pass "apt-get installs all packages, beside Debian's vtun ($(dpkg-query -W -f '${db:Status-Status}' vtun 2>/dev/null || echo absent))"

equal "vtun/$version, $newest, x86_64: installed" "$(dkms_status)" "DKMS' state"
equal "$version" "$(modinfo -k "$newest" -F version vtun)" "the module's version"
equal "DKMS module signing key" "$(modinfo -k "$newest" -F signer vtun)" "who signed it"
[ "$(modinfo -k "$newest" -F alias vtun)" = rtnl-link-vtun ]
pass "DKMS builds, signs and installs it for $newest"

# archive VERSION FOLDER
archive() {
	dkms mktarball "vtun/$1" -k "$newest" --archive vtun.tar.gz >"$log" 2>&1
	mv "/var/lib/dkms/vtun/$1/tarball/vtun.tar.gz" "$2"
}
archive "$version" "$old"

has_headers "${kernels[1]}"
/etc/kernel/header_postinst.d/dkms "$release" >"$log" 2>&1 || { tail -20 "$log"; fail "DKMS for $release"; }
equal "$version" "$(modinfo -k "$release" -F version vtun)" "the module's version for $release"
pass "headers of another kernel come, and DKMS builds for $release as well"

equal "vtunctl $version" "$(vtunctl -V)" "vtunctl"
for page in "4 vtun" "7 vtun" "5 vtun.conf" "8 vtunctl" "3 libvtun"; do
	# shellcheck disable=SC2086
	[ -e "$(man -w $page)" ]
done
[ "$(bash -c '. /usr/share/bash-completion/completions/vtunctl; complete -p vtunctl')" = "complete -F _vtunctl vtunctl" ]
[ -z "$(command -v zsh)" ] || zsh -f -c 'autoload -Uz compinit && compinit -u -D && [ "$_comps[vtunctl]" = _vtunctl ]'
systemd-analyze verify vtun@tap0.service
pass "manual, completion of bash and zsh, and the unit are where they are looked for"

program=$old/pong
# shellcheck disable=SC2046
cc -o "$program" /usr/share/doc/libvtun-dev/examples/pong.c $(pkg-config --cflags --libs libvtun)
equal "$version" "$(pkg-config --modversion libvtun)" "libvtun's version"
refuses usage "$program"
libraries=$(ldd "$program")
[[ $libraries == *"libvtun.so.0 => /lib/$(gcc -print-multiarch)/"* ]] || fail "it runs with $libraries"
pass "a program is built with libvtun-dev and runs with libvtun0"

install_all "$new"/*.deb
equal "vtun/$newer, $release, x86_64: installed
vtun/$newer, $newest, x86_64: installed" "$(dkms_status)" "DKMS' state"
equal "$newer $newer" "$(modinfo -k "$newest" -F version vtun) $(modinfo -k "$release" -F version vtun)" "the modules' versions"
absent "/usr/src/vtun-$version"
archive "$newer" "$new"
pass "an upgrade has DKMS build the newer version for both, and takes the older one away"

mkdir -p /etc/systemd/system/multi-user.target.wants
ln -s /lib/systemd/system/vtun@.service /etc/systemd/system/multi-user.target.wants/vtun@tap0.service
echo mode=tap >/etc/vtun/tap0.conf
purge_all vtun-tools vtun-dkms libvtun0 libvtun-dev
rm -rf "/lib/modules/$release"
[ "$debian" != 12 ] || rm "/usr/src/linux-headers-$release"
equal "$before" "$(changes "$over"/{etc,usr,var})" "what is left"
absent /etc/vtun /var/lib/dkms/vtun /usr/src/vtun-*
pass "purge leaves nothing"
echo "$count passed"
