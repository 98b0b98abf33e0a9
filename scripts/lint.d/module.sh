# SPDX-License-Identifier: GPL-2.0-only
# Part of scripts/lint: vtun.ko, built apart from everyday builds.
# shellcheck shell=bash disable=SC2154 # scripts/lint sets logs

# build NAME KERNEL ARGUMENT...: what is said of our own files counts, what is said of the kernel's
# headers doesn't; nor what objtool finds in clang's objects, which lack what only gcc can do.
build() {
	local name=$1 kernel=$2 status=0 log=$logs/lint-$1-$2.log
	local ours='(src|headers|include/compat|include/uapi)/[^:]*\.[ch]:[0-9].*(warning|error):'
	shift 2
	[ "$name" = clang ] || ours="$ours|objtool:|modpost:"
	VARIANT=$name scripts/module "$kernel" -k "$@" >"$log" 2>&1 || status=$?
	cat "$log" >&2
	grep -E "$ours" "$log" | sort -u || [ "$status" = 0 ] || tail -3 "$log"
}

# All of it is built anew: what was built before has nothing more to say.
build_anew() {
	rm -rf "$BUILD"/*-"$1"
	build "$@"
}

lint_gcc() {
	local kernel
	rm -rf "$BUILD"/*-gcc
	for kernel in 6.1 6.12 7.x; do
		build gcc "$kernel" W=1
	done
}

# Its checks of endianness are always on in these kernels; -Wcontext is sparse's own default, named
# because all of this check is worth little without it.
lint_sparse() { build_anew sparse 6.12 C=1 CF=-Wcontext; }

# 6.1's headers are those that Debian 12's clang reads without complaint.
clang=(W=1 CC="$TOP/scripts/lint.d/clang-as-gcc")
lint_clang() { build_anew clang 6.1 "${clang[@]}"; }

# clang-tidy and, in it, clang's analyzer, with the commands of the build above, which kbuild hands
# to whatever is to take sparse's place.
lint_tidy() {
	build clang 6.1 "${clang[@]}" C=2 CHECK="${clang[1]#CC=} --tidy" CHECKFLAGS=
}

# Each header alone, twice, and the sources, all of them without what include/compat/ includes: on the
# newest kernel it has nothing else to give.
lint_headers() {
	local release header name objects='' have
	# shellcheck disable=SC1090
	release=$(. "$(scripts/fetch kernel 7.x)" && echo "$release")
	rm -rf "$BUILD/$release-headers"
	mkdir -p "$BUILD/$release-headers/headers"
	for header in src/*.h include/compat/*.h include/uapi/linux/*.h; do
		[ -e "$header" ] || continue
		name=${header//\//-}
		name=${name%.h}
		printf '#include "../%s"\n' "$header" "$header" >"$BUILD/$release-headers/headers/$name.c"
		objects="$objects headers/$name.o"
	done
	have=$(sed -n 's/.*(call have,\([A-Z_]*\),.*/-DVTUN_HAVE_\1/p' Kbuild | tr '\n' ' ')
	# What include/compat/ has a name of its own for, as it is in the newest kernel.
	printf '%s\n' '#include <net/netdev_queues.h>' \
		'#define vtun_compat_set_stat_ops(dev, ops) ((dev)->stat_ops = (ops))' \
		>"$BUILD/$release-headers/headers/newest.h"
	build headers 7.x "ccflags-y=-I\$(src)/include $have-DVTUN_SKB_FRAG_ORDER=PAGE_ALLOC_COSTLY_ORDER -DVTUN_LINK_NEWLINK=vtun_link_new" \
		"CFLAGS_src/dev.o=-include \$(src)/headers/newest.h" \
		"CFLAGS_src/stats.o=-include \$(src)/headers/newest.h" "always-y=$objects" W=1
}

# The kernel's own scripts, from its source package; those that are written in OCaml need a compiler
# of it, and look for a mistake in one driver of the kernel's.
lint_coccinelle() {
	local source cocci all=$logs/lint-coccinelle.all
	source=$(scripts/fetch source 7.x)
	export srctree=$source srcroot=$TOP/src KBUILD_EXTMOD=$TOP LINUXINCLUDE="-I$source/include" MODE=report J=1
	export DEBUG_FILE=/dev/null
	grep -rlE 'virtual[[:space:]]+report' "$source/scripts/coccinelle" | xargs grep -L ':ocaml' | sort |
		while read -r cocci; do
			COCCI=$cocci bash "$source/scripts/coccicheck" 2>&1 || echo "src/x.c:0: $cocci failed"
		done >"$all"
	cat "$all" >&2
	grep -E '^[^ ]+\.[ch]:[0-9]' "$all" || true
}
