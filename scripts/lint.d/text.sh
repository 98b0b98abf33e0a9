# SPDX-License-Identifier: GPL-2.0-only
# Part of scripts/lint: what can be checked without building anything.
# shellcheck shell=bash

# Every file says its licence, and none grows beyond what one can hold in mind. The fuzzer's inputs
# are bytes.
lint_files() {
	git ls-files -z -- ':!selftests/fuzz/corpus' | xargs -0 awk '
		FNR <= 5 && /SPDX-License-Identifier: GPL-2.0/ { said[FILENAME] = 1 }
		{ lines[FILENAME] = FNR }
		END {
			for (file in lines) {
				if (!said[file] && file != "LICENSE" && file !~ /\.json$/)
					print file ": no SPDX line"
				if (lines[file] > 600 && file ~ /\.[ch]$/)
					print file ": more than 600 lines"
			}
		}'
}

# A mutant is a patch: who changes the driver changes it, too.
lint_mutants() {
	local file
	for file in selftests/*/*.patch selftests/*/mutants/*.patch; do
		patch --dry-run -s -p1 <"$file" >/dev/null || echo "$file: does not apply"
	done
}

# SC1091: sourced files are checked on their own. SC2317, SC2119, SC2120: functions that are
# called by name. SC2016: single quotes are meant.
lint_scripts() {
	local file files=()
	for file in scripts/* scripts/lint.d/* scripts/packaging/*/* .ci/* selftests/*.sh selftests/*/*.sh selftests/run selftests/*/run \
		selftests/*/*/run tools/vtunctl/vtunctl.bash tools/service/vtun-device; do
		[ -f "$file" ] && head -5 "$file" | grep -qE '^#!.*bash|^#!/bin/sh|shell=bash' && files+=("$file")
	done
	shellcheck -f gcc -s bash -x -e SC1091,SC2317,SC2119,SC2120,SC2016 "${files[@]}" || true
}

# Words that codespell takes for others: xdpf is an XDP frame, nd neighbour discovery, asymmetri what
# /proc/keys calls keys of a pair, parm modinfo's word for a parameter, .te a source of SELinux' policy.
lint_spelling() {
	git ls-files -- ':!selftests/fuzz/corpus' | grep -vx LICENSE | xargs codespell --quiet-level 3 --ignore-words-list xdpf,nd,parm,asymmetri,te || true
}

# Left out, in include/compat only, are LINUX_VERSION_CODE (the one place that may ask for a kernel's
# version) and CONSTANT_COMPARISON (which takes KERNEL_VERSION() on the right for a variable); in the
# library, which is no part of the kernel, what wants the kernel's own types and macros; of the fuzzer
# the names that libFuzzer looks for, and its copies of the kernel's macros.
lint_checkpatch() {
	local source file run
	source=$(scripts/fetch source 7.x)
	run=(perl "$source/scripts/checkpatch.pl" --no-tree --strict --terse --quiet --no-summary)
	for file in src/*.[ch] include/uapi/linux/*.h; do
		[ "$file" != src/trace.h ] || continue
		[ ! -e "$file" ] || "${run[@]}" -f "$file" 2>&1 || true
	done
	# Tracepoints have a layout of their own.
	"${run[@]}" --ignore PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE -f src/trace.h 2>&1 || true
	for file in include/compat/*.h; do
		"${run[@]}" --ignore LINUX_VERSION_CODE,CONSTANT_COMPARISON -f "$file" 2>&1 || true
	done
	for file in tools/lib/*.[ch] tools/lib/examples/*.c; do
		"${run[@]}" --ignore PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO,BIT_MACRO -f "$file" 2>&1 || true
	done
	for file in selftests/fuzz/*.[ch]; do
		"${run[@]}" --ignore CAMELCASE -f "$file" 2>&1 || true
	done
	rm -f .checkpatch-camelcase.*
}

lint_kernel_doc() {
	local source file files=()
	source=$(scripts/fetch source 7.x)
	for file in src/*.[ch] include/*/*.h include/uapi/linux/*.h tools/lib/*.[ch]; do
		[ ! -e "$file" ] || files+=("$file")
	done
	/usr/bin/python3 "$source/tools/docs/kernel-doc" -none -Wall "${files[@]}" 2>&1 | sort -u
}

lint_manual() {
	local page
	for page in tools/*/*.[1-8] docs/man/*.[1-8]; do
		LC_ALL=C.UTF-8 man --warnings -l -Tutf8 -Z "$page" 2>&1 >/dev/null | grep . || true
	done
}

# The half of make doc-check that needs no guest.
lint_documents() { scripts/doc-check --static; }

# Who uses what a header of ours declares includes it, or its own header does, and doesn't rely on
# another's including it. vtun.h is left out: every header needs it, it comes with each.
lint_includes() {
	local header name file own names=$BUILD/log/lint-includes.names
	for header in src/*.h; do
		name=${header##*/}
		[ "$name" != vtun.h ] || continue
		sed -nE 's/^#define (VTUN_[A-Z0-9_]+)[ 	(].*/\1/p
			s/^(struct|enum) (vtun_[a-z0-9_]+) \{$/\2/p
			s/^[a-z].*[ *](vtun_[a-z0-9_]+)\(.*/\1(/p' "$header" | sort -u | sed 's/^/\\</' >"$names"
		[ -s "$names" ] || continue
		grep -lf "$names" src/*.c | while read -r file; do
			own=${file%.c}.h
			[ -e "$own" ] || own=
			# shellcheck disable=SC2086
			grep -q "^#include \"$name\"" "$file" $own || [ "$own" = "$header" ] ||
				echo "$file: includes no $name, but uses $(grep -ohf "$names" "$file" | sort -u | tr -d '(' | tr '\n' ' ')"
		done
	done
}
