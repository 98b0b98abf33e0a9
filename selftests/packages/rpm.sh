#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The RPM packages on the host's file systems, whose changes go with the mount namespace that this runs in; rpm's
# database is one of its own: that they are installed, that their scriptlets have DKMS build the module, that all
# of it works where it lies, and that nothing is left of them.
# usage: unshare -m selftests/packages/rpm.sh PACKAGES NEWER-PACKAGES      (folders)
top=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
# shellcheck source=lib.sh
. "$top/selftests/packages/lib.sh"
old=$(realpath "$1") new=$(realpath "$2")
names=(dkms-vtun vtun-tools libvtun libvtun-devel)

overlays
log=$over/log
export LD_LIBRARY_PATH=/usr/lib64 PKG_CONFIG_PATH=/usr/lib64/pkgconfig

# Debian's knows nothing of what the packages depend on.
own_rpm() { rpm --dbpath "$over/rpm" "$@"; }
does_rpm() { own_rpm "$@" >"$log" 2>&1 || { tail -20 "$log"; fail "rpm $*"; }; }

# What the scriptlets have DKMS build for is the running kernel, which may be without headers.
pretend_to_run() {
	mv /usr/bin/uname /usr/bin/uname.real
	cat >/usr/bin/uname <<-END
		#!/bin/sh
		[ "\$*" = -r ] && echo $1 || exec /usr/bin/uname.real "\$@"
	END
	chmod 755 /usr/bin/uname
}

has_headers 6.12
pretend_to_run "$release"
before=$(changes "$over"/{etc,usr,var})

does_rpm -i --nodeps "$old"/*.{noarch,x86_64}.rpm
version=$(own_rpm -q --qf '%{version}' dkms-vtun)
equal "${#names[@]}" "$(own_rpm -q "${names[@]}" | wc -l)" "packages that are installed"
pass "rpm installs all packages"

equal "vtun/$version, $release, x86_64: installed" "$(dkms_status)" "DKMS' state"
equal "$version" "$(modinfo -k "$release" -F version vtun)" "the module's version"
[ "$(modinfo -k "$release" -F alias vtun)" = rtnl-link-vtun ]
pass "their scriptlet has DKMS build and install it for $release"

own_rpm -V --nodeps "${names[@]}" >"$log" || { cat "$log"; fail "rpm -V"; }
equal "" "$(comm -13 <({ echo "$before"; own_rpm -ql "${names[@]}" | sed "s,^,$over,"; } | sort) \
	<(changes "$over"/{etc,usr,var}) | sed '\,/lib/dkms/vtun/,d; \,/updates/dkms/vtun.ko,d')" "files that are no package's"
pass "rpm -V finds all files as they should be, and there are no others"

equal "vtunctl $version" "$(vtunctl -V)" "vtunctl"
for page in "4 vtun" "7 vtun" "5 vtun.conf" "8 vtunctl" "3 libvtun"; do
	# shellcheck disable=SC2086
	[ -e "$(man -w $page)" ]
done
systemd-analyze verify vtun@tap0.service
pass "vtunctl runs, manual and unit are where they are looked for"

# shellcheck disable=SC2046
cc -o "$over/pong" /usr/share/doc/libvtun-devel*/pong.c $(pkg-config --cflags --libs libvtun)
equal "$version" "$(pkg-config --modversion libvtun)" "libvtun's version"
refuses usage "$over/pong"
libraries=$(ldd "$over/pong")
[[ $libraries == *"libvtun.so.0 => /usr/lib64/"* ]] || fail "it runs with $libraries"
pass "a program is built with libvtun-devel and runs with libvtun"

does_rpm -U --nodeps "$new"/*.{noarch,x86_64}.rpm
newer=$(own_rpm -q --qf '%{version}' dkms-vtun)
[ "$newer" != "$version" ]
equal "${#names[@]}" "$(own_rpm -q "${names[@]}" | wc -l)" "packages that are installed"
equal "vtun/$newer, $release, x86_64: installed" "$(dkms_status)" "DKMS' state"
equal "$newer" "$(modinfo -k "$release" -F version vtun)" "the module's version"
absent "/usr/src/vtun-$version"
pass "an upgrade has DKMS build the newer version, and takes the older one away"

does_rpm -U --nodeps --replacepkgs "$new"/*.{noarch,x86_64}.rpm
equal "vtun/$newer, $release, x86_64: installed" "$(dkms_status)" "DKMS' state"
equal "$newer" "$(modinfo -k "$release" -F version vtun)" "the module's version"
pass "the same version once more leaves it installed"

does_rpm -e "${names[@]}"
equal "" "$(dkms_status)" "DKMS' state"
equal "$before" "$(changes "$over"/{etc,usr,var})" "what is left"
equal "" "$(find "$over"/{etc,usr,var/lib} -name '*vtun*')" "folders that are left"
pass "rpm -e leaves nothing"
echo "$count passed"
