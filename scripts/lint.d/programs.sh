# SPDX-License-Identifier: GPL-2.0-only
# Part of scripts/lint: vtunctl, libvtun and the selftests. gcc with its analyzer and clang-tidy with clang's
# look at each file; what they said is kept while nothing changes (programs.mk).
# shellcheck shell=bash disable=SC2154 # scripts/lint sets logs

# Notes tell the way to a finding: they are in the log.
lint_program() {
	make -s -k -j2 -C "$1" lint >"$logs/lint-${1##*/}.all" || echo "$1: make lint failed"
	cat "$logs/lint-${1##*/}.all" >&2
	grep -E '(warning|error):' "$logs/lint-${1##*/}.all" | sort -u || true
}

lint_vtunctl() { lint_program tools/vtunctl; }

# Programs in C++ can include its header.
lint_lib() {
	lint_program tools/lib
	clang -x c++ -fsyntax-only -Wall -Wextra tools/lib/libvtun.h 2>&1 | grep -E '(warning|error):' || true
}

# Its headers are iproute2's.
lint_iproute2() { IPROUTE2=$(scripts/fetch iproute2) lint_program tools/iproute2; }

lint_selftests() { lint_program selftests; }
lint_fuzz() { lint_program selftests/fuzz; }

# Knows less of a program than the others, but looks for other things. Left out:
# variableScope: kernel style declares at the top of a function.
# unusedStructMember: a member may be there for its room.
# identicalInnerCondition, shadowFunction: takes a pointer that a loop returns for its condition, and
# a variable for a function whose name it has, which the other compilers would see.
# unknownMacro: gives a file up at a macro that loops.
# clarifyCalculation: "flags & IFF_TAP ? a : b" has one meaning only.
# uninitvar, legacyUninitvar, unreadVariable, knownConditionTrueFalse: takes sizeof(x) for a use of x,
# &x and "a ?: x" for none, and loses count; gcc and clang look at the same with paths.
# arithOperationsOnVoidPointer: gcc's void is a byte, and the kernel builds on it.
lint_cppcheck() {
	local ignored
	ignored=$(printf -- '--suppress=%s ' variableScope unusedStructMember identicalInnerCondition shadowFunction \
		unknownMacro clarifyCalculation uninitvar legacyUninitvar unreadVariable knownConditionTrueFalse \
		arithOperationsOnVoidPointer)
	# shellcheck disable=SC2086
	cppcheck --quiet --enable=warning,style,performance,portability --std=c11 --template=gcc $ignored \
		-DVTUNCTL_VERSION='""' -D_GNU_SOURCE -Iscripts/lint.d -Iselftests -Itools/lib \
		tools selftests src 2>&1 |
		grep -E ': (warning|error): ' || true
}
